"""Approving a review: the digest of what was reviewed, so that only that is done later.

The digest is a SHA-256 over the changes in canonical JSON: whose access, by id, before and after, what cannot be foretold,
when access ends, on which stack, believed from where. Names, alerts, notes and the order of steps are not in it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from .errors import ApprovalError
from .model import Change, Review, Source
from .text import visible

VERSION = 1

_SHOWN = 10


@dataclass(frozen=True)
class Approval:
    """What somebody agreed to: the digest, and the changes that it is of, by what they are about."""

    stack: str
    project: str
    tenant: str | None
    source: Source
    digest: str
    changes: Mapping[str, str]


def approve(review: Review) -> Approval:
    """The approval of `review`."""
    changes = canonical(review)
    return Approval(review.stack, review.project, review.tenant, review.source, _digest(review, changes), changes)


def canonical(review: Review) -> dict[str, str]:
    """Every change of `review` as text, by what it is about: ids, sorted rights, nothing that varies by itself."""
    found: dict[str, str] = {}
    for change in review.grants:
        found[f"grant {change.key.resource_id}"] = _text(change)
    for change in review.mappings:
        found[f"mapping {change.customer_role}"] = _text(change)
    for one in review.unforeseen:
        targets = ", ".join(sorted(one.targets))
        about, said = (
            f"unforeseen {one.cause.urn} {one.cause.op}",
            f"{one.reason} ({targets})" if targets else one.reason,
        )
        found[about] = f"{found[about]}; {said}" if about in found else said
    for cause in review.left:
        found[f"left {cause.urn}"] = "no longer managed, access stays"
    return dict(sorted(found.items()))


def _text(change: Change) -> str:
    before, after = ("?" if rights is None else json.dumps(sorted(rights)) for rights in (change.before, change.after))
    rest = [f"until {change.expires_at}"] if change.expires_at else []
    rest += ["with a moment without"] if change.gap else []
    return ", ".join([f"{before} -> {after}", *rest])


def _digest(review: Review | Approval, changes: Mapping[str, str]) -> str:
    content = [VERSION, review.stack, review.project, review.tenant, review.source, sorted(changes.items())]
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=True)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def written(approval: Approval) -> str:
    """The approval as the text of a file."""
    data = {
        "version": VERSION,
        "kind": "access-approval",
        "stack": approval.stack,
        "project": approval.project,
        "tenant": approval.tenant,
        "source": approval.source,
        "digest": approval.digest,
        "changes": dict(approval.changes),
    }
    return json.dumps(data, indent=2) + "\n"


def read(text: str) -> Approval:
    """The approval in a file's text. Raises ApprovalError, also where somebody edited it."""
    try:
        loaded: Any = json.loads(text)
    except (ValueError, RecursionError):
        raise ApprovalError("The approval is not JSON: approve the review again with --approve FILE.") from None
    data = cast("dict[str, Any]", loaded) if isinstance(loaded, dict) else {}
    if data.get("kind") != "access-approval" or data.get("version") != VERSION:
        raise ApprovalError("This is no approval of this version: approve the review again with --approve FILE.")
    changes = data.get("changes")
    texts = [data.get(name) for name in ("stack", "project", "digest")]
    if (
        not isinstance(changes, dict)
        or not all(isinstance(value, str) for value in cast("dict[str, Any]", changes).values())
        or not all(isinstance(value, str) for value in texts)
        or data.get("source") not in {"tenant", "state"}
        or not isinstance(data.get("tenant", False), (str, type(None)))
    ):
        raise ApprovalError("The approval lacks something: approve the review again with --approve FILE.")
    approval = Approval(
        data["stack"], data["project"], data["tenant"], data["source"], data["digest"], cast("dict[str, str]", changes)
    )
    if _digest(approval, approval.changes) != approval.digest:
        raise ApprovalError("The approval was changed after it was written: approve the review again.")
    return approval


def differences(approval: Approval, review: Review) -> list[str]:
    """Why `review` is not what was approved, a line each; empty where it is."""
    lines = [
        f"approved for {what} {was or '(none)'}, not for {now or '(none)'}"
        for what, was, now in (
            ("project", approval.project, review.project),
            ("stack", approval.stack, review.stack),
            ("tenant", approval.tenant, review.tenant),
            ("a look at the", approval.source, review.source),
        )
        if was != now
    ]
    now = canonical(review)
    for about in sorted(approval.changes.keys() | now.keys()):
        was, will = approval.changes.get(about), now.get(about)
        if was == will:
            continue
        if was is None:
            lines.append(f"not approved: {about}: {will}")
        elif will is None:
            lines.append(f"approved, and no longer planned: {about}: {was}")
        else:
            lines.append(f"approved otherwise: {about}: {was}; now {will}")
    return [visible(line) for line in lines]


def refusal(lines: list[str]) -> str:
    """The message for a review that is not what was approved."""
    more = f"\n  and {len(lines) - _SHOWN:,} more" if len(lines) > _SHOWN else ""
    listed = "\n  ".join(lines[:_SHOWN])
    return f"What would be done is not what was approved; review it again, and approve that:\n  {listed}{more}"
