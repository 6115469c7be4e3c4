"""`talend-access drift`: the differences between a tenant and its stacks, as text, JSON or Markdown, with an exit code."""

from __future__ import annotations

import dataclasses
import enum
import json
import re
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..api.text import clean
from .command import AdoptError, text_of, what_of
from .drift import SORTS, Difference, Drift, Sort, find_drift
from .live import read_live
from .managed import export_state, managed_by, read_state
from .read_only import read_only_client

EXIT_DRIFT = 2
EXIT_INCOMPLETE = 3

_TITLES: dict[Sort, str] = {
    "unmanaged": "In the tenant, managed by no stack",
    "differs": "Managed, but different in the tenant",
    "gone": "Managed, but gone from the tenant",
}


class Format(str, enum.Enum):
    """How differences are shown."""

    text = "text"
    json = "json"
    markdown = "markdown"


def drift(
    stack: Annotated[list[str] | None, typer.Option(help="A stack that manages access; repeatable.")] = None,
    cwd: Annotated[Path, typer.Option(help="The stacks' project.")] = Path(),
    state: Annotated[list[Path] | None, typer.Option(help="Exported state of a stack; repeatable.")] = None,
    environment: Annotated[list[str] | None, typer.Option(help="Only this environment; repeatable.")] = None,
    workspace: Annotated[list[str] | None, typer.Option(help="Only this workspace, by name or id; repeatable.")] = None,
    what: Annotated[
        str, typer.Option(help="permissions, role-mappings, or both with a comma.")
    ] = "permissions,role-mappings",
    format: Annotated[Format, typer.Option("--format", "-f", help="How to show it.")] = Format.text,
    fail_on: Annotated[str, typer.Option(help="Differences that end with exit code 2.")] = "unmanaged,differs,gone",
) -> None:
    """Say where the tenant and its stacks differ. Reads only.

    Exit code 0: no difference; 2: differences; 3: no difference seen, but something could not be read; 1: an error. Settings
    come from the environment: TALEND_REGION or TALEND_ENDPOINT, TALEND_TOKEN or TALEND_CLIENT_ID and TALEND_CLIENT_SECRET.
    """
    if not stack and not state:
        raise AdoptError(
            "Which stacks manage the tenant? Give --stack NAME (with --cwd) or --state FILE, both repeatable."
        )
    failing = {part.strip() for part in fail_on.split(",") if part.strip()}
    unknown = sorted(failing - set(SORTS))
    if unknown:
        raise AdoptError(f"--fail-on takes {', '.join(SORTS)}; not '{unknown[0]}'. Write some of these, with commas.")
    states = [read_state(text_of(path), str(path)) for path in state or ()]
    states.extend(read_state(export_state(name, cwd), f"stack '{name}'") for name in stack or ())
    with read_only_client() as client:
        live = read_live(client, environments=environment or (), workspaces=workspace or (), what=what_of(what))
        found = find_drift(live, managed_by(states), client, partial=bool(environment or workspace))
    render = {Format.text: _as_text, Format.json: _as_json, Format.markdown: _as_markdown}[format]
    render(found)
    if any(difference.sort in failing for difference in found.differences):
        raise typer.Exit(EXIT_DRIFT)
    if found.unread:
        raise typer.Exit(EXIT_INCOMPLETE)


def _as_json(found: Drift) -> None:
    document = {
        "version": 1,
        "differences": [dataclasses.asdict(difference) for difference in found.differences],
        "unread": list(found.unread),
    }
    print(json.dumps(document, indent=2))


def _as_text(found: Drift) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for sort in SORTS:
        differences = found.of(sort)
        if not differences:
            continue
        table = Table(title=f"{_TITLES[sort]} ({len(differences)})", title_justify="left", box=None, pad_edge=False)
        for heading in ("what", "state", "tenant", "resource"):
            table.add_column(heading, overflow="fold")
        for difference in differences:
            table.add_row(*(Text(clean(cell)) for cell in _cells(difference)))
        console.print(table)
        console.print()
    for line in found.unread:
        console.print(Text(f"could not be read: {clean(line)}"))
    console.print(Text(_summary(found)))


def _as_markdown(found: Drift) -> None:
    lines = [f"**{_summary(found)}**"]
    for sort in SORTS:
        differences = found.of(sort)
        if differences:
            lines += ["", f"### {_TITLES[sort]} ({len(differences)})", "", "| what | state | tenant | resource |"]
            lines.append("|---|---|---|---|")
            lines += [f"| {' | '.join(_markdown(cell) for cell in _cells(difference))} |" for difference in differences]
    lines += [f"\nCould not be read: {_markdown(line)}" for line in found.unread]
    print("\n".join(lines))


def _cells(difference: Difference) -> tuple[str, str, str, str]:
    resource = difference.urn.split("::", 3)[-1]
    return difference.what, difference.in_state or "-", difference.in_tenant or "-", resource or "-"


def _summary(found: Drift) -> str:
    counts = ", ".join(f"{len(found.of(sort))} {sort}" for sort in SORTS if found.of(sort))
    incomplete = "; not everything could be read" if found.unread else ""
    return f"{counts or 'No difference between the tenant and its stacks'}{incomplete}."


def _markdown(text: str) -> str:
    """`text` in a table's cell, with nothing in it that Markdown or a mention would act on."""
    return re.sub(r"([\\`*_{}\[\]()<>#+!|~@&])", lambda match: f"&#{ord(match[1])};", clean(text))
