"""`talend-access adopt`: existing access becomes a program and an import file."""

from __future__ import annotations

import enum
import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from .. import exit_codes, options
from ..access import TenantAccess
from ..api.text import in_one_line, plural
from ..engine_cli import find_engine, read_settings
from ..errors import TalendError
from ..model.grants import GrantKey, Roles
from ..progress import Progress
from .import_file import import_file, sets_import_file
from .live import LiveAccess, LiveGrant, lines_of, parts_of, read_live
from .managed import Managed, managed_by, read_state, read_state_file
from .program import Adopted, named, write_program
from .read_only import read_only_client
from .sets import sets_of, write_sets
from .table import table_of, write_table, write_table_program

_WRITTEN = "What to write"
_TABLE_FILE = "access.yaml"


class AdoptError(TalendError):
    """Adopting was refused; nothing was written."""


class Style(str, enum.Enum):
    """How access is declared."""

    grants = "grants"
    sets = "sets"
    table = "table"


@dataclass
class _Plan:
    """What is to be written."""

    summary: str
    program: str | None
    imports: str
    table: str | None = None
    notes: list[str] = field(default_factory=list[str])


def adopt(
    out: Annotated[
        Path, options.option(_WRITTEN, "--out", "-o", help="Directory to write to; with --add-to, the stack's project.")
    ],
    stack: options.Stack = None,
    cwd: options.Cwd = Path(),
    state: options.States = None,
    environment: options.Environments = None,
    workspace: options.Workspaces = None,
    what: Annotated[
        str | None,
        options.option(
            options.SELECTION,
            "--what",
            help="permissions, role-mappings, or both with a comma. Default: both; permissions with --environment or "
            "--workspace, since role mappings belong to the whole tenant and to one stack.",
        ),
    ] = None,
    only: Annotated[
        str | None, options.option(options.SELECTION, "--only", help="Only the grant or mapping with this resource id.")
    ] = None,
    name: Annotated[
        str | None, options.option(_WRITTEN, "--name", help="With --only: the resource's name in your program.")
    ] = None,
    style: Annotated[
        Style,
        options.option(
            _WRITTEN,
            "--style",
            help="grants: one resource each; sets: one for a workspace; table: sets, from a table in YAML.",
        ),
    ] = Style.grants,
    add_to: Annotated[
        str | None, options.option(_WRITTEN, "--add-to", help="Write only what this stack does not manage yet.")
    ] = None,
    force: Annotated[bool, options.option(_WRITTEN, "--force", help="Overwrite files that exist.")] = False,
) -> None:
    """Write a program and an import file for access that exists already. Reads the tenant, never writes to it.

    Run the printed `pulumi import` afterwards; then the preview reports everything as unchanged.

    Exit codes: 0 written; 5 written, but something could not be read; 1 error, nothing was written; 2 wrong options.

    Examples:

    - `talend-access adopt --environment prod --out prod`
    - `talend-access adopt --style sets --what role-mappings --out sso`
    - `talend-access adopt --style table --environment prod --out prod`
    - `talend-access adopt --only WORKSPACE_ID/users/USER_ID --name anna-sales --out one --stack prod`
    """
    parts = parts_of(what or ("permissions" if (environment or workspace) and only is None else options.BOTH))
    with Progress() as progress:
        project = cwd if stack is not None else out
        settings = read_settings(stack or add_to, project)
        managed = _managed(add_to, state or [], out, progress)
        with read_only_client(settings.get, progress) as client:
            tenant = TenantAccess(client)
            live = read_live(tenant, environments=environment or (), workspaces=workspace or (), parts=parts)
        found = _adoption(live, managed, style=style, only=only, name=name)
    if what is None and "role-mappings" not in parts:
        found.notes.append(
            "role mappings were left out: they belong to one stack; adopt them there with --what role-mappings"
        )
    files = _files(found, out, adding=add_to is not None or bool(state))
    _write(files, force=force)
    _report(
        found, live, files, out, add_to or stack, project if stack else out, adding=add_to is not None or bool(state)
    )
    if live.unread:
        raise typer.Exit(exit_codes.INCOMPLETE)


def _managed(add_to: str | None, states: Sequence[Path], project: Path, progress: Progress) -> Managed:
    found = [read_state_file(path) for path in states]
    if add_to is not None and not states:
        progress.doing(f"read stack '{add_to}'")
        text = find_engine().export_state(add_to, project)
        found.append(read_state(text, f"the state of stack '{add_to}'"))
    return managed_by(found)


def _adoption(live: LiveAccess, managed: Managed, *, style: Style, only: str | None, name: str | None) -> _Plan:
    """What no stack manages yet, as files. Raises AdoptError."""
    grants = [grant for grant in live.grants if not managed.owner(grant.key)]
    mappings = {role: roles for role, roles in live.mappings.items() if not managed.owner(role)}
    if only is not None:
        return _only(grants, mappings, only, name or only)
    if style is not Style.grants:
        return _as_sets(live, managed, grants, mappings, style=style)
    adopted = named(grants, mappings, taken=managed.names)
    summary = f"{plural(len(grants), 'grant')} and {plural(len(mappings), 'role mapping')}"
    return _Plan(summary, write_program(adopted, title=_title(live)), import_file(adopted))


