"""A review for a terminal: the result, who loses and gains what, by person or by workspace, and what needs attention."""

from __future__ import annotations

from itertools import groupby
from typing import Literal

from rich.console import Console
from rich.text import Text

from ..alerts import SHOWN_ALONE
from ..decision import Decision
from ..model import Alert, Review
from ..summary import summary
from ..text import visible
from .rows import Row, notes_on, origin_parts, rows, title

By = Literal["person", "workspace"]

MOST_CHANGES = 50
"""More changes than this are read better in the HTML page, to which the terminal points."""

CUSTOMER_ROLES = "Customer roles (everybody who signs in with them)"

_STYLES = {"+": "green", "-": "red", "~": "yellow", "=": "cyan", "?": "magenta"}


def print_review(review: Review, decision: Decision, console: Console, *, by: By = "person") -> None:
    """Prints `review`; colours say nothing that the text does not."""
    print_line(console, title(review), "bold")
    facts = [("Tenant", review.tenant)] if review.tenant else []
    for name, value in [*facts, *origin_parts(review.origin)]:
        print_line(console, f"{name}: {value}", "dim")
    for sentence in (f"{decision.headline}.", *summary(review)):
        print_line(console, sentence, "bold")
    _alerts(console, [alert for alert in review.alerts if alert.kind in SHOWN_ALONE])
    listed = rows(review.changes)
    shown = listed[:MOST_CHANGES]
    _groups(console, [row for row in shown if row.noun != "customer role"], by)
    mapped = [row for row in shown if row.noun == "customer role"]
    if mapped:
        print_line(console, "")
        print_line(console, CUSTOMER_ROLES, "bold")
        for row in mapped:
            _change(console, row, row.who)
    if len(listed) > len(shown):
        print_line(console, "")
        print_line(
            console,
            f"{len(listed) - len(shown):,} more changes are not shown here: write them with --html FILE.",
            "bold",
        )
    _alerts(console, [alert for alert in review.alerts if alert.kind not in SHOWN_ALONE])
    notes = notes_on(review)
    if notes:
        print_line(console, "")
    for note in notes:
        print_line(console, f"Note: {note}", "dim")


def _alerts(console: Console, alerts: list[Alert]) -> None:
    if alerts:
        print_line(console, "")
    for alert in alerts:
        print_line(console, f"! {alert.title}: {len(alert.items):,}", "bold yellow" if alert.urgent else "yellow")
        for item in alert.items:
            print_line(console, f"    {item}")


def _groups(console: Console, grants: list[Row], by: By) -> None:
    def heading(row: Row) -> tuple[str, str, str]:
        return (row.title, row.who, row.noun) if by == "person" else (row.where, "", "workspace")

    first: dict[tuple[str, str, str], int] = {}
    for row in grants:
        first[heading(row)] = min(row.risk, first.get(heading(row), row.risk))
    ordered = sorted(grants, key=lambda row: (first[heading(row)], heading(row), row.risk))
    for (name, login, noun), group in groupby(ordered, key=heading):
        print_line(console, "")
        print_line(console, f"{name}  ({login if login not in ('', name) else noun})", "bold")
        for row in group:
            _change(console, row, row.where if by == "person" else row.who)


def _change(console: Console, row: Row, name: str) -> None:
    gained = ", ".join(chip.name for chip in row.chips if chip.sign == "+")
    lost = ", ".join(chip.name for chip in row.chips if chip.sign == "−")
    parts = [f"loses {lost}"] if lost else []
    parts += [f"gains {gained}"] if gained else []
    print_line(console, f"  {row.mark} {name}  {'; '.join(parts) or 'same rights'}", _STYLES[row.mark])
    notes = f"  [{'; '.join(row.notes)}]" if row.notes else ""
    print_line(console, f"      {row.before} -> {row.after}{notes}  <- {', '.join(row.causes)}", "dim")


def print_line(console: Console, text: str, style: str = "") -> None:
    """Prints a line as it is, whatever is in it."""
    inset = text[: len(text) - len(text.lstrip(" "))]
    console.print(Text(inset + visible(text.removeprefix(inset)), style=style), soft_wrap=True)
