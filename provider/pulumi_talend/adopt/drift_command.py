"""`talend-access drift`: the differences between a tenant and its stacks, as text, JSON or Markdown."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from .. import exit_codes, options
from ..access import TenantAccess
from ..api.text import in_one_line, json_text, plural
from ..engine_cli import StackSettings, find_engine
from ..errors import TalendError
from ..model.grants import GrantKey, permission_list
from ..progress import Progress
from .drift import SORTS, Difference, Drift, Sort, find_drift
from .live import lines_of, parts_of, read_live
from .managed import managed_by, read_state, read_state_file
from .read_only import read_only_client

_MARKS: dict[Sort, str] = {"unmanaged": "+", "differs": "~", "gone": "-"}
_STYLES: dict[Sort, str] = {"unmanaged": "yellow", "differs": "magenta", "gone": "red"}
_WORDS: dict[Sort, str] = {
    "unmanaged": "managed by no stack",
    "differs": "different in the tenant",
    "gone": "gone from the tenant",
}


class Format(str, enum.Enum):
    """How differences are shown."""

    text = "text"
    json = "json"
    markdown = "markdown"


def drift(
    stack: Annotated[
        list[str] | None,
        options.option(
            options.PROJECT,
            "--stack",
            "-s",
            help="A stack that manages access; repeatable. The settings of the first one are used.",
        ),
    ] = None,
    cwd: options.Cwd = Path(),
    state: options.States = None,
    environment: options.Environments = None,
    workspace: options.Workspaces = None,
    what: options.What = options.BOTH,
    format: Annotated[
        Format, options.option(options.OUTPUT, "--format", "-f", help="How to show the differences.")
    ] = Format.text,
    fail_on: Annotated[
        str, options.option(options.OUTPUT, "--fail-on", help="Differences that end with exit code 3.")
    ] = "unmanaged,differs,gone",
) -> None:
    """List where the tenant and its stacks differ. Reads only.

    All stacks and states together count as what is managed. A difference is `unmanaged` (in the tenant, in no stack),
    `differs`, or `gone` (in a stack, no longer in the tenant).

    Exit codes: 0 no difference; 3 differences; 5 no difference found, but something could not be read; 1 error; 2 wrong options.

    Examples:

    - `talend-access drift --stack prod`
    - `talend-access drift --stack prod --environment prod --format markdown`
    - `talend-access drift --state dev.json --state prod.json --fail-on unmanaged`
    """
    parts = parts_of(what)
    failing = {part.strip() for part in fail_on.split(",") if part.strip()}
    if not stack and not state:
        raise TalendError(
            "no stack is named", advice="Give --stack NAME (with --cwd) or --state FILE, both repeatable."
        )
    if unknown := sorted(failing - set(SORTS)):
        raise TalendError(f"'{unknown[0]}' is not a value of --fail-on", advice=f"Write some of {', '.join(SORTS)}.")
    with Progress() as progress:
        settings = StackSettings()
        states = [read_state_file(path) for path in state or ()]
        for number, name in enumerate(stack or ()):
            progress.doing(f"read stack '{name}'")
            engine = find_engine()
            settings = engine.settings(name, cwd) if number == 0 else settings
            states.append(read_state(engine.export_state(name, cwd), f"the state of stack '{name}'"))
        managed = managed_by(states)
        with read_only_client(settings.get, progress) as client:
            tenant = TenantAccess(client)
            live = read_live(tenant, environments=environment or (), workspaces=workspace or (), parts=parts)
            found = find_drift(live, managed, tenant, partial=bool(environment or workspace))
    _RENDERERS[format](found)
    if any(difference.sort in failing for difference in found.differences):
        raise typer.Exit(exit_codes.FOUND)
    if found.unread:
        raise typer.Exit(exit_codes.INCOMPLETE)


def _as_json(found: Drift) -> None:
    document = {
        "version": 1,
        "differences": [_entry(difference) for difference in found.differences],
        "unread": [{"what": each.what, "reason": str(each.error)} for each in found.unread],
        "notes": list(found.notes),
    }
    print(json_text(document))


def _entry(difference: Difference) -> dict[str, Any]:
    target: dict[str, Any] = {"customerRole": difference.target}
    if isinstance(difference.target, GrantKey) and difference.who is not None and difference.place is not None:
        key, place = difference.target, difference.place
        target = {
            "principal": {
                "kind": "user" if difference.who.is_user else "service-account",
                "id": key.principal.id,
                "name": difference.who.written,
            },
            "workspace": {"id": place.id, "name": place.name or None, "environment": place.environment or None},
        }
    return {
        "sort": difference.sort,
        **target,
        "state": sorted(difference.state),
        "tenant": sorted(difference.tenant),
        "urn": difference.urn or None,
        "tableLine": difference.line.at if difference.line is not None else None,
    }


def _as_text(found: Drift) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for subject, differences in groupby(found.differences, key=lambda each: each.subject):
        console.print(Text(in_one_line(subject), style="bold"))
        for each in differences:
            where = f"{each.place.written}: " if each.place is not None else ""
            table = f" ({each.line})" if each.line is not None else ""
            line = in_one_line(f"{where}{each.sentence}{table}")
            console.print(Text(f"  {_MARKS[each.sort]} {line}", style=_STYLES[each.sort]))
    for line in lines_of(found.unread):
        console.print(Text(f"not read: {in_one_line(line)}", style="yellow"))
    for line in found.notes:
        console.print(Text(in_one_line(line), style="dim"))
    console.print(Text(_summary(found), style="bold"))


def _as_markdown(found: Drift) -> None:
    lines = [f"**{_summary(found)}**"]
    if found.differences:
        lines += ["", "| | who | where | state | tenant | resource |", "|---|---|---|---|---|---|"]
    for each in found.differences:
        cells = (
            each.sort,
            each.subject,
            each.place.written if each.place is not None else "role mappings",
            permission_list(each.state),
            permission_list(each.tenant),
            " ".join(part for part in (each.resource or "none", f"({each.line.at})" if each.line else "") if part),
        )
        lines.append(f"| {' | '.join(_markdown(cell) for cell in cells)} |")
    lines += [f"\nNot read: {_markdown(line)}" for line in lines_of(found.unread)]
    print("\n".join(lines))


_RENDERERS: dict[Format, Callable[[Drift], None]] = {
    Format.text: _as_text,
    Format.json: _as_json,
    Format.markdown: _as_markdown,
}


def _summary(found: Drift) -> str:
    if not found.differences:
        text = "No difference between the tenant and its stacks"
    else:
        counts = ", ".join(f"{len(found.of(sort))} {_WORDS[sort]}" for sort in SORTS if found.of(sort))
        text = f"{plural(len(found.differences), 'difference')}: {counts}"
    return f"{text}{'; not everything could be read' if found.unread else ''}."


def _markdown(text: str) -> str:
    """`text` in a table's cell, with nothing in it that Markdown or a mention would act on."""
    return re.sub(r"([\\`*_{}\[\]()<>#+!|~@&])", lambda match: f"&#{ord(match[1])};", in_one_line(text))
