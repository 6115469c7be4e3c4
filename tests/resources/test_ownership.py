"""Who manages what, over several runs: an end leaves what another resource of the program manages."""

from __future__ import annotations

from typing import Any

import pytest

from hosting import Lab, refusals
from pulumi_talend.model.unknown import UNKNOWN
from pulumi_talend.provider.base import PLAN_NUMBER
from pulumi_talend.provider.role_mappings import RoleMappingsProvider as Mappings
from pulumi_talend.provider.single import RoleMappingProvider as Mapping
from pulumi_talend.provider.single import WorkspacePermissionProvider as Permission
from pulumi_talend.provider.workspace_access import WorkspaceAccessProvider as Access

AT = "@nordlicht-retail.example"
ANNA = f"anna.petersen{AT}"
SALES: dict[str, Any] = {"workspace": "Sales", "environment": "prod"}
GRANT: dict[str, Any] = {**SALES, "user": ANNA, "permissions": ["VIEW"]}
OURS: dict[str, Any] = {"role_name": "ours", "roles": ["Operator"]}


def anna(lab: Lab) -> list[str] | None:
    return lab.tenant.grants().get((lab.workspace("Sales", "prod"), "users", lab.user("anna")))


def table_of(lab: Lab) -> dict[str, list[str]]:
    """All grants on Sales, as a table."""
    logins = {user["id"]: user["login"] for user in lab.tenant.users()}
    here = lab.workspace("Sales", "prod")
    return {
        logins[who] if kind == "users" else f"service-account-id:{who}": list(held)
        for (where, kind, who), held in lab.tenant.grants().items()
        if where == here
    }


def test_the_same_child_name_under_two_components_is_a_clash(lab: Lab) -> None:
    run = lab.run()
    run.check(Permission, "grant", parent="acme:Team", **GRANT)
    ((where, reason),) = refusals(lambda: run.check(Permission, "grant", parent="acme:Squad", **GRANT))
    assert where == "permissions"
    assert "'grant' already manages" in reason
    run.check(Permission, "grant", parent="acme:Team", **GRANT)  # the same again is no clash


def test_a_rename_over_two_runs_keeps_the_access(lab: Lab) -> None:
    lab.run().up(Permission, "old", **GRANT)
    lab.run().up(Permission, "new", **GRANT, adopt_existing=True)  # the run ends before `old` is deleted
    run = lab.run()
    assert run.up(Permission, "new", **GRANT, adopt_existing=True) == "same"
    run.destroy("old")
    assert anna(lab) == ["VIEW"]
    lab.run().destroy("new")
    assert anna(lab) is None


def test_a_mapping_that_is_renamed_stays(lab: Lab) -> None:
    lab.run().up(Mapping, "old", **OURS)
    run = lab.run()
    run.up(Mapping, "new", **OURS, adopt_existing=True)
    run.destroy("old")
    assert lab.tenant.role_mappings()["ours"] == ["Operator"]


def test_a_grant_moves_into_a_set_and_out_of_it(lab: Lab) -> None:
    lab.run().up(Permission, "single", **GRANT)
    table = table_of(lab)
    run = lab.run()
    run.up(Access, "set", **SALES, grants=table)
    run.destroy("single")
    assert anna(lab) == ["VIEW"]

    rest = {who: rights for who, rights in table.items() if who != ANNA}
    run = lab.run()
    what, checked = run.preview(Access, "set", **SALES, grants=rest, exclusive=False)
    assert what == "update"
    run.up(Permission, "single", **GRANT, adopt_existing=True)
    run.up(Access, "set", **SALES, grants=rest, exclusive=False)
    assert anna(lab) == ["VIEW"]
    assert "removes" not in checked


