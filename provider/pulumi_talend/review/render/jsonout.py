"""A review as JSON, in the shape that `review.schema.json` beside this file documents; `version` is its number.

A version's meaning never changes; what is added leaves the number, what changes or goes raises it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from importlib.resources import files
from typing import Any

from ...api.text import json_text
from ...model.lines import TableLine
from ...model.named import Place, Who
from ..approval import digest_of
from ..decision import Decision
from ..model import Alert, AnyChange, Cause, GrantChange, Review, UnknownEffect

VERSION = 1


def json_review(review: Review, decision: Decision) -> str:
    """`review` as a JSON document, ASCII only: names as they are, whatever is in them."""
    return json_text(as_data(review, decision)) + "\n"


def schema() -> dict[str, Any]:
    """The JSON schema of what `json_review` writes."""
    text = (files(__name__.rpartition(".")[0]) / "review.schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def as_data(review: Review, decision: Decision) -> dict[str, Any]:
    """`review` as what JSON is made of."""
    origin = review.origin
    return {
        "version": VERSION,
        "kind": "access-review",
        "stack": review.stack,
        "project": review.project,
        "tenant": review.tenant,
        "source": review.source,
        "commit": origin.commit,
        "author": origin.author,
        "at": origin.at.isoformat(timespec="seconds") if origin.at else None,
        "digest": digest_of(review),
        "decision": _decision(decision),
        "summary": counts(review.changes, len(review.unknown)),
        "alerts": [_alert(alert) for alert in review.alerts],
        "grants": [_grant(change) for change in review.grants],
        "roleMappings": [{"customerRole": c.target, **_change(c)} for c in review.mappings],
        "unknownEffects": [_unknown(one) for one in review.unknown],
        "foreignCode": [{"type": each.type, "cause": _cause(each.cause)} for each in review.foreign],
        "settled": _causes(review.settled),
        "left": _causes(review.left),
        "otherResources": review.others,
        "endpointFromStack": review.endpoint,
        "notes": list(review.notes),
    }


def counts(changes: Sequence[AnyChange], unknown: int) -> dict[str, int]:
    """How many gain, lose, ...; one change can count in several. `unknown`: steps of which is not known what they change."""
    return {
        "gains": sum(bool(change.gained) for change in changes),
        "losses": sum(bool(change.lost) for change in changes),
        "ended": sum(change.ends for change in changes),
        "prolonged": sum(change.prolongs for change in changes),
        "takenOver": sum(change.is_taken_over for change in changes),
        "unknown": unknown + sum(change.is_loss_unknown for change in changes),
    }


def _decision(decision: Decision) -> dict[str, Any]:
    return {
        "result": decision.result,
        "rules": None
        if decision.rules is None
        else [
            {"name": each.rule.name, "action": each.rule.action, "broken": each.is_broken, "items": list(each.items)}
            for each in decision.rules
        ],
        "rulesFrom": decision.source or None,
        "approvedBy": decision.approval.approved_by if decision.approval is not None else None,
        "differences": list(decision.differences),
    }


def _alert(alert: Alert) -> dict[str, Any]:
    return {"kind": alert.kind, "title": alert.title, "urgent": alert.urgent, "items": list(alert.items)}


def _grant(change: GrantChange) -> dict[str, Any]:
    return {**grant_target(change.who, change.where), **_change(change)}


def grant_target(who: Who, where: Place) -> dict[str, Any]:
    """Whose grant it is, and on which workspace."""
    kind = "user" if who.is_user else "service-account"
    return {
        "principal": {"kind": kind, "id": who.id, "name": who.name or None, "person": who.person or None},
        "workspace": {"id": where.id, "name": where.name or None, "environment": where.environment or None},
    }


def line_data(line: TableLine | None) -> dict[str, Any] | None:
    """A line of a table of access."""
    return None if line is None else {"at": line.at, "through": line.through or None, "note": line.note or None}


def _change(change: AnyChange) -> dict[str, Any]:
    return {
        "action": change.action,
        "before": None if change.before is None else sorted(change.before),
        "after": sorted(change.after),
        "gained": sorted(change.gained),
        "lost": sorted(change.lost),
        "notGrantedByThisStack": sorted(change.unmanaged),
        "ends": change.ends,
        "gap": change.has_gap,
        "untilBefore": change.until_before,
        "until": change.until,
        "prolonged": change.prolongs,
        "takenOver": change.is_taken_over,
        "causes": _causes(change.causes),
        "tableLine": None
        if change.line is None
        else {**(line_data(change.line.line) or {}), "removed": change.line.is_gone},
    }


def _unknown(one: UnknownEffect) -> dict[str, Any]:
    return {"what": one.what, "reason": one.reason, "targets": list(one.targets), "cause": _cause(one.cause)}


def _causes(causes: Iterable[Cause]) -> list[dict[str, Any]]:
    return [_cause(cause) for cause in causes]


def _cause(cause: Cause) -> dict[str, Any]:
    return {"urn": cause.urn, "op": cause.op, "line": cause.line}
