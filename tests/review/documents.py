"""Previews as engines print them, for tests that say themselves what is in them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_talend.review.build import build_review
from pulumi_talend.review.document import read_preview
from pulumi_talend.review.model import Review

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

NASTY = "a|b`c<b onmouseover=x>@team [l](http://evil.example) www.evil.example **x** \x1b[31m\u202egnp\n# h #1 &amp; 'q\" {{7*7}}"
"""A name with everything in it that some renderer could take for more than a name."""


def urn(name: str, kind: str = "WorkspacePermission") -> str:
    return f"urn:pulumi:prod::access::pulumi-python:dynamic/access:{kind}::{name}"


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
        entry["oldState"] = old
    if new is not None:
        entry["newState"] = {key: value for key, value in new.items() if key not in {"id", "outputs"}}
    return entry


def document(*steps: Mapping[str, Any], **more: Any) -> str:
    summary = Counter(str(each["op"]) for each in steps)
    return json.dumps({"config": {}, "steps": steps, "duration": 1, "changeSummary": summary, **more})


def review_of(*steps: Mapping[str, Any]) -> Review:
    return build_review(read_preview(document(*steps)), None)[0]


def nasty_review() -> Review:
    """A review whose every name is nasty."""
    return review_of(
        step("create", NASTY, None, grant_state(f"id {NASTY}", f"{NASTY}/{NASTY}", ["VIEW", NASTY], login=NASTY)),
        step("update", f"u{NASTY}", mapping_state(NASTY, ["Operator"]), mapping_state(NASTY, [NASTY]), "RoleMapping"),
        step("create", f"n{NASTY}", None, mapping_state(f"b{NASTY}", UNKNOWN), "RoleMapping"),
        step("create", "t", None, {"inputs": {}}, f"Odd{NASTY}"),
    )
