"""Who may do what now, from the live tenant: the answer to an auditor's question, as data."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from ..adopt.live import LiveGrant, read_live
from ..api import TalendClient
from ..resources.expiry import now
from .model import Rights, Where, Who


@dataclass(frozen=True)
class Holding:
    """What one principal may do on one workspace."""

    who: Who
    where: Where
    may: Rights


@dataclass(frozen=True)
class Report:
    """Who may do what at `at`. `notes` say what could not be read: what is missing for that reason is not absent."""

    tenant: str
    at: datetime
    holdings: tuple[Holding, ...]
    mappings: tuple[tuple[str, Rights], ...]
    notes: tuple[str, ...] = ()


def build_report(
    client: TalendClient, tenant: str, *, environments: Collection[str] = (), workspaces: Collection[str] = ()
) -> Report:
    """What the tenant at `tenant` grants, in the environments and workspaces of these names (none named: all).

    Raises TalendError; a right that is missing ends in the notes.
    """
    at = now(tenant)
    live = read_live(client, environments=environments, workspaces=workspaces)
    holdings = sorted((_holding(grant) for grant in live.grants), key=_order)
    mappings = sorted(live.mappings.items())
    notes = [f"Could not be read, so it is missing here: {line}" for line in live.unread]
    return Report(tenant, at, tuple(holdings), tuple(mappings), tuple(notes))


def _holding(grant: LiveGrant) -> Holding:
    principal, place = grant.who.principal, grant.place
    named = grant.who.name if grant.who.name != principal.id else None
    return Holding(
        Who(principal.kind, principal.id, named),
        Where(place.id, place.workspace or None, place.environment or None),
        frozenset(grant.permissions),
    )


def _order(holding: Holding) -> tuple[str, str, str, str]:
    return (holding.where.environment or "", holding.who.label.casefold(), holding.where.label, holding.who.id)