def _only(grants: list[LiveGrant], mappings: dict[str, Roles], only: str, name: str) -> _Plan:
    """One object, under the name that the program has for it; by id, since how the program names it is not known."""
    for grant in grants:
        if grant.key.resource_id == only:
            by_id = replace(
                grant,
                place=replace(grant.place, by_name=False),
                who=replace(grant.who, by_name=False),
            )
            return _Plan("1 grant", None, import_file(Adopted(((name, by_id),), (), "/")))
    if only in mappings:
        return _Plan("1 role mapping", None, import_file(Adopted((), ((name, only, mappings[only]),), "/")))
    raise AdoptError(
        f"the tenant has nothing with the id '{only}' that no stack manages",
        subject=f"adopt '{only}'",
        advice="The id is WORKSPACE_ID/users/USER_ID, WORKSPACE_ID/service-accounts/ACCOUNT_ID, or a customer role.",
    )


def _as_sets(
    live: LiveAccess, managed: Managed, grants: list[LiveGrant], mappings: dict[str, Roles], *, style: Style
) -> _Plan:
    in_part = {key.workspace_id for key in managed.owners if isinstance(key, GrantKey)}
    notes = [
        f"{place}: the stack manages a part of it already; adopt the rest with --style grants"
        for place in sorted({grant.place.written for grant in grants if grant.place.id in in_part})
    ]
    whole = [grant for grant in grants if grant.place.id not in in_part]
    if managed.mappings and mappings:
        notes.append("role mappings: the stack manages some of them already; adopt the rest with --style grants")
        mappings = {}
    exclusive = True if live.was_read("service-accounts") else "users"
    is_table, title = style is Style.table, _title(live)
    adopted = (table_of if is_table else sets_of)(whole, mappings, exclusive=exclusive, taken=managed.names)
    sets = plural(len(adopted.workspaces), "set")
    return _Plan(
        f"{plural(len(whole), 'grant')} in {sets} and {plural(len(mappings), 'role mapping')}",
        write_table_program(adopted, title=title, file=_TABLE_FILE) if is_table else write_sets(adopted, title=title),
        sets_import_file(adopted),
        write_table(adopted, title=title) if is_table else None,
        notes,
    )


def _title(live: LiveAccess) -> str:
    environments = sorted({place.environment for place in live.places if place.environment})
    if not environments:
        return "The role mappings of the tenant."
    return f"Access in {'environment' if len(environments) == 1 else 'the environments'} {', '.join(environments)}."


def _files(found: _Plan, out: Path, *, adding: bool) -> dict[Path, str]:
    files: dict[Path, str] = {}
    if found.program is not None and not adding:
        project = out.resolve().name or "access"
        files[out / "Pulumi.yaml"] = (
            f"name: {json.dumps(project)}\nruntime: python\ndescription: Talend access as code\n"
        )
        files[out / "__main__.py"] = found.program
    elif found.program is not None:
        files[_free(out, "adopted", ".py")] = found.program
    if found.table is not None and found.program is not None:
        table = _free(out, "adopted", ".yaml") if adding else out / _TABLE_FILE
        program = next(path for path in files if path.suffix == ".py")
        files[program] = found.program.replace(json.dumps(_TABLE_FILE), json.dumps(table.name))
        files[table] = found.table
    files[_free(out, "import", ".json") if adding else out / "import.json"] = found.imports
    return files


def _free(folder: Path, stem: str, suffix: str) -> Path:
    number = 1
    while True:
        path = folder / f"{stem}{'' if number == 1 else f'_{number}'}{suffix}"
        if not path.exists():
            return path
        number += 1


def _write(files: dict[Path, str], *, force: bool) -> None:
    existing = [str(path) for path in files if path.exists()]
    if existing and not force:
        raise AdoptError(
            f"{', '.join(existing)} exists already; nothing was written",
            advice="Give another --out, or --force to overwrite.",
        )
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise AdoptError(
            f"{error.filename} cannot be written: {error.strerror}", advice="Give another --out."
        ) from None


def _report(
    found: _Plan, live: LiveAccess, files: dict[Path, str], out: Path, stack: str | None, project: Path, *, adding: bool
) -> None:
    console = Console(highlight=False, soft_wrap=True)
    lines = [f"{found.summary} to adopt."]
    lines += [f"not read, so not adopted: {line}" for line in lines_of(live.unread)]
    lines += [f"note: {line}" for line in (*found.notes, *live.notes)]
    lines += [f"wrote {path}" for path in files]
    module = next((path.stem for path in files if path.suffix == ".py"), None)
    if adding and module:
        lines.append(f"Add this line to the program:  import {module}")
    for line in lines:
        console.print(in_one_line(line), markup=False)
    file = next(path for path in files if path.suffix == ".json")
    has_project = bool(stack) or adding or found.program is not None
    inside = has_project and project.resolve() == out.resolve()
    shown = file.name if inside else str(file.resolve())
    option = f" --stack {shlex.quote(stack)}" if stack else ""
    console.print(f"Next, in {project.resolve() if has_project else 'your project'}:", markup=False)
    if found.program is not None and not adding:
        console.print("  pulumi stack init NAME, and set its configuration (talend:region, talend:token)", markup=False)
    command = f"pulumi import --file {shlex.quote(shown)} --protect=false --generate-code=false{option}"
    console.print(f"  {command}", markup=False)
    console.print(f"  pulumi preview{option}", markup=False)
