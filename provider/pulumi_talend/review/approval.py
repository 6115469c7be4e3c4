"""Approving a review: a file that says what was approved, for which commit, on which state of the stack, by whom, until when.

What protects an approval is who may write its file (owner rules), not its digest: the digest only shows that the file was not
edited by accident. It holds once, since every update changes the time of the stack's state that it names.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..api.responses import without_duplicates
from ..model.expiry import parse_time
from .errors import ApprovalError
from .model import AnyChange, GrantChange, Review, Source
from .origin import listed_files
from .text import visible

VERSION = 2
VALID_DAYS = 7
"""How long an approval is valid, unless the approver says otherwise."""

_SHOWN = 10
Time = Annotated[str, Field(min_length=1)]


class Entry(BaseModel):
    """One approved change. `who` and `where` are for the reader; the key of the table has the ids."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    who: str = ""
    where: str = ""
    before: list[str] | None = None
    after: list[str] | None = None
    until_before: str | None = None
    until: str | None = None
    note: str = ""

    def __str__(self) -> str:
        if self.before is None and self.after is None:
            return self.note
        rights = " -> ".join("?" if each is None else json.dumps(each) for each in (self.before, self.after))
        ends = [f"until {self.until}"] if self.until else []
        ends += [f"before until {self.until_before}"] if self.until_before and self.until_before != self.until else []
        return ", ".join([rights, *ends, *([self.note] if self.note else [])])


class Approval(BaseModel):
    """What somebody approved.

    Attributes:
        endpoint: The address of the API that the stack's configuration names.
        commit: The commit that was reviewed, for the reader.
        content: The digest of all its files but approvals.
        state: The time of the stack's state on which the preview was made.
        review_digest: The digest of what was reviewed, as the page and the messages have it.
        changes: The approved changes, by what they are about.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    version: Literal[2] = VERSION
    kind: Literal["access-approval"] = "access-approval"
    stack: str
    project: str
    tenant: str | None
    source: Source
    endpoint: str | None
    approved_by: Annotated[str, Field(min_length=1)]
    approved_at: Time
    valid_until: Time
    commit: str | None
    content: str
    state: str
    review_digest: str
    changes: dict[str, Entry]


@dataclass(frozen=True)
class Basis:
    """What a review is of: the digest of the commit's files, and the time of the stack's state.

    `changed` are the files that changed since the commit that was approved, as far as git can tell.
    """

    content: str
    state: str
    changed: tuple[str, ...] = ()


def approve(review: Review, basis: Basis, *, by: str, at: datetime, days: int = VALID_DAYS) -> Approval:
    """Returns the approval of `review` by `by`, valid for so many days."""
    return Approval(
        stack=review.stack,
        project=review.project,
        tenant=review.tenant,
        source=review.source,
        endpoint=review.endpoint,
        approved_by=by,
        approved_at=at.isoformat(timespec="seconds"),
        valid_until=(at + timedelta(days=days)).isoformat(timespec="seconds"),
        commit=review.origin.commit,
        content=basis.content,
        state=basis.state,
        review_digest=digest_of(review),
        changes=entries_of(review),
    )


def entries_of(review: Review) -> dict[str, Entry]:
    """Everything in `review` that an approval is of, by what it is about."""
    found: dict[str, Entry] = {}
    for change in review.grants:
        found[f"grant {change.target.resource_id}"] = _entry(change)
    for change in review.mappings:
        found[f"mapping {change.target}"] = _entry(change)
    for one in review.unknown:
        targets = ", ".join(sorted(one.targets))
        about, note = f"unknown {one.cause.urn} {one.cause.op}", f"{one.reason} ({targets})" if targets else one.reason
        found[about] = Entry(note=f"{found[about].note}; {note}" if about in found else note)
    for code in review.foreign:
        found[f"foreign code {code.cause.urn} {code.cause.op}"] = Entry(note=f"{code.type} runs code of its own")
    for cause in review.left:
        found[f"left {cause.urn}"] = Entry(note="no longer managed, access stays")
    return dict(sorted(found.items()))


def _entry(change: AnyChange) -> Entry:
    notes = ["taken over"] if change.is_taken_over else []
    notes += ["with a moment without"] if change.has_gap else []
    who, where = (
        (_person(change), change.where.label)
        if isinstance(change, GrantChange)
        else (f"customer role {change.target}", "Talend roles")
    )
    return Entry(
        who=who,
        where=where,
        before=None if change.before is None else sorted(change.before),
        after=sorted(change.after),
        until_before=change.until_before,
        until=change.until,
        note=", ".join(notes),
    )


def _person(change: GrantChange) -> str:
    return f"{change.who.person} ({change.who.label})" if change.who.person else change.who.label


def digest_of(review: Review) -> str:
    """The digest of what `review` changes: ids, rights, ends. Names, alerts, notes and the order of steps are not in it."""
    changes = {about: str(entry) for about, entry in entries_of(review).items()}
    content = [VERSION, review.stack, review.project, review.tenant, review.source, review.endpoint, changes]
    return _digest(content)


def _digest(content: object) -> str:
    text = json.dumps(content, separators=(",", ":"), sort_keys=True, ensure_ascii=True)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def written(approval: Approval) -> str:
    """The approval as the text of a file."""
    data = approval.model_dump(mode="json")
    data["changes"] = {
        about: {name: value for name, value in entry.items() if value not in (None, "") or name in _ALWAYS_SHOWN}
        for about, entry in data["changes"].items()
    }
    return json.dumps({**data, "digest": _digest(data)}, indent=2) + "\n"


_ALWAYS_SHOWN = {"before", "after"}


def read(text: str) -> Approval:
    """The approval in a file's text. Raises ApprovalError, also where the file was edited."""
    again = "approve the review again with --approve FILE."
    try:
        loaded: Any = json.loads(text, object_pairs_hook=without_duplicates)
    except (ValueError, RecursionError):
        raise ApprovalError(f"The approval is not JSON: {again}") from None
    if not isinstance(loaded, dict):
        raise ApprovalError(f"The approval is not an object: {again}")
    data: dict[str, Any] = loaded  # pyright: ignore[reportUnknownVariableType]
    digest = data.pop("digest", None)
    try:
        approval = Approval.model_validate(data)
        for time in (approval.approved_at, approval.valid_until):
            parse_time(time)
    except ValidationError as error:
        detail = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in detail["loc"])
        raise ApprovalError(f"This is not an approval of this version ({visible(where)[:80]}): {again}") from None
    except ValueError as error:
        raise ApprovalError(f"The approval has a wrong time, {visible(str(error))}: {again}") from None
    if digest != _digest(data):
        raise ApprovalError(f"The approval was changed after it was written: {again}")
    return approval


