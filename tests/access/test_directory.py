"""The tenant's lists: each is read once per process, and a list that cannot be read never makes anybody count as gone."""

from __future__ import annotations

import pytest

import support
from pulumi_talend.access import TenantAccess
from pulumi_talend.access.directory import Once
from pulumi_talend.errors import ForbiddenError, TalendError
from pulumi_talend.model.grants import Principal
from pulumi_talend_sandbox.tenant import Fault, Tenant


def test_each_list_is_read_once_by_however_many_threads(tenant: Tenant, access: TenantAccess) -> None:
    tenant.set_behaviour(latency=0.02)
    results = support.in_threads([access.directory.workspaces.get] * 12)
    assert all(found is results[0] for found in results)
    assert len(tenant.calls) == 1


def test_a_failure_is_kept_for_half_a_minute_then_tried_again(clock: support.VirtualClock) -> None:
    reads: list[int] = []

    def read() -> str:
        reads.append(1)
        if len(reads) == 1:
            raise TalendError("no")
        return "value"

    once = Once(read, clock=clock)
    for seconds in (0, 29):
        clock.sleep(seconds)
        with pytest.raises(TalendError):
            once.get()
    clock.sleep(2)
    assert once.get() == once.get() == "value"
    assert len(reads) == 2


def test_labels_are_of_people_and_workspaces_and_do_without_a_list(tenant: Tenant, access: TenantAccess) -> None:
    key = support.user_key(tenant)
    assert access.directory.label(key) == str(key)
    assert tenant.calls.lines() == []
    (login,) = [user["login"] for user in tenant.users() if user["id"] == key.principal.id]
    assert f"user '{login}' on workspace '" in access.directory.label(key, look=True)


@pytest.mark.parametrize("kind", ["users", "service-accounts"])
def test_a_list_that_cannot_be_read_is_no_proof(tenant: Tenant, access: TenantAccess, kind: str) -> None:
    tenant.inject(Fault(kind="status", status=403, path="/account/|/orchestration/", times=None))
    with pytest.raises(ForbiddenError):
        access.directory.users.get()
    assert not access.directory.is_principal_gone(Principal("users" if kind == "users" else "service-accounts", "x"))
    assert not access.directory.is_workspace_gone("x")
    assert access.directory.users.get_if_readable() is None


def test_what_a_readable_list_lacks_is_gone(tenant: Tenant, access: TenantAccess) -> None:
    key = support.user_key(tenant)
    assert access.directory.is_principal_gone(Principal("users", "x"))
    assert access.directory.is_workspace_gone("x")
    assert not access.directory.is_principal_gone(key.principal)
    assert not access.directory.is_workspace_gone(key.workspace_id)
