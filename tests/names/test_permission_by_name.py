"""WorkspacePermission by name: names become ids while previewing, and wrong names are refused there."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.output import Unknown
from pulumi.runtime.rpc import UNKNOWN

from hosting import Lab, paths, refusals
from pulumi_talend.provider.single import RoleMappingProvider as Mapping
from pulumi_talend.provider.single import WorkspacePermissionProvider as Permission
from pulumi_talend_sandbox.tenant import Fault, Tenant, big

ANNA = "anna.petersen@nordlicht-retail.example"
PROD_SALES: dict[str, Any] = {"workspace": "Sales", "environment": "prod"}


def test_names_become_ids_beside_them(lab: Lab) -> None:
    run = lab.run()
    what, checked = run.preview(
        Permission, "g", **PROD_SALES, user=ANNA.upper(), permissions=["VIEW", "EXECUTE", "VIEW"]
    )
    assert what == "create"
    assert checked == {
        "workspace": "Sales",
        "environment": "prod",
        "workspace_id": lab.workspace("Sales", "prod"),
        "user": ANNA.upper(),
        "user_id": lab.user("anna"),
        "permissions": ["EXECUTE", "VIEW"],
    }
    run.up(Permission, "g", **PROD_SALES, user=ANNA.upper(), permissions=["VIEW", "EXECUTE"])
    assert lab.tenant.grants()[lab.workspace("Sales", "prod"), "users", lab.user("anna")] == ["EXECUTE", "VIEW"]
    again = lab.run()
    assert again.preview(Permission, "g", **PROD_SALES, user=ANNA.upper(), permissions=["EXECUTE", "VIEW"])[0] == "same"
    assert sorted(paths(lab.tenant)) == ["GET /account/users", "GET /orchestration/workspaces"]


def test_a_service_account_by_name(lab: Lab) -> None:
    lab.run().up(Permission, "g", **PROD_SALES, service_account="nightly-scheduler", permissions=["VIEW"])
    key = (lab.workspace("Sales", "prod"), "service-accounts", lab.account("nightly-scheduler"))
    assert lab.tenant.grants()[key] == ["VIEW"]
    assert lab.states["g"].id == "/".join(key)
    lab.run().destroy("g")
    assert key not in lab.tenant.grants()


def test_by_id_a_preview_without_changes_makes_no_call(lab: Lab) -> None:
    inputs: dict[str, Any] = {
        "workspace_id": lab.workspace("Sales", "prod"),
        "user_id": lab.user("anna"),
        "permissions": ["VIEW"],
    }
    lab.run().up(Permission, "g", **inputs)
    run = lab.run()
    assert run.preview(Permission, "g", **inputs)[0] == "same"
    assert paths(lab.tenant) == []


def test_five_hundred_grants_by_name_cost_one_listing_of_each(lab: Lab) -> None:
    with Tenant.start(seed=big(workspaces=10, users=250, grants=0)) as tenant:
        crowd = Lab(tenant)
        run = crowd.run()
        logins = [user["login"] for user in tenant.users()]
        places = tenant.workspaces()
        for number in range(500):
            place = places[number // 250]
            run.check(
                Permission,
                f"g{number}",
                workspace=place["name"],
                environment=place["environment"]["name"],
                user=logins[number % 250],
                permissions=["VIEW"],
            )
        called = paths(tenant)
        assert called.count("GET /orchestration/workspaces") == 1
        assert called.count("GET /account/users") == 3
        assert set(called) == {"GET /orchestration/workspaces", "GET /account/users", "GET /security/permissions"}


def test_another_object_behind_the_name_is_a_replace_that_is_said(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab.run().up(Permission, "g", **PROD_SALES, user=ANNA, permissions=["VIEW"])
    old = lab.user("anna")
    lab.tenant.delete_user(old)
    new = lab.tenant.add_user(ANNA)
    run = lab.run()
    what, checked = run.preview(Permission, "g", **PROD_SALES, user=ANNA, permissions=["VIEW"])
    assert (what, checked["user_id"]) == ("replace", new)
    assert run.diff(Permission, "g", checked).replaces == ["user_id"]
    assert (
        f"user '{ANNA}' is another account than before (id {new}, was {old}): its grant is replaced"
        in capsys.readouterr().out
    )
    lab.run().up(Permission, "g", **PROD_SALES, user=ANNA, permissions=["VIEW"])
    assert lab.tenant.grants()[lab.workspace("Sales", "prod"), "users", new] == ["VIEW"]


def test_the_same_object_by_another_name_is_an_update_without_a_write(lab: Lab) -> None:
    lab.run().up(
        Permission, "g", workspace_id=lab.workspace("Sales", "prod"), user_id=lab.user("anna"), permissions=["VIEW"]
    )
    before = lab.tenant.snapshot()
    assert lab.run().up(Permission, "g", **PROD_SALES, user=ANNA, permissions=["VIEW"]) == "update"
    assert {call.method for call in lab.tenant.calls} == {"GET"}
    assert lab.tenant.snapshot() == before
    assert lab.states["g"].outputs["user"] == ANNA
    assert lab.run().preview(Permission, "g", **PROD_SALES, user=ANNA, permissions=["VIEW"])[0] == "same"


@pytest.mark.parametrize(
    ("changed", "where", "said"),
    [
        ({"workspace": "Salse"}, "workspace", "no workspace 'Salse' in environment 'prod'; did you mean 'Sales'?"),
        ({"environment": "prd"}, "environment", "no environment 'prd' with a workspace in it; did you mean 'prod'?"),
        ({"environment": None}, "workspace", "environments dev, prod, staging each have a workspace 'Sales'"),
        ({"user": "anna.peterson@nordlicht-retail.example"}, "user", f"did you mean '{ANNA}'"),
        ({"user": None, "service_account": "nightly"}, "service_account", "did you mean 'nightly-scheduler'?"),
        ({"user": " "}, "user", "is blank"),
        ({"user": " anna"}, "user", "has leading or trailing whitespace"),
        ({"user": 7}, "user", "must be text, not a number"),
        ({"workspace": None}, "workspace_id", "is required: give workspace_id, or workspace"),
        ({"workspace": None, "workspace_id": "w"}, "environment", "needs workspace beside it"),
        ({"service_account": "ci-publisher"}, "service_account", "cannot stand beside user"),
        ({"user": None}, "user_id", "is required: give user or user_id"),
        ({"user_id": "someone-else"}, "user_id", "give the name or the id, not both"),
    ],
)
def test_wrong_names_are_refused_at_preview(lab: Lab, changed: dict[str, Any], where: str, said: str) -> None:
    before = lab.tenant.snapshot()
    inputs: dict[str, Any] = {**PROD_SALES, "user": ANNA, "permissions": ["VIEW"], **changed}
    found = refusals(lambda: lab.run().check(Permission, "g", **{k: v for k, v in inputs.items() if v is not None}))
    assert [property_ for property_, _ in found if property_ == where] == [where]
    assert said in dict(found)[where]
    assert lab.tenant.snapshot() == before


def test_all_wrong_names_are_told_at_once(lab: Lab) -> None:
    found = refusals(lambda: lab.run().check(Permission, "g", workspace="Salse", user="nobody", permissions=["VIEW"]))
    assert [where for where, _ in found] == ["workspace", "user"]


def test_a_user_who_left_is_refused_by_name_but_read_and_removed_by_id(lab: Lab) -> None:
    lab.run().up(Permission, "g", **PROD_SALES, user=ANNA, permissions=["VIEW"])
    old = lab.user("anna")
    lab.tenant.delete_user(old)
    ((where, said),) = refusals(lambda: lab.run().check(Permission, "g", **PROD_SALES, user=ANNA, permissions=["VIEW"]))
    assert where == "user"
    assert said.startswith(f"user '{ANNA}' (id {old}) is gone since the last update")
    assert "remove the resource from the program" in said
    lab.run().destroy("g")
    assert lab.run().states == {}


def test_a_user_who_was_renamed_is_told_by_the_new_name(lab: Lab) -> None:
    lab.run().up(Permission, "g", **PROD_SALES, user=ANNA, permissions=["VIEW"])
    lab.states["g"].inputs["user"] = "anna.mueller@nordlicht-retail.example"
    ((_, said),) = refusals(
        lambda: lab.run().check(
            Permission, "g", **PROD_SALES, user="anna.mueller@nordlicht-retail.example", permissions=["VIEW"]
        )
    )
    assert said.endswith(f"was renamed: it is now called '{ANNA}'; write that name")


@pytest.mark.parametrize("unknown", [UNKNOWN, Unknown()], ids=["mark", "object"])
def test_names_that_are_not_known_yet_pass(lab: Lab, unknown: object) -> None:
    for changed, id_ in (("workspace", "workspace_id"), ("environment", "workspace_id"), ("user", "user_id")):
        inputs: dict[str, Any] = {**PROD_SALES, "user": ANNA, "permissions": ["VIEW"], changed: unknown}
        checked = lab.run().check(Permission, "g", **inputs)
        assert checked[changed] == UNKNOWN
        assert checked[id_] == UNKNOWN


def test_refresh_keeps_the_names_and_shows_drift(lab: Lab) -> None:
    lab.run().up(Permission, "g", **PROD_SALES, user=ANNA, permissions=["VIEW"])
    lab.tenant.grant(lab.workspace("Sales", "prod"), lab.user("anna"), ["MANAGE", "VIEW"])
    outs = lab.run().refresh("g")
    assert outs is not None
    assert (outs["user"], outs["workspace"], outs["permissions"]) == (ANNA, "Sales", ["MANAGE", "VIEW"])
    assert lab.run().up(Permission, "g", **PROD_SALES, user=ANNA, permissions=["VIEW"]) == "update"
    assert lab.tenant.grants()[lab.workspace("Sales", "prod"), "users", lab.user("anna")] == ["VIEW"]


def test_existing_access_is_told_by_name(lab: Lab) -> None:
    lab.tenant.grant(lab.workspace("Sales", "prod"), lab.user("anna"), ["MANAGE"])
    inputs: dict[str, Any] = {
        "workspace_id": lab.workspace("Sales", "prod"),
        "user_id": lab.user("anna"),
        "permissions": ["VIEW"],
    }
    ((where, said),) = refusals(lambda: lab.run().check(Permission, "g", **inputs))
    assert where == "adopt_existing"
    assert said.startswith(f"user '{ANNA}' on workspace 'Sales' (prod) already has MANAGE")


def test_a_tenant_out_of_reach_is_said_in_one_line(lab: Lab) -> None:
    run = lab.run(endpoint="http://127.0.0.1:9")
    ((where, said),) = refusals(lambda: run.check(Permission, "g", **PROD_SALES, user=ANNA, permissions=["VIEW"]))
    assert where == ""
    assert said.startswith("Could not list the workspaces: no connection to 127.0.0.1:9")


# --- what the tenant would refuse


def engine_user(lab: Lab) -> str:
    return next(user["login"] for user in lab.tenant.users() if "Engine User" in str(user["roles"]))


@pytest.mark.parametrize("by", ["name", "id"])
def test_engine_use_accounts_get_execute_and_view_only(lab: Lab, by: str) -> None:
    login = engine_user(lab)
    who: dict[str, Any] = {"user": login} if by == "name" else {"user_id": lab.user(login)}
    ((where, said),) = refusals(
        lambda: lab.run().check(Permission, "g", **PROD_SALES, **who, permissions=["VIEW", "MANAGE"])
    )
    assert where == "permissions"
    assert said.startswith(f"user '{login}' has TMC_ENGINE_USE without ")
    assert "EXECUTE and VIEW only: remove MANAGE" in said
    assert lab.run().check(Permission, "g", **PROD_SALES, **who, permissions=["VIEW", "EXECUTE"])["permissions"]


def test_engine_use_of_a_service_account(lab: Lab) -> None:
    ((_, said),) = refusals(
        lambda: lab.run().check(Permission, "g", **PROD_SALES, service_account="engine-runner", permissions=["AUTHOR"])
    )
    assert said.startswith("service account 'engine-runner' has TMC_ENGINE_USE")


def test_look_ups_that_are_forbidden_do_not_stop_grants_by_id(lab: Lab) -> None:
    for path in ("/account/roles", "/account/users"):
        lab.tenant.inject(Fault(kind="status", path=path, status=403, times=None))
    inputs: dict[str, Any] = {
        "workspace_id": lab.workspace("Sales", "prod"),
        "user_id": lab.user("anna"),
        "permissions": ["MANAGE"],
    }
    assert lab.run().up(Permission, "g", **inputs) == "create"


def test_unknown_talend_roles_are_refused_with_near_matches(lab: Lab) -> None:
    found = refusals(lambda: lab.run().check(Mapping, "m", role_name="x", roles=["Operater", "Operator", "Zzz"]))
    assert [where for where, _ in found] == ["roles", "roles"]
    assert found[0][1] == "no Talend role 'Operater'; did you mean 'Operator'?"
    assert found[1][1].startswith("no Talend role 'Zzz'; roles are Assets Manager, ")


def test_mappings_without_change_make_no_call(lab: Lab) -> None:
    lab.run().up(Mapping, "m", role_name="x", roles=["Operator"])
    assert lab.run().preview(Mapping, "m", role_name="x", roles=["Operator"])[0] == "same"
    assert paths(lab.tenant) == []


# --- two resources on the same


def test_two_resources_on_the_same_grant_are_refused_however_they_name_it(lab: Lab) -> None:
    run = lab.run()
    run.check(Permission, "first", **PROD_SALES, user=ANNA, permissions=["VIEW"])
    run.check(Permission, "other", workspace="Sales", environment="dev", user=ANNA, permissions=["VIEW"])
    ids: dict[str, Any] = {"workspace_id": lab.workspace("Sales", "prod"), "user_id": lab.user("anna")}
    ((where, said),) = refusals(
        lambda: run.check(Permission, "second", **ids, permissions=["VIEW"], adopt_existing=True)
    )
    assert where == "permissions"
    assert said.startswith(f"'first' already manages user '{ANNA}' on workspace 'Sales' (prod)")


def test_checking_the_same_resource_again_is_no_clash(lab: Lab) -> None:
    run = lab.run()
    for _ in range(2):
        run.check(Permission, "g", **PROD_SALES, user=ANNA, permissions=["VIEW"])
    # It moves away: what it managed is free again.
    run.check(Permission, "g", workspace="Sales", environment="dev", user=ANNA, permissions=["VIEW"])
    run.check(Permission, "h", **PROD_SALES, user=ANNA, permissions=["VIEW"])


def test_two_mappings_of_the_same_customer_role_are_refused(lab: Lab) -> None:
    run = lab.run()
    run.check(Mapping, "first", role_name="team", roles=["Operator"])
    ((where, said),) = refusals(lambda: run.check(Mapping, "second", role_name="team", roles=["Operator"]))
    assert where == "role_name"
    assert said.startswith("'first' already manages customer role 'team'")
