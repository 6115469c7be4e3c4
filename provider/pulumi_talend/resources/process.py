"""What one process knows of each tenant: all resources of a run share its client, its claims and its notes."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from .claims import Claims
from .reporting import say

if TYPE_CHECKING:
    from ..access import TenantAccess
    from ..access.journal import Journal
    from ..api import Settings

_tenants: dict[Settings, TenantAccess] = {}
_tenants_lock = threading.Lock()
_claims: dict[str, Claims] = {}
_journals: dict[str, Journal] = {}


def tenant_for(settings: Settings) -> TenantAccess:
    """The process's one TenantAccess for these settings: all resources share its client, pacing and snapshot."""
    from ..access import TenantAccess
    from ..api import TalendClient

    with _tenants_lock:
        if settings not in _tenants:
            _tenants[settings] = TenantAccess(
                TalendClient(settings, notify=say), journal=_journal_on(settings), notify=say
            )
        return _tenants[settings]


def journal_on(settings: Settings) -> Journal:
    """The process's notes of what it is about to create in the tenant of these settings."""
    with _tenants_lock:
        return _journal_on(settings)


def _journal_on(settings: Settings) -> Journal:
    from .unfinished import file_journal

    if settings.base_url not in _journals:
        claims = _claims.setdefault(settings.base_url, Claims())
        _journals[settings.base_url] = file_journal(settings.base_url, claims, say)
    return _journals[settings.base_url]


def claims_on(settings: Settings) -> Claims:
    """The process's one book of claims for the tenant of these settings."""
    with _tenants_lock:
        return _claims.setdefault(settings.base_url, Claims())


def forget_tenants() -> None:
    """Forgets what the process knows of any tenant, as a new process would. For processes that live longer than one run."""
    with _tenants_lock:
        for tenant in _tenants.values():
            tenant.client.close()
        _tenants.clear()
        _claims.clear()
        _journals.clear()
