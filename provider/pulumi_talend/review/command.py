"""`talend-access review` and `talend-access report`."""

from __future__ import annotations

import enum
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from .approval import Approval, approve, differences, refusal, written
from .approval import read as read_approval
from .build import build_review
from .errors import ReviewError
from .lookup import Looked
from .model import Review
from .render.markdown import GITHUB_COMMENT
from .render.terminal import By, print_review
from .rules import Rules, Violation, broken, find_rules, load_rules
from .sources import STDIN, read_source, read_text, subject_of
from .text import visible

EXIT_DENIED = 3
"""A rule denies what the preview would do."""

EXIT_NOT_APPROVED = 4
"""An approval is needed and not there, or is of something else."""

EXIT_INCOMPLETE = 3
"""A report lacks what could not be read."""


class Look(str, enum.Enum):
    """Whether the live tenant is looked at."""

    auto = "auto"
    require = "require"
    never = "never"


class Grouping(str, enum.Enum):
    """How the terminal groups grants."""

    person = "person"
    workspace = "workspace"

    @property
    def by(self) -> By:
        """As the renderers take it."""
        return "person" if self is Grouping.person else "workspace"


Json = Annotated[Path | None, typer.Option("--json", help="Write JSON to this file (- for standard output).")]
Markdown = Annotated[
    Path | None, typer.Option("--markdown", help="Write Markdown to this file (- for standard output).")
]
Html = Annotated[
    Path | None, typer.Option("--html", help="Write one self-contained HTML file (- for standard output).")
]
Limit = Annotated[int, typer.Option("--limit", min=1_000, help="Characters that the Markdown may have.")]
GroupBy = Annotated[Grouping, typer.Option("--by", help="Group grants on the terminal by this.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Nothing on the terminal but what is refused.")]


def review(
    preview: Annotated[
        str | None, typer.Argument(help="Output of `pulumi preview --json`; - reads standard input.")
    ] = None,
    stack: Annotated[
        str | None, typer.Option("--stack", "-s", help="Preview this stack here, with pulumi if found.")
    ] = None,
    cwd: Annotated[Path, typer.Option("--cwd", "-C", help="The stack's project.")] = Path(),
    refresh: Annotated[bool, typer.Option("--refresh", help="With --stack: refresh before the preview.")] = False,
    from_plan: Annotated[
        Path | None, typer.Option("--from-plan", help="Review what `pulumi preview --save-plan FILE` saved.")
    ] = None,
    state: Annotated[
        Path | None, typer.Option("--state", help="With --from-plan: the exported state, in place of --stack.")
    ] = None,
    by: GroupBy = Grouping.person,
    markdown: Markdown = None,
    html: Html = None,
    json: Json = None,
    limit: Limit = GITHUB_COMMENT,
    quiet: Quiet = False,
    rules: Annotated[
        Path | None, typer.Option("--rules", help="Rules; default: review.toml or pyproject.toml in the project.")
    ] = None,
    no_rules: Annotated[bool, typer.Option("--no-rules", help="Check no rules.")] = False,
    approve_file: Annotated[
        Path | None, typer.Option("--approve", help="Write the approval of what this review shows to FILE.")
    ] = None,
    check: Annotated[
        Path | None, typer.Option("--check", help="Refuse where what would be done is not what FILE approves.")
    ] = None,
    tenant: Annotated[
        Look, typer.Option("--tenant", help="Look at the live tenant for names and for what is there now.")
    ] = Look.auto,
) -> None:
    """Say who gains and who loses what in a preview.

    Exit codes: 0 reviewed; 1 could not be reviewed; 2 wrong options; 3 a rule denies it; 4 an approval is missing, or what
    would be done is not what was approved. The tenant is only ever read, with the stack's settings (--stack) or TALEND_...
    """
    if approve_file is not None and check is not None:
        raise ReviewError("Give --approve or --check, not both.")
    the_rules = None if no_rules else _rules(rules, cwd)
    approval = read_approval(read_text(check)) if check is not None else None
    source = read_source(preview, stack=stack, cwd=cwd, plan=from_plan, state=state, refresh=refresh)
    # What was approved by the state's word is compared by the state's word, and the same for the tenant's.
    look = tenant is not Look.never and (approval is None or approval.source == "tenant")
    insist = tenant is Look.require or (approval is not None and approval.source == "tenant")
    subject = subject_of(source, look=look, insist=insist)
    found, looked = build_review(
        source.preview,
        subject.tenant,
        insist=insist,
        where=subject.where,
        watch=the_rules.watch if the_rules else None,
        notes=subject.notes,
    )
    _write_review(found, markdown=markdown, html=html, json=json, limit=limit, by=by.by, quiet=quiet)
    raise typer.Exit(_verdict(found, looked, the_rules, approval, approve_file))


