"""Access for a while: what has ended goes away with the next update, what ends soon is said, what is no date is an error."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from hosting import Lab, paths, refusals
from pulumi_talend.api.clock import ServerClock
from pulumi_talend.dynamic_host import EngineLog
from pulumi_talend.loader import TABLE
from pulumi_talend.provider.session import CLOCK_VARIABLE, Session
from pulumi_talend.provider.single import RoleMappingProvider as Mapping
from pulumi_talend.provider.single import WorkspacePermissionProvider as Permission
from pulumi_talend.provider.workspace_access import WorkspaceAccessProvider as Set
from pulumi_talend_sandbox.tenant import Fault

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


def test_what_has_ended_already_is_not_given(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at(monkeypatch, "2028-01-01T00:00:00Z")
    lab.run().preview(Permission, "g", **GRANT)
    said = capsys.readouterr().out
    what = f"the grant of user '{ANNA}' on workspace 'Sales' (prod)"
    assert f"{what} is not made (its end 2027-01-31 has passed)" in said, said
    assert lab.run().up(Permission, "g", **GRANT) == "create"
    assert anna(lab) is None
    lab.run().destroy("g")


def test_a_mapping_ends_at_its_moment(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs: dict[str, Any] = {"role_name": "guests", "roles": ["Operator"], "expires_at": END}
    at(monkeypatch, "2027-01-01T00:00:00Z")
    lab.run().up(Mapping, "m", **inputs)
    assert lab.tenant.role_mappings()["guests"] == ["Operator"]
    at(monkeypatch, "2027-02-01T00:00:00Z")
    capsys.readouterr()
    assert lab.run().preview(Mapping, "m", **inputs)[1]["roles"] == []
    assert "customer role guests loses Operator (its end 2027-01-31 has passed)" in capsys.readouterr().out
    lab.run().up(Mapping, "m", **inputs)
    assert "guests" not in lab.tenant.role_mappings()
    assert lab.run().preview(Mapping, "m", **inputs)[0] == "same"
    assert lab.run().refresh("m") == lab.states["m"].outputs
    lab.run().destroy("m")


@pytest.mark.parametrize("from_a_table", [True, False])
@pytest.mark.parametrize("is_in_state", [True, False])
def test_the_row_of_a_set_says_whose_end_has_passed(
    lab: Lab,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    is_in_state: bool,
    from_a_table: bool,
) -> None:
    grants = {LEONIE: ["VIEW"], MAREIKE: ["VIEW"], ANNA: {"permissions": ["VIEW"], "expires_at": END}}
    line = {TABLE: {ANNA: ["access.yaml:14:9", "", "contractor"]}} if from_a_table else {}
    inputs: dict[str, Any] = {**SALES, "grants": grants, "max_removals": "all", **line}
    if is_in_state:
        at(monkeypatch, "2027-01-01T00:00:00Z")
        lab.run().up(Set, "s", **inputs)
    else:
        without: dict[str, Any] = {**inputs, "grants": {LEONIE: ["VIEW"], MAREIKE: ["VIEW"]}}
        lab.run().up(Set, "s", **without)
        lab.tenant.grant(lab.workspace("Sales", "prod"), lab.user("anna"), ["VIEW"])
    at(monkeypatch, "2027-02-01T00:00:00Z")
    capsys.readouterr()
    lab.run().preview(Set, "s", **inputs)
    why = "[ended 2027-01-31; contractor; access.yaml:14:9]" if from_a_table else "(its end 2027-01-31 has passed)"
    said = capsys.readouterr().out
    assert f"Anna Petersen loses VIEW on prod/Sales {why}\n" in said, said


def test_an_end_that_is_changed_is_an_update_without_a_write(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, "2027-01-01T00:00:00Z")
    lab.run().up(Permission, "g", **GRANT)
    later: dict[str, Any] = {**GRANT, "expires_at": "2027-03-01T00:00:00Z"}
    assert lab.run().up(Permission, "g", **later) == "update"
    assert {call.method for call in lab.tenant.calls} == {"GET"}


MAPPING: dict[str, Any] = {"role_name": "guests", "roles": ["Operator"], "expires_at": END}
KINDS: dict[str, tuple[Any, dict[str, Any]]] = {"grant": (Permission, GRANT), "mapping": (Mapping, MAPPING)}


def held(lab: Lab, kind: str) -> list[str] | None:
    return anna(lab) if kind == "grant" else lab.tenant.role_mappings().get("guests")


def give_by_hand(lab: Lab, kind: str) -> None:
    if kind == "grant":
        lab.tenant.grant(lab.workspace("Sales", "prod"), lab.user("anna"), ["VIEW"])
    else:
        lab.tenant.map_role("guests", ["Data Steward"])


@pytest.mark.parametrize("kind", KINDS)
def test_what_has_ended_leaves_with_the_resource_that_had_it(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """The grant moves to a resource whose end has passed: that one wants no access, so there is none to leave in place."""
    provider, inputs = KINDS[kind]
    at(monkeypatch, "2027-01-01T00:00:00Z")
    lab.run().up(provider, "old", **inputs)
    at(monkeypatch, "2027-03-01T00:00:00Z")
    run = lab.run()
    assert run.up(provider, "new", **inputs) == "create"
    run.destroy("old")
    assert held(lab, kind) is None
    assert lab.run().preview(provider, "new", **inputs)[0] == "same"
    # Two resources on the same are two still, also where one has ended.
    run = lab.run()
    run.check(provider, "new", **inputs)
    lasting = {name: value for name, value in inputs.items() if name != "expires_at"}
    ((_, reason),) = refusals(lambda: run.check(provider, "old", **lasting))
    assert "'new' already manages" in reason


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_given_again_by_hand_after_its_end_is_drift(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    provider, inputs = KINDS[kind]
    at(monkeypatch, "2027-01-01T00:00:00Z")
    lab.run().up(provider, "it", **inputs)
    at(monkeypatch, "2027-03-01T00:00:00Z")
    lab.run().up(provider, "it", **inputs)
    give_by_hand(lab, kind)
    lab.run().refresh("it")
    capsys.readouterr()
    assert lab.run().preview(provider, "it", **inputs)[0] == "update"
    assert "loses " in capsys.readouterr().out
    lab.run().up(provider, "it", **inputs)
    assert held(lab, kind) is None
    assert lab.run().refresh("it") == lab.states["it"].outputs
    assert lab.run().preview(provider, "it", **inputs)[0] == "same"


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_resource_that_has_ended_already_names_what_is_left_or_removes_it(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    provider, inputs = KINDS[kind]
    at(monkeypatch, "2027-03-01T00:00:00Z")
    give_by_hand(lab, kind)
    before = lab.tenant.snapshot()
    assert lab.run().preview(provider, "it", **inputs)[0] == "create"
    said = capsys.readouterr().out
    assert "has ended, but the tenant has " in said
    assert "set adopt_existing=True to remove it" in said
    lab.run().up(provider, "it", **inputs)
    assert lab.tenant.snapshot() == before
    lab.run().destroy("it")
    assert lab.tenant.snapshot() == before
    lab.run().preview(provider, "it", **inputs, adopt_existing=True)
    assert "loses " in capsys.readouterr().out
    lab.run().up(provider, "it", **inputs, adopt_existing=True)
    assert held(lab, kind) is None


def test_the_last_one_of_a_set_ends_as_all_others_do(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs: dict[str, Any] = {
        **SALES,
        "grants": {ANNA: {"permissions": ["VIEW"], "expires_at": END}},
        "exclusive": False,
    }
    at(monkeypatch, "2027-01-01T00:00:00Z")
    assert lab.run().up(Set, "s", **inputs) == "create"
    assert anna(lab) == ["VIEW"]
    at(monkeypatch, "2027-02-01T00:00:00Z")
    assert lab.run().up(Set, "s", **inputs) == "update"
    assert anna(lab) is None
    assert lab.run().up(Set, "s", **inputs) == "same"
    lab.run().destroy("s")
    assert lab.run().up(Set, "s", **inputs) == "create"
    assert anna(lab) is None


DAY = 24 * 3600.0


def in_hours(hours: float) -> str:
    """An end by the API's clock, which is right."""
    return (datetime.now(timezone.utc) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(("ahead", "hours"), [(DAY, 12), (-DAY, -12), (DAY, -12), (-DAY, 12), (0.0, 12), (0.0, -12)])
@pytest.mark.parametrize("kind", [Permission, Mapping, Set])
def test_access_ends_by_the_clock_of_the_api_not_of_this_machine(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], kind: Any, ahead: float, hours: float
) -> None:
    wrong = ServerClock(lambda: time.time() + ahead)
    monkeypatch.setattr("pulumi_talend.api.client.ServerClock", lambda: wrong)
    lab.tenant.map_role("admins", ["Operator"])
    by_id: dict[str, Any] = {"workspace_id": lab.workspace("Sales", "prod")}
    user, end = lab.user("anna"), in_hours(hours)
    inputs: dict[Any, dict[str, Any]] = {
        Permission: {**by_id, "user_id": user, "permissions": ["VIEW"], "expires_at": end},
        Mapping: {"role_name": "guests", "roles": ["Operator"], "expires_at": end},
        Set: {**by_id, "exclusive": False, "grants": {f"user-id:{user}": {"permissions": ["VIEW"], "expires_at": end}}},
    }
    lab.run().preview(kind, "r", **inputs[kind])
    said = capsys.readouterr().out
    assert (f"this machine's clock is about 24 h {'ahead of' if ahead > 0 else 'behind'} the API's" in said) == bool(
        ahead
    )
    assert ("has passed" in said or "is not made" in said) == (hours < 0 and kind is not Set)
    lab.run().up(kind, "r", **inputs[kind])
    has_access = "guests" in lab.tenant.role_mappings() if kind is Mapping else anna(lab) == ["VIEW"]
    assert has_access == (hours > 0)
    assert lab.run().preview(kind, "r", **inputs[kind])[0] == "same"


