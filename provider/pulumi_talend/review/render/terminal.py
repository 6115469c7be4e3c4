"""A review for a terminal: what must not be missed first, then who gains and loses what, by person or by workspace."""

from __future__ import annotations

from itertools import groupby
from typing import Literal

from rich.console import Console
from rich.text import Text

from ..model import Review, summary_line
from ..text import visible
from .rows import Row, rows, standing, title

By = Literal["person", "workspace"]

_STYLES = {"+": "green", "-": "red", "~": "yellow", "?": "magenta"}


def print_review(review: Review, console: Console, *, by: By = "person") -> None:
    """Writes `review`; colours come where the console has them, and say nothing that the text does not."""
    _line(console, title(review), "bold")
    if review.tenant:
        _line(console, f"Tenant: {review.tenant}")
    _line(console, summary_line(review), "bold")
    for alert in review.alerts:
        _line(console, "")
        _line(console, f"! {alert.title}: {len(alert.items):,}", "bold red" if alert.urgent else "bold yellow")
        for item in alert.items:
            _line(console, f"    {item}")
    _groups(console, rows(review.grants), by)
    if review.mappings:
        _line(console, "\nCustomer roles (everybody whom the identity provider sends with them)", "bold", breaks=True)
        for row in rows(review.mappings):
            _change(console, row, row.who)
    notes = standing(review)
    if notes:
        _line(console, "")
    for note in notes:
        _line(console, f"Note: {note}", "dim")


def _groups(console: Console, grants: list[Row], by: By) -> None:
    def heading(row: Row) -> tuple[str, str]:
        return (row.who, row.noun) if by == "person" else (row.where, "workspace")

    ordered = sorted(grants, key=lambda row: (heading(row), row.where, row.who))
    for (name, noun), group in groupby(ordered, key=heading):
        _line(console, "")
        _line(console, f"{name}  ({noun})", "bold")
        for row in group:
            _change(console, row, row.where if by == "person" else row.who)


def _change(console: Console, row: Row, name: str) -> None:
    parts: list[str] = []
    if row.gained:
        parts.append(f"gains {row.gained}")
    if row.lost:
        parts.append(f"loses {row.lost}")
    said = "; ".join(parts) or "stays as it is"
    _line(console, f"  {row.mark} {name}  {said}", _STYLES[row.mark])
    flags = f"  [{'; '.join(row.flags)}]" if row.flags else ""
    _line(console, f"      {row.before} -> {row.after}{flags}  <- {', '.join(row.causes)}", "dim")


def _line(console: Console, text: str, style: str = "", *, breaks: bool = False) -> None:
    shown = "\n".join(visible(part) for part in text.split("\n")) if breaks else visible(text)
    console.print(Text(shown, style=style), soft_wrap=True)
