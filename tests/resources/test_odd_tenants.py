"""Tenants that are a little odd: what is gone, renamed, spelled otherwise or handed on, in sets and in single resources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import support
from hosting import Lab, refusals
from pulumi_talend import TalendError
from pulumi_talend.provider.role_mappings import RoleMappingsProvider as Mappings
from pulumi_talend.provider.single import RoleMappingProvider as Mapping
from pulumi_talend.provider.single import WorkspacePermissionProvider as Permission
from pulumi_talend.provider.workspace_access import WorkspaceAccessProvider as Access
from pulumi_talend_sandbox.tenant import Fault, Tenant

AT = "@nordlicht-retail.example"
ANNA, JAN, LEONIE, MAREIKE = (f"{name}{AT}" for name in ("anna.petersen", "jan.petry", "leonie.vogt", "mareike.hansen"))
SALES: dict[str, Any] = {"workspace": "Sales", "environment": "prod"}


@pytest.fixture
def lab() -> Iterator[Lab]:
    """A tenant of the test's own: these change who is in it."""
    with Tenant.start() as tenant:
        yield Lab(tenant)


def here(lab: Lab) -> dict[str, list[str]]:
    """Who may do what on Sales in prod, by id."""
    place = lab.workspace("Sales", "prod")
    return {who: given for (where, _, who), given in lab.tenant.grants().items() if where == place}


def test_a_set_whose_people_are_gone_is_refused_in_the_preview(lab: Lab) -> None:
    people = {f"user-id:{lab.user(name)}": ["VIEW"] for name in ("anna", "jan")}
    inputs: dict[str, Any] = {**SALES, "grants": people, "max_removals": "all"}
    lab.run().up(Access, "set", **inputs)
    gone = lab.user("anna")
    lab.tenant.delete_user(gone)
    found = refusals(lambda: lab.run().check(Access, "set", **inputs))
    assert found == [("", f"grants: user {gone} is gone since the last update; remove the entry")]
    inputs["grants"] = {who: given for who, given in people.items() if gone not in who}
    assert lab.run().up(Access, "set", **inputs) == "update"
    assert here(lab) == {lab.user("jan"): ["VIEW"]}


def test_a_set_whose_workspace_is_gone_is_refused_in_the_preview(lab: Lab) -> None:
    place = lab.tenant.add_workspace("Short-lived", environment="dev")
    inputs: dict[str, Any] = {"workspace_id": place, "grants": {ANNA: ["VIEW"]}}
    lab.run().up(Access, "set", **inputs)
    lab.tenant.delete_workspace(place)
    ((where, said),) = refusals(lambda: lab.run().check(Access, "set", **inputs))
    assert where == "workspace_id"
    assert said.startswith(f"workspace {place} is gone since the last update")


