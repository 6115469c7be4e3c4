"""`talend-access review`: who gains and who loses what in a preview, and what rules and approvals say of it."""

from __future__ import annotations

import enum
import shlex
import sys
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from .. import options
from ..engine_cli import project_directory
from ..errors import TalendError
from ..progress import Progress
from . import approval as approvals
from . import origin
from .approval import VALID_DAYS, Approval, Basis
from .build import build_review
from .decision import Decision
from .document import parse_json
from .errors import ApprovalError, PreviewFailedError, ReviewError, RulesError
from .lookup import Live
from .model import Origin, Review
from .outputs import Annotate, GroupBy, Grouping, Html, Json, Limit, Markdown, Quiet, write
from .render.annotations import github_annotations
from .render.html import html_failure, html_review
from .render.jsonout import json_review
from .render.markdown import GITHUB_COMMENT, markdown_failure, markdown_review
from .render.terminal import By, print_review
from .rules import RuleResult, Rules, find_rules, load_rules, results
from .sources import STDIN, Source, read_source, read_text, tenancy_of
from .text import visible

RULES = "Rules and approvals"


class Look(str, enum.Enum):
    """Whether to look at the live tenant."""

    auto = "auto"
    require = "require"
    never = "never"


def review(
    preview: Annotated[
        str | None, typer.Argument(help="Output of `pulumi preview --json`; - reads standard input.")
    ] = None,
    stack: Annotated[
        str | None, options.option(options.PROJECT, "--stack", "-s", help="Preview this stack here, with its settings.")
    ] = None,
    cwd: options.Cwd = Path(),
    refresh: Annotated[
        bool, options.option(options.PROJECT, "--refresh", help="With --stack: refresh before the preview.")
    ] = False,
    from_plan: Annotated[
        Path | None,
        options.option(options.PROJECT, "--from-plan", help="Review what `pulumi preview --save-plan FILE` saved."),
    ] = None,
    state: Annotated[
        Path | None,
        options.option(
            options.PROJECT, "--state", help="What `pulumi stack export` wrote, for --from-plan and approvals."
        ),
    ] = None,
    by: GroupBy = Grouping.person,
    markdown: Markdown = None,
    html: Html = None,
    json: Json = None,
    annotate: Annotate = False,
    limit: Limit = GITHUB_COMMENT,
    quiet: Quiet = False,
    rules: Annotated[
        Path | None,
        options.option(RULES, "--rules", help="Rules; default: review.toml or pyproject.toml in the project."),
    ] = None,
    require_rules: Annotated[
        bool, options.option(RULES, "--require-rules", help="Fail where there are no rules.")
    ] = False,
    no_rules: Annotated[bool, options.option(RULES, "--no-rules", help="Check no rules.")] = False,
    approve_file: Annotated[
        Path | None, options.option(RULES, "--approve", help="Write an approval of what this review shows to FILE.")
    ] = None,
    approved_by: Annotated[
        str | None, options.option(RULES, "--approved-by", help="Who approves; default: the user of git.")
    ] = None,
    valid_days: Annotated[
        int, options.option(RULES, "--valid-days", min=1, max=90, help="Days for which the approval is valid.")
    ] = VALID_DAYS,
    check: Annotated[
        Path | None,
        options.option(RULES, "--check", help="Compare with the approval in FILE. Without FILE, nothing is approved."),
    ] = None,
    tenant: Annotated[
        Look,
        options.option(options.PROJECT, "--tenant", help="Look at the live tenant for names and for what exists now."),
    ] = Look.auto,
    commit: Annotated[
        str | None,
        options.option(options.OUTPUT, "--commit", help="The commit to name; default: the one checked out in --cwd."),
    ] = None,
    author: Annotated[
        str | None, options.option(options.OUTPUT, "--author", help="The author to name; default: the commit's.")
    ] = None,
) -> None:
    """List who gains and who loses what in a preview.

    The tenant is only read, with the stack's settings (`--stack`) or those of the environment (`TALEND_...`).

    Exit codes: 0 reviewed; 1 could not be reviewed; 2 wrong options; 3 a rule denies it; 4 an approval is missing, or is of
    something else.

    Examples:

    - `pulumi preview --json --stack prod | talend-access review -`
    - `talend-access review --stack prod --refresh --html review.html`
    - `talend-access review --stack prod --refresh --approve approvals/prod.json`
    """
    about = Origin(
        datetime.now(timezone.utc),
        commit or origin.commit_of(cwd),
        author or (None if commit else origin.author_of(cwd)),
    )
    try:
        if approve_file is not None and check is not None:
            raise ReviewError("Give --approve or --check, not both.")
        if no_rules and require_rules:
            raise ReviewError("Give --require-rules or --no-rules, not both.")
        file = approve_file or check
        the_rules, rules_source = (None, "") if no_rules else _rules(rules, cwd, required=require_rules)
        approval = approvals.read(read_text(check)) if check is not None and check.exists() else None
        with Progress() as progress:
            source = read_source(
                preview,
                stack=stack,
                cwd=cwd,
                plan=from_plan,
                state=state,
                refresh=refresh,
                needs_state=approve_file is not None or approval is not None,
                progress=progress,
            )
            basis = _basis(source, cwd, file, approval) if file is not None and (approve_file or approval) else None
            # What was approved by the stack's state is compared by the stack's state, and the same for the tenant's.
            by_tenant = approval is not None and approval.source == "tenant"
            look = tenant is not Look.never and (approval is None or by_tenant)
            tenancy = tenancy_of(source, look=look, insist=tenant is Look.require or by_tenant, progress=progress)
            found, live = build_review(
                source.preview,
                tenancy.tenant,
                insist=tenant is Look.require or by_tenant,
                address=tenancy.address,
                watch=the_rules.watch if the_rules else None,
                notes=tenancy.notes,
                origin=about,
            )
    except TalendError as error:
        _write_failure(error, about, stack, markdown=markdown, html=html)
        raise
    decision = _decide(found, live, the_rules, rules_source, approval, basis, checked=check is not None)
    command = _approve_command(found, file, cwd)
    decision = replace(decision, command=command)
    _write_review(found, decision, markdown=markdown, html=html, json=json, limit=limit, by=by.by, quiet=quiet)
    if annotate:
        for line in github_annotations(found, origin.place_of(project_directory(cwd) or cwd)):
            print(line)
    raise typer.Exit(_end(found, decision, basis, approve_file, approved_by or origin.user_of(cwd), valid_days))


