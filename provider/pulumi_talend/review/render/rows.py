"""A change as the renderers lay it out. Texts are as they came: each renderer escapes for itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ...model.grants import permission_list
from ..model import AnyChange, Cause, CauseLine, GrantChange, Origin, Review
from ..text import day, moment

Mark = Literal["+", "-", "~", "=", "?"]

WORDS: dict[Mark, str] = {"+": "gain", "-": "loss", "~": "gain and loss", "=": "same rights", "?": "not known"}

STRONG = frozenset({"MANAGE", "PUBLISH"})
"""Permissions that stand out."""

Sign = Literal["+", "−", ""]


@dataclass(frozen=True)
class Chip:
    """One permission or role, with what becomes of it: gained, lost, or kept (no sign)."""

    sign: Sign
    name: str

    @property
    def is_strong(self) -> bool:
        """Whether it stands out."""
        return self.name in STRONG

    @property
    def text(self) -> str:
        """With its sign."""
        return f"{self.sign}{self.name}"


@dataclass(frozen=True)
class Row:
    """One change: who, where, what becomes of each right, what else there is to say, and why."""

    mark: Mark
    who: str
    person: str
    noun: str
    key: str
    where: str
    environment: str
    chips: tuple[Chip, ...]
    before: str
    after: str
    notes: tuple[str, ...]
    causes: tuple[str, ...]
    risk: int

    @property
    def title(self) -> str:
        """The person's name, else the login, else the id."""
        return self.person or self.who


def mark_of(change: AnyChange) -> Mark:
    """Whether a change gains, loses, both, neither, or is not known."""
    if change.is_loss_unknown:
        return "?"
    gains = bool(change.gained) or change.prolongs
    loses = bool(change.lost) or change.is_shortened
    if gains:
        return "~" if loses else "+"
    return "-" if loses else "="


def risk_of(change: AnyChange) -> int:
    """How much a change needs a reviewer's attention: 0 the most. Sorts all lists.

    What is not known, then full losses, partial losses, gains of MANAGE or PUBLISH, other gains, the rest.
    """
    if change.is_loss_unknown:
        return 0
    if change.ends:
        return 1
    if change.lost or change.has_gap or change.is_shortened:
        return 2
    if change.gained & STRONG or change.is_end_removed:
        return 3
    return 4 if change.gained or change.prolongs or change.is_taken_over else 5


def notes_of(change: AnyChange) -> tuple[str, ...]:
    """What else there is to say about a change."""
    notes: list[str] = []
    until, before = change.until, change.until_before
    if change.is_end_removed and before:
        notes.append(f"no end any more (was {day(before)})")
    elif until and before and until != before:
        notes.append(f"until {day(until)} (was {day(before)})")
    elif until and change.after:
        notes.append(f"until {day(until)}")
    elif before and change.ends:
        notes.append(f"its end was {day(before)}")
    if change.is_taken_over:
        notes.append("taken over from outside this stack")
    if change.unmanaged:
        some = "" if change.ends and change.unmanaged == change.lost else f"{permission_list(change.unmanaged)} "
        notes.append(f"{some}not granted by this stack")
    if change.has_gap:
        notes.append("a moment without access")
    if change.is_loss_unknown:
        notes.append("what exists now is not known")
    if change.ends:
        notes.append("no access left here")
    if change.line is not None and change.line.line.note:
        notes.append(change.line.line.note)
    return tuple(notes)


def cause_text(cause: Cause, line: CauseLine | None = None) -> str:
    """`update sales-oskar (__main__.py:12)`, with the line of a table where there is one: it tells more than the program's.

    What is deleted was declared there by the program of the last update.
    """
    if line is not None:
        return f"{cause.op} {cause.name} ({line})"
    was = "was " if cause.op.startswith("delete") else ""
    return f"{cause.op} {cause.name}" + (f" ({was}{cause.line})" if cause.line else "")


def row_of(change: AnyChange) -> Row:
    """`change` laid out."""
    if isinstance(change, GrantChange):
        who, person, noun = change.who.label, change.who.person, change.who.noun
        where, environment, key = (
            change.where.label,
            change.where.environment,
            change.who.principal.path,
        )
    else:
        who, person, noun = change.target, "", "customer role"
        where, environment, key = "Talend roles", "", f"role/{change.target}"
    kept = change.after & (change.before or frozenset())
    chips = [*(Chip("+", name) for name in sorted(change.gained)), *(Chip("−", name) for name in sorted(change.lost))]
    return Row(
        mark=mark_of(change),
        who=who,
        person=person,
        noun=noun,
        key=key,
        where=where,
        environment=environment,
        chips=(*sorted(chips, key=lambda chip: not chip.is_strong), *(Chip("", name) for name in sorted(kept))),
        before="?" if change.before is None else permission_list(change.before),
        after=permission_list(change.after),
        notes=notes_of(change),
        causes=tuple(cause_text(cause, None if number else change.line) for number, cause in enumerate(change.causes)),
        risk=risk_of(change),
    )


def rows(changes: Iterable[AnyChange]) -> list[Row]:
    """`changes` laid out, those first that need the most attention."""
    return sorted((row_of(change) for change in changes), key=lambda row: row.risk)


def title(review: Review) -> str:
    """What the review is of."""
    of = f"stack {review.stack}" if review.stack else "an empty stack"
    project = f" of {review.project}" if review.project else ""
    return f"Access review: {of}{project}"


def origin_parts(origin: Origin) -> list[tuple[str, str]]:
    """Commit, author and time, as far as they are known: (name, value)."""
    parts = [("Commit", origin.commit[:12])] if origin.commit else []
    parts += [("Author", origin.author)] if origin.author else []
    parts += [("Reviewed", moment(origin.at))] if origin.at else []
    return parts


def notes_on(review: Review) -> list[str]:
    """What a reader has to know about the review itself."""
    lines = list(review.notes)
    if review.source == "state":
        lines.append(
            "“Before” is what the stack's state has. The tenant was not looked at, so what was changed outside of this stack "
            "since does not show."
        )
    if review.settled:
        number = len(review.settled)
        lines.append(
            f"{number:,} changed {'resource leaves' if number == 1 else 'resources leave'} everybody's access as it is."
        )
    if review.left:
        lines.append(f"No longer managed, access stays: {', '.join(sorted(cause.name for cause in review.left))}")
    if review.others:
        number = review.others
        lines.append(
            f"{number:,} other changed {'resource is' if number == 1 else 'resources are'} not of this provider; what "
            f"{'it does' if number == 1 else 'they do'} is not reviewed here."
        )
    return lines
