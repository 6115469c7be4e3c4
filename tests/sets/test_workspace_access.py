"""WorkspaceAccess: who has access to a workspace, as a whole, and nothing taken away that the preview did not name."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.runtime.rpc import UNKNOWN

from hosting import Lab, refusals
from pulumi_talend import principals
from pulumi_talend.resources.workspace_access import WorkspaceAccessProvider as Access
from pulumi_talend.resources.workspace_permission import WorkspacePermissionProvider as Permission
from pulumi_talend_sandbox.tenant import Fault

AT = "@nordlicht-retail.example"
ANNA, JAN, LEONIE, MAREIKE = (f"{name}{AT}" for name in ("anna.petersen", "jan.petry", "leonie.vogt", "mareike.hansen"))
ROBOT = "service-account:nightly-scheduler"
SALES: dict[str, Any] = {"workspace": "Sales", "environment": "prod"}
FULL = ["AUTHOR", "EXECUTE", "MANAGE", "PUBLISH", "VIEW"]


def grants(lab: Lab) -> dict[str, list[str]]:
    """Who may do what on Sales in prod, by first name or service account."""
    names = {user["id"]: user["login"].partition(".")[0] for user in lab.tenant.users()}
    names.update({account["id"]: account["name"] for account in lab.tenant.service_accounts()})
    here = lab.workspace("Sales", "prod")
    return {names[who]: allowed for (place, _, who), allowed in lab.tenant.grants().items() if place == here}


def give(lab: Lab, login: str, permissions: list[str]) -> None:
    lab.tenant.grant(lab.workspace("Sales", "prod"), lab.user(login.partition("@")[0]), permissions)


def test_what_was_granted_by_hand_is_named_then_removed_then_nothing_is_left_to_say(lab: Lab) -> None:
    table = {ANNA: ["VIEW"], LEONIE: ["VIEW"], ROBOT: ["VIEW", "EXECUTE"]}
    what, checked = lab.run().preview(Access, "sales", **SALES, grants=table)
    assert (what, checked["removes"], "restores" in checked) == ("create", {MAREIKE: FULL}, False)
    assert {call.method for call in lab.tenant.calls} == {"GET"}
    lab.run().up(Access, "sales", **SALES, grants=table)
    assert grants(lab) == {"anna": ["VIEW"], "leonie": ["VIEW"], "nightly-scheduler": ["EXECUTE", "VIEW"]}
    what, checked = lab.run().preview(Access, "sales", **SALES, grants=table)
    assert (what, "removes" in checked, "restores" in checked) == ("same", False, False)

    give(lab, JAN, ["MANAGE"])
    give(lab, ANNA, ["MANAGE", "VIEW"])
    lab.tenant.revoke(lab.workspace("Sales", "prod"), lab.user("leonie"))
    here, publisher = lab.workspace("Sales", "prod"), lab.account("ci-publisher")
    lab.tenant.grant(here, service_account_id=publisher, permissions=["VIEW"])
    what, checked = lab.run().preview(Access, "sales", **SALES, grants=table, allow_removals=2)
    assert what == "update"
    assert checked["removes"] == {ANNA: ["MANAGE"], JAN: ["MANAGE"], "service-account:ci-publisher": ["VIEW"]}
    assert checked["restores"] == {LEONIE: ["VIEW"]}
    assert lab.run().up(Access, "sales", **SALES, grants=table, allow_removals=2) == "update"
    assert grants(lab) == {"anna": ["VIEW"], "leonie": ["VIEW"], "nightly-scheduler": ["EXECUTE", "VIEW"]}
    assert "removes" not in lab.states["sales"].outputs
    assert lab.run().preview(Access, "sales", **SALES, grants=table)[0] == "same"


def test_destroy_takes_only_what_the_set_holds(lab: Lab) -> None:
    lab.run().up(Access, "sales", **SALES, grants={ANNA: ["VIEW"], ROBOT: ["VIEW"]}, exclusive=False)
    lab.run().destroy("sales")
    assert grants(lab) == {"leonie": ["VIEW"], "mareike": FULL}


def test_a_set_that_is_not_exclusive_leaves_the_others_alone_and_asks_nothing_without_need(lab: Lab) -> None:
    by_id = {
        principals.user_id(lab.user("anna")): ["VIEW"],
        principals.service_account_id(lab.account("ci-publisher")): ["VIEW"],
    }
    inputs: dict[str, Any] = {"workspace_id": lab.workspace("Sales", "prod"), "grants": by_id, "exclusive": False}
    lab.run().up(Access, "sales", **inputs)
    assert grants(lab) == {"anna": ["VIEW"], "ci-publisher": ["VIEW"], "leonie": ["VIEW"], "mareike": FULL}
    assert lab.run().preview(Access, "sales", **inputs)[0] == "same"
    assert not list(lab.tenant.calls)


def test_a_set_that_is_not_exclusive_seizes_nobody_unasked(lab: Lab) -> None:
    table = {ANNA: ["VIEW"], LEONIE: ["MANAGE"]}
    ((where, said),) = refusals(lambda: lab.run().check(Access, "sales", **SALES, grants=table, exclusive=False))
    assert where == "adopt_existing"
    assert said.startswith(f"user '{LEONIE}' on workspace 'Sales' (prod) already has VIEW")
    lab.run().up(Access, "sales", **SALES, grants=table, exclusive=False, adopt_existing=True)
    assert grants(lab) == {"anna": ["VIEW"], "leonie": ["MANAGE"], "mareike": FULL}


def test_exclusive_for_users_leaves_service_accounts_alone_and_does_not_ask_about_them(lab: Lab) -> None:
    here, publisher = lab.workspace("Sales", "prod"), lab.account("ci-publisher")
    lab.tenant.grant(here, service_account_id=publisher, permissions=["VIEW"])
    table = {MAREIKE: FULL, ANNA: ["VIEW"]}
    lab.run().up(Access, "sales", **SALES, grants=table, exclusive="users")
    assert grants(lab) == {"anna": ["VIEW"], "mareike": FULL, "ci-publisher": ["VIEW"]}
    assert not [call for call in lab.tenant.calls if "service-accounts" in call.path]


@pytest.mark.parametrize("listed", [True, False])
def test_service_accounts_are_found_however_the_api_lists_them(lab: Lab, listed: bool) -> None:
    lab.tenant.set_behaviour(include_service_accounts_in_listing=listed)
    here, publisher = lab.workspace("Sales", "prod"), lab.account("ci-publisher")
    lab.tenant.grant(here, service_account_id=publisher, permissions=["VIEW"])
    table = {MAREIKE: FULL, LEONIE: ["VIEW"]}
    checked = lab.run().check(Access, "sales", **SALES, grants=table)
    assert checked["removes"] == {"service-account:ci-publisher": ["VIEW"]}


def test_service_accounts_that_may_not_be_listed_are_not_taken_for_absent(lab: Lab) -> None:
    lab.tenant.inject(Fault(kind="status", path="/account/service-accounts", status=403, times=None))
    table = {MAREIKE: FULL, LEONIE: ["VIEW"]}
    ((_, said),) = refusals(lambda: lab.run().check(Access, "sales", **SALES, grants=table))
    assert 'set exclusive="users" to leave service accounts alone' in said
    assert lab.run().check(Access, "sales", **SALES, grants=table, exclusive="users")["principals"]


def test_whoever_leaves_the_table_loses_access_also_where_it_is_not_exclusive(lab: Lab) -> None:
    lab.run().up(Access, "sales", **SALES, grants={ANNA: ["VIEW"], JAN: ["VIEW"]}, exclusive=False)
    lab.run().up(Access, "sales", **SALES, grants={ANNA: ["EXECUTE"]}, exclusive=False)
    assert grants(lab) == {"anna": ["EXECUTE"], "leonie": ["VIEW"], "mareike": FULL}


def test_a_user_made_anew_is_another_principal(lab: Lab) -> None:
    table = {MAREIKE: FULL, LEONIE: ["VIEW"], ANNA: ["VIEW"]}
    lab.run().up(Access, "sales", **SALES, grants=table)
    lab.tenant.delete_user(lab.user("anna"))
    new = lab.tenant.add_user(ANNA)
    what, checked = lab.run().preview(Access, "sales", **SALES, grants=table)
    assert (what, checked["principals"][ANNA]) == ("update", f"users/{new}")
    lab.run().up(Access, "sales", **SALES, grants=table)
    assert lab.tenant.grants()[lab.workspace("Sales", "prod"), "users", new] == ["VIEW"]


def test_another_workspace_is_a_replace(lab: Lab) -> None:
    lab.run().up(Access, "sales", **SALES, grants={MAREIKE: FULL, LEONIE: ["VIEW"]})
    run = lab.run()
    place = {"workspace": "Finance", "environment": "dev"}
    what, checked = run.preview(Access, "sales", **place, grants={MAREIKE: FULL, f"erik.johansson{AT}": ["VIEW"]})
    assert what == "replace"
    assert run.diff(Access, "sales", checked).replaces == ["workspace_id"]


def test_refresh_shows_drift_of_what_the_set_holds(lab: Lab) -> None:
    table = {MAREIKE: FULL, LEONIE: ["VIEW"], ANNA: ["VIEW"]}
    lab.run().up(Access, "sales", **SALES, grants=table)
    inputs = dict(lab.states["sales"].inputs)
    assert lab.run().refresh("sales") == lab.states["sales"].outputs
    give(lab, ANNA, ["MANAGE"])
    lab.tenant.revoke(lab.workspace("Sales", "prod"), lab.user("leonie"))
    outs = lab.run().refresh("sales")
    assert outs is not None
    assert outs["grants"] == {MAREIKE: FULL, ANNA: ["MANAGE"]}
    assert lab.run().up(Access, "sales", **SALES, grants=table) == "update"
    assert grants(lab) == {"anna": ["VIEW"], "leonie": ["VIEW"], "mareike": FULL}
    assert lab.states["sales"].outputs["grants"] == inputs["grants"]


def test_what_the_last_update_foretold_is_no_difference_in_the_next_run(lab: Lab) -> None:
    lab.run().up(Access, "sales", **SALES, grants={ANNA: ["VIEW"], LEONIE: ["VIEW"]})
    state = lab.states["sales"]
    assert state.inputs["removes"] == {MAREIKE: FULL}
    # An engine that refreshes compares what it read with the inputs of the last update.
    assert not lab.run().diff(Access, "sales", state.inputs).changes
    outs = lab.run().refresh("sales")
    assert outs == state.outputs
    assert lab.states["sales"].inputs == state.inputs
    give(lab, ANNA, ["MANAGE"])
    lab.run().refresh("sales")
    assert "removes" not in lab.states["sales"].inputs


def test_a_few_calls_for_many(lab: Lab) -> None:
    logins = [user["login"] for user in lab.tenant.users() if "Engine User" not in str(user["roles"])][:40]
    table = {login: ["EXECUTE", "VIEW"] for login in logins} | {MAREIKE: FULL, LEONIE: ["VIEW"]}
    lab.run().up(Access, "sales", **SALES, grants=table, exclusive="users")
    writes = [call for call in lab.tenant.calls if call.method != "GET"]
    assert [call.method for call in writes] == ["POST"]
    assert len(writes[0].body) == len(table) - 2
    lab.run().destroy("sales")
    assert [call.method for call in lab.tenant.calls if call.method != "GET"] == ["DELETE"]


def test_one_that_fails_does_not_hide_the_others_and_nothing_stays_behind(lab: Lab) -> None:
    before = grants(lab)
    login = next(user["login"] for user in lab.tenant.users() if "Engine User" in str(user["roles"]))
    lab.tenant.set_behaviour(account_permissions_told="nowhere")
    table = {ANNA: ["VIEW"], login: ["MANAGE"], JAN: ["VIEW"]}
    with pytest.raises(Exception, match=f"user '{login}' on workspace 'Sales' .prod."):
        lab.run().up(Access, "sales", **SALES, grants=table, exclusive=False)
    assert grants(lab) == before
    assert "sales" not in lab.states


# --- what is refused


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"grants": {ANNA: ["VEIW"]}}, f"grants: {ANNA}: no permission 'VEIW', did you mean VIEW?"),
        ({"grants": {ANNA: []}}, f"{ANNA}: is empty"),
        ({"grants": {ANNA: "VIEW"}}, f'{ANNA}: must be a list: write ["VIEW"]'),
        ({"grants": {ANNA: {"expires_at": "2030-01-01T00:00:00Z"}}}, f"{ANNA}: has no permissions"),
        ({"grants": {ANNA: {"permissions": ["VIEW"], "until": "x"}}}, f"{ANNA}: has 'until'; an entry has permissions"),
        ({"grants": {ANNA: {"permissions": ["VIEW"], "expires_at": "tomorrow"}}}, "'tomorrow' is no moment"),
        ({"grants": {"service-account:": ["VIEW"]}}, "'service-account:' names nobody"),
        ({"grants": {"anna.peterson": ["VIEW"]}}, f"no user 'anna.peterson'; did you mean '{ANNA}'"),
        ({"grants": {"service-account:nightly": ["VIEW"]}}, "did you mean 'nightly-scheduler'?"),
        ({"grants": {ANNA: ["VIEW"], ANNA.upper(): ["VIEW"]}}, "are the same account: keep one of them"),
        ({"grants": ["VIEW"]}, "must be a table of principal: [permissions], not a list"),
        ({"grants": {}, "exclusive": False}, "is empty: name somebody, or remove the resource"),
        ({"grants": {ANNA: ["VIEW"]}, "exclusive": "people"}, 'must be True, False or "users"'),
        ({"grants": {ANNA: ["VIEW"]}, "allow_removals": "all"}, "must be True, or how many may lose"),
        ({"grants": {ANNA: ["VIEW"]}, "workspace": "Salse"}, "did you mean 'Sales'?"),
        ({"grants": {"service-account:engine-runner": ["MANAGE"]}}, "'engine-runner' has TMC_ENGINE_USE"),
    ],
)
def test_wrong_tables_are_refused_at_preview(lab: Lab, changed: dict[str, Any], said: str) -> None:
    before = lab.tenant.snapshot()
    found = refusals(lambda: lab.run().check(Access, "sales", **{**SALES, "allow_removals": True, **changed}))
    assert any(said in f"{where}: {reason}" or said in reason for where, reason in found), found
    assert lab.tenant.snapshot() == before


@pytest.mark.parametrize(
    "unknown", [{"grants": UNKNOWN}, {"grants": {ANNA: UNKNOWN}}, {"workspace": UNKNOWN, "grants": {}}]
)
def test_what_is_not_known_yet_passes(lab: Lab, unknown: dict[str, Any]) -> None:
    checked = lab.run().check(Access, "sales", **{**SALES, **unknown})
    assert "removes" not in checked


def test_one_may_always_go_but_not_the_last(lab: Lab) -> None:
    assert lab.run().check(Access, "sales", **SALES, grants={LEONIE: ["VIEW"]})["removes"] == {MAREIKE: FULL}
    ((_, said),) = refusals(lambda: lab.run().check(Access, "sales", **SALES, grants={}))
    assert said == (
        f"grants: would take all access to workspace 'Sales' (prod) from 2 of 2 ({LEONIE}, {MAREIKE}), nobody would be left: "
        "if that is meant, set allow_removals=2 for this change"
    )
    for allowed in (2, True):
        assert lab.run().check(Access, "sales", **SALES, grants={}, allow_removals=allowed)["removes"]
    lab.run().up(Access, "sales", **SALES, grants={}, allow_removals=2)
    assert grants(lab) == {}


def test_more_than_a_share_is_refused_unless_said(lab: Lab) -> None:
    for login in (ANNA, JAN, f"svea.lindqvist{AT}", f"paul.jansen{AT}", f"felix.thomsen{AT}"):
        give(lab, login, ["VIEW"])
    # Seven have access: two are 28 %, three are 43 %.
    rest = {MAREIKE: ["VIEW"], ANNA: ["VIEW"], JAN: ["VIEW"], f"paul.jansen{AT}": ["VIEW"]}
    assert lab.run().check(Access, "sales", **SALES, grants={**rest, LEONIE: ["VIEW"]})["removes"]
    ((_, said),) = refusals(lambda: lab.run().check(Access, "sales", **SALES, grants=rest))
    assert "from 3 of 7" in said
    assert "more than 30 %: if that is meant, set allow_removals=3" in said
    ((_, said),) = refusals(lambda: lab.run().check(Access, "sales", **SALES, grants=rest, allow_removals=2))
    assert "from 3 of 7" in said
    assert lab.run(maxRemovals="3").check(Access, "sales", **SALES, grants=rest)["removes"]
    assert lab.run(maxRemovals="50%").check(Access, "sales", **SALES, grants=rest)["removes"]
    ((_, said),) = refusals(
        lambda: lab.run(maxRemovals="0").check(Access, "sales", **SALES, grants={**rest, LEONIE: ["VIEW"]})
    )
    assert "more than 0" in said


def test_a_limit_that_is_none_is_said(lab: Lab) -> None:
    ((_, said),) = refusals(
        lambda: lab.run(maxRemovals="many").check(Access, "sales", **SALES, grants={ANNA: ["VIEW"]})
    )
    assert said == "talend:maxRemovals: 'many' is no limit: write a share like 30% or a number like 5"


def test_the_credential_does_not_lose_its_own_access_unsaid(lab: Lab) -> None:
    here = lab.workspace("Sales", "prod")
    lab.tenant.grant(here, service_account_id=lab.tenant.client_id, permissions=["MANAGE", "VIEW"])
    table: dict[str, Any] = {LEONIE: ["VIEW"], MAREIKE: FULL, "service-account:access-automation": ["VIEW"]}
    own = {"token": "", "clientId": lab.tenant.client_id, "clientSecret": lab.tenant.client_secret}
    ((_, said),) = refusals(lambda: lab.run(**own).check(Access, "sales", **SALES, grants=table))
    assert said.startswith(
        "grants: would take MANAGE from service account 'access-automation' on workspace 'Sales' (prod)"
    )
    assert lab.run(**own).check(Access, "sales", **SALES, grants=table, allow_removals=1)["removes"]


# --- beside other resources


def test_a_single_grant_beside_an_exclusive_set_is_refused_whichever_comes_first(lab: Lab) -> None:
    table = {MAREIKE: FULL, LEONIE: ["VIEW"]}
    single: dict[str, Any] = {**SALES, "user": ANNA, "permissions": ["VIEW"]}
    run = lab.run()
    run.check(Access, "set", **SALES, grants=table)
    ((_, said),) = refusals(lambda: run.check(Permission, "single", **single))
    assert said.startswith("'set' says that nobody but those in it has access to workspace 'Sales' (prod)")
    run = lab.run()
    run.check(Permission, "single", **single)
    ((where, said),) = refusals(lambda: run.check(Access, "set", **SALES, grants=table))
    assert (where, said.startswith("'single' grants access to workspace 'Sales' (prod) too")) == ("exclusive", True)


def test_a_single_grant_to_a_robot_beside_a_set_for_people_is_fine(lab: Lab) -> None:
    run = lab.run()
    run.check(Access, "set", **SALES, grants={MAREIKE: FULL, LEONIE: ["VIEW"]}, exclusive="users")
    run.check(Permission, "robot", **SALES, service_account="ci-publisher", permissions=["VIEW"])
    refusals(lambda: run.check(Permission, "anna", **SALES, user=ANNA, permissions=["VIEW"]))


def test_two_sets_that_are_not_exclusive_may_share_a_workspace_but_no_person(lab: Lab) -> None:
    run = lab.run()
    run.check(Access, "a", **SALES, grants={ANNA: ["VIEW"]}, exclusive=False)
    run.check(Access, "b", **SALES, grants={JAN: ["VIEW"]}, exclusive=False)
    ((_, said),) = refusals(lambda: run.check(Access, "c", **SALES, grants={ANNA: ["VIEW"]}, exclusive=False))
    assert f"'a' speaks for user '{ANNA}' on workspace 'Sales' (prod) too" in said
    run = lab.run()
    run.check(Access, "a", **SALES, grants={MAREIKE: FULL, LEONIE: ["VIEW"]})
    refusals(lambda: run.check(Access, "b", **SALES, grants={MAREIKE: FULL, LEONIE: ["VIEW"]}))


def test_from_single_grants_to_a_set_in_one_update_nobody_is_without_access(lab: Lab) -> None:
    lab.run().up(Permission, "single", **SALES, user=ANNA, permissions=["VIEW"])
    run = lab.run()
    run.up(Access, "set", **SALES, grants={MAREIKE: FULL, LEONIE: ["VIEW"], ANNA: ["VIEW"]})
    run.destroy("single")
    assert grants(lab)["anna"] == ["VIEW"]