def _rules(path: Path | None, cwd: Path, *, required: bool) -> tuple[Rules | None, str]:
    root = project_directory(cwd) or cwd
    chosen = path if path is not None else find_rules(root) or find_rules(cwd)
    if chosen is None:
        if required:
            raise RulesError(
                f"There are no rules in {root.resolve()}, and --require-rules asks for some: name them with --rules FILE."
            )
        return None, ""
    loaded = load_rules(chosen)
    if required and not loaded.rule:
        raise RulesError(f"{chosen} has no rule, and --require-rules asks for some.")
    return loaded, str(chosen)


def _basis(source: Source, cwd: Path, file: Path, approval: Approval | None) -> Basis:
    """What the review is of; without an `approval` to compare with, one is to be written."""
    content = origin.content_of(cwd, file, with_new=approval is None)
    changed = origin.changed_since(cwd, approval.commit, file) if approval and approval.content != content else ()
    return Basis(content, approvals.state_time(parse_json(source.state or "", "a stack's state")), changed)


def _decide(
    found: Review,
    live: Live | None,
    rules: Rules | None,
    source: str,
    approval: Approval | None,
    basis: Basis | None,
    *,
    checked: bool,
) -> Decision:
    checked_rules = results(rules, found, live) if rules is not None else None
    needs = any(each.is_broken and each.rule.action == "require-approval" for each in checked_rules or ())
    at = found.origin.at or datetime.now(timezone.utc)
    stale = approvals.differences(approval, found, basis, at=at) if approval and basis else []
    # An approval that was used does not count; any other counts for what it is of, also where no rule asks for it.
    used = approval is not None and basis is not None and approvals.is_used(approval, basis)
    has_to_match = needs or (checked and rules is None) or (approval is not None and not used)
    return Decision(checked_rules, source, approval, tuple(stale), has_to_match)