def _rules(path: Path | None, cwd: Path) -> Rules | None:
    chosen = path if path is not None else find_rules(cwd)
    return load_rules(chosen) if chosen is not None else None


def _write_review(
    found: Review, *, markdown: Path | None, html: Path | None, json: Path | None, limit: int, by: By, quiet: bool
) -> None:
    from .render.html import html_review
    from .render.jsonout import json_review
    from .render.markdown import markdown_review

    on_stdout = [
        _write(markdown, lambda: markdown_review(found, limit=limit)),
        _write(html, lambda: html_review(found)),
        _write(json, lambda: json_review(found)),
    ]
    if not quiet and not any(on_stdout):
        print_review(found, Console(highlight=False, soft_wrap=True), by=by)


def _write(path: Path | None, text: Callable[[], str]) -> bool:
    """Writes to `path`; says whether that was standard output. Raises ReviewError."""
    if path is None:
        return False
    if str(path) == STDIN:
        sys.stdout.buffer.write(text().encode())
        sys.stdout.buffer.flush()
        return True
    try:
        path.write_text(text(), encoding="utf-8")
    except OSError as error:
        raise ReviewError(f"{path} cannot be written: {error.strerror}. Name another file.") from None
    return False


def _verdict(
    found: Review, looked: Looked | None, rules: Rules | None, approval: Approval | None, approve_file: Path | None
) -> int:
    """What the rules and the approval come to: all is checked, all is said, and the exit code tells the worst."""
    violations = broken(rules, found, looked) if rules is not None else []
    for violation in violations:
        _say(_violated(violation))
    denied = any(violation.rule.action == "deny" for violation in violations)
    unmet = [violation for violation in violations if violation.rule.action == "require-approval"]
    stale = differences(approval, found) if approval is not None else []
    if stale:
        _say(refusal(stale))
    if unmet and approval is None and approve_file is None:
        _say("Not approved: review it, approve it with --approve FILE, and check with --check FILE.")
    if denied:
        if approve_file is not None:
            _say(
                "Not approved: what a rule denies cannot be, so no approval was written. Change the program, or the rule."
            )
        return EXIT_DENIED
    if approve_file is not None:
        agreed = approve(found)
        _write(approve_file, lambda: written(agreed))
        _say(f"Approved: {agreed.digest} in {approve_file}")
        return 0
    return EXIT_NOT_APPROVED if stale or (unmet and approval is None) else 0


_WORDS = {"deny": "DENIED", "warn": "WARNING", "require-approval": "NEEDS APPROVAL"}


def _violated(violation: Violation) -> str:
    items = "".join(f"\n  {visible(item)}" for item in violation.items)
    return f"{_WORDS[violation.rule.action]} by rule '{visible(violation.rule.name)}':{items}"


def _say(text: str) -> None:
    sys.stdout.flush()
    sys.stderr.write(text + "\n")


def report(
    environment: Annotated[list[str] | None, typer.Option(help="Only this environment; repeatable.")] = None,
    workspace: Annotated[list[str] | None, typer.Option(help="Only this workspace, by name or id; repeatable.")] = None,
    by: GroupBy = Grouping.person,
    markdown: Markdown = None,
    html: Html = None,
    json: Json = None,
    limit: Limit = GITHUB_COMMENT,
    quiet: Quiet = False,
) -> None:
    """Say who may do what now. Reads the tenant, never writes to it.

    Settings come from the environment: TALEND_REGION or TALEND_ENDPOINT, TALEND_TOKEN or TALEND_CLIENT_ID and
    TALEND_CLIENT_SECRET. Exit code 3: something could not be read, and the report says what.
    """
    from ..adopt.read_only import ReadOnlyClient
    from ..api import resolve_settings
    from .render.report import html_report, json_report, markdown_report, print_report
    from .report import build_report

    settings = resolve_settings(lambda _name: None, os.environ)
    with ReadOnlyClient(settings) as client:
        found = build_report(client, settings.base_url, environments=environment or (), workspaces=workspace or ())
    on_stdout = [
        _write(markdown, lambda: markdown_report(found, by=by.by, limit=limit)),
        _write(html, lambda: html_report(found)),
        _write(json, lambda: json_report(found)),
    ]
    if not quiet and not any(on_stdout):
        print_report(found, Console(highlight=False, soft_wrap=True), by=by.by)
    raise typer.Exit(EXIT_INCOMPLETE if found.notes else 0)