def test_a_row_of_somebody_who_is_gone_that_no_call_removes_is_a_note_and_no_change(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    place, anna, jan = lab.workspace("Sales", "prod"), lab.user("anna"), lab.user("jan.petry")
    inputs: dict[str, Any] = {**SALES, "grants": {MAREIKE: ["VIEW"], LEONIE: ["VIEW"], JAN: ["VIEW"]}}
    lab.run().up(Access, "set", **inputs)
    lab.tenant.grant(place, anna, ["VIEW"])
    for person in (anna, jan):
        lab.tenant.delete_user(person, leave_grants=True)
    inputs["grants"] = {MAREIKE: ["VIEW"], LEONIE: ["VIEW"]}
    what, checked = lab.run().preview(Access, "set", **inputs)
    assert what == "update"
    assert list(checked["removes"]) == [f"users/{jan}"]
    assert (
        f"user {anna} no longer exists, but the API still lists VIEW on prod/Sales; ignored" in capsys.readouterr().out
    )
    lab.run().up(Access, "set", **inputs)  # state had Jan's row
    assert lab.run().preview(Access, "set", **inputs)[0] == "same"
    lab.run().destroy("set")


def test_whoever_is_missing_in_the_list_of_people_loses_access_that_the_api_has(lab: Lab) -> None:
    """Only a row that is not there when read by itself is one that no call removes."""
    place, anna = lab.workspace("Sales", "prod"), lab.user("anna")
    lab.tenant.grant(place, anna, ["VIEW"])
    lab.tenant.set_behaviour(page_headers="none")  # so that no count tells that the list is not whole
    lab.tenant.inject(Fault(kind="empty-listing", method="GET", path="/account/users", times=None))
    people = {f"user-id:{lab.user(name)}": ["VIEW"] for name in ("mareike", "leonie")}
    checked = lab.run().check(Access, "set", workspace_id=place, grants=people)
    assert f"users/{anna}" in checked["removes"]


def test_a_role_that_the_vendor_has_renamed_is_refused_in_the_preview(lab: Lab) -> None:
    """Also where the table stays as it is and only a removal is planned: the update writes the whole table."""
    table = lab.tenant.role_mappings()
    lab.run().up(Mappings, "all", mappings=table)
    lab.tenant.rename_role("Operator", "Runtime Operator")
    lab.tenant.map_role("by hand", ["Data Steward"])
    for name, roles in table.items():
        lab.tenant.map_role(name, ["Runtime Operator" if role == "Operator" else role for role in roles])
    found = refusals(lambda: lab.run().check(Mappings, "all", mappings=table))
    assert ("", "mappings: no Talend role 'Operator'; did you mean 'Runtime Operator'?") in found
    found = refusals(lambda: lab.run().check(Mapping, "one", role_name="new", roles=["Operator"]))
    assert found == [("roles", "no Talend role 'Operator'; did you mean 'Runtime Operator'?")]


def test_ids_in_other_case_are_taken_as_the_tenant_spells_them(lab: Lab) -> None:
    """A set neither gives twice nor takes from somebody to whom it gives."""
    place, anna = lab.workspace("Sales", "prod"), lab.user("anna")
    lab.tenant.grant(place, anna, ["VIEW"])
    table = {f"user-id:{anna.upper()}": ["VIEW"], MAREIKE: ["VIEW"], LEONIE: ["VIEW"]}
    inputs: dict[str, Any] = {"workspace_id": place, "grants": table}
    checked = lab.run().check(Access, "set", **inputs)
    assert checked["principals"][f"user-id:{anna.upper()}"] == f"users/{anna}"
    assert anna not in str(checked["removes"])
    lab.run().up(Access, "set", **inputs)
    assert here(lab)[anna] == ["VIEW"]
    assert lab.run().preview(Access, "set", **inputs)[0] == "same"
    # Beside names, so that the list of people is known.
    single: dict[str, Any] = {**SALES, "user_id": lab.user("jan").upper(), "permissions": ["VIEW"]}
    run = lab.run()
    run.check(Permission, "other", **SALES, user=ANNA, permissions=["VIEW"], adopt_existing=True)
    assert run.check(Permission, "one", **single)["user_id"] == lab.user("jan")


def test_a_login_that_was_handed_on_is_said_in_a_set_too(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    table = {MAREIKE: ["VIEW"], LEONIE: ["VIEW"], ANNA: ["VIEW"]}
    lab.run().up(Access, "set", **SALES, grants=table)
    old = lab.user("anna")
    lab.tenant.delete_user(old)
    new = lab.tenant.add_user(ANNA)
    capsys.readouterr()
    assert lab.run().preview(Access, "set", **SALES, grants=table)[0] == "update"
    assert f"user '{ANNA}' is another account than before (id {new}, was {old})" in capsys.readouterr().out


def test_what_the_api_makes_of_a_set_is_named_and_cleaned_up(lab: Lab) -> None:
    """An API that adds VIEW by itself: nobody is left with access that no state knows."""
    lab.tenant.set_behaviour(adds_view=True)
    before = here(lab)
    inputs: dict[str, Any] = {**SALES, "exclusive": False}
    with pytest.raises(TalendError) as caught:
        lab.run().up(Access, "set", **inputs, grants={ANNA: ["AUTHOR"], JAN: ["AUTHOR"]})
    support.readable(caught.value, "2 of 2 failed", "The API adds VIEW: write AUTHOR, VIEW in the program")
    assert here(lab) == before
    lab.run().up(Access, "set", **inputs, grants={ANNA: ["AUTHOR", "VIEW"], JAN: ["AUTHOR", "VIEW"]})
    assert (
        lab.run().preview(Access, "set", **inputs, grants={ANNA: ["AUTHOR", "VIEW"], JAN: ["AUTHOR", "VIEW"]})[0]
        == "same"
    )