KINDS: dict[str, tuple[Any, dict[str, Any]]] = {
    "grant": (Permission, GRANT),
    "mapping": (Mapping, OURS),
    "set": (Access, {**SALES, "grants": {ANNA: ["VIEW"]}, "exclusive": False}),
    "mappings": (Mappings, {"mappings": {"ours": ["Operator"]}, "max_removals": "all"}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_forced_replacement_keeps_the_access(lab: Lab, kind: str) -> None:
    provider, inputs = KINDS[kind]
    lab.run().up(provider, "it", **inputs)
    before = lab.tenant.snapshot()
    assert lab.run().up(provider, "it", replace=True, **inputs) == "replace"
    assert lab.tenant.snapshot() == before
    lab.run().destroy("it")
    assert lab.tenant.snapshot() != before


@pytest.mark.parametrize("kind", KINDS)
def test_what_an_interrupted_replacement_has_left_takes_nothing_from_its_successor(lab: Lab, kind: str) -> None:
    """The old copy is deleted at the end of the next update, which runs the program, and by a destroy, which does not."""
    provider, inputs = KINDS[kind]
    lab.run().up(provider, "it", **inputs)
    old, before = lab.states["it"], lab.tenant.snapshot()
    run = lab.run()
    run.check(provider, "it", **inputs)
    run.create(provider, "it", run.check(provider, "it", olds={}, **inputs))  # and here the update is interrupted
    run = lab.run()
    assert run.up(provider, "it", **inputs) == "same"
    run.delete(old)
    assert lab.tenant.snapshot() == before
    run = lab.run()
    run.delete(old)
    run.destroy("it")
    assert lab.tenant.snapshot() != before


def test_deleted_before_it_is_replaced_is_really_deleted(lab: Lab) -> None:
    """As `delete_before_replace=True` asks for: the check of the new one, without state, comes before the end of the old one."""
    lab.run().up(Permission, "it", **GRANT)
    run = lab.run()
    run.check(Permission, "it", **GRANT)
    checked = run.check(Permission, "it", olds={}, **GRANT)
    run.delete(lab.states["it"])
    assert anna(lab) is None
    run.create(Permission, "it", checked)
    assert anna(lab) == ["VIEW"]


def test_a_set_with_an_unknown_member_shows_its_removals(lab: Lab) -> None:
    (first, *_) = table_of(lab)
    checked = lab.run().check(Access, "set", **SALES, grants={first: UNKNOWN, ANNA: ["VIEW"]}, preview=True)
    lost = {entry["name"] for entry in checked["removes"].values()}
    assert lost == table_of(lab).keys() - {first}


def test_an_unknown_workspace_removes_nothing(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    checked = lab.run().check(Access, "set", workspace_id=UNKNOWN, grants={ANNA: ["VIEW"]}, preview=True, computed=True)
    assert "removes" not in checked
    assert "this update removes nobody else's access there" in capsys.readouterr().out
    before = table_of(lab)
    place = lab.workspace("Sales", "prod")
    lab.run().up(Access, "set", workspace_id=place, grants={ANNA: ["VIEW"]}, computed=True)
    assert table_of(lab) == {**before, ANNA: ["VIEW"]}


def test_removals_are_keyed_by_id(lab: Lab) -> None:
    """However two accounts are called, each is an entry of its own, with its name beside it."""
    place = lab.workspace("Sales", "prod")
    ids = [lab.tenant.add_service_account(name, permissions=["TMC_OPERATOR"]) for name in ("twin", "Twin")]
    for id_ in ids:
        lab.tenant.grant(place, service_account_id=id_, permissions=["VIEW"])
    people = {who: rights for who, rights in table_of(lab).items() if not any(id_ in who for id_ in ids)}
    checked = lab.run().check(Access, "set", **SALES, grants=people, max_removals=2)
    assert checked["removes"] == {
        f"service-accounts/{id_}": {"name": f"service-account:{name}", "permissions": ["VIEW"]}
        for id_, name in zip(ids, ("twin", "Twin"), strict=True)
    }


def test_diff_is_a_function_of_its_arguments(lab: Lab) -> None:
    """Neither order nor the tenant counts; a plan that the outputs do not have yet does."""
    grants = {**table_of(lab), ANNA: ["VIEW"]}
    lab.run().up(Access, "set", **SALES, grants=grants)
    state = lab.states["set"]
    assert not lab.run().diff(Access, "set", state.inputs).replaces
    run = lab.run()
    number = int(state.outputs[PLAN_NUMBER])
    removes: dict[str, Any] = {"users/x": {"name": "x", "permissions": ["VIEW"]}}
    same: dict[str, Any] = {**state.inputs, "removes": removes, PLAN_NUMBER: number}
    plans: list[dict[str, Any]] = [
        state.inputs,
        same,
        {**same, PLAN_NUMBER: number + 1},
        {**state.inputs, "grants": {}},
    ]
    changes = [run.diff(Access, "set", checked).changes for checked in plans]
    assert changes == [1, 1, 2, 2]
    assert run.diff(Access, "set", {**state.inputs, "workspace_id": "another"}).replaces == ["workspace_id"]
    assert lab.tenant.calls.lines() == []


def test_a_preview_says_each_line_once_and_nothing_without_changes(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    run = lab.run()
    run.preview(Permission, "grant", **GRANT)
    run.preview(Permission, "grant", **GRANT)
    assert capsys.readouterr().out.count("+VIEW") == 1
    lab.run().up(Permission, "grant", **GRANT)
    lab.run().preview(Permission, "grant", **GRANT)
    assert capsys.readouterr().out == ""
