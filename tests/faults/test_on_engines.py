"""Faults in the middle of a whole run of an engine: what its state says afterwards, and that the next update heals it."""

from __future__ import annotations

import pytest

from e2e.conftest import on_both_engines
from e2e.stack import Stack
from pulumi_talend_sandbox.tenant import Fault, Tenant

PROGRAM = """
RoleMapping("crew", role_name="faults-crew", roles=["{role}"])
for number, workspace in enumerate({workspaces!r}):
    WorkspacePermission(f"grant-{{number}}", workspace_id=workspace, user_id={user!r}, permissions={permissions!r})
"""
WRITES = r"/security/(permissions/batch|workspaces/)"


class Program:
    """Three grants of one user and a mapping, with everything else in the tenant beside them."""

    def __init__(self, tenant: Tenant, stack: Stack) -> None:
        self._tenant = tenant
        self._stack = stack
        self._user = next(one["id"] for one in tenant.users() if one["login"].startswith("paul.jansen"))
        self._workspaces = [one["id"] for one in tenant.workspaces()[:3]]
        self._before = tenant.snapshot()

    def says(self, *permissions: str, role: str = "Operator") -> None:
        self._permissions, self._role = sorted(permissions), role
        given = {"workspaces": self._workspaces, "user": self._user, "permissions": self._permissions, "role": role}
        self._stack.program(PROGRAM.format(**given))

    def stands(self) -> None:
        """The tenant holds what the program says, and otherwise what it held before."""
        grants = {f"{workspace}/users/{self._user}": self._permissions for workspace in self._workspaces}
        now = self._tenant.snapshot()
        assert now["grants"] == {**self._before["grants"], **grants}
        assert now["role_mappings"] == {**self._before["role_mappings"], "faults-crew": [self._role]}

    def is_gone(self) -> None:
        assert self._tenant.snapshot() == self._before


@pytest.fixture
def program(tenant: Tenant, stack: Stack) -> Program:
    return Program(tenant, stack)


def test_creates_whose_answers_are_lost_for_good_are_finished_by_the_next_update(
    tenant: Tenant, stack: Stack, program: Program
) -> None:
    program.says("VIEW")
    tenant.inject(Fault(kind="drop-after", method="POST", path=WRITES, times=None))
    tenant.inject(Fault(kind="status", status=503, path=r"^/security/permissions$", after=1, times=None))
    tenant.inject(Fault(kind="status", status=503, method="GET", path=WRITES, times=None))
    failed = stack.up().failed()
    assert failed.errors
    assert all("on workspace" in error for error in failed.errors), failed.errors
    assert [name for name in stack.managed() if name.startswith("grant-")] == []
    tenant.clear_faults()
    assert stack.up().ok().summary["create"] >= 3
    program.stands()
    assert set(stack.up().ok().summary) == {"same"}


def test_an_update_struck_once_is_done(tenant: Tenant, stack: Stack, program: Program) -> None:
    """With the other kinds of faults, tests/faults/test_matrix.py does the same in process."""
    program.says("VIEW")
    stack.up().ok()
    program.says("EXECUTE", "VIEW", role="Data Steward")
    tenant.inject(Fault(kind="drop-after", path=WRITES))
    tenant.inject(Fault(kind="drop-after", method="POST", path=r"/security/role-mappings$"))
    assert stack.up().ok().summary["update"] == 4
    assert tenant.pending_faults() == []
    program.stands()


@on_both_engines
def test_a_refresh_and_a_destroy_that_are_refused_lose_nothing(tenant: Tenant, stack: Stack, program: Program) -> None:
    program.says("VIEW")
    stack.up().ok()
    kept = stack.managed()
    tenant.inject(Fault(kind="status", status=404, path=r"^/security/", times=None))
    for change in (stack.refresh, stack.destroy):
        change().failed()
        assert stack.managed().keys() == kept.keys()
        program.stands()
    tenant.clear_faults()
    stack.destroy().ok()
    program.is_gone()
