"""A tenant of its own for each test: these change who is in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from e2e.conftest import engine, new_stack, pulumi_engine, stack, tenant
from hosting import Lab
from pulumi_talend.resources.base import forget_tenants
from pulumi_talend_sandbox.tenant import Tenant

__all__ = ["engine", "lab", "new_stack", "pulumi_engine", "stack", "tenant"]


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Tenant.start() as tenant:
        yield Lab(tenant)
        forget_tenants()
