"""A report (who may do what now) for a terminal, as Markdown, HTML and JSON, escaped as reviews are."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.text import Text

from ..model import plural
from ..report import Holding, Report
from ..text import rights_in_words, visible
from .html import Cell, Spot, blocks, render
from .markdown import GITHUB_COMMENT, code, escape
from .terminal import By

VERSION = 1
_TITLE = "Access report: who may do what"


@dataclass(frozen=True)
class Entry:
    """One line of a report."""

    who: str
    noun: str
    where: str
    environment: str
    may: str


def summary(report: Report) -> str:
    """The report in one line."""
    people = len({holding.who.id for holding in report.holdings if holding.who.kind == "users"})
    accounts = len({holding.who.id for holding in report.holdings if holding.who.kind != "users"})
    places = len({holding.where.id for holding in report.holdings})
    return (
        f"{plural(people, 'person', 'people')} and {plural(accounts, 'service account')} with access to "
        f"{plural(places, 'workspace')}: {plural(len(report.holdings), 'grant')}; "
        f"{plural(len(report.mappings), 'customer role')} mapped."
    )


def print_report(report: Report, console: Console, *, by: By = "person") -> None:
    """Writes `report` for a terminal."""
    _line(console, _TITLE, "bold")
    for fact in _facts(report):
        _line(console, fact)
    _line(console, summary(report), "bold")
    for heading, group in _grouped(report.holdings, by):
        _line(console, "")
        _line(console, heading, "bold")
        for holding in group:
            name = holding.where.label if by == "person" else f"{holding.who.label} ({holding.who.noun})"
            _line(console, f"  {name}  {rights_in_words(holding.may)}")
    if report.mappings:
        _line(console, "")
        _line(console, "Customer roles (everybody whom the identity provider sends with them)", "bold")
    for name, roles in report.mappings:
        _line(console, f"  {name}  {rights_in_words(roles)}")
    for note in report.notes:
        _line(console, f"Note: {note}", "yellow")


def markdown_report(report: Report, *, by: By = "person", limit: int = GITHUB_COMMENT) -> str:
    """`report` as Markdown in about `limit` characters; says how much is left out."""
    lines = [f"### {escape(_TITLE)}", "", *(f"{escape(fact)}  " for fact in _facts(report)), ""]
    lines += [f"**{escape(summary(report))}**", ""]
    lines += [f"- {escape(note)}" for note in report.notes]
    first, second = ("Who", "Where") if by == "person" else ("Where", "Who")
    body: list[str] = []
    for heading, group in _grouped(report.holdings, by):
        for holding in group:
            other = holding.where.label if by == "person" else holding.who.label
            body.append(f"| {code(heading)} | {code(other)} | {code(rights_in_words(holding.may))} |")
    body += [f"| {code(name)} (customer role) | | {code(rights_in_words(roles))} |" for name, roles in report.mappings]
    head = "\n".join([*lines, "", f"| {first} | {second} | May |", "|-|-|-|"])
    room = max(limit, 1_000) - len(head) - 200
    shown: list[str] = []
    for line in body:
        room -= len(line) + 1
        if room < 0:
            break
        shown.append(line)
    left = len(body) - len(shown)
    foot = (
        f"\n\n**Not shown here, for want of room: {plural(left, 'line')}. See the report as HTML or JSON.**"
        if left
        else ""
    )
    return "\n".join([head, *shown]) + foot + "\n"


def html_report(report: Report) -> str:
    """`report` as an HTML document."""
    listed = [_entry(holding) for holding in report.holdings]
    listed += [
        Entry(name, "customer role", "Talend roles", "", rights_in_words(roles)) for name, roles in report.mappings
    ]
    return render(
        "report.html.j2",
        title=_TITLE,
        facts=_facts(report),
        summary=summary(report),
        rows=listed,
        environments=sorted({entry.environment for entry in listed}),
        blocks=blocks(_spot(holding) for holding in report.holdings),
        notes=report.notes,
    )


def json_report(report: Report) -> str:
    """`report` as JSON: `version` 1, `kind` `access-report`, names as they are."""
    document: dict[str, Any] = {
        "version": VERSION,
        "kind": "access-report",
        "tenant": report.tenant,
        "at": report.at.isoformat(timespec="seconds"),
        "grants": [
            {
                "principal": {
                    "kind": "user" if each.who.kind == "users" else "service-account",
                    "id": each.who.id,
                    "name": each.who.name,
                },
                "workspace": {"id": each.where.id, "name": each.where.name, "environment": each.where.environment},
                "permissions": sorted(each.may),
            }
            for each in report.holdings
        ],
        "roleMappings": [{"customerRole": name, "roles": sorted(roles)} for name, roles in report.mappings],
        "notes": list(report.notes),
    }
    return json.dumps(document, indent=2) + "\n"


def _facts(report: Report) -> list[str]:
    return [f"Tenant {report.tenant}", f"as it was at {report.at.isoformat(timespec='seconds')}"]


def _grouped(holdings: Iterable[Holding], by: By) -> list[tuple[str, list[Holding]]]:
    def heading(holding: Holding) -> tuple[str, str]:
        if by == "person":
            return f"{holding.who.label} ({holding.who.noun})", holding.who.id
        return holding.where.label, holding.where.id

    ordered = sorted(holdings, key=lambda each: (heading(each), each.where.label, each.who.label))
    return [(name, list(group)) for (name, _), group in groupby(ordered, key=heading)]


def _entry(holding: Holding) -> Entry:
    environment = holding.where.environment or ""
    return Entry(holding.who.label, holding.who.noun, holding.where.label, environment, rights_in_words(holding.may))


def _spot(holding: Holding) -> Spot:
    return Spot(
        environment=holding.where.environment or "",
        person=(holding.who.label, holding.who.noun, holding.who.id),
        place=(holding.where.name or holding.where.id, holding.where.id),
        cell=Cell("", "held", tuple(("", name) for name in sorted(holding.may)), ""),
    )


def _line(console: Console, text: str, style: str = "") -> None:
    console.print(Text(visible(text), style=style), soft_wrap=True)
