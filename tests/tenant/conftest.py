"""A tenant of its own for each test, and a client that speaks to it over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from pulumi_talend_sandbox.tenant import Tenant


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    with Tenant.start() as running:
        yield running


_TLS = httpx.create_ssl_context()  # loading the certificates takes longer than most tests here


@pytest.fixture
def api(tenant: Tenant) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {tenant.token}"}
    with httpx.Client(base_url=tenant.url, headers=headers, verify=_TLS) as client:
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
    """The id of a user who has TMC_ENGINE_USE, without access to any workspace."""
    return next(each["id"] for each in tenant.users() if each["login"].startswith("ole.friis"))


@pytest.fixture
def service_account(tenant: Tenant) -> str:
    """The id of a service account without access to any workspace."""
    return next(each["id"] for each in tenant.service_accounts() if each["name"] == "audit-export")
