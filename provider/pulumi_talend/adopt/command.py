"""`talend-access adopt`: what a tenant grants already becomes a program and an import file."""

from __future__ import annotations

import enum
import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ..api import TalendError
from .import_file import import_file
from .live import LiveAccess, LiveGrant, read_live
from .managed import Managed, export_state, managed_by, read_state
from .program import Adopted, named, write_program
from .read_only import read_only_client
from .sets import sets_import_file, sets_of, write_sets


class AdoptError(TalendError):
    """Adopting was refused; nothing was written."""


class Style(str, enum.Enum):
    """How access is written down."""

    grants = "grants"
    sets = "sets"


class What(str, enum.Enum):
    """What there is to adopt."""

    permissions = "permissions"
    role_mappings = "role-mappings"


def adopt(
    out: Annotated[Path, typer.Option(help="Where to write the program; with --add-to, the project it is added to.")],
    environment: Annotated[list[str] | None, typer.Option(help="Only this environment; repeatable.")] = None,
    workspace: Annotated[list[str] | None, typer.Option(help="Only this workspace, by name or id; repeatable.")] = None,
    what: Annotated[
        str, typer.Option(help="permissions, role-mappings, or both with a comma.")
    ] = "permissions,role-mappings",
    style: Annotated[Style, typer.Option(help="grants: a resource each; sets: authoritative ones.")] = Style.grants,
    only: Annotated[str | None, typer.Option(help="Only the grant or role mapping of this resource id.")] = None,
    name: Annotated[str | None, typer.Option(help="With --only: the name of the resource in your program.")] = None,
    add_to: Annotated[
        str | None, typer.Option(help="Stack to add to: writes only what it does not manage yet.")
    ] = None,
    state: Annotated[
        list[Path] | None, typer.Option(help="Exported state in place of asking the engine; repeatable.")
    ] = None,
    force: Annotated[bool, typer.Option(help="Overwrite files that exist.")] = False,
) -> None:
    """Write a program and an import file for access that exists already. Reads the tenant, never writes to it.

    Settings come from the environment: TALEND_REGION or TALEND_ENDPOINT, TALEND_TOKEN or TALEND_CLIENT_ID and
    TALEND_CLIENT_SECRET.
    """
    console = Console(highlight=False, soft_wrap=True)
    wanted = what_of(what)
    managed = _managed(add_to, state or [], out)
    with read_only_client() as client:
        live = read_live(client, environments=environment or (), workspaces=workspace or (), what=wanted)
    grants, mappings, names_in_use = _left(live, managed)
    if only is not None:
        grants = [grant for grant in grants if grant.key.resource_id == only]
        mappings = {role: roles for role, roles in mappings.items() if role == only}
        if not grants and not mappings:
            raise AdoptError(
                f"Nothing to adopt under the id '{only}': it is not in the tenant, or a stack manages it already."
            )
    if style is Style.sets and only is None:
        files, counts, notes = _as_sets(live, managed, grants, mappings, out, names_in_use)
    else:
        adopted = named(grants, mappings, taken=names_in_use)
        if only is not None:
            adopted = _renamed(adopted, name or only)
        program = None if only is not None else write_program(adopted, title=_title(live))
        files, notes = _files(program, import_file(adopted), out, adding=managed is not None), []
        counts = f"{_count(len(adopted.grants), 'grant')} and {_count(len(adopted.mappings), 'role mapping')}"
    _write(files, force=force)
    _report(console, counts, [*live.unread, *notes], files, out, stack=add_to, adding=managed is not None)


def _as_sets(
    live: LiveAccess,
    managed: Managed | None,
    grants: list[LiveGrant],
    mappings: dict[str, frozenset[str]],
    out: Path,
    taken: set[str],
) -> tuple[dict[Path, str], str, list[str]]:
    """Files, what they hold in words, and what could not become a set."""
    in_part = {key.workspace_id for key in managed.grants} if managed else set[str]()
    places = sorted({str(grant.place) for grant in grants if grant.place.id in in_part})
    notes = [
        f"{place}: single grants of it are managed already; adopt the rest with --style grants" for place in places
    ]
    whole = [grant for grant in grants if grant.place.id not in in_part]
    if managed and managed.mappings and mappings:
        notes.append("role mappings: some are managed singly already; adopt the rest with --style grants")
        mappings = {}
    accounts_unread = any(line.startswith("permissions of service accounts") for line in live.unread)
    adopted = sets_of(whole, mappings, exclusive="users" if accounts_unread else True, taken=taken)
    files = _files(write_sets(adopted, title=_title(live)), sets_import_file(adopted), out, adding=managed is not None)
    counts = f"{_count(len(whole), 'grant')} in {_count(len(adopted.workspaces), 'set')} and "
    return files, counts + _count(len(adopted.mappings or ()), "role mapping"), notes


