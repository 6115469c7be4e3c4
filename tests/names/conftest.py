"""A tenant of its own for each test: these change who is in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from e2e.conftest import engine, new_stack, pulumi_engine, stack, tenant
from hosting import Lab
from pulumi_talend.api import TalendClient
from pulumi_talend.provider.session import SESSIONS
from pulumi_talend_sandbox.tenant import Tenant
from support import client_of, settings_for

__all__ = ["engine", "lab", "lab_client", "new_stack", "pulumi_engine", "stack", "tenant"]


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Tenant.start() as tenant:
        yield Lab(tenant)
        SESSIONS.close()


@pytest.fixture
def lab_client(lab: Lab) -> Iterator[tuple[Tenant, TalendClient]]:
    with client_of(settings_for(lab.tenant)) as client:
        yield lab.tenant, client
