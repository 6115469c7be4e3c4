"""A table beside a tenant: what its names mean there, and which of them mean nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ..access.directory import Directory
from ..access.names import unknown_roles
from ..errors import NameLookupError
from ..model.grants import GrantKey
from ..model.lines import TableLine
from ..model.problems import ProblemsError
from ..provider.naming import resolve_principals
from ..table import Declared, DeclaredSet, TableProblem
from ..table.places import Path, Places


@dataclass
class Match:
    """What a table means in a tenant.

    Attributes:
        grants: The lines of the grants that were found.
        mappings: The lines of customer roles.
        problems: The names that mean nothing there, or several things.
    """

    grants: dict[GrantKey, TableLine] = field(default_factory=dict[GrantKey, TableLine])
    mappings: dict[str, TableLine] = field(default_factory=dict[str, TableLine])
    problems: list[TableProblem] = field(default_factory=list[TableProblem])


def match(declared: Declared, places: Places, directory: Directory) -> Match:
    """Finds everything that a table names. Reads each list of the tenant once.

    Args:
        declared: What the table declares.
        places: Where it says so.
        directory: The tenant's lists.

    Raises:
        TalendError: A list cannot be read.
    """
    found = Match()
    for each in declared.sets:
        _match_set(each, places, directory, found)
    if declared.mappings is not None:
        known = directory.roles.get()
        for role, mapping in declared.mappings.mappings.items():
            found.mappings[role] = mapping.line
            _refuse(found, places, mapping.path, unknown_roles(mapping.rights, known))
    return found


def _match_set(each: DeclaredSet, places: Places, directory: Directory, found: Match) -> None:
    workspace_id = each.workspace_id
    if workspace_id is None:
        try:
            workspace_id = directory.workspaces.get().find(each.label, each.environment).id
        except NameLookupError as error:
            _refuse(found, places, each.path, [error.reason])
    elif workspace_id not in directory.workspaces.get().by_id:
        _refuse(found, places, each.path, [f"no workspace with the id {workspace_id}; copy it again"])
    written: dict[str, GrantKey] = {}
    for who, access in each.grants.items():
        try:
            principals, _ = resolve_principals(directory, [who], {})
        except ProblemsError as error:
            _refuse(found, places, access.path, [problem.reason for problem in error.problems])
        else:
            written[who] = GrantKey(workspace_id or "", principals[who])
    first: dict[GrantKey, str] = {}
    for who, key in written.items():
        if other := first.get(key):
            reason = f"'{other}' and '{who}' are the same account; keep one of them"
            _refuse(found, places, each.grants[who].path, [reason])
        first.setdefault(key, who)
        if workspace_id is not None:
            found.grants.setdefault(key, each.grants[who].line)


def _refuse(found: Match, places: Places, path: Path, reasons: Iterable[str]) -> None:
    position = places.of(path, key=True)
    found.problems += [TableProblem(places.text(path, key=True), reason, position) for reason in reasons]
