"""The end of a stack whose people and workspaces have gone before it: clean, in one destroy."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from e2e.company import (
    AUDIT,
    FELIX,
    LOGISTICS,
    NADINE,
    OSKAR,
    SALES,
    TOKEN_PATH,
    mapping,
    permission,
    program,
    service_permission,
)
from e2e.conftest import NewStack
from pulumi_talend_sandbox.tenant import Call, Tenant


@pytest.mark.parametrize("gone", ["404", "403"])
def test_destroy_ends_clean_whatever_is_gone_and_when_the_token_ends(
    new_stack: NewStack, tenant: Tenant, gone: Any
) -> None:
    """People, a service account, a workspace and a mapping are gone, and the token is renewed in the middle."""
    tenant.set_behaviour(gone_workspace=gone)
    table = {f"user-id:{who}": ["VIEW"] for who in (OSKAR, FELIX)}
    credential = {"TALEND_CLIENT_ID": tenant.client_id, "TALEND_CLIENT_SECRET": tenant.client_secret}
    stack = new_stack(settings={"TALEND_ENDPOINT": tenant.url, **credential})
    stack.program(
        program(
            "import pulumi_talend as talend",
            permission("person", SALES, NADINE, ["VIEW"]),
            service_permission("robot", SALES, AUDIT, ["VIEW"]),
            permission("place", LOGISTICS, NADINE, ["VIEW"]),
            mapping("crew", "crew", ["Operator"]),
            mapping("gone", "gone", ["Operator"]),
            f"talend.WorkspaceAccess('set', workspace_id={SALES!r}, grants={table!r}, exclusive=False)",
            f"talend.WorkspaceAccess('set-of-the-place', workspace_id={LOGISTICS!r}, grants={table!r}, exclusive=False)",
        )
    )
    stack.up().ok()
    tenant.delete_workspace(LOGISTICS)
    for person in (NADINE, FELIX):
        tenant.delete_user(person)
    tenant.delete_service_account(AUDIT)
    tenant.unmap_role("gone")
    ended: list[str] = []

    def token_ends(call: Call) -> None:
        if call.method == "DELETE" and not ended:
            ended.append(call.path)
            tenant.expire_tokens()

    tenant.calls.clear()
    stop = tenant.on_call(token_ends)
    run = stack.destroy().ok()
    stop()
    assert run.summary == {"delete": 8}
    assert ended
    assert Counter(call.status for call in tenant.calls if call.path == TOKEN_PATH) == {200: 2}
    assert stack.managed() == {}
    assert not [key for key in tenant.grants() if key[2] == OSKAR]
    assert not {"crew", "gone"} & tenant.role_mappings().keys()
    if gone == "403":
        assert f"workspace {LOGISTICS} no longer exists" in run.output
