"""A tenant of its own for each test, and a client that speaks to it over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from pulumi_talend_sandbox.tenant import Tenant


def client_of(tenant: Tenant, token: str | None = None) -> httpx.Client:
    headers = {"Authorization": f"Bearer {token or tenant.token}"}
    return httpx.Client(base_url=tenant.url, headers=headers, verify=False, trust_env=False, timeout=60)


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    with Tenant.start() as running:
        yield running


@pytest.fixture
def api(tenant: Tenant) -> Iterator[httpx.Client]:
    with client_of(tenant) as client:
        yield client


class Clock:
    """A clock that stands still until it is told."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def clocked(clock: Clock) -> Iterator[Tenant]:
    """A tenant that lives by `clock`."""
    with Tenant.start(clock=clock) as running:
        yield running


@pytest.fixture
def workspace(tenant: Tenant) -> str:
    """The id of dev's Sales."""
    return tenant.workspaces()[0]["id"]


@pytest.fixture
def user(tenant: Tenant) -> str:
    """The id of an operator without access to any workspace."""
    return next(each["id"] for each in tenant.users() if each["login"].startswith("paul.jansen"))


@pytest.fixture
def engine_user(tenant: Tenant) -> str:
    """The id of a user who holds TMC_ENGINE_USE, without access to any workspace."""
    return next(each["id"] for each in tenant.users() if each["login"].startswith("ole.friis"))


@pytest.fixture
def service_account(tenant: Tenant) -> str:
    """The id of a service account without access to any workspace."""
    return next(each["id"] for each in tenant.service_accounts() if each["name"] == "audit-export")


@dataclass(frozen=True)
class Principals:
    """The calls on permissions of one kind of principal, and two principals of it without access to anything."""

    kind: str
    id_name: str
    listing: str
    one: str
    other: str

    @property
    def batch(self) -> str:
        return f"{self.listing}/batch"

    def path(self, workspace: str, account: str | None = None) -> str:
        return f"/security/workspaces/{workspace}/{self.kind}/{account or self.one}/permissions"

    def give(self, tenant: Tenant, workspace: str, *permissions: str) -> None:
        """Give the first of them permissions by hand."""
        if self.kind == "users":
            tenant.grant(workspace, self.one, permissions)
        else:
            tenant.grant(workspace, service_account_id=self.one, permissions=permissions)

    def key(self, workspace: str, account: str | None = None) -> tuple[str, str, str]:
        return workspace, self.kind, account or self.one


def record(workspace: str, account: str, *permissions: str) -> dict[str, Any]:
    """A grant as the API spells it, for users and service accounts alike."""
    return {"workspaceId": workspace, "userId": account, "permissions": list(permissions)}


@pytest.fixture(params=["users", "service-accounts"])
def principals(request: pytest.FixtureRequest, tenant: Tenant) -> Principals:
    if request.param == "users":
        found = [each["id"] for each in tenant.users() if each["login"].startswith(("paul.jansen", "kai.boysen"))]
        return Principals("users", "userId", "/security/permissions", *found)
    found = [tenant.add_service_account(name, permissions=["TMC_OPERATOR"]) for name in ("one", "other")]
    return Principals("service-accounts", "serviceAccountId", "/security/service-accounts/permissions", *found)
