"""Documents of an engine, damaged: previews, plans, states and approvals give a review or a reason, never anything else."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from fuzz.strange import examples, paths, tellable, texts
from pulumi_talend.errors import TalendError
from pulumi_talend.loader import pickled
from pulumi_talend.review.approval import Approval, Basis, approve, differences, read, written
from pulumi_talend.review.build import build_review
from pulumi_talend.review.decision import Decision
from pulumi_talend.review.document import read_preview
from pulumi_talend.review.model import Review
from pulumi_talend.review.plan import read_plan
from pulumi_talend.review.render.html import html_review
from pulumi_talend.review.render.jsonout import json_review
from pulumi_talend.review.render.markdown import markdown_review
from pulumi_talend.review.render.terminal import print_review
from pulumi_talend.review.rules import Rules, results
from pulumi_talend.review.steps import Preview
from review.documents import document, grant_state, mapping_state, step, urn, with_provider

RULES = Rules.model_validate(
    {
        "rule": [
            {"name": "managers", "action": "deny", "permission": "MANAGE", "environment": "prod"},
            {"name": "losses", "action": "warn", "change": "loss", "person": "*"},
            {"name": "share", "action": "deny", "removed_share": 0.1},
            {"name": "roles", "action": "require-approval", "role": "Environment*"},
            {"name": "alerts", "action": "warn", "alert": ["unknown-effect", "gap", "last-access-removed", "expiring"]},
        ]
    }
)
NOW = datetime(2027, 1, 1, tzinfo=timezone.utc)
BASIS = Basis("sha256:files", "2027-01-01T11:00:00Z")


def _set(grants: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    inputs = {
        "workspace_id": "w",
        "workspace": "Sales",
        "environment": "prod",
        "exclusive": True,
        "grants": grants,
        "principals": {who: f"users/{who.partition('@')[0]}" for who in grants},
        **more,
    }
    return {"id": "w", "inputs": inputs, "outputs": inputs}


def _all(mappings: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    inputs = {"mappings": mappings, **more}
    return {"id": "role-mappings", "inputs": inputs, "outputs": inputs}


ANNA, BEN = grant_state("anna", "prod/Sales", ["VIEW"]), grant_state("ben", "prod/Finance", ["VIEW", "EXECUTE"])
DORA, EMIL = grant_state("dora", "prod/Sales", ["VIEW"]), grant_state("emil", "prod/Sales", ["VIEW"])
STEPS = [
    step("create", "a", None, grant_state("cleo", "prod/Sales", ["MANAGE"], adopt_existing=True)),
    step("update", "b", ANNA, grant_state("anna", "prod/Sales", ["VIEW"], expires_at="2027-01-31T00:00:00Z")),
    step("delete", "c", {**BEN, "retainOnDelete": True}, None),
    step("replace", "d", {**BEN, "pendingReplacement": True}, grant_state("ben", "dev/Finance", ["VIEW"])),
    step("same", "e", DORA, DORA),
    step("create", "m", None, mapping_state("crew", ["Operator"]), "RoleMapping"),
    step(
        "update",
        "set",
        _set({"anna@x": ["VIEW"]}),
        _set(
            {"anna@x": {"permissions": ["VIEW"], "expires_at": "2027-01-31T00:00:00Z"}},
            removes={"users/ben": {"name": "ben@x", "permissions": ["MANAGE"]}},
        ),
        "WorkspaceAccess",
    ),
    step(
        "update",
        "all",
        _all({"crew": ["Operator"]}),
        _all({}, allow_empty=True, removes={"crew": ["Operator"]}),
        "RoleMappings",
    ),
]
PREVIEW = json.loads(document(*STEPS))
STATE = {
    "version": 3,
    "deployment": {
        "manifest": {"time": "2027-01-01T11:00:00Z"},
        "resources": [
            {"urn": each["urn"], "type": each["urn"].split("::")[2], **each["oldState"]}
            for each in STEPS
            if "oldState" in each
        ],
    },
}
PLAN = {
    "resourcePlans": {
        urn("a"): {
            "goal": {"inputDiff": {"adds": {**EMIL["inputs"], "__provider": pickled("WorkspacePermission")}}},
            "steps": ["create"],
        },
        urn("b"): {"goal": {"inputDiff": {"updates": {"permissions": ["MANAGE"]}}}, "steps": ["update"]},
        urn("c"): {"steps": ["delete"]},
        urn("m", "RoleMapping"): {
            "goal": {"inputDiff": {"adds": with_provider(mapping_state("crew", ["Auditor"]), "RoleMapping")["inputs"]}},
            "steps": ["create-replacement", "replace", "delete-replaced"],
        },
    }
}
HARMLESS = {"same", "refresh", "read", "discard", "import", "remove-pending-replace"}


def shown(review: Review, decision: Decision) -> list[str]:
    """The review as every renderer has it."""
    terminal = io.StringIO()
    print_review(review, decision, Console(file=terminal, highlight=False, soft_wrap=True), by="person")
    markdown = markdown_review(review, decision, limit=5_000)
    return [terminal.getvalue(), markdown, html_review(review, decision), json_review(review, decision)]


def reviewed(preview: Preview) -> Review:
    """The review of `preview`, after checking that it can be shown, approved and held against rules."""
    review, live = build_review(preview, None)
    approval = approve(review, BASIS, by="Olga", at=NOW)
    assert read(written(approval)) == approval
    assert differences(approval, review, BASIS, at=NOW) == []
    for text in shown(review, Decision(results(RULES, review, live), approval=approval, has_to_match=True)):
        assert text.encode("utf-8")
        assert "\x1b" not in text
    causes = {cause.urn for change in review.changes for cause in change.causes}
    causes |= {one.cause.urn for one in review.unknown} | {cause.urn for cause in (*review.settled, *review.left)}
    ours = {each.urn for each in preview.steps if each.is_ours and each.op not in HARMLESS}
    assert ours <= causes, "something of ours was passed over"
    return review


def test_what_is_whole_is_reviewed() -> None:
    review = reviewed(read_preview(json.dumps(PREVIEW)))
    assert review.changes
    assert not review.unknown
    assert not review.foreign
    planned = reviewed(read_plan(json.dumps(PLAN), json.dumps(STATE)))
    assert {change.who.id: change.after for change in planned.grants} == {"anna": {"MANAGE"}, "emil": {"VIEW"}}


@examples(200)
@given(texts([PREVIEW]))
def test_a_damaged_preview_is_reviewed_or_refused(text: str) -> None:
    try:
        reviewed(read_preview(text))
    except TalendError as error:
        tellable(error)


@examples(100)
@given(texts([PLAN]), st.one_of(st.none(), st.just(json.dumps(STATE)), texts([STATE])))
def test_a_damaged_plan_or_state_is_reviewed_or_refused(plan: str, state: str | None) -> None:
    try:
        reviewed(read_plan(plan, state))
    except TalendError as error:
        tellable(error)


APPROVAL = json.loads(
    written(approve(build_review(read_preview(json.dumps(PREVIEW)), None)[0], BASIS, by="Olga", at=NOW))
)


@examples(150)
@given(texts([APPROVAL]))
def test_only_the_approval_itself_is_read(text: str) -> None:
    try:
        found = read(text)
    except TalendError as error:
        tellable(error)
    else:
        assert isinstance(found, Approval)
        assert json.loads(written(found)) == APPROVAL, "an approval was changed, and taken all the same"


@pytest.mark.parametrize("place", [path for path in paths(APPROVAL) if path], ids=str)
def test_nothing_in_an_approval_can_be_changed_by_accident(place: tuple[Any, ...]) -> None:
    changed = json.loads(json.dumps(APPROVAL))
    holder = changed
    for part in place[:-1]:
        holder = holder[part]
    was = holder[place[-1]]
    holder[place[-1]] = {"tenant": "state", "state": "tenant"}.get(was, f"{was} ") if isinstance(was, str) else "other"
    with pytest.raises(TalendError) as caught:
        read(json.dumps(changed))
    tellable(caught.value)
