"""What fails is named by the names of people and places, with a way out; the rest of a set is done."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest

import support
from hosting import Lab
from pulumi_talend import TalendError
from pulumi_talend.provider.single import WorkspacePermissionProvider as Permission
from pulumi_talend.provider.workspace_access import WorkspaceAccessProvider as Access
from pulumi_talend_sandbox.tenant import Fault

AT = "@nordlicht-retail.example"
ANNA, JAN, MAREIKE = (f"{name}{AT}" for name in ("anna.petersen", "jan.petry", "mareike.hansen"))
SALES: dict[str, Any] = {"workspace": "Sales", "environment": "prod"}
GRANT: dict[str, Any] = {**SALES, "user": ANNA, "permissions": ["VIEW"]}
WHO = f"user '{ANNA}' on workspace 'Sales' (prod)"


def held(lab: Lab) -> dict[str, list[str]]:
    """Who may do what on Sales in prod."""
    logins = {user["id"]: user["login"] for user in lab.tenant.users()}
    here = lab.workspace("Sales", "prod")
    return {logins[who]: given for (where, _, who), given in lab.tenant.grants().items() if where == here}


def error_of(act: Any) -> TalendError:
    with pytest.raises(TalendError) as caught:
        act()
    return caught.value


def test_a_destroy_and_a_refresh_that_are_refused_name_people_and_places(lab: Lab) -> None:
    """These runs check nothing, so no name was read before."""
    lab.run().up(Permission, "it", **GRANT)
    lab.tenant.inject(Fault(kind="status", status=403, path="/security/workspaces/.*", times=None))
    lab.tenant.inject(Fault(kind="empty-listing", path="/security/permissions", times=None))
    run = lab.run()
    support.readable(error_of(lambda: run.refresh("it")), f"Could not read the permissions of {WHO}: ")
    run = lab.run()
    support.readable(error_of(lambda: run.destroy("it")), f"Could not remove the permissions of {WHO}: ")


def test_where_the_api_does_not_answer_no_names_are_asked_for(lab: Lab) -> None:
    lab.run().up(Permission, "it", **GRANT)
    lab.tenant.inject(Fault(kind="status", status=500, path="/security/.*", times=None))
    error_of(lambda: lab.run().refresh("it"))
    assert not [call for call in lab.tenant.calls if call.path.startswith(("/account", "/orchestration"))]


def test_a_bug_names_the_resource(lab: Lab) -> None:
    lab.run().up(Permission, "it", **GRANT)
    with mock.patch.object(Permission, "_delete", side_effect=KeyError("a bug")):
        text = support.readable(error_of(lambda: lab.run().destroy("it")))
    assert text.startswith("Could not delete WorkspacePermission 'it': an unexpected error in pulumi-talend (KeyError")


def test_a_set_in_which_one_member_fails_does_the_others_and_the_next_update_the_rest(lab: Lab) -> None:
    table = {MAREIKE: ["VIEW"], ANNA: ["MANAGE"], JAN: ["VIEW"]}
    inputs: dict[str, Any] = {**SALES, "grants": table, "exclusive": False, "adopt_existing": True}
    run = lab.run()
    checked = run.check(Access, "set", **inputs)
    lab.tenant.set_behaviour(manage="refused", batch_refusals="whole")
    error = error_of(lambda: run.create(Access, "set", checked))
    support.readable(error, f"Could not grant MANAGE to {WHO}: the API answered 400", "Check that the workspace")
    assert "set" not in lab.states
    assert held(lab) == {MAREIKE: ["VIEW"], JAN: ["VIEW"], f"leonie.vogt{AT}": ["VIEW"]}
    lab.tenant.set_behaviour(manage="accepted")
    lab.run().up(Access, "set", **inputs)
    assert held(lab)[ANNA] == ["MANAGE"]
    assert lab.run().preview(Access, "set", **inputs)[0] == "same"


@pytest.mark.parametrize("why", ["exists", "403", "404"])
def test_what_fails_for_many_is_one_message_that_can_be_read(lab: Lab, why: str) -> None:
    logins = [f"a.person.with.a.rather.long.name.{n:02}@subsidiary.of.a.holding.example" for n in range(8)]
    people = [lab.tenant.add_user(login) for login in logins]
    name = "A workspace with quite a long name of its own, as people give it"
    place = lab.tenant.add_workspace(name, environment="dev")
    run = lab.run()
    table = {login: ["EXECUTE", "VIEW"] for login in logins}
    checked = run.check(Access, "set", workspace=name, environment="dev", exclusive=False, grants=table)
    if why == "exists":
        for person in people:
            lab.tenant.grant(place, person, ["AUTHOR", "MANAGE", "VIEW"])
    else:
        lab.tenant.inject(Fault(kind="status", status=int(why), method="POST", times=None))
    text = support.readable(error_of(lambda: run.create(Access, "set", checked)), "8 of 8 failed", "and 5 more")
    assert ("Set adopt_existing=True to take it over" in text) is (why == "exists")


def test_an_owner_whose_permissions_stay_is_named_and_what_was_given_is_kept(lab: Lab) -> None:
    lab.tenant.set_behaviour(owner_rows="fixed")
    table = {ANNA: ["VIEW"], JAN: ["VIEW"]}
    inputs: dict[str, Any] = {**SALES, "grants": table, "max_removals": "all"}
    after = {**table, MAREIKE: ["AUTHOR", "EXECUTE", "MANAGE", "PUBLISH", "VIEW"]}
    for number in range(2):
        error = error_of(lambda: lab.run().up(Access, "set", **inputs))
        support.readable(error, f"user '{MAREIKE}' on workspace 'Sales' (prod)", "It is the workspace's owner")
        assert "keep them in the program" in str(error)
        assert held(lab) == after
        assert [call.method for call in lab.tenant.calls.writes()] == (["POST", "DELETE"], ["DELETE"])[number]
    inputs["grants"] = after
    lab.run().up(Access, "set", **inputs)
    assert lab.run().preview(Access, "set", **inputs)[0] == "same"
