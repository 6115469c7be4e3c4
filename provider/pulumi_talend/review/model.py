"""A review as data: who gains and who loses what, because of which resource.

Nothing here knows how it is shown. Texts are as they came (names may hold anything): whoever shows them escapes them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypeVar

from ..model import planning
from ..model.expiry import is_later
from ..model.grants import GrantKey
from ..model.lines import TableLine
from ..model.named import Place, Who
from ..model.planning import NOTHING, Rights

T = TypeVar("T", GrantKey, str)

Target = GrantKey | str
"""A grant, or the customer role of a mapping."""

Source = Literal["tenant", "state"]
"""Where "before" comes from: the live tenant, or only the stack's state."""


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
class CauseLine:
    """The line of a table of access behind a change. `is_gone`: it is no longer there, and this is where it was."""

    line: TableLine
    is_gone: bool = False

    def __str__(self) -> str:
        return f"was {self.line}" if self.is_gone else str(self.line)


@dataclass(frozen=True, kw_only=True)
class Change(planning.Change[T]):
    """What becomes of one grant or mapping: the planner's change, and what a review has to say beside it.

    Attributes:
        after: The rights afterwards; a review always knows them. `before` None is not known.
        causes: The resources that bring it about.
        unmanaged: Of what is lost, what no resource of the stack had granted.
        has_gap: Whether there is a moment without the access while the update runs.
        line: The line of a table of access that says so, where there is one.
    """

    after: Rights
    causes: tuple[Cause, ...]
    unmanaged: Rights = NOTHING
    has_gap: bool = False
    line: CauseLine | None = None

    @property
    def is_loss_unknown(self) -> bool:
        """Whether it may take something away that cannot be named."""
        return self.before is None

    @property
    def ends(self) -> bool:
        """Whether nothing is left after."""
        return not self.after and self.before != NOTHING

    @property
    def end(self) -> str | None:
        """The end of the access afterwards; of access that ends now, the end that it had."""
        return self.until if self.after else self.until_before

    @property
    def is_end_removed(self) -> bool:
        """Whether access that has an end has none afterwards."""
        return self.prolongs and self.until is None

    @property
    def is_shortened(self) -> bool:
        """Whether access that stays ends earlier."""
        return bool(self.before and self.after) and is_later(self.until_before, self.until)

    @property
    def is_taken_over(self) -> bool:
        """Whether a resource takes over what exists outside the stack."""
        return self.action == "adopt"


@dataclass(frozen=True, kw_only=True)
class GrantChange(Change[GrantKey]):
    """What becomes of one principal's permissions on one workspace."""

    who: Who
    where: Place


@dataclass(frozen=True, kw_only=True)
class MappingChange(Change[str]):
    """What becomes of the Talend roles that one customer role, its target, is mapped to."""


AnyChange = GrantChange | MappingChange


@dataclass(frozen=True, order=True)
class UnknownEffect:
    """A step that may change access, of which is not known how.

    Attributes:
        cause: The step.
        what: What it is about, in words.
        reason: Why it is not known.
        targets: The grants (by resource id) and the customer roles that it is known to be about.
    """

    cause: Cause
    what: str
    reason: str
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, order=True)
class ForeignCode:
    """A dynamic resource whose provider is not this package's: code of the program runs, in the preview too."""

    cause: Cause
    type: str


@dataclass(frozen=True)
class Alert:
    """One kind of thing that needs a reviewer's attention, with each place where it happens.

    `kind` is stable and documented, `urgent` says that it comes first, `title` and `items` are for people.
    """

    kind: str
    title: str
    items: tuple[str, ...]
    urgent: bool = True


@dataclass(frozen=True)
class Origin:
    """What was reviewed: the commit, when, and whose it is, as far as that is known."""

    at: datetime | None = None
    commit: str | None = None
    author: str | None = None


@dataclass(frozen=True)
class Review:
    """What a preview does to access, whole.

    Attributes:
        source: Where "before" comes from.
        settled: Resources that change without changing anybody's access.
        left: Resources that the stack no longer manages while the access stays.
        foreign: Dynamic resources that run other code than this package's.
        others: The number of changed resources that have nothing to do with access here.
        endpoint: The address of the API that the stack's configuration names; None where it names none.
        notes: What the review could not look up, and why.
    """

    stack: str
    project: str
    tenant: str | None = None
    source: Source = "state"
    grants: tuple[GrantChange, ...] = ()
    mappings: tuple[MappingChange, ...] = ()
    unknown: tuple[UnknownEffect, ...] = ()
    alerts: tuple[Alert, ...] = ()
    settled: tuple[Cause, ...] = ()
    left: tuple[Cause, ...] = ()
    foreign: tuple[ForeignCode, ...] = ()
    others: int = 0
    endpoint: str | None = None
    notes: tuple[str, ...] = ()
    origin: Origin = Origin()

    @property
    def changes(self) -> tuple[AnyChange, ...]:
        """All of them."""
        return (*self.grants, *self.mappings)

    @property
    def empty(self) -> bool:
        """Whether nobody's access changes, as far as is known."""
        return not self.changes and not self.unknown and not self.foreign

    def with_alerts(self, alerts: Iterable[Alert]) -> Review:
        """The same review with these alerts, the urgent ones first."""
        return replace(self, alerts=tuple(sorted(alerts, key=lambda alert: not alert.urgent)))
