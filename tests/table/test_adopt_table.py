"""A tenant becomes a table: preview unchanged on the Pulumi CLI; moving to a table and back never takes access away."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adopt.test_adopt import IMPORT
from e2e.stack import Engine, Stack
from pulumi_talend.loader import TABLE
from pulumi_talend.table import read_table
from pulumi_talend_sandbox.tenant import Tenant
from table.conftest import Access

AT = "@nordlicht-retail.example"


@pytest.fixture
def engine(pulumi_engine: Engine) -> Engine:
    """The Pulumi CLI, which alone imports."""
    return pulumi_engine


def take_over(stack: Stack, out: Path) -> None:
    for name in ("__main__.py", "access.yaml"):
        (stack.directory / name).write_text((out / name).read_text(encoding="utf-8"), encoding="utf-8")
    stack.command("import", "--file", str(out / "import.json"), *IMPORT, "--stack", stack.name).ok()


def test_a_tenant_becomes_a_table_and_the_preview_is_unchanged(
    stack: Stack, tenant: Tenant, access: Access, tmp_path: Path
) -> None:
    workspace = ""
    for number, name in enumerate(("no", 'Team "Süd" / {a} \\ b', "a: b # c", "60")):
        for environment in ("dev", "prod"):
            workspace = tenant.add_workspace(name, environment=environment)
            tenant.grant(workspace, tenant.add_user(f"{environment}-{number}@x.example"), ["VIEW"])
            tenant.grant(workspace, next(u["id"] for u in tenant.users() if u["login"].startswith("anna")), ["VIEW"])
    for login in ("team:sales", "user:anna", "yes", "0123", "Zoë Ünïcode"):
        tenant.grant(workspace, tenant.add_user(login), ["EXECUTE", "VIEW"])
    twins = [tenant.add_user(f"twin-{n}", email="twin@x.example") for n in (1, 2)]
    for user in twins:
        tenant.grant(workspace, user, ["MANAGE"])
    tenant.map_role("on", ["Operator"])
    before = tenant.snapshot()
    sets = len({place for place, _, _ in tenant.grants()})
    out = tmp_path / "adopted"

    said = access("adopt", "--style", "table", "--out", out)

    assert said.code == 0, said
    assert (
        f"{len(tenant.grants())} grants in {sets} sets and {len(tenant.role_mappings())} role mappings" in said.stdout
    )
    assert read_table(out / "access.yaml").declared(None).grants == len(tenant.grants())
    take_over(stack, out)
    assert stack.preview().ok().summary == {"same": sets + 3}
    assert stack.preview("--refresh").ok().summary == {"same": sets + 3}
    assert tenant.calls.writes() == []
    assert stack.up().ok().summary == {"same": sets + 3}
    assert all(each.inputs[TABLE][""][0].startswith("access.yaml:") for each in stack.managed().values())
    assert access("format", "--check", out / "access.yaml").code == 0
    state = tmp_path / "state.json"
    state.write_text(json.dumps(stack.export()), encoding="utf-8")
    assert access("drift", "--state", state).stdout == "No difference between the tenant and its stacks.\n"
    stack.destroy().ok()
    assert tenant.grants() == {}
    stack.up().ok()
    assert tenant.snapshot() == before


def test_moving_to_a_table_and_back_makes_no_write(stack: Stack, tenant: Tenant) -> None:
    single = f"""
from pulumi_talend import WorkspaceAccess
for who in ("jan.petry{AT}", "nadine.albers{AT}"):
    WorkspacePermission(who, workspace="Sales", environment="dev", user=who, permissions=["VIEW"], adopt_existing=True)
WorkspaceAccess("finance", workspace="Finance", environment="dev", max_removals="all", grants={{"jan.petry{AT}": ["VIEW"]}})
RoleMapping("crew", role_name="crew", roles=["Operator"], adopt_existing=True)
"""
    table = f"""\
environments: [dev]
exclusive: false
adopt_existing: true
workspaces:
  Sales: {{access: {{jan.petry{AT}: VIEW, nadine.albers{AT}: VIEW}}}}
  Finance: {{exclusive: true, access: {{jan.petry{AT}: VIEW}}}}
role_mappings: {{exclusive: false, adopt_existing: true, mappings: {{crew: Operator}}}}
"""
    stack.program(single)
    stack.up().ok()
    held = tenant.snapshot()
    tenant.calls.clear()

    (stack.directory / "access.yaml").write_text(table, encoding="utf-8")
    stack.program('from pulumi_talend import AccessTable\nAccessTable("access")')
    assert stack.up().ok().summary == {"create": 4, "delete": 4, "same": 1}
    assert sorted(stack.managed()) == ["access/dev/Finance", "access/dev/Sales", "access/role/crew"]
    stack.program(single)
    assert stack.up().ok().summary == {"create": 4, "delete": 4, "same": 1}

    assert tenant.calls.writes() == []
    assert tenant.snapshot() == held
