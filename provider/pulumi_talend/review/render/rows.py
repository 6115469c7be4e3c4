"""A change as the renderers lay it out. Texts are as they came: each renderer escapes for itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ..model import Cause, Change, GrantChange, MappingChange, Review
from ..text import rights_in_words

Mark = Literal["+", "-", "~", "?"]

WORDS: dict[Mark, str] = {"+": "gain", "-": "loss", "~": "gain and loss", "?": "cannot be foretold"}


@dataclass(frozen=True)
class Row:
    """One change: who, where, what it does (`mark`), in words, and why."""

    mark: Mark
    who: str
    noun: str
    where: str
    environment: str
    gained: str
    lost: str
    before: str
    after: str
    flags: tuple[str, ...]
    causes: tuple[str, ...]


def mark_of(change: Change) -> Mark:
    """Whether a change gains, loses, both, or cannot be told."""
    if change.loss_unknown:
        return "?"
    if change.gained:
        return "~" if change.lost else "+"
    return "-" if change.lost else "~"


def flags_of(change: Change) -> tuple[str, ...]:
    """What else there is to say about a change."""
    flags: list[str] = []
    if change.ends:
        flags.append("nothing left here")
    if change.gap:
        flags.append("a moment without")
    if change.by_hand and change.lost:
        flags.append("was given by hand")
    if change.loss_unknown:
        flags.append("what is there now is not known" if change.before is None else "what will be is not known")
    if change.expires_at:
        flags.append(f"until {change.expires_at}")
    return tuple(flags)


def cause_text(cause: Cause) -> str:
    """`update sales-oskar (__main__.py:12)`."""
    return f"{cause.op} {cause.name}" + (f" ({cause.line})" if cause.line else "")


def row_of(change: GrantChange | MappingChange) -> Row:
    """`change` laid out."""
    if isinstance(change, GrantChange):
        who, noun, where, environment = (
            change.who.label, change.who.noun, change.where.label, change.where.environment or "",
        )  # fmt: skip
    else:
        who, noun, where, environment = change.customer_role, "customer role", "Talend roles", ""
    return Row(
        mark=mark_of(change),
        who=who,
        noun=noun,
        where=where,
        environment=environment,
        gained=rights_in_words(change.gained) if change.gained else "",
        lost=rights_in_words(change.lost) if change.lost else "",
        before=rights_in_words(change.before),
        after=rights_in_words(change.after),
        flags=flags_of(change),
        causes=tuple(cause_text(cause) for cause in change.causes),
    )


def rows(changes: Iterable[GrantChange | MappingChange]) -> list[Row]:
    """`changes` laid out."""
    return [row_of(change) for change in changes]


def title(review: Review) -> str:
    """What the review is of."""
    of = f"stack {review.stack}" if review.stack else "an empty stack"
    project = f" of {review.project}" if review.project else ""
    return f"Access review: {of}{project}"


def standing(review: Review) -> list[str]:
    """What a reader has to know about the review itself."""
    lines = list(review.notes)
    if review.source == "state":
        lines.append(
            "“Before” is what the stack's state says; the tenant was not looked at, so what was changed by hand since, and "
            "whether somebody loses their last access, does not show."
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
            f"{number:,} other changed {'resource is' if number == 1 else 'resources are'} none of this provider's."
        )
    return lines
