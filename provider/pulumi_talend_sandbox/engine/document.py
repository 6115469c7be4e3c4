"""A preview as one JSON document, in the shape of `pulumi preview --json`, which `talend-access review` reads."""

from __future__ import annotations

import json
import time
from typing import Any

from .session import Session, Step

_PARTS_OF_A_REPLACEMENT = ("create-replacement", "delete-replaced")


def preview_document(session: Session) -> str:
    """Return the document of a preview that has ended; the stack is listed even where it stays the same."""
    steps = [
        _entry(step)
        for step in session.steps
        if step.op not in _PARTS_OF_A_REPLACEMENT and (step.op != "same" or step.resource.urn == session.root_urn)
    ]
    messages = [
        {"urn": urn, "message": f"{'' if severity == 'info' else f'{severity}: '}{text}\n", "severity": severity}
        for urn, each in session.messages.items()
        for severity, text in each
    ]
    document = {
        "config": session.config.masked(),
        "steps": steps,
        "diagnostics": messages,
        "duration": int((time.monotonic() - session.started) * 1_000_000_000),
        "changeSummary": dict(sorted(session.changes.items())),
    }
    empty: list[Any] = []
    return json.dumps({key: each for key, each in document.items() if each != empty}, indent=4, ensure_ascii=False)


def _entry(step: Step) -> dict[str, Any]:
    entry: dict[str, Any] = {"op": step.op, "urn": step.resource.urn}
    if step.old is not None:
        entry["oldState"] = step.old.to_json()
    if step.new is not None:
        entry["newState"] = step.new.to_json()
    if step.diffs:
        entry["diffReasons"] = step.diffs
    if step.replaces:
        entry["replaceReasons"] = step.replaces
    return {**entry, "detailedDiff": None}