def _approve_command(found: Review, file: Path | None, cwd: Path) -> str:
    root = project_directory(cwd) or cwd
    path = file if file is not None else root / "approvals" / f"{found.stack or 'stack'}.json"
    place = [] if cwd == Path() else ["--cwd", str(cwd)]
    words = ["talend-access", "review", "--stack", found.stack, *place, "--refresh", "--approve", path.as_posix()]
    return shlex.join(words)


def _write_review(
    found: Review,
    decision: Decision,
    *,
    markdown: Path | None,
    html: Path | None,
    json: Path | None,
    limit: int,
    by: By,
    quiet: bool,
) -> None:
    on_stdout = [
        write(markdown, lambda: markdown_review(found, decision, limit=limit)),
        write(html, lambda: html_review(found, decision)),
        write(json, lambda: json_review(found, decision)),
    ]
    if not quiet and not any(on_stdout):
        print_review(found, decision, Console(highlight=False, soft_wrap=True), by=by)


def _write_failure(
    error: TalendError, about: Origin, stack: str | None, *, markdown: Path | None, html: Path | None
) -> None:
    """What the comment says where there is no review: an older one must not stay, as if it were of this commit."""
    what = "Preview" if isinstance(error, PreviewFailedError) else "Review"
    for path, text in (
        (markdown, lambda: markdown_failure(what, str(error), about, stack)),
        (html, lambda: html_failure(what, str(error), about, stack)),
    ):
        if path is not None and str(path) != STDIN:
            write(path, text)


def _end(
    found: Review, decision: Decision, basis: Basis | None, file: Path | None, approver: str | None, days: int
) -> int:
    """Says what rules and approval come to, writes the approval, and returns the exit code."""
    for result in decision.all_broken:
        _say(_broken(result, decision))
    if decision.rules is None:
        _say("No rules were checked: the project has no review.toml, or --no-rules is set.")
    if file is None:
        if decision.result == "not-as-approved":
            _say(approvals.refusal(list(decision.differences)))
        if decision.result in {"approval-needed", "not-as-approved"}:
            _say(f"Not approved. Somebody who may approve it runs: {visible(decision.command)}")
        return decision.exit_code
    if decision.result == "denied":
        _say("Not approved: what a rule denies cannot be, so no approval was written. Change the program, or the rule.")
        return decision.exit_code
    if basis is None or approver is None:
        raise ApprovalError(
            "Nobody is named as the approver: give --approved-by, or set git's user.name and user.email."
        )
    agreed = approvals.approve(found, basis, by=approver, at=found.origin.at or datetime.now(timezone.utc), days=days)
    write(file, lambda: approvals.written(agreed))
    _say(
        f"Approved by {visible(approver)} until {agreed.valid_until}, review {agreed.review_digest}: written to {file}"
    )
    return 0


_WORDS = {"deny": "DENIED", "warn": "WARNING", "require-approval": "NEEDS APPROVAL"}


def _broken(result: RuleResult, decision: Decision) -> str:
    items = "".join(f"\n  {visible(item)}" for item in result.items)
    name = visible(result.rule.name)
    if decision.approval is not None and decision.is_approved(result):
        return f"Approved by {visible(decision.approval.approved_by)}, as rule '{name}' requires:{items}"
    return f"{_WORDS[result.rule.action]} by rule '{name}':{items}"


def _say(text: str) -> None:
    sys.stdout.flush()
    sys.stderr.write(text + "\n")
