"""A review as data: who gains and who loses what, because of which resource.

Nothing here knows how it is shown. Texts are as they came (names may hold anything): whoever shows them escapes them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from ..api.models import GrantKey, PrincipalKind

Rights = frozenset[str]
"""Permissions on a workspace, or Talend roles. None in their place means: cannot be told."""

Source = Literal["tenant", "state"]
"""Where "before" comes from: the live tenant, or only what the stack's state says."""


@dataclass(frozen=True, order=True)
class Who:
    """A user or service account; `name` is the login or name where it is known."""

    kind: PrincipalKind
    id: str
    name: str | None = None

    @property
    def label(self) -> str:
        """Its name, else its id."""
        return self.name or self.id

    @property
    def noun(self) -> str:
        """What kind of principal it is, in words."""
        return "user" if self.kind == "users" else "service account"


@dataclass(frozen=True, order=True)
class Where:
    """A workspace; `name` and `environment` where they are known."""

    id: str
    name: str | None = None
    environment: str | None = None

    @property
    def label(self) -> str:
        """`prod/Sales`, or as much of it as is known."""
        name = self.name or self.id
        return f"{self.environment}/{name}" if self.environment else name


@dataclass(frozen=True, order=True)
class Cause:
    """The resource that brings a change about. `line` is where the program declares it, e.g. `__main__.py:12`."""

    urn: str
    op: str
    line: str | None = None

    @property
    def name(self) -> str:
        """The resource's name, the last part of its URN."""
        return self.urn.split("::", 3)[-1]

    @property
    def type(self) -> str:
        """The resource's own type, e.g. `WorkspacePermission`."""
        parts = self.urn.split("::", 3)
        return parts[2].rpartition(":")[2] if len(parts) > 2 else ""


@dataclass(frozen=True)
class Change:
    """What becomes of one piece of access.

    `before` and `after`: None means that it cannot be told. `gap`: there is a moment without it while the update runs.
    `by_hand`: it is removed or changed though no resource gave it. `expires_at` as the program has it, ISO 8601.
    """

    before: Rights | None
    after: Rights | None
    causes: tuple[Cause, ...]
    gap: bool = False
    by_hand: bool = False
    expires_at: str | None = None

    @property
    def gained(self) -> Rights:
        """What was not there before; where nobody knows what was there, all that is there after."""
        return (self.after or frozenset()) - (self.before or frozenset())

    @property
    def lost(self) -> Rights:
        """What is there no more. Empty where nobody knows what was there, or will be: see `loss_unknown`."""
        if self.after is None:
            return frozenset()
        return (self.before or frozenset()) - self.after

    @property
    def loss_unknown(self) -> bool:
        """Whether it may take something away that cannot be named."""
        return self.before is None or self.after is None

    @property
    def ends(self) -> bool:
        """Whether nothing is left after."""
        return self.after is not None and not self.after and self.before != frozenset()


@dataclass(frozen=True)
class GrantChange(Change):
    """What becomes of one principal's permissions on one workspace."""

    who: Who = field(kw_only=True)
    where: Where = field(kw_only=True)

    @property
    def key(self) -> GrantKey:
        """What the grant is about."""
        from ..api.models import Principal

        return GrantKey(self.where.id, Principal(self.who.kind, self.who.id))


@dataclass(frozen=True)
class MappingChange(Change):
    """What becomes of the Talend roles that one customer role stands for."""

    customer_role: str = field(kw_only=True)


@dataclass(frozen=True, order=True)
class Unforeseen:
    """A step that touches access, of which cannot be told what it does.

    `what` is what it is about, in words, `reason` why it cannot be told. `targets` are the grants (by resource id) and the
    customer roles that it is known to touch.
    """

    cause: Cause
    what: str
    reason: str
    targets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Alert:
    """One kind of thing that a reviewer must not miss, with each place where it happens.

    `kind` is stable and documented, `urgent` says that it comes first, `title` and `items` are for people.
    """

    kind: str
    title: str
    items: tuple[str, ...]
    urgent: bool = True


@dataclass(frozen=True)
class Review:
    """What a preview does to access, whole.

    `source` says where "before" comes from, `settled` are resources that change without changing anybody's access,
    `left` those that the stack lets go of while the access stays, `others` the number of changed resources that have nothing
    to do with access here. `notes` say what the review could not look up, and why.
    """

    stack: str
    project: str
    tenant: str | None = None
    source: Source = "state"
    grants: tuple[GrantChange, ...] = ()
    mappings: tuple[MappingChange, ...] = ()
    unforeseen: tuple[Unforeseen, ...] = ()
    alerts: tuple[Alert, ...] = ()
    settled: tuple[Cause, ...] = ()
    left: tuple[Cause, ...] = ()
    others: int = 0
    notes: tuple[str, ...] = ()

    @property
    def changes(self) -> tuple[Change, ...]:
        """All of them."""
        return (*self.grants, *self.mappings)

    @property
    def empty(self) -> bool:
        """Whether nobody's access changes, as far as can be told."""
        return not self.changes and not self.unforeseen

    def with_alerts(self, alerts: Iterable[Alert]) -> Review:
        """The same review with these alerts, the urgent ones first."""
        return replace(self, alerts=tuple(sorted(alerts, key=lambda alert: not alert.urgent)))


@dataclass(frozen=True)
class Counts:
    """How many gain, lose, ... in a review."""

    gains: int
    losses: int
    ended: int
    unknown: int


def count(review: Review) -> Counts:
    """Counts the changes of `review`; one that gains and loses counts in both."""
    changes = review.changes
    return Counts(
        gains=sum(1 for change in changes if change.gained),
        losses=sum(1 for change in changes if change.lost),
        ended=sum(1 for change in changes if change.ends),
        unknown=len(review.unforeseen) + sum(1 for change in changes if change.loss_unknown),
    )


def plural(number: int, one: str, many: str | None = None) -> str:
    """`1 change`, `2 changes`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def summary_line(review: Review) -> str:
    """The review in one line."""
    if review.empty:
        return "Nobody's access changes."
    counts = count(review)
    people = {change.who.id for change in review.grants if change.who.kind == "users"}
    accounts = {change.who.id for change in review.grants if change.who.kind != "users"}
    touched = [
        plural(len(people), "person", "people") if people else "",
        plural(len(accounts), "service account") if accounts else "",
        plural(len(review.mappings), "customer role") if review.mappings else "",
    ]
    parts = [
        plural(counts.gains, "gain"),
        plural(counts.losses, "loss", "losses") + (f" ({counts.ended:,} to nothing)" if counts.ended else ""),
    ]
    if counts.unknown:
        parts.append(f"{counts.unknown:,} that cannot be foretold")
    about = " and ".join(text for text in touched if text)
    return f"{', '.join(parts)}{' for ' + about if about else ''}."
