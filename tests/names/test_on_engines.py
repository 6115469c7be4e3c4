"""Names and look-ups through whole engines: the same outcome, calls and tenant on each."""

from __future__ import annotations

from e2e.conftest import on_both_engines
from e2e.stack import Stack
from pulumi_talend_sandbox.tenant import Tenant

BY_NAME = """
WorkspacePermission("anna", workspace="Sales", environment="prod", user="Anna.Petersen@nordlicht-retail.example",
                    permissions=["VIEW", "EXECUTE"])
WorkspacePermission("robot", workspace="Sales", environment="prod", service_account="nightly-scheduler", permissions=["VIEW"])
"""
LISTINGS = {
    "GET /orchestration/workspaces 200",
    "GET /account/users?page=1&size=100 200",
    "GET /account/service-accounts 200",
}


@on_both_engines
def test_a_life_by_name(stack: Stack, tenant: Tenant) -> None:
    before = tenant.snapshot()
    stack.program(BY_NAME)
    assert stack.preview().ok().summary == {"create": 3}
    assert tenant.snapshot() == before
    assert stack.up().ok().summary == {"create": 3}
    tenant.calls.clear()
    assert stack.preview().ok().summary == {"same": 3}
    assert set(tenant.calls.lines()) == LISTINGS
    assert len(tenant.calls) == 3
    for resource in stack.managed().values():
        assert "__program" not in {**resource.inputs, **resource.outputs}

    anna = next(user for user in tenant.users() if user["login"].startswith("anna"))
    tenant.delete_user(anna["id"])
    made_anew = tenant.add_user(anna["login"])
    run = stack.preview().ok()
    assert (run.summary, run.diffs) == ({"replace": 1, "same": 2}, {"anna": "~user_id"})
    assert "is another account than before" in run.output
    assert stack.up().ok().summary == {"replace": 1, "same": 2}
    assert stack.managed()["anna"].outputs["user_id"] == made_anew
    assert stack.destroy().ok().summary == {"delete": 3}
    assert tenant.snapshot()["grants"] == before["grants"]


def test_every_refusal_is_in_the_preview(stack: Stack, tenant: Tenant) -> None:
    before = tenant.snapshot()
    for program, said in (
        (BY_NAME.replace('"Sales"', '"Salse"'), "no workspace 'Salse' in environment 'prod'; did you mean 'Sales'?"),
        (BY_NAME.replace('environment="prod", ', ""), "environments dev, prod, staging each have a workspace 'Sales'"),
        (BY_NAME.replace("Petersen", "Peterson"), "did you mean 'anna.petersen@nordlicht-retail.example'"),
        (
            BY_NAME.replace("nightly-scheduler", "nightly"),
            "no service account 'nightly'; did you mean 'nightly-scheduler'?",
        ),
        ('RoleMapping("m", role_name="x", roles=["Operater"])', "no Talend role 'Operater'; did you mean 'Operator'?"),
        (
            'for name in ("a", "b"): RoleMapping(name, role_name="x", roles=["Operator"])',
            "already manages customer role 'x'",
        ),
    ):
        stack.program(program)
        run = stack.preview().failed()
        assert any(said in error for error in run.errors), run.output
    assert tenant.snapshot() == before


@on_both_engines
def test_functions_in_a_program(stack: Stack, tenant: Tenant) -> None:
    stack.program("""
import pulumi_talend as talend
sales = talend.get_workspace("Sales", environment="prod")
anna = talend.get_user_output(pulumi.Output.from_input("ANNA.petersen@nordlicht-retail.example"))
grant = WorkspacePermission("anna", workspace_id=sales.id, user_id=anna.id, permissions=["VIEW"])
# The name is not known before the first grant is made.
WorkspacePermission("later", workspace=grant.id.apply(lambda _: "Sales"), environment="dev", user=anna.login,
                    permissions=["VIEW"])
pulumi.export("login", anna.login)
pulumi.export("later", talend.get_workspace_output(grant.id.apply(lambda _: "Finance"), environment="dev").name)
pulumi.export("counts", [len(talend.get_users()), len(talend.get_roles()), len(talend.get_workspaces(environment="dev"))])
pulumi.export("robot", talend.get_service_account("ci-publisher").name)
pulumi.export("all", pulumi.Output.all(talend.get_workspaces_output(), talend.get_users_output(), talend.get_roles_output(),
              talend.get_service_account_output("ci-publisher")).apply(lambda lists: [len(each) for each in lists[:3]]))
""")
    assert stack.preview().ok().summary == {"create": 3}
    assert stack.up().ok().summary == {"create": 3}
    outputs = stack.export()["deployment"]["resources"][0]["outputs"]
    dev = [workspace for workspace in tenant.workspaces() if workspace["environment"]["name"] == "dev"]
    users, roles, workspaces = len(tenant.users()), len(tenant.roles()), len(tenant.workspaces())
    assert outputs == {
        "login": "anna.petersen@nordlicht-retail.example",
        "later": "Finance",
        "counts": [users, roles, len(dev)],
        "robot": "ci-publisher",
        "all": [workspaces, users, roles],
    }
    assert stack.up().ok().summary == {"same": 3}


def test_a_look_up_that_fails_is_one_line(stack: Stack) -> None:
    for program, said in (
        ('get_workspace("Sales")', "environments dev, prod, staging each have a workspace 'Sales'"),
        ('get_user_output("nobody.at.all")', "no user 'nobody.at.all'"),
        ('get_service_account("nightly")', "did you mean 'nightly-scheduler'?"),
    ):
        stack.program(f"import pulumi_talend as talend\ntalend.{program}")
        run = stack.preview().failed()
        assert any(said in error for error in run.errors), run.output
        assert "Traceback" not in run.output


def test_a_tenant_out_of_reach_is_one_line(stack: Stack) -> None:
    stack.settings["TALEND_ENDPOINT"] = "http://127.0.0.1:9"
    stack.program(BY_NAME)
    run = stack.preview().failed()
    assert any("Could not list the" in error and "no connection to 127.0.0.1:9" in error for error in run.errors), (
        run.output
    )
    stack.program("import pulumi_talend as talend\ntalend.get_users()")
    run = stack.preview().failed()
    assert any("Could not list the users" in error and "no connection" in error for error in run.errors), run.output
