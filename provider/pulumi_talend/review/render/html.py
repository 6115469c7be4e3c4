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
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ..model import GrantChange, Review, summary_line
from ..text import visible
from .rows import WORDS, Mark, flags_of, mark_of, rows, standing, title

CELLS_AT_MOST = 40_000
"""A matrix with more cells than this helps nobody, and makes a browser slow: the list says the same."""

_PACKAGE = __name__.rpartition(".")[0]

_STYLES: dict[Mark, str] = {"+": "plus", "-": "minus", "~": "both", "?": "unknown"}


@dataclass(frozen=True)
class Cell:
    """What stands in a matrix for one person on one workspace: signs with names, how it looks, what it says on hovering."""

    mark: str
    style: str
    entries: tuple[tuple[str, str], ...]
    hint: str


@dataclass(frozen=True)
class Line:
    """One person's line of a matrix."""

    name: str
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
    """One filled cell of a matrix, before it is laid out. `person` and `place` tell namesakes apart."""

    environment: str
    person: tuple[str, str, str]
    place: tuple[str, str]
    cell: Cell


def html_review(review: Review) -> str:
    """`review` as an HTML document."""
    listed = rows([*review.grants, *review.mappings])
    marks: list[Mark] = [mark for mark in WORDS if any(row.mark == mark for row in listed)]
    return render(
        "review.html.j2",
        title=title(review),
        facts=[f"Tenant {review.tenant}"] if review.tenant else [],
        summary=summary_line(review),
        alerts=review.alerts,
        rows=listed,
        kinds=[(mark, WORDS[mark]) for mark in marks] if len(marks) > 1 else [],
        words=WORDS,
        marks=_STYLES,
        environments=sorted({row.environment for row in listed}),
        blocks=blocks([_spot(change) for change in review.grants]),
        notes=standing(review),
    )


def _spot(change: GrantChange) -> Spot:
    entries = [*(("+", name) for name in sorted(change.gained)), *(("−", name) for name in sorted(change.lost))]
    if change.loss_unknown:
        entries.append(("?", "not all known"))
    hint = "; ".join(flags_of(change))
    mark = mark_of(change)
    return Spot(
        environment=change.where.environment or "",
        person=(change.who.label, change.who.noun, change.who.id),
        place=(change.where.name or change.where.id, change.where.id),
        cell=Cell(mark, _STYLES[mark], tuple(entries or [("=", "as it is")]), hint),
    )


def blocks(spots: Iterable[Spot]) -> list[Block]:
    """The matrices of `spots`, one for each environment."""
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
        Line(name, noun, f"{name} {noun} {environment}", [cells.get(((name, noun, id_), place)) for place in places])
        for name, noun, id_ in people
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
        "style": Markup(style),  # noqa: S704 - a file of this package
        "script": Markup(script),  # noqa: S704 - a file of this package
        "style_hash": Markup(_hash(style)),  # noqa: S704 - letters, digits, + / =
        "script_hash": Markup(_hash(script)),  # noqa: S704 - as above
    }
    return _environment().get_template(template).render(**values, **own)


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader(_PACKAGE, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_seen,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _seen(value: Any) -> Any:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _asset(name: str) -> str:
    return (files(_PACKAGE) / "templates" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
