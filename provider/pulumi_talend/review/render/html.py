"""A review as one HTML file: no network, usable with a keyboard and on paper, filter and search.

Everything that comes from outside passes `visible` and jinja2's autoescape. The file's own policy lets nothing run or load but
its one style and script, named by their hashes: whatever slipped through would still do nothing.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import groupby
from typing import Any, Generic, TypeVar

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ...api.text import plural
from ..alerts import SHOWN_ALONE
from ..approval import digest_of
from ..decision import Decision, Result
from ..model import AnyChange, GrantChange, Origin, Review
from ..summary import summary
from ..text import visible
from .rows import STRONG, WORDS, Chip, Mark, Row, notes_on, origin_parts, row_of, rows, title

R = TypeVar("R")

CELLS_AT_MOST = 40_000
"""A matrix with more cells than this helps nobody, and makes a browser slow: the list has the same."""

LIST_FIRST = 30
"""Up to so many changes, the list is what a reader needs, and the matrix is folded."""

ROLES_ENVIRONMENT = "Talend roles of customer roles"

_PACKAGE = __name__.rpartition(".")[0]

_STYLES: dict[Mark, str] = {"+": "plus", "-": "minus", "~": "both", "=": "same", "?": "unknown"}
_TONES: dict[Result, str] = {
    "passed": "good", "approved": "good", "no-rules": "mild", "approval-needed": "mild", "not-as-approved": "bad",
    "denied": "bad",
}  # fmt: skip
_ACTIONS = {"deny": "denied", "warn": "warning", "require-approval": "needs approval"}


@dataclass(frozen=True)
class Cell:
    """The cell of one person on one workspace in a matrix: the rights, how it looks, what hovering shows."""

    mark: str
    style: str
    chips: tuple[Chip, ...]
    hint: str


@dataclass(frozen=True)
class Line:
    """One person's line of a matrix."""

    name: str
    login: str
    noun: str
    search: str
    cells: Sequence[Cell | None]


@dataclass(frozen=True)
class Block:
    """The matrix of one environment."""

    environment: str
    columns: Sequence[str]
    rows: Sequence[Line]
    people: int
    too_large: bool


@dataclass(frozen=True)
class Spot:
    """One filled cell of a matrix, before it is laid out.

    Attributes:
        environment: The matrix that it is in.
        person: Name, login, noun and id; the id tells namesakes apart.
        place: Name and id of the column.
    """

    environment: str
    person: tuple[str, str, str, str]
    place: tuple[str, str]
    cell: Cell


@dataclass(frozen=True)
class Group(Generic[R]):
    """All rows of one person, account or customer role; `login` where `name` is a person's name."""

    name: str
    login: str
    noun: str
    rows: Sequence[R]


def html_review(review: Review, decision: Decision) -> str:
    """`review` as an HTML document."""
    listed = rows(review.changes)
    marks: list[Mark] = [mark for mark in WORDS if any(row.mark == mark for row in listed)]
    facts = [("Tenant", review.tenant)] if review.tenant else []
    facts += origin_parts(review.origin)
    facts.append(("Digest", digest_of(review)))
    return render(
        "review.html.j2",
        title=title(review),
        facts=facts,
        tone=_TONES[decision.result],
        headline=decision.headline,
        summary=summary(review),
        decision=decision,
        actions=_ACTIONS,
        alone=[alert for alert in review.alerts if alert.kind in SHOWN_ALONE],
        of_rows=[alert for alert in review.alerts if alert.kind not in SHOWN_ALONE | decision.alerts_told()],
        groups=_groups(listed),
        count=len(listed),
        kinds=[(mark, WORDS[mark]) for mark in marks],
        marks=_STYLES,
        words=WORDS,
        environments=sorted({row.environment for row in listed}),
        blocks=blocks([_spot(change) for change in review.changes]),
        folded=len(listed) <= LIST_FIRST,
        notes=notes_on(review),
    )


