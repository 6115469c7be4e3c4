"""`talend-access validate`: everything that is wrong with a table, as a compiler lists it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from .. import exit_codes, options
from ..access import TenantAccess
from ..adopt.read_only import read_only_client
from ..api.text import in_one_line, plural
from ..engine_cli import read_settings
from ..model.expiry import date_of, has_ended
from ..progress import Progress
from ..table import Declared, ReadTable, TableError, TableProblem, read_table
from ..table.places import in_order
from .matching import match

TableFile = Annotated[Path, typer.Argument(help="The table: a YAML file, or a folder of them.", show_default=True)]
DEFAULT = Path("access.yaml")


def validate(
    file: TableFile = DEFAULT,
    stack: options.Stack = None,
    cwd: options.Cwd = Path(),
    environment: options.Environments = None,
) -> None:
    """List everything that is wrong with a table of access, with the line of each. Reads only.

    Without `--stack` no tenant is asked. With it, the names in the table are looked up in the stack's tenant: workspaces,
    people, service accounts, Talend roles.

    Exit codes: 0 nothing is wrong; 3 something is; 1 error; 2 wrong options.

    Examples:

    - `talend-access validate access.yaml`
    - `talend-access validate access.yaml --stack prod --environment prod`
    """
    try:
        table = read_table(file)
        parts = [table.declared(each) for each in environment or [None]]
    except TableError as error:
        _end(error.problems)
    if stack is not None and (problems := _with_tenant(table, parts, stack, cwd)):
        _end(problems)
    for note in _ended(parts):
        print(in_one_line(note))
    where = f" in the tenant of stack '{stack}'" if stack is not None else ""
    print(f"{table.name}: {_summary(parts)}. No problem found{where}.")


def _end(problems: Sequence[TableProblem]) -> NoReturn:
    for problem in problems:
        print(in_one_line(str(problem)))
    print(f"{plural(len(problems), 'problem')}.")
    raise typer.Exit(exit_codes.FOUND)


def _with_tenant(table: ReadTable, parts: Sequence[Declared], stack: str, cwd: Path) -> Sequence[TableProblem]:
    with Progress() as progress:
        settings = read_settings(stack, cwd)
        with read_only_client(settings.get, progress) as client:
            directory = TenantAccess(client).directory
            found = [problem for part in parts for problem in match(part, table.places, directory).problems]
    return in_order(found)


def _ended(parts: Sequence[Declared]) -> Sequence[str]:
    """A note for each line whose end has passed, once."""
    now = datetime.now(timezone.utc)
    tables = [each.grants for part in parts for each in part.sets]
    tables += [part.mappings.mappings for part in parts if part.mappings is not None]
    notes = [
        f"{access.line.at}: note: the access of '{who}' ended {date_of(access.expires_at)}; the line no longer gives access"
        for table in tables
        for who, access in table.items()
        if access.expires_at is not None and has_ended(access.expires_at, now)
    ]
    return list(dict.fromkeys(notes))


def _summary(parts: Sequence[Declared]) -> str:
    grants = sum(part.grants for part in parts)
    sets = sum(len(part.sets) for part in parts)
    mappings = sum(len(part.mappings.mappings) for part in parts if part.mappings is not None)
    said = f"{plural(grants, 'grant')} on {plural(sets, 'workspace')}"
    return f"{said}, {plural(mappings, 'role mapping')}" if mappings else said
