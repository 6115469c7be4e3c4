"""Providers, called as the engine's dynamic host calls them: plain dicts, `__provider` among them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pulumi.dynamic import Config, ConfigureRequest, ResourceProvider

from pulumi_talend.api import ENVIRONMENT_NAMES
from pulumi_talend.resources.base import forget_tenants
from pulumi_talend.resources.role_mapping import RoleMappingProvider
from pulumi_talend.resources.workspace_permission import WorkspacePermissionProvider
from pulumi_talend_sandbox.tenant import Tenant

Configure = Callable[..., Any]


@pytest.fixture(autouse=True)
def a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a provider keeps in its process, and what of a shell it reads, is nothing at first and undone afterwards."""
    monkeypatch.setattr(sys, "tracebacklimit", 1000, raising=False)
    for name in (*ENVIRONMENT_NAMES.values(), "TALEND_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    forget_tenants()
    yield
    forget_tenants()


def configured(provider: ResourceProvider, **config: str) -> Any:
    """`provider` after the host has given it the stack's configuration (names without `talend:`)."""
    provider.configure(ConfigureRequest(Config({f"talend:{name}": value for name, value in config.items()}, "project")))
    return provider


@pytest.fixture
def new_grants(tenant: Tenant) -> Configure:
    """A provider of workspace permissions, as in a new process; keywords replace the configuration."""

    def new(**config: str) -> Any:
        forget_tenants()
        return configured(WorkspacePermissionProvider(), **(config or {"endpoint": tenant.url, "token": tenant.token}))

    return new


@pytest.fixture
def new_mappings(tenant: Tenant) -> Configure:
    """A provider of role mappings, as in a new process; keywords replace the configuration."""

    def new(**config: str) -> Any:
        forget_tenants()
        return configured(RoleMappingProvider(), **(config or {"endpoint": tenant.url, "token": tenant.token}))

    return new
