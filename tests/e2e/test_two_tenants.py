"""Two tenants in one program: a `pulumi.ProviderResource` has a provider host and settings of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from e2e.company import JAN, LOGISTICS, SALES, mapping, permission, program
from e2e.stack import Stack
from pulumi_talend_sandbox.tenant import Tenant

SECRET = "pat-of-the-other-tenant-5d1c"


@pytest.fixture
def other() -> Iterator[Tenant]:
    with Tenant.start(token=SECRET) as tenant:
        yield tenant


def test_a_provider_of_the_programs_own_is_another_tenant(stack: Stack, tenant: Tenant, other: Tenant) -> None:
    settings = f"{{'talend:endpoint': {other.url!r}, 'talend:token': pulumi.Output.secret({SECRET!r})}}"
    there = "opts=pulumi.ResourceOptions(provider=other)"

    def both(permissions: list[str], roles: list[str]) -> str:
        who = {f"user-id:{JAN}": ["VIEW"]}
        members = f"workspace_id={LOGISTICS!r}, grants={who!r}, exclusive=False"
        return program(
            "from pulumi_talend import WorkspaceAccess",
            f"other = pulumi.ProviderResource('pulumi-python', 'other', {settings})",
            permission("here", SALES, JAN, ["VIEW"]),
            permission("there", SALES, JAN, permissions, more=there),
            mapping("crew-here", "crew", ["Operator"]),
            mapping("crew-there", "crew", roles, more=there),
            f"WorkspaceAccess('set-here', {members})",
            f"WorkspaceAccess('set-there', {members}, {there})",
        )

    stack.program(both(["EXECUTE", "VIEW"], ["Data Steward"]))
    stack.up().ok()
    # The same objects in both: what one tenant has is no finding, no claim and no reading of the other.
    assert tenant.grants()[SALES, "users", JAN] == ["VIEW"]
    assert other.grants()[SALES, "users", JAN] == ["EXECUTE", "VIEW"]
    assert (tenant.role_mappings()["crew"], other.role_mappings()["crew"]) == (["Operator"], ["Data Steward"])
    assert tenant.grants()[LOGISTICS, "users", JAN] == other.grants()[LOGISTICS, "users", JAN] == ["VIEW"]
    assert stack.preview("--refresh", "--expect-no-changes").ok().summary == {"same": 8}

    other.grant(SALES, JAN, ["VIEW"])
    run = stack.preview("--refresh").ok()
    assert run.diffs == {"there": "~permissions"}

    stack.program("")
    stack.up().ok()
    for each in (tenant, other):
        assert "crew" not in each.role_mappings()
        assert not {(SALES, "users", JAN), (LOGISTICS, "users", JAN)} & each.grants().keys()
    assert not [
        where for where, content in stack.everything_written() if SECRET.encode() in content and "__main__" not in where
    ]
