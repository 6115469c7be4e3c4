"""The access of the shared offline tenant, over real HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

import support
from pulumi_talend.access import TenantAccess
from pulumi_talend.access.journal import Journal
from pulumi_talend.api import TalendClient
from pulumi_talend_sandbox.tenant import Tenant

NewAccess = Callable[..., TenantAccess]


@pytest.fixture
def new_access(tenant: Tenant, short_waits: None) -> Iterator[NewAccess]:
    """Makes the access that one more process has: a client of its own, and nothing known."""
    with ExitStack() as stack:

        def new(journal: Journal | None = None, said: list[str] | None = None) -> TenantAccess:
            client: TalendClient = stack.enter_context(support.client_of(support.settings_for(tenant)))
            return TenantAccess(client, journal=journal, notify=None if said is None else said.append)

        yield new


@pytest.fixture
def access(new_access: NewAccess) -> TenantAccess:
    return new_access()
