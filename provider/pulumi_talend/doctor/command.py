"""`talend-access doctor`: checks everything that a preview and an update need."""

from __future__ import annotations

import dataclasses
import enum
import os
import textwrap
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from .. import debuglog, exit_codes, options
from ..adopt.live import Part, parts_of
from ..api.text import in_one_line, json_text
from ..engine_cli import EngineError, StackSettings, read_settings
from ..progress import Progress
from .engine import check_engine
from .findings import Finding, Status
from .project import Project, find_project
from .python import check_python
from .tenant import check_settings, check_tenant

_MARKS: dict[Status, str] = {"ok": "✓", "warn": "!", "fail": "✗", "unknown": "?"}
_STYLES: dict[Status, str] = {"ok": "green", "warn": "yellow", "fail": "bold red", "unknown": "dim"}
_CHECK_WIDTH = 17
_INDENT = 2 + 8 + _CHECK_WIDTH


class Format(str, enum.Enum):
    """How findings are shown."""

    text = "text"
    json = "json"


def doctor(
    stack: options.Stack = None,
    cwd: options.Cwd = Path(),
    what: options.What = options.BOTH,
    format: Annotated[
        Format, options.option(options.OUTPUT, "--format", "-f", help="How to show the findings.")
    ] = Format.text,
) -> None:
    """Check everything that a preview and an update need: this machine, the project, the settings, the credential's rights.

    Reads only; two calls at most. `--what` says which rights are needed.

    Exit codes: 0 nothing fails; 3 a check fails; 1 error; 2 wrong options.

    Examples:

    - `talend-access doctor --stack prod`
    - `talend-access doctor --what role-mappings --format json`
    """
    parts = parts_of(what)
    found: list[Finding] = []
    console = Console(highlight=False, soft_wrap=True) if format is Format.text else None
    with Progress() as progress:
        for finding in examine(stack, cwd, parts, progress):
            found.append(_in_one_line(finding))
            if console is not None:
                with progress.paused():
                    _show(found[-1], console)
    counts: Counter[Status] = Counter(each.status for each in found)
    if console is None:
        document = {"version": 1, "ok": not counts["fail"], "findings": [dataclasses.asdict(each) for each in found]}
        print(json_text(document))
    else:
        console.print(Text(_summary(counts), style="bold"))
    if counts["fail"]:
        raise typer.Exit(exit_codes.FOUND)


def examine(stack: str | None, cwd: Path, parts: Collection[Part], progress: Progress) -> Iterator[Finding]:
    """Runs all checks: this machine first, then the tenant."""
    environ = os.environ
    if not cwd.is_dir():
        yield Finding("project", "fail", f"no directory {cwd}", "Give the project's directory with --cwd.")
        return
    progress.doing("check this machine")
    project = find_project(cwd)
    if isinstance(project, Finding):
        yield project
    elif project is not None:
        yield Finding("project", "ok", str(project.file))
    yield from check_python(project if isinstance(project, Project) else None, environ)
    progress.doing("check the engine")
    yield from check_engine(cwd, stack, environ)
    config = StackSettings()
    if stack is not None:
        try:
            config = read_settings(stack, cwd)
        except EngineError as error:
            yield Finding("stack", "fail", str(error), "The settings below are those of the environment alone.")
        else:
            debuglog.remember(config.get(f"talend:{name}") for name in ("token", "clientSecret"))
            yield Finding("stack", "ok", f"the configuration of stack '{stack}' can be read")
    settings, findings = check_settings(config.get, environ)
    yield from findings
    if settings is not None:
        progress.doing(f"call {settings.base_url}")
        yield from check_tenant(settings, parts, environ)


def _in_one_line(finding: Finding) -> Finding:
    return dataclasses.replace(finding, found=in_one_line(finding.found), todo=in_one_line(finding.todo))


def _show(finding: Finding, console: Console) -> None:
    mark = _MARKS[finding.status] if console.encoding.lower().startswith("utf") else ""
    head = Text(f"{mark:1} {finding.status:8}", style=_STYLES[finding.status])
    lines = [line for text in (finding.found, finding.todo) if text for line in _wrapped(text, console)]
    console.print(head + Text(f"{finding.check:{_CHECK_WIDTH}}{lines[0]}", style=""))
    for line in lines[1:]:
        console.print(Text(f"{'':{_INDENT}}{line}"))


def _wrapped(text: str, console: Console) -> list[str]:
    """Lines for the last column, on a terminal; elsewhere one line, which can be searched."""
    if not console.is_terminal:
        return [text]
    return textwrap.wrap(text, max(30, console.width - _INDENT), break_long_words=False, break_on_hyphens=False)


def _summary(counts: Counter[Status]) -> str:
    parts = [f"{counts['fail']} failed" if counts["fail"] else "Nothing fails"]
    parts += [f"{counts['warn']} to look at"] if counts["warn"] else []
    parts += [f"{counts['unknown']} unknown"] if counts["unknown"] else []
    return f"{', '.join(parts)}."