def test_the_api_is_asked_for_its_time_only_where_an_end_is_near(lab: Lab) -> None:
    for hours, calls in ((-100, []), (-12, ["GET /account/me"]), (12, ["GET /account/me"]), (100, [])):
        inputs: dict[str, Any] = {"workspace_id": lab.workspace("Sales", "prod"), "user_id": lab.user("anna")}
        inputs.update(permissions=["VIEW"], expires_at=in_hours(hours))
        lab.run().up(Permission, "g", **inputs)
        assert lab.run().preview(Permission, "g", **inputs)[0] == "same"
        assert paths(lab.tenant) == calls
        lab.run().destroy("g")


def test_a_time_that_the_api_does_not_tell_is_the_machines(lab: Lab) -> None:
    lab.tenant.inject(Fault(kind="status", status=403, path="/account/me"))
    inputs: dict[str, Any] = {**GRANT, "expires_at": in_hours(-12)}
    lab.run().up(Permission, "g", **inputs)
    assert anna(lab) is None


def test_the_time_of_the_sandbox_counts_for_a_tenant_on_this_machine_only() -> None:
    settings = {"talend:region": "eu", "talend:token": "t"}
    session = Session(settings.get, {CLOCK_VARIABLE: "2000-01-01T00:00:00Z"}, EngineLog())
    assert session.time_for("2199-01-01T00:00:00Z").year > 2000
    session.close()


