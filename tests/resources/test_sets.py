"""WorkspaceAccess: who has access to a workspace, as a whole, and nothing taken away that the preview did not name."""

from __future__ import annotations

import types
from typing import Any

import pytest

from hosting import Lab, refusals
from pulumi_talend import principals
from pulumi_talend.provider import claims
from pulumi_talend.provider.single import WorkspacePermissionProvider as Permission
from pulumi_talend.provider.workspace_access import WorkspaceAccessProvider as Access

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


def test_a_few_calls_for_many(lab: Lab) -> None:
    logins = [user["login"] for user in lab.tenant.users() if "Engine User" not in str(user["roles"])][:40]
    table = {login: ["EXECUTE", "VIEW"] for login in logins} | {MAREIKE: FULL, LEONIE: ["VIEW"]}
    lab.run().up(Access, "sales", **SALES, grants=table, exclusive="users")
    writes = [call for call in lab.tenant.calls if call.method != "GET"]
    assert [call.method for call in writes] == ["POST"]
    assert len(writes[0].body) == len(table) - 2
    lab.run().destroy("sales")
    assert [call.method for call in lab.tenant.calls if call.method != "GET"] == ["DELETE"]


def test_the_credential_does_not_lose_its_own_access_unsaid(lab: Lab) -> None:
    here = lab.workspace("Sales", "prod")
    lab.tenant.grant(here, service_account_id=lab.tenant.client_id, permissions=["MANAGE", "VIEW"])
    table: dict[str, Any] = {LEONIE: ["VIEW"], MAREIKE: FULL, "service-account:access-automation": ["VIEW"]}
    own = {"token": "", "clientId": lab.tenant.client_id, "clientSecret": lab.tenant.client_secret}
    ((_, said),) = refusals(lambda: lab.run(**own).check(Access, "sales", **SALES, grants=table))
    assert said.startswith(
        "grants: would take MANAGE from service account 'access-automation' on workspace 'Sales' (prod)"
    )
    assert lab.run(**own).check(Access, "sales", **SALES, grants=table, max_removals=1)["removes"]


# --- beside other resources


def test_a_single_grant_to_a_robot_beside_a_set_for_people_is_fine(lab: Lab) -> None:
    run = lab.run()
    run.check(Access, "set", **SALES, grants={MAREIKE: FULL, LEONIE: ["VIEW"]}, exclusive="users")
    run.check(Permission, "robot", **SALES, service_account="ci-publisher", permissions=["VIEW"])
    refusals(lambda: run.check(Permission, "anna", **SALES, user=ANNA, permissions=["VIEW"]))


def test_from_single_grants_to_a_set_in_one_update_nobody_is_without_access(lab: Lab) -> None:
    lab.run().up(Permission, "single", **SALES, user=ANNA, permissions=["VIEW"])
    run = lab.run()
    run.up(Access, "set", **SALES, grants={MAREIKE: FULL, LEONIE: ["VIEW"], ANNA: ["VIEW"]})
    run.destroy("single")
    assert grants(lab)["anna"] == ["VIEW"]


def test_whom_a_later_resource_takes_over_is_not_removed(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    """By id, by name, as a service account beside a set for people; not where the other's access has ended or is elsewhere."""
    beside: dict[str, Any] = {**SALES, "exclusive": False, "max_removals": 1}
    lab.run().up(Access, "set", **beside, grants={who: ["VIEW"] for who in (ANNA, JAN, ROBOT)})
    place = lab.workspace("Sales", "prod")
    by_id = {"workspace_id": place, "who": principals.user_id(lab.user("anna"))}
    robot = {"workspace": "Sales", "environment": "prod", "who": ROBOT}
    jan = {"workspace_id": place, "who": JAN}
    nobody = [
        {**jan, "expires_at": "2020-01-01T00:00:00Z"},
        {**jan, "workspace_id": lab.workspace("Sales", "dev")},
        {**jan, "who": "nobody"},
        {**jan, "who": ""},
        {"workspace": "no such workspace", "who": JAN},
    ]
    smaller = {JAN: ["VIEW"]}
    (refused,) = refusals(lambda: lab.run().check(Access, "set", **beside, grants=smaller, elsewhere=nobody))
    assert "would take all access to workspace 'Sales' (prod) from 2 of 3" in refused[1]
    assert lab.run().up(Access, "set", **beside, grants=smaller, elsewhere=[by_id, robot, *nobody]) == "update"
    assert grants(lab)["anna"] == grants(lab)["nightly-scheduler"] == ["VIEW"]
    assert (
        lab.run().up(Access, "set", **beside, grants={LEONIE: ["VIEW"]}, adopt_existing=True, elsewhere=nobody)
        == "update"
    )
    assert "jan" not in grants(lab)


def test_a_service_account_that_leaves_a_set_for_people_waits_for_whoever_takes_it(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    table: dict[str, Any] = {MAREIKE: FULL, LEONIE: ["VIEW"]}
    lab.run().up(Access, "set", **SALES, grants={**table, ROBOT: ["VIEW"]}, exclusive="users")
    run = lab.run()
    checked = run.check(Access, "set", **SALES, grants=table, exclusive="users")
    robot: dict[str, Any] = {"service_account_id": lab.account("nightly-scheduler"), "permissions": ["VIEW"]}
    robot["workspace_id"] = lab.workspace("Sales", "prod")

    def until_it_has_come(_seconds: float) -> None:
        run.check(Permission, "robot", **robot, adopt_existing=True)
        monkeypatch.setattr(claims, "QUIET_SECONDS", 0.0)

    monkeypatch.setattr(claims, "QUIET_SECONDS", 3600.0)
    monkeypatch.setattr(claims, "time", types.SimpleNamespace(sleep=until_it_has_come))
    run.update("set", checked)
    assert grants(lab)["nightly-scheduler"] == ["VIEW"]
