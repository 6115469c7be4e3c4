"""Previews as engines print them, for tests that say themselves what is in them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_talend.loader import TYPE_NAMES, pickled
from pulumi_talend.model.grants import GrantKey, Principal
from pulumi_talend.model.named import Place, Who
from pulumi_talend.review.alerts import Watch, alerts_of
from pulumi_talend.review.build import build_review
from pulumi_talend.review.decision import Decision
from pulumi_talend.review.document import read_preview
from pulumi_talend.review.model import (
    Cause,
    ForeignCode,
    GrantChange,
    MappingChange,
    Origin,
    Review,
    UnknownEffect,
)

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

NASTY = "a|b`c<b onmouseover=x>@team [l](http://evil.example) www.evil.example **x** \x1b[31m\u202egnp\n# h #1 &amp; 'q\" {{7*7}}"
"""A name with everything in it that some renderer could take for more than a name."""


def urn(name: str, kind: str = "WorkspacePermission") -> str:
    return f"urn:pulumi:prod::access::pulumi-python:dynamic/talend:{kind}::{name}"


def grant_state(
    who: str, where: str, permissions: Sequence[str] | str, *, login: str = "", **more: Any
) -> dict[str, Any]:
    """A WorkspacePermission in a preview; `where` like `prod/Sales`."""
    environment, _, workspace = where.partition("/")
    inputs = {
        "workspace_id": f"id-{environment}-{abs(hash(workspace)) if not workspace.isalnum() else workspace}",
        "workspace": workspace,
        "environment": environment,
        "user_id": who,
        "user": login or f"{who}@example.com",
        "permissions": permissions,
        **more,
    }
    return {"id": f"{inputs['workspace_id']}/users/{who}", "inputs": inputs, "outputs": inputs}


def mapping_state(name: str, roles: Sequence[str] | str, **more: Any) -> dict[str, Any]:
    inputs = {"role_name": name, "roles": roles, **more}
    return {"id": name, "inputs": inputs, "outputs": inputs}


def step(
    op: str, name: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None, kind: str = "WorkspacePermission"
) -> dict[str, Any]:
    entry: dict[str, Any] = {"op": op, "urn": urn(name, kind)}
    if old is not None:
        entry["oldState"] = with_provider(old, kind)
    if new is not None:
        entry["newState"] = with_provider({k: v for k, v in new.items() if k not in {"id", "outputs"}}, kind)
    return entry


def with_provider(state: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """A state with the provider of its type, as programs of ours have it."""
    if kind not in TYPE_NAMES or "__provider" in state.get("inputs", {}):
        return dict(state)
    provider = {"__provider": pickled(kind)}
    return {
        **state,
        **{part: {**state[part], **provider} for part in ("inputs", "outputs") if isinstance(state.get(part), dict)},
    }


PASSED = Decision(rules=())
"""No rule is broken."""


def document(*steps: Mapping[str, Any], **more: Any) -> str:
    summary = Counter(str(each["op"]) for each in steps)
    return json.dumps({"config": {}, "steps": steps, "duration": 1, "changeSummary": summary, **more})


def review_of(*steps: Mapping[str, Any]) -> Review:
    return build_review(read_preview(document(*steps)), None)[0]


def nasty_review() -> Review:
    """A review whose every name is nasty. Checks refuse most such names in a program; a tenant may have them."""
    who = Who(Principal("users", f"id {NASTY}"), NASTY, NASTY)
    causes = (Cause(urn(NASTY), "create", f"{NASTY}.py:1"),)
    grant = GrantChange(
        target=GrantKey("w", who.principal),
        action="adopt",
        before=frozenset({NASTY}),
        after=frozenset({"VIEW", f"b{NASTY}"}),
        until="2030-01-01T00:00:00Z",
        causes=causes,
        unmanaged=frozenset({NASTY}),
        who=who,
        where=Place(NASTY, NASTY, "w"),
    )
    mapping = MappingChange(target=NASTY, action="revoke", before=frozenset({NASTY}), after=frozenset(), causes=causes)
    review = Review(
        NASTY,
        NASTY,
        tenant=NASTY,
        grants=(grant,),
        mappings=(mapping,),
        unknown=(UnknownEffect(causes[0], NASTY, NASTY, (f"b{NASTY}",)),),
        settled=causes,
        left=causes,
        foreign=(ForeignCode(causes[0], NASTY),),
        endpoint=NASTY,
        notes=(NASTY,),
        origin=Origin(commit=NASTY, author=NASTY),
    )
    return review.with_alerts(alerts_of(review, None, Watch()))
