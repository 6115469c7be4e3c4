"""Who may do what now, from the live tenant: the answer to an auditor's question, as data."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone

from ..access import TenantAccess
from ..adopt.live import lines_of, read_live
from ..api.text import plural
from ..authoring.matching import Match, match
from ..model.lines import TableLine
from ..model.named import Place, Who
from ..model.planning import Rights
from ..table import ReadTable
from ..table.places import in_order


@dataclass(frozen=True)
class Holding:
    """What one principal may do on one workspace; `line` is that of a table of access which says so."""

    who: Who
    where: Place
    may: Rights
    line: TableLine | None = None


@dataclass(frozen=True)
class Report:
    """Who may do what at `at`.

    Attributes:
        notes: What could not be read: what is missing for that reason is not absent.
        incomplete: Whether something could not be read.
        lines: Customer role → the line of a table of access that says so.
    """

    tenant: str
    at: datetime
    holdings: tuple[Holding, ...]
    mappings: tuple[tuple[str, Rights], ...]
    notes: tuple[str, ...] = ()
    incomplete: bool = False
    lines: Mapping[str, TableLine] = field(default_factory=dict[str, TableLine])


def build_report(
    tenant: TenantAccess,
    address: str,
    *,
    environments: Collection[str] = (),
    workspaces: Collection[str] = (),
    table: ReadTable | None = None,
) -> Report:
    """What the tenant at `address` grants, in the environments and workspaces of these names (none named: all).

    With a table of access, each grant and mapping has the line that says so, and the notes count what no line says.

    Raises TalendError; a right that is missing ends in the notes.
    """
    at = datetime.now(timezone.utc)
    live = read_live(tenant, environments=environments, workspaces=workspaces)
    said = match(table.declared(None), table.places, tenant.directory) if table is not None else Match()
    holdings = sorted(
        (Holding(each.who, each.place, each.permissions, said.grants.get(each.key)) for each in live.grants), key=_order
    )
    notes = [f"Could not be read, so it is missing here: {line}" for line in lines_of(live.unread)]
    notes += live.notes
    incomplete = bool(notes)
    if table is not None:
        notes += [str(problem) for problem in in_order(said.problems)]
        without = sum(each.line is None for each in holdings) + len(live.mappings.keys() - said.mappings.keys())
        notes += (
            [f"{plural(without, 'grant or mapping', 'grants and mappings')} without a line in {table.name}."]
            if without
            else []
        )
    mappings = tuple(sorted(live.mappings.items()))
    return Report(address, at, tuple(holdings), mappings, tuple(notes), incomplete, said.mappings)


def _order(holding: Holding) -> tuple[str, str, str, str]:
    return (holding.where.environment, holding.who.label.casefold(), holding.where.label, holding.who.id)
