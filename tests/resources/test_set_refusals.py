"""What a preview refuses of sets, and what it shows of those that it lets pass."""

from __future__ import annotations

from typing import Any

import pytest

from hosting import Lab, refusals
from pulumi_talend.model.unknown import UNKNOWN
from pulumi_talend.provider.removal_limit import Limit, limit_of, parse_limit, refusal
from pulumi_talend.provider.role_mappings import RoleMappingsProvider as Mappings
from pulumi_talend.provider.session import CLOCK_VARIABLE
from pulumi_talend.provider.single import RoleMappingProvider as Mapping
from pulumi_talend.provider.single import WorkspacePermissionProvider as Permission
from pulumi_talend.provider.workspace_access import WorkspaceAccessProvider as Access

AT = "@nordlicht-retail.example"
ANNA, JAN, LEONIE, MAREIKE = (f"{name}{AT}" for name in ("anna.petersen", "jan.petry", "leonie.vogt", "mareike.hansen"))
SALES: dict[str, Any] = {"workspace": "Sales", "environment": "prod"}
FULL = ["AUTHOR", "EXECUTE", "MANAGE", "PUBLISH", "VIEW"]


def names(planned: dict[str, Any]) -> dict[str, list[str]]:
    return {entry["name"]: entry["permissions"] for entry in planned.values()}


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"grants": {"anna.peterson": ["VIEW"]}}, f"no user 'anna.peterson'; did you mean '{ANNA}'"),
        ({"grants": {"service-account:nightly": ["VIEW"]}}, "did you mean 'nightly-scheduler'?"),
        ({"grants": {ANNA: ["VIEW"], ANNA.upper(): ["VIEW"]}}, "are the same account; keep one of them"),
        ({"grants": {ANNA: ["VIEW"]}, "workspace": "Salse"}, "did you mean 'Sales'?"),
        ({"grants": {"service-account:engine-runner": ["MANAGE"]}}, "'engine-runner' has TMC_ENGINE_USE"),
    ],
)
def test_wrong_tables(lab: Lab, changed: dict[str, Any], says: str) -> None:
    before = lab.tenant.snapshot()
    inputs: dict[str, Any] = {**SALES, "max_removals": "all", **changed}
    found = refusals(lambda: lab.run().check(Access, "set", **inputs))
    assert any(says in reason for _, reason in found), found
    assert lab.tenant.snapshot() == before


def test_every_property_that_is_wrong_is_named_in_one_round(lab: Lab) -> None:
    """A name that leads nowhere beside a permission that does not exist."""
    single: dict[str, Any] = {**SALES, "user": "anna.peterson", "permissions": ["WRITE"]}
    found = refusals(lambda: lab.run().check(Permission, "single", **single))
    assert {where for where, _ in found} == {"permissions", "user"}


def test_what_was_granted_by_hand_is_shown_then_removed(lab: Lab) -> None:
    table = {ANNA: ["VIEW"], LEONIE: ["VIEW"]}
    checked = lab.run().check(Access, "set", **SALES, grants=table, preview=True)
    assert names(checked["removes"]) == {MAREIKE: FULL}
    lab.run().up(Access, "set", **SALES, grants=table)
    assert lab.run().preview(Access, "set", **SALES, grants=table)[0] == "same"
    here = lab.workspace("Sales", "prod")
    lab.tenant.grant(here, lab.user("jan.petry"), ["MANAGE"])
    lab.tenant.revoke(here, lab.user("leonie"))
    what, checked = lab.run().preview(Access, "set", **SALES, grants=table)
    assert what == "update"
    assert names(checked["removes"]) == {JAN: ["MANAGE"]}
    assert names(checked["restores"]) == {LEONIE: ["VIEW"]}
    assert lab.run().up(Access, "set", **SALES, grants=table) == "update"
    assert "removes" not in lab.states["set"].outputs
    assert lab.run().preview(Access, "set", **SALES, grants=table)[0] == "same"
    assert lab.run().refresh("set") == lab.states["set"].outputs


def test_what_no_preview_has_shown_is_not_removed(lab: Lab) -> None:
    run = lab.run()
    checked = run.check(Access, "set", **SALES, grants={ANNA: ["VIEW"], LEONIE: ["VIEW"]})
    lab.tenant.grant(lab.workspace("Sales", "prod"), lab.user("jan.petry"), ["VIEW"])
    lab.run().create(Access, "set", checked)
    key = (lab.workspace("Sales", "prod"), "users", lab.user("jan.petry"))
    assert lab.tenant.grants()[key] == ["VIEW"]


def test_one_may_always_go_but_not_the_last(lab: Lab) -> None:
    assert lab.run().check(Access, "set", **SALES, grants={LEONIE: ["VIEW"]})["removes"]
    ((_, reason),) = refusals(lambda: lab.run().check(Access, "set", **SALES, grants={}))
    assert "from 2 of 2" in reason
    assert "nobody would be left" in reason
    assert "max_removals=2" in reason
    for allowed in (2, "all", "100%"):
        assert lab.run().check(Access, "set", **SALES, grants={}, max_removals=allowed)["removes"]


def test_a_limit_that_is_not_known_before_the_update_is_checked_then(lab: Lab) -> None:
    assert lab.run().check(Access, "set", **SALES, grants={}, max_removals=UNKNOWN, preview=True)["removes"]
    assert lab.run().check(Mappings, "all", mappings={"x": ["Operator"]}, max_removals=UNKNOWN, preview=True)["removes"]
    refusals(lambda: lab.run().check(Access, "set", **SALES, grants={}, max_removals=1))


