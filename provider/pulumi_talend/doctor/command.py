"""`talend-access doctor`: looks at everything that a preview and an update need, and says what is missing."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from .. import debuglog
from ..adopt.command import what_of
from ..api.text import in_one_line
from .engine import look_at_engine
from .findings import Finding, Verdict, counted
from .python import Project, find_project, look_at_python
from .tenant import look_at_settings, look_at_tenant

EXIT_MISSING = 2

_STYLES: dict[Verdict, str] = {"ok": "green", "warn": "yellow", "missing": "bold red", "unknown": "dim"}


def doctor(
    stack: Annotated[
        str | None, typer.Option("--stack", "-s", help="Take this stack's settings too, as its program does.")
    ] = None,
    cwd: Annotated[Path, typer.Option("--cwd", "-C", help="The stack's project.")] = Path(),
    what: Annotated[
        str, typer.Option(help="Which rights are needed: permissions, role-mappings, or both with a comma.")
    ] = "permissions,role-mappings",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Look at all that a preview and an update need, and say what is missing. Reads only.

    Settings come from the stack named by --stack, then from the environment (TALEND_...). Exit code 0: nothing is missing;
    2: something is; 1: the doctor could not look.
    """
    wanted = what_of(what)
    found: list[Finding] = []
    console = None if as_json else Console(highlight=False, soft_wrap=True)
    for finding in examine(stack, cwd, wanted):
        found.append(finding)
        if console is not None:
            _show(finding, console)
    counts = counted(found)
    if console is None:
        shown = [dataclasses.asdict(_cleaned(finding)) for finding in found]
        print(json.dumps({"version": 1, "ok": counts["missing"] == 0, "findings": shown}, indent=2))
    else:
        console.print(Text(_summary(counts)))
    if counts["missing"]:
        raise typer.Exit(EXIT_MISSING)


def examine(stack: str | None, cwd: Path, what: set[str]) -> Iterator[Finding]:
    """Everything the doctor finds, as it goes: this machine first, then the tenant."""
    environ = os.environ
    if not cwd.is_dir():
        yield Finding("project", "missing", f"no directory {cwd}", "Give the project's directory with --cwd.")
        return
    project = find_project(cwd)
    if isinstance(project, Finding):
        yield project
    elif project is not None:
        yield Finding("project", "ok", str(project.file))
    yield from look_at_python(project if isinstance(project, Project) else None, environ)
    yield from look_at_engine(cwd, stack, environ)
    config, unread = _config_of(stack, cwd)
    yield from unread
    settings, findings = look_at_settings(config, environ)
    yield from findings
    if settings is not None:
        yield from look_at_tenant(settings, what, environ)


def _config_of(stack: str | None, cwd: Path) -> tuple[Callable[[str], object], list[Finding]]:
    """The stack's configuration, to be asked by name, and what to say where it cannot be read."""
    from ..review.engine import stack_settings
    from ..review.errors import ReviewError

    config: dict[str, str] = {}
    findings: list[Finding] = []
    if stack is not None:
        try:
            config = stack_settings(stack, cwd)
        except ReviewError as error:
            todo = "Look at the settings of the environment below as what there is without it."
            findings.append(Finding("stack", "missing", str(error), todo))
        else:
            debuglog.remember(config.get(f"talend:{name}") for name in ("token", "clientSecret"))
            findings.append(Finding("stack", "ok", f"the configuration of stack '{stack}' was read"))
    return config.get, findings


def _cleaned(finding: Finding) -> Finding:
    return dataclasses.replace(finding, found=in_one_line(finding.found), todo=in_one_line(finding.todo))


def _show(finding: Finding, console: Console) -> None:
    finding = _cleaned(finding)
    line = Text(f"{finding.verdict:8}", style=_STYLES[finding.verdict])
    console.print(line + Text(f"{finding.check}: {finding.found}", style=""))
    if finding.todo:
        console.print(Text(f"{'':8}{finding.todo}"))


def _summary(counts: dict[Verdict, int]) -> str:
    if not counts["missing"]:
        tail = f" ({counts['warn']} to look at)" if counts["warn"] else ""
        return f"Nothing is missing{tail}."
    more = f", {counts['warn']} to look at" if counts["warn"] else ""
    return f"{counts['missing']} missing{more}."