def html_failure(what: str, reason: str, origin: Origin, stack: str | None) -> str:
    """The page in place of a review that could not be made."""
    commit = f" of {origin.commit[:12]}" if origin.commit else ""
    return render(
        "failure.html.j2",
        title="Access review" + (f": stack {stack}" if stack else ""),
        facts=origin_parts(origin),
        tone="bad",
        headline=f"{what}{commit} failed",
        summary=["This commit is not reviewed."],
        reason=reason,
    )


def _groups(listed: Sequence[Row]) -> list[Group[Row]]:
    """The rows by whom they are about, those first that need the most attention."""
    by_whom = sorted(listed, key=lambda row: row.key)
    groups: list[Group[Row]] = []
    for _, several in groupby(by_whom, key=lambda row: row.key):
        own = sorted(several, key=lambda row: (row.risk, row.environment, row.where))
        first = own[0]
        groups.append(Group(first.title, first.who if first.who != first.title else "", first.noun, own))
    return sorted(groups, key=lambda group: (group.rows[0].risk, group.name.casefold()))


def _spot(change: AnyChange) -> Spot:
    row = row_of(change)
    cell = Cell(row.mark, _STYLES[row.mark], row.chips, "; ".join(row.notes))
    login = row.who if row.who != row.title else ""
    if isinstance(change, GrantChange):
        place = (change.where.name or change.where.id, change.where.id)
        return Spot(row.environment, (row.title, login, row.noun, row.key), place, cell)
    return Spot(ROLES_ENVIRONMENT, (row.title, login, row.noun, row.key), ("Talend roles", ""), cell)


def blocks(spots: Iterable[Spot]) -> list[Block]:
    """The matrices of `spots`, by environment."""
    by_environment: dict[str, list[Spot]] = {}
    for spot in spots:
        by_environment.setdefault(spot.environment, []).append(spot)
    return [_block(environment, by_environment[environment]) for environment in sorted(by_environment)]


def _block(environment: str, spots: Sequence[Spot]) -> Block:
    places = sorted({spot.place for spot in spots}, key=lambda place: (place[0].casefold(), place))
    people = sorted({spot.person for spot in spots}, key=lambda person: (person[0].casefold(), person))
    names = _told_apart(places)
    if len(places) * len(people) > CELLS_AT_MOST:
        return Block(environment, names, (), len(people), too_large=True)
    cells = {(spot.person, spot.place): spot.cell for spot in spots}
    lines = [
        Line(
            person[0],
            person[1],
            person[2],
            " ".join((*person[:3], environment)),
            [cells.get((person, p)) for p in places],
        )
        for person in people
    ]
    return Block(environment, names, lines, len(people), too_large=False)


def _told_apart(places: Sequence[tuple[str, str]]) -> list[str]:
    names = [name for name, _ in places]
    return [name if names.count(name) == 1 else f"{name} ({id_})" for name, id_ in places]


def render(template: str, **values: Any) -> str:
    """The page that `template` makes of `values`."""
    style, script = (_asset(name) for name in ("page.css", "page.js"))
    # The loader's files are this package's own; everything else is escaped.
    own: Mapping[str, Any] = {
        "plural": plural,
        "strong": STRONG,
        "style": Markup(style),  # noqa: S704 - a file of this package
        "script": Markup(script),  # noqa: S704 - a file of this package
        "style_hash": Markup(_hash(style)),  # noqa: S704 - letters, digits, + / =
        "script_hash": Markup(_hash(script)),  # noqa: S704 - as above
    }
    return _environment().get_template(template).render(**values, **own)


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(_PACKAGE, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_seen,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["breakable"] = _breakable
    return environment


def _seen(value: Any) -> Any:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _breakable(text: str) -> Markup:
    """`text` with places where a line may break: after a slash, a dot, an at sign, and so on, never inside a word."""
    parts: list[str] = []
    for character in visible(text):
        parts.append(str(Markup.escape(character)))
        if character in "/.@_-":
            parts.append("<wbr>")
    return Markup("".join(parts))  # noqa: S704 - each character is escaped


def _asset(name: str) -> str:
    return (files(_PACKAGE) / "templates" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