def what_of(text: str) -> set[str]:
    """What `--what` names. Raises AdoptError."""
    wanted = {part.strip() for part in text.split(",") if part.strip()}
    unknown = sorted(wanted - {choice.value for choice in What})
    if unknown or not wanted:
        raise AdoptError(
            f"--what takes permissions, role-mappings, or both with a comma; not '{text}'. Write one of these."
        )
    return wanted


def _managed(add_to: str | None, states: list[Path], project: Path) -> Managed | None:
    if add_to is None and not states:
        return None
    texts = [(str(path), text_of(path)) for path in states]
    if add_to is not None and not states:
        texts.append((f"stack '{add_to}'", export_state(add_to, project)))
    return managed_by(read_state(text, source) for source, text in texts)


def text_of(path: Path) -> str:
    """The text of a file of exported state. Raises AdoptError."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise AdoptError(f"Could not read {path}: {error}. Make it with `pulumi stack export --file {path}`.") from None


def _left(live: LiveAccess, managed: Managed | None) -> tuple[list[LiveGrant], dict[str, frozenset[str]], set[str]]:
    """What no stack manages yet, and the names that its resources have already."""
    if managed is None:
        return list(live.grants), dict(live.mappings), set()
    grants = [
        grant
        for grant in live.grants
        if grant.key not in managed.grants and grant.place.id not in managed.whole_workspaces
    ]
    mappings = {} if managed.whole_mappings else {n: r for n, r in live.mappings.items() if n not in managed.mappings}
    urns = [urn for _, urn in (*managed.grants.values(), *managed.mappings.values())]
    return grants, mappings, {urn.split("::", 3)[-1] for urn in urns}


def _renamed(adopted: Adopted, name: str) -> Adopted:
    """The one object under the name that the program has for it; by id, since how the program names it is not known."""
    if adopted.grants:
        grant = adopted.grants[0][1]
        place, who = grant.place, grant.who
        grant = LiveGrant(replace(place, by_name=False), replace(who, by_name=False), grant.permissions)
        return Adopted(((name, grant),), (), adopted.separator)
    return Adopted((), ((name, *adopted.mappings[0][1:]),), adopted.separator)


def _files(program: str | None, imports: str, out: Path, *, adding: bool) -> dict[Path, str]:
    files: dict[Path, str] = {}
    if program is not None and not adding:
        project = out.resolve().name or "access"
        runtime = "runtime: python\ndescription: Talend access as code\n"
        files[out / "Pulumi.yaml"] = f"name: {json.dumps(project)}\n{runtime}"
        files[out / "__main__.py"] = program
    elif program is not None:
        files[_free(out, "adopted", ".py")] = program
    files[_free(out, "import", ".json") if adding else out / "import.json"] = imports
    return files


def _title(live: LiveAccess) -> str:
    environments = sorted({place.environment for place in live.places if place.environment})
    if not environments:
        return "The role mappings of the tenant."
    return f"Access in {'environment' if len(environments) == 1 else 'the environments'} {', '.join(environments)}.".replace(
        '"""', "'''"
    ).replace("\\", "\\\\")


def _free(folder: Path, stem: str, suffix: str) -> Path:
    number = 1
    while True:
        path = folder / f"{stem}{'' if number == 1 else f'_{number}'}{suffix}"
        if not path.exists():
            return path
        number += 1


def _write(files: dict[Path, str], *, force: bool) -> None:
    there = [str(path) for path in files if path.exists()]
    if there and not force:
        raise AdoptError(
            f"{', '.join(there)} exists already; nothing was written. Give another --out, or --force to overwrite."
        )
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _report(
    console: Console,
    counts: str,
    notes: list[str],
    files: dict[Path, str],
    out: Path,
    *,
    stack: str | None,
    adding: bool,
) -> None:
    console.print(f"{counts} to adopt.", markup=False)
    for line in notes:
        console.print(
            f"not read, so not adopted: {line}" if "Could not" in line else f"not adopted: {line}", markup=False
        )
    for path in files:
        console.print(f"wrote {path}", markup=False)
    if adding:
        module = next((path.stem for path in files if path.suffix == ".py"), None)
        if module:
            console.print(f"Add this line to the program:  import {module}", markup=False)
    option = f" --stack {stack}" if stack else ""
    file = next(path.name for path in files if path.suffix == ".json")
    console.print(f"Next, in {out}:", markup=False)
    console.print(f"  pulumi import --file {file} --protect=false --generate-code=false{option}", markup=False)
    console.print(f"  pulumi preview{option}", markup=False)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