def state_time(export: Mapping[str, Any]) -> str:
    """The time of an exported state, which every update changes. Raises ApprovalError."""
    deployment: Any = export.get("deployment")
    manifest: Any = deployment.get("manifest") if isinstance(deployment, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    time: Any = manifest.get("time") if isinstance(manifest, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    if not isinstance(time, str) or not time:
        raise ApprovalError("The state has no time: export it again with `pulumi stack export`.")
    return time


def is_used(approval: Approval, basis: Basis) -> bool:
    """Whether the stack was updated since: an approval holds for one update."""
    return approval.state != basis.state


def differences(approval: Approval, review: Review, basis: Basis, *, at: datetime) -> list[str]:
    """Why `approval` is not one of `review`, a line each; empty where it is."""
    lines: list[str] = []
    if is_used(approval, basis):
        lines.append(
            f"the approval is for the stack's state of {approval.state}, and it was updated since ({basis.state}): an approval "
            "holds once"
        )
    if at > parse_time(approval.valid_until):
        lines.append(f"the approval was valid until {approval.valid_until}")
    if approval.content != basis.content:
        commit = f" ({approval.commit[:12]})" if approval.commit else ""
        which = (
            f"changed since: {listed_files(basis.changed)}" if basis.changed else "git cannot tell here which changed"
        )
        lines.append(f"the files are not those of the commit that was approved{commit}; {which}")
    lines += [
        f"approved for {what} {was or '(none)'}, not for {now or '(none)'}"
        for what, was, now in (
            ("project", approval.project, review.project),
            ("stack", approval.stack, review.stack),
            ("tenant", approval.tenant, review.tenant),
            ("the API's address", approval.endpoint, review.endpoint),
            ("a look at the", approval.source, review.source),
        )
        if was != now
    ]
    before = {about: str(entry) for about, entry in approval.changes.items()}
    now = {about: str(entry) for about, entry in entries_of(review).items()}
    for about in sorted(before.keys() | now.keys()):
        was, will = before.get(about), now.get(about)
        if was is None:
            lines.append(f"not approved: {about}: {will}")
        elif will is None:
            lines.append(f"approved, and no longer planned: {about}: {was}")
        elif was != will:
            lines.append(f"approved otherwise: {about}: {was}; now {will}")
    return [visible(line) for line in lines]


def refusal(lines: list[str]) -> str:
    """The message for a review that is not what was approved."""
    more = f"\n  and {len(lines) - _SHOWN:,} more" if len(lines) > _SHOWN else ""
    listed = "\n  ".join(lines[:_SHOWN])
    return f"What the update would do is not what was approved. Review it again, and approve that:\n  {listed}{more}"