@pytest.mark.parametrize(
    ("kind", "access", "inputs"),
    [
        (Permission, "permissions", GRANT),
        (Mapping, "roles", {"role_name": "guests", "roles": ["Operator"], "expires_at": END}),
    ],
)
def test_what_ignore_changes_keeps_of_access_that_has_ended(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, kind: Any, access: str, inputs: dict[str, Any]
) -> None:
    """The engine gives the inputs of the last check in place of the program's."""
    at(monkeypatch, "2027-01-01T00:00:00Z")
    lab.run().up(kind, "g", **inputs)
    empty: dict[str, Any] = {**inputs, access: []}
    refused = refusals(lambda: lab.run().preview(kind, "g", **empty))
    assert refused == [(access, "is empty; name at least one, or remove the resource")]
    at(monkeypatch, "2027-02-01T00:00:00Z")
    lab.run().up(kind, "g", **inputs)
    assert lab.run().preview(kind, "g", **empty)[0] == "same"
    renewed: dict[str, Any] = {**empty, "expires_at": "2027-03-01T00:00:00Z"}
    ((where, reason),) = refusals(lambda: lab.run().preview(kind, "g", **renewed))
    assert (where, f"Take '{access}' out of ignore_changes" in reason) == (access, True)


def test_what_ignore_changes_keeps_of_a_set_whose_access_has_ended(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs: dict[str, Any] = {
        **SALES,
        "grants": {ANNA: {"permissions": ["VIEW"], "expires_at": END}},
        "exclusive": False,
    }
    at(monkeypatch, "2027-01-01T00:00:00Z")
    lab.run().up(Set, "s", **inputs)
    empty: dict[str, Any] = {**inputs, "grants": {}}
    assert [where for where, _ in refusals(lambda: lab.run().preview(Set, "s", **empty))] == [""]
    at(monkeypatch, "2027-02-01T00:00:00Z")
    lab.run().up(Set, "s", **inputs)
    assert anna(lab) is None
    assert lab.run().preview(Set, "s", **empty)[0] == "same"
