"""Access for a while: what has ended goes away with the next update, what ends soon is said, what is no date is an error."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hosting import Lab, refusals
from pulumi_talend.resources.expiry import CLOCK_VARIABLE, ending_note, has_ended, moment, now
from pulumi_talend.resources.role_mapping import RoleMappingProvider as Mapping
from pulumi_talend.resources.workspace_access import WorkspaceAccessProvider as Access
from pulumi_talend.resources.workspace_permission import WorkspacePermissionProvider as Permission

ANNA, LEONIE, MAREIKE = (
    f"{name}@nordlicht-retail.example" for name in ("anna.petersen", "leonie.vogt", "mareike.hansen")
)
END = "2027-01-31T18:00:00+01:00"
SALES: dict[str, Any] = {"workspace": "Sales", "environment": "prod"}
GRANT: dict[str, Any] = {**SALES, "user": ANNA, "permissions": ["EXECUTE", "VIEW"], "expires_at": END}


def at(monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    monkeypatch.setenv(CLOCK_VARIABLE, when)


def anna(lab: Lab) -> list[str] | None:
    return lab.tenant.grants().get((lab.workspace("Sales", "prod"), "users", lab.user("anna")))


def test_a_grant_ends_at_its_moment(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at(monkeypatch, "2027-01-01T00:00:00Z")
    lab.run().up(Permission, "g", **GRANT)
    assert lab.run().preview(Permission, "g", **GRANT)[0] == "same"
    assert "ends at" not in capsys.readouterr().out

    at(monkeypatch, "2027-01-28T18:00:00+01:00")
    assert lab.run().preview(Permission, "g", **GRANT)[0] == "same"
    said = capsys.readouterr().out
    assert f"the access of user '{ANNA}' on workspace 'Sales' (prod) ends at {END}, in 3 days" in said

    at(monkeypatch, "2027-01-31T16:59:59Z")
    assert lab.run().preview(Permission, "g", **GRANT)[0] == "same"
    at(monkeypatch, "2027-01-31T17:00:00Z")
    what, checked = lab.run().preview(Permission, "g", **GRANT)
    assert (what, checked["permissions"]) == ("update", [])
    assert anna(lab) == ["EXECUTE", "VIEW"]
    lab.run().up(Permission, "g", **GRANT)
    assert anna(lab) is None
    assert lab.run().preview(Permission, "g", **GRANT)[0] == "same"
    assert lab.run().refresh("g") == lab.states["g"].outputs

    # Given again by hand: it is taken away again, as drift.
    lab.tenant.grant(lab.workspace("Sales", "prod"), lab.user("anna"), ["VIEW"])
    outs = lab.run().refresh("g")
    assert outs is not None
    assert outs["permissions"] == ["VIEW"]
    lab.run().up(Permission, "g", **GRANT)
    assert anna(lab) is None
    # A later end gives it back.
    lab.run().up(Permission, "g", **{**GRANT, "expires_at": "2027-03-01T00:00:00Z"})
    assert anna(lab) == ["EXECUTE", "VIEW"]
    lab.run().destroy("g")


def test_what_has_ended_already_is_not_given(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, "2028-01-01T00:00:00Z")
    assert lab.run().up(Permission, "g", **GRANT) == "create"
    assert anna(lab) is None
    lab.run().destroy("g")


def test_a_mapping_ends_at_its_moment(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs: dict[str, Any] = {"role_name": "guests", "roles": ["Operator"], "expires_at": END}
    at(monkeypatch, "2027-01-01T00:00:00Z")
    lab.run().up(Mapping, "m", **inputs)
    assert lab.tenant.role_mappings()["guests"] == ["Operator"]
    at(monkeypatch, "2027-02-01T00:00:00Z")
    assert lab.run().preview(Mapping, "m", **inputs)[1]["roles"] == []
    lab.run().up(Mapping, "m", **inputs)
    assert "guests" not in lab.tenant.role_mappings()
    assert lab.run().preview(Mapping, "m", **inputs)[0] == "same"
    assert lab.run().refresh("m") == lab.states["m"].outputs
    lab.run().destroy("m")


def test_entries_of_a_set_end_one_by_one_and_do_not_count_as_a_lock_out(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at(monkeypatch, "2027-01-29T00:00:00Z")
    ending: dict[str, Any] = {"permissions": ["VIEW"], "expires_at": END}
    table = {MAREIKE: ["VIEW"], ANNA: ending, LEONIE: ending, "paul.jansen@nordlicht-retail.example": ending}
    lab.run().up(Access, "sales", **SALES, grants=table)
    assert f"the access of {ANNA} on workspace 'Sales' (prod) ends at {END}, in 2 days" in capsys.readouterr().out
    at(monkeypatch, "2027-02-01T00:00:00Z")
    what, checked = lab.run().preview(Access, "sales", **SALES, grants=table)
    assert (what, list(checked["grants"])) == ("update", [MAREIKE])
    assert sorted(checked["removes"]) == [ANNA, LEONIE, "paul.jansen@nordlicht-retail.example"]
    lab.run().up(Access, "sales", **SALES, grants=table)
    assert anna(lab) is None
    assert lab.run().preview(Access, "sales", **SALES, grants=table)[0] == "same"


def test_an_end_that_is_changed_is_an_update_without_a_write(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, "2027-01-01T00:00:00Z")
    lab.run().up(Permission, "g", **GRANT)
    assert lab.run().up(Permission, "g", **{**GRANT, "expires_at": "2027-03-01T00:00:00Z"}) == "update"
    assert {call.method for call in lab.tenant.calls} == {"GET"}


WRONG = [
    "tomorrow",
    "2027-01-31",
    "2027-01-31T18:00:00",
    "2027-01-31 18:00:00+01:00",
    "2027-02-30T18:00:00Z",
    "2027-01-31T25:00:00Z",
    "20270131T180000Z",
    "2027-W04-7T18:00:00Z",
    "2027-01-31T18:00:00+0100",
    "2027-01-31T18:00:00 Z",
    "2027-01-31T18:00:00Z\n",
    "",
    "never",
]


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("kind", [Permission, Mapping])
def test_what_is_no_moment_is_an_error_never_forever(lab: Lab, wrong: str, kind: Any) -> None:
    inputs = GRANT if kind is Permission else {"role_name": "x", "roles": ["Operator"]}
    ((where, said),) = refusals(lambda: lab.run().check(kind, "g", **{**inputs, "expires_at": wrong}))
    assert where == "expires_at"
    assert "is no moment: write date, time and zone like 2027-01-31T18:00:00+01:00" in said


@given(st.text())
def test_a_text_says_a_moment_with_a_zone_or_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no moment"):
        assert moment(text).tzinfo is None  # a moment without a zone would pass here, and fail the test


@given(st.datetimes(timezones=st.just(timezone.utc)), st.integers(-14 * 60, 14 * 60), st.integers(-10, 10))
def test_moments_are_compared_whatever_their_zone(when: datetime, offset: int, later: int) -> None:
    when = when.replace(microsecond=0)
    if not datetime(2, 1, 1, tzinfo=timezone.utc) < when < datetime(9998, 1, 1, tzinfo=timezone.utc):
        return
    written = when.astimezone(timezone(timedelta(minutes=offset))).isoformat()
    assert moment(written) == when
    assert has_ended(written, when + timedelta(seconds=later)) == (later >= 0)


def test_what_ends_soon_is_said_and_what_is_far_or_over_is_not() -> None:
    end = moment(END)
    assert ending_note("it", END, end - timedelta(days=8)) is None
    assert ending_note("it", END, end) is None
    assert ending_note("it", None, end) is None
    for left, words in (
        (timedelta(days=7), "in 7 days"),
        (timedelta(days=2, hours=1), "in 2 days"),
        (timedelta(hours=47), "in 47 hours"),
        (timedelta(hours=1, minutes=5), "in 1 hour:"),
        (timedelta(minutes=5), "in less than an hour"),
    ):
        assert words in str(ending_note("it", END, end - left))


def test_the_sandbox_clock_counts_on_this_machine_only(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    environ = {CLOCK_VARIABLE: "2001-01-01T00:00:00Z"}
    assert now("http://127.0.0.1:8080", environ).year == 2001
    assert now("https://api.eu.cloud.talend.com", environ).year > 2001
    assert now("http://127.0.0.1:8080", {}).year > 2001
    at(monkeypatch, "noon")
    ((_, said),) = refusals(lambda: lab.run().check(Permission, "g", **GRANT))
    assert said.startswith(f"{CLOCK_VARIABLE}: 'noon' is no moment")