@pytest.mark.parametrize(
    ("removed", "before", "left", "limit", "allowed"),
    [
        (1, 2, 1, Limit(), True),
        (2, 7, 5, Limit(), True),
        (3, 7, 4, Limit(), False),
        (3, 10, 7, Limit(), True),
        (4, 10, 6, Limit(), False),
        (1, 1, 0, Limit(), False),
        (1, 1, 0, limit_of(1, Limit()), True),
        (1, 9, 8, limit_of(0, Limit()), False),
        (1, 9, 8, parse_limit("0"), False),
        (3, 7, 4, parse_limit("50%"), True),
        (9, 9, 0, limit_of("all", Limit()), True),
        (9, 9, 0, parse_limit("100%"), False),
        (0, 9, 9, parse_limit("0"), True),
    ],
)
def test_the_limit(removed: int, before: int, left: int, limit: Limit, allowed: bool) -> None:
    found = refusal(what="it", removed=[str(n) for n in range(removed)], before=before, left=left, limit=limit)
    assert (found is None) is allowed


@pytest.mark.parametrize("text", ["", "many", "101%", "-1", "0.3", "30 percent", "1e3"])
def test_what_is_not_a_limit(text: str) -> None:
    with pytest.raises(ValueError, match="is not a limit"):
        parse_limit(text)


def test_a_stack_limit_that_is_not_valid_is_a_failed_check(lab: Lab) -> None:
    ((_, reason),) = refusals(lambda: lab.run(maxRemovals="many").check(Access, "s", **SALES, grants={ANNA: ["VIEW"]}))
    assert reason.startswith("talend:maxRemovals: 'many' is not a limit")


@pytest.mark.parametrize(
    ("config", "wrong"),
    [
        ({"region": "Mars 1", "extraPermissions": "NEW"}, {"talend:region"}),
        ({"extraPermissions": '{"NEW": true}'}, {"talend:extraPermissions"}),
        ({"region": "Mars 1", "maxRemovals": "many"}, {"talend:region", "talend:maxRemovals"}),
    ],
)
def test_wrong_settings_are_named_and_cause_no_error_of_an_input(
    lab: Lab, config: dict[str, str], wrong: set[str]
) -> None:
    given: dict[str, Any] = {
        **SALES,
        "user": ANNA,
        "permissions": ["NEW"] if "extraPermissions" in config else ["VIEW"],
    }
    found = refusals(lambda: lab.run(**config).check(Permission, "single", **given))
    assert {reason.partition(": ")[0] for _, reason in found} == wrong
    assert len(found) == len(wrong)


def test_a_grant_beside_an_exclusive_set_is_refused_whichever_comes_first(lab: Lab) -> None:
    table = {MAREIKE: FULL, LEONIE: ["VIEW"]}
    single: dict[str, Any] = {**SALES, "user": ANNA, "permissions": ["VIEW"]}
    run = lab.run()
    run.check(Access, "set", **SALES, grants=table)
    ((where, reason),) = refusals(lambda: run.check(Permission, "single", **single))
    assert (where, "'set' says that nobody else has access" in reason) == ("permissions", True)
    run = lab.run()
    run.check(Permission, "single", **single)
    ((where, reason),) = refusals(lambda: run.check(Access, "set", **SALES, grants=table))
    assert (where, "'single' also grants access" in reason) == ("exclusive", True)


def test_a_mapping_beside_all_mappings_is_refused_whichever_comes_first(lab: Lab) -> None:
    table = lab.tenant.role_mappings()
    run = lab.run()
    run.check(Mappings, "all", mappings=table)
    ((_, reason),) = refusals(lambda: run.check(Mapping, "one", role_name="x", roles=["Operator"]))
    assert "'all' manages all role mappings" in reason
    run = lab.run()
    run.check(Mapping, "one", role_name="x", roles=["Operator"])
    ((_, reason),) = refusals(lambda: run.check(Mappings, "all", mappings=table))
    assert "'one' already manages role mappings" in reason


def test_entries_end_one_by_one_and_do_not_count_for_the_limit(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    end: dict[str, Any] = {"permissions": ["VIEW"], "expires_at": "2027-01-31T18:00:00Z"}
    table = {MAREIKE: ["VIEW"], ANNA: end, LEONIE: end, JAN: end}
    monkeypatch.setenv(CLOCK_VARIABLE, "2027-01-01T00:00:00Z")
    lab.run().up(Access, "set", **SALES, grants=table)
    monkeypatch.setenv(CLOCK_VARIABLE, "2027-01-31T18:00:00Z")
    what, checked = lab.run().preview(Access, "set", **SALES, grants=table)
    assert (what, list(checked["grants"])) == ("update", [MAREIKE])
    assert names(checked["removes"]).keys() == {ANNA, LEONIE, JAN}
    lab.run().up(Access, "set", **SALES, grants=table)
    assert lab.run().preview(Access, "set", **SALES, grants=table)[0] == "same"
    # A later end gives it back.
    later = {**table, ANNA: {**end, "expires_at": "2028-01-31T18:00:00Z"}}
    assert lab.run().up(Access, "set", **SALES, grants=later) == "update"
    assert (lab.workspace("Sales", "prod"), "users", lab.user("anna")) in lab.tenant.grants()
