"""A review as JSON, in a shape that is documented by `review.schema.json` beside this file and versioned by `version`.

A version's meaning never changes; what is added leaves the number, what changes or goes raises it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib.resources import files
from typing import Any

from ..model import Alert, Cause, Change, GrantChange, Review, Unforeseen, count

VERSION = 1


def json_review(review: Review) -> str:
    """`review` as a JSON document, ASCII only: names as they are, whatever is in them."""
    return json.dumps(as_data(review), indent=2) + "\n"


def schema() -> dict[str, Any]:
    """The JSON schema of what `json_review` writes."""
    text = (files(__name__.rpartition(".")[0]) / "review.schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def as_data(review: Review) -> dict[str, Any]:
    """`review` as what JSON is made of."""
    counts = count(review)
    return {
        "version": VERSION,
        "kind": "access-review",
        "stack": review.stack,
        "project": review.project,
        "tenant": review.tenant,
        "source": review.source,
        "summary": {
            "gains": counts.gains,
            "losses": counts.losses,
            "ended": counts.ended,
            "unknown": counts.unknown,
        },
        "alerts": [_alert(alert) for alert in review.alerts],
        "grants": [_grant(change) for change in review.grants],
        "roleMappings": [{"customerRole": c.customer_role, **_change(c)} for c in review.mappings],
        "unforeseen": [_unforeseen(one) for one in review.unforeseen],
        "settled": _causes(review.settled),
        "left": _causes(review.left),
        "otherResources": review.others,
        "notes": list(review.notes),
    }


def _alert(alert: Alert) -> dict[str, Any]:
    return {"kind": alert.kind, "title": alert.title, "urgent": alert.urgent, "items": list(alert.items)}


def _grant(change: GrantChange) -> dict[str, Any]:
    return {
        "principal": {
            "kind": "user" if change.who.kind == "users" else "service-account",
            "id": change.who.id,
            "name": change.who.name,
        },
        "workspace": {"id": change.where.id, "name": change.where.name, "environment": change.where.environment},
        **_change(change),
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "before": None if change.before is None else sorted(change.before),
        "after": None if change.after is None else sorted(change.after),
        "gained": sorted(change.gained),
        "lost": sorted(change.lost),
        "ends": change.ends,
        "gap": change.gap,
        "byHand": change.by_hand,
        "expiresAt": change.expires_at,
        "causes": _causes(change.causes),
    }


def _unforeseen(one: Unforeseen) -> dict[str, Any]:
    return {"what": one.what, "reason": one.reason, "targets": list(one.targets), "cause": _cause(one.cause)}


def _causes(causes: Iterable[Cause]) -> list[dict[str, Any]]:
    return [_cause(cause) for cause in causes]


def _cause(cause: Cause) -> dict[str, Any]:
    return {"urn": cause.urn, "op": cause.op, "line": cause.line}
