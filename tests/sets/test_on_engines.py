"""Sets through whole engines: what the preview names, what the update does, and that nothing is left to say after it."""

from __future__ import annotations

from e2e.conftest import on_both_engines
from e2e.stack import Stack
from pulumi_talend_sandbox.tenant import Tenant

AT = "@nordlicht-retail.example"
SET = f"""
import pulumi_talend as talend
talend.WorkspaceAccess("sales", workspace="Sales", environment="prod", grants={{
    "mareike.hansen{AT}": ["VIEW", "EXECUTE", "MANAGE"],
    "anna.petersen{AT}": ["VIEW"],
    "service-account:nightly-scheduler": ["VIEW"],
}})
talend.RoleMappings("sso", mappings={{
    "nordlicht-it-security": ["Security Administrator"],
    "nordlicht-platform": ["Environment Administrator", "Operator"],
    "Buchhaltung Köln": ["Data Steward"],
}})
"""


def ids(tenant: Tenant) -> tuple[str, dict[str, str]]:
    place = next(w["id"] for w in tenant.workspaces() if w["name"] == "Sales" and w["environment"]["name"] == "prod")
    return place, {user["login"].removesuffix(AT): user["id"] for user in tenant.users()}


@on_both_engines
def test_the_life_of_sets(stack: Stack, tenant: Tenant) -> None:
    place, user = ids(tenant)
    before = tenant.snapshot()
    stack.program(SET)
    run = stack.preview("--diff").ok()
    assert run.summary == {"create": 3}
    assert f"leonie.vogt{AT}" in run.output
    assert "Data & Analytics/Developers" in run.output
    assert tenant.snapshot() == before
    assert stack.up().ok().summary == {"create": 3}
    here = {who: allowed for (where, _, who), allowed in tenant.grants().items() if where == place}
    assert len(here) == 3
    assert here[user["anna.petersen"]] == ["VIEW"]
    assert here[user["mareike.hansen"]] == ["EXECUTE", "MANAGE", "VIEW"]
    assert sorted(tenant.role_mappings()) == ["Buchhaltung Köln", "nordlicht-it-security", "nordlicht-platform"]
    assert stack.preview().ok().summary == {"same": 3}
    assert stack.refresh().ok().summary == {"same": 3}
    assert stack.preview().ok().summary == {"same": 3}

    tenant.grant(place, user["jan.petry"], ["MANAGE"])
    tenant.map_role("by hand", ["Operator"])
    run = stack.preview("--diff").ok()
    assert run.summary == {"update": 2, "same": 1}
    assert f"jan.petry{AT}" in run.output
    assert "by hand" in run.output
    assert stack.up().ok().summary == {"update": 2, "same": 1}
    assert (place, "users", user["jan.petry"]) not in tenant.grants()
    assert "by hand" not in tenant.role_mappings()
    assert stack.up().ok().summary == {"same": 3}

    tenant.map_role("not ours", ["Operator"])
    assert stack.destroy().ok().summary == {"delete": 3}
    assert not [where for where, _, _ in tenant.grants() if where == place]
    assert tenant.role_mappings() == {"not ours": ["Operator"]}


def test_refusals_name_people(stack: Stack, tenant: Tenant) -> None:
    before = tenant.snapshot()
    for program, said in (
        (SET.replace(f'"mareike.hansen{AT}"', f'"paul.jansen{AT}"'), f"(leonie.vogt{AT}, mareike.hansen{AT})"),
        (
            SET + 'WorkspacePermission("one", workspace="Sales", environment="prod", '
            f'user="paul.jansen{AT}", permissions=["VIEW"])',
            "workspace 'Sales' (prod)",
        ),
        (SET.replace("Security Administrator", "Operator"), "TMC_SSO_MANAGEMENT; now nordlicht-it-security"),
        ('import pulumi_talend as talend\ntalend.RoleMappings("sso", mappings={})', "set allow_empty=True"),
        (SET.replace("anna.petersen", "anna.peterson"), f"did you mean 'anna.petersen{AT}'"),
    ):
        stack.program(program)
        run = stack.preview().failed()
        assert any(said in error for error in run.errors), run.output
    assert tenant.snapshot() == before


def test_access_that_ends(stack: Stack, tenant: Tenant) -> None:
    place, user = ids(tenant)
    key = (place, "users", user["anna.petersen"])
    stack.settings["TALEND_SANDBOX_NOW"] = "2027-01-29T00:00:00Z"
    stack.program(f"""
WorkspacePermission("anna", workspace="Sales", environment="prod", user="anna.petersen{AT}", permissions=["VIEW"],
                    expires_at="2027-01-31T18:00:00+01:00")
RoleMapping("guests", role_name="guests", roles=["Operator"], expires_at="2027-01-31T18:00:00+01:00")
""")
    run = stack.preview().ok()
    assert f"the access of user 'anna.petersen{AT}' on workspace 'Sales' (prod) ends at" in run.output
    assert "the mapping of customer role 'guests' ends at" in run.output
    stack.up().ok()
    assert tenant.grants()[key] == ["VIEW"]
    stack.settings["TALEND_SANDBOX_NOW"] = "2027-02-01T00:00:00Z"
    run = stack.preview().ok()
    assert (run.summary, run.diffs) == ({"update": 2, "same": 1}, {"anna": "~permissions", "guests": "~roles"})
    assert stack.up().ok().summary == {"update": 2, "same": 1}
    assert key not in tenant.grants()
    assert "guests" not in tenant.role_mappings()
    assert stack.preview("--refresh").ok().summary == {"same": 3}
    assert stack.destroy().ok().summary == {"delete": 3}
