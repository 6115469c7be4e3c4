"""Documents of an engine, damaged: previews, plans and states give a review or a reason, never anything else.

`documents/` holds what the offline engine and the Pulumi CLI wrote for the same two programs.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter
from rich.console import Console

from fuzz.strange import bodies, examples, paths, tellable, texts
from pulumi_talend.adopt.command import text_of
from pulumi_talend.adopt.managed import managed_by, read_state
from pulumi_talend.api import GrantKey, TalendError
from pulumi_talend.review.approval import Approval, approve, differences, read, written
from pulumi_talend.review.build import build_review
from pulumi_talend.review.document import read_preview
from pulumi_talend.review.model import Review
from pulumi_talend.review.plan import read_plan
from pulumi_talend.review.render.html import html_review
from pulumi_talend.review.render.jsonout import json_review
from pulumi_talend.review.render.markdown import markdown_review
from pulumi_talend.review.render.terminal import print_review
from pulumi_talend.review.rules import Rules, broken
from pulumi_talend.review.sources import read_text
from pulumi_talend.review.steps import OURS, Preview

DOCUMENTS = {path.stem: json.loads(path.read_text()) for path in (Path(__file__).parent / "documents").glob("*.json")}
PREVIEWS = [document for name, document in sorted(DOCUMENTS.items()) if name.endswith(("create", "change"))]
STATES = [document for name, document in sorted(DOCUMENTS.items()) if name.endswith("state")]
PLAN = DOCUMENTS["pulumi-plan"]
RULES = Rules.model_validate(
    {
        "rule": [
            {"name": "managers", "action": "deny", "permission": "MANAGE", "environment": "prod"},
            {"name": "losses", "action": "warn", "change": "loss", "person": "*"},
            {"name": "share", "action": "deny", "removed_share": 0.1},
            {"name": "roles", "action": "require-approval", "role": "Environment*"},
            {"name": "alerts", "action": "warn", "alert": ["unforeseen", "gap", "last-access-removed", "expiring"]},
        ]
    }
)


def shown(review: Review) -> list[str]:
    """The review as every renderer has it."""
    terminal = io.StringIO()
    print_review(review, Console(file=terminal, highlight=False, soft_wrap=True), by="person")
    return [terminal.getvalue(), markdown_review(review, limit=5_000), html_review(review), json_review(review)]


def reviewed(preview: Preview) -> Review:
    """The review of `preview`, after checking that it can be shown, approved and held against rules."""
    review, looked = build_review(preview, None)
    for text in shown(review):
        assert text.encode("utf-8")
        assert "\x1b" not in text
    json.loads(json_review(review))
    approval = approve(review)
    assert read(written(approval)) == approval
    assert differences(approval, review) == []
    for violation in broken(RULES, review, looked):
        assert "\n".join(violation.items)
    causes = {cause.urn for change in review.changes for cause in change.causes}
    causes |= {one.cause.urn for one in review.unforeseen} | {cause.urn for cause in (*review.settled, *review.left)}
    harmless = {"same", "refresh", "read", "discard", "import", "remove-pending-replace"}
    ours = {step.urn for step in preview.steps if step.type.startswith(OURS) and step.op not in harmless}
    assert ours <= causes, "something of ours was passed over in silence"
    return review


@pytest.mark.parametrize("name", sorted(name for name in DOCUMENTS if name.endswith(("create", "change"))))
def test_what_the_engines_wrote_is_reviewed(name: str) -> None:
    review = reviewed(read_preview(json.dumps(DOCUMENTS[name])))
    assert not review.unforeseen
    assert review.changes


def test_both_engines_wrote_the_same_review() -> None:
    for part in ("create", "change"):
        offline, pulumi = (reviewed(read_preview(json.dumps(DOCUMENTS[f"{e}-{part}"]))) for e in ("offline", "pulumi"))
        assert [(c.before, c.after) for c in offline.changes] == [(c.before, c.after) for c in pulumi.changes]
        assert approve(offline).changes == approve(pulumi).changes


@examples(200)
@given(texts(PREVIEWS))
def test_a_damaged_preview_is_reviewed_or_refused(text: str) -> None:
    try:
        preview = read_preview(text)
        reviewed(preview)
    except TalendError as error:
        tellable(error)


@examples(100)
@given(texts([PLAN]), st.one_of(st.none(), st.just(json.dumps(DOCUMENTS["pulumi-state"])), texts(STATES)))
def test_a_damaged_plan_or_state_is_reviewed_or_refused(plan: str, state: str | None) -> None:
    try:
        preview = read_plan(plan, state)
        reviewed(preview)
    except TalendError as error:
        tellable(error)


@examples(200)
@given(st.lists(texts(STATES), min_size=1, max_size=2))
def test_a_damaged_state_tells_what_it_manages_or_is_refused(states: list[str]) -> None:
    try:
        found = managed_by([read_state(text, "state.json") for text in states])
    except TalendError as error:
        tellable(error)
    else:
        TypeAdapter(dict[GrantKey, tuple[frozenset[str], str]]).validate_python(dict(found.grants), strict=True)
        TypeAdapter(dict[str, tuple[frozenset[str], str]]).validate_python(dict(found.mappings), strict=True)


@examples(60)
@given(bodies([*STATES, *PREVIEWS]))
def test_bytes_that_are_no_text_are_refused(tmp_path_factory: pytest.TempPathFactory, body: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "document.json"
    file.write_bytes(body)
    for parse in (
        lambda: reviewed(read_preview(read_text(file))),
        lambda: managed_by([read_state(text_of(file), "document.json")]),
    ):
        try:
            parse()
        except TalendError as error:
            tellable(error)


CHANGE = read_preview(json.dumps(DOCUMENTS["pulumi-change"]))
APPROVAL = json.loads(written(approve(build_review(CHANGE, None, where=(None, "https://talend.example"))[0])))


@examples(150)
@given(texts([APPROVAL]))
def test_only_the_approval_itself_approves(text: str) -> None:
    try:
        found = read(text)
    except TalendError as error:
        tellable(error)
    else:
        assert isinstance(found, Approval)
        assert json.loads(written(found)) == APPROVAL, "an approval was changed, and taken all the same"


@pytest.mark.parametrize("place", [path for path in paths(APPROVAL) if path], ids=str)
def test_nothing_in_an_approval_can_be_changed(place: tuple[Any, ...]) -> None:
    changed = json.loads(json.dumps(APPROVAL))
    holder = changed
    for step in place[:-1]:
        holder = holder[step]
    was = holder[place[-1]]
    holder[place[-1]] = {"tenant": "state", "state": "tenant"}.get(was, f"{was} ") if isinstance(was, str) else None
    with pytest.raises(TalendError) as caught:
        read(json.dumps(changed))
    tellable(caught.value)
