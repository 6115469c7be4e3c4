"""A report (who may do what now) for a terminal, as Markdown, HTML and JSON, escaped as reviews are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from rich.console import Console

from ...api.text import json_text, plural
from ...model.grants import permission_list
from ...model.lines import TableLine
from ...model.named import Who
from ..report import Holding, Report
from ..text import moment
from .html import ROLES_ENVIRONMENT, Cell, Group, Spot, blocks, render
from .jsonout import grant_target, line_data
from .markdown import GITHUB_COMMENT, code, escape
from .rows import Chip
from .terminal import CUSTOMER_ROLES, By, print_line

VERSION = 1
_TITLE = "Access report: who may do what"


@dataclass(frozen=True)
class Entry:
    """What a principal, or a customer role, has in one place."""

    who: str
    where: str
    environment: str
    chips: tuple[Chip, ...]
    why: str = ""


def summary(report: Report) -> str:
    """The report in one line."""
    people = len({holding.who.id for holding in report.holdings if holding.who.is_user})
    accounts = len({holding.who.id for holding in report.holdings if not holding.who.is_user})
    places = len({holding.where.id for holding in report.holdings})
    return (
        f"{plural(people, 'person', 'people')} and {plural(accounts, 'service account')} with access to "
        f"{plural(places, 'workspace')}: {plural(len(report.holdings), 'grant')}; "
        f"{plural(len(report.mappings), 'customer role')} mapped."
    )


def print_report(report: Report, console: Console, *, by: By = "person") -> None:
    """Writes `report` for a terminal."""
    print_line(console, _TITLE, "bold")
    for fact in _facts(report):
        print_line(console, fact)
    print_line(console, summary(report), "bold")
    for heading, group in _grouped(report.holdings, by):
        print_line(console, "")
        print_line(console, heading, "bold")
        for holding in group:
            name = holding.where.label if by == "person" else _title(holding.who)
            print_line(console, f"  {name}  {permission_list(holding.may)}{_because(holding.line)}")
    if report.mappings:
        print_line(console, "")
        print_line(console, CUSTOMER_ROLES, "bold")
    for name, roles in report.mappings:
        print_line(console, f"  {name}  {permission_list(roles)}{_because(report.lines.get(name))}")
    for note in report.notes:
        print_line(console, f"Note: {note}", "yellow")


def markdown_report(report: Report, *, by: By = "person", limit: int = GITHUB_COMMENT) -> str:
    """`report` as Markdown in about `limit` characters; says how much is left out."""
    lines = [f"### {escape(_TITLE)}", "", *(f"{escape(fact)}  " for fact in _facts(report)), ""]
    lines += [f"**{escape(summary(report))}**", ""]
    lines += [f"- {escape(note)}" for note in report.notes]
    first, second = ("Who", "Where") if by == "person" else ("Where", "Who")
    with_table = bool(report.lines) or any(holding.line for holding in report.holdings)
    last = " |" if with_table else ""
    body: list[str] = []
    for heading, group in _grouped(report.holdings, by):
        for holding in group:
            other = holding.where.label if by == "person" else _title(holding.who)
            why = f" {code(why_text(holding.line))} |" if with_table and holding.line else last
            body.append(f"| {code(heading)} | {code(other)} | {code(permission_list(holding.may))} |{why}")
    for name, roles in report.mappings:
        line = report.lines.get(name)
        why = f" {code(why_text(line))} |" if with_table and line else last
        body.append(f"| {code(name)} (customer role) | | {code(permission_list(roles))} |{why}")
    more = (" Table |", "-|") if with_table else ("", "")
    head = "\n".join([*lines, "", f"| {first} | {second} | May |{more[0]}", f"|-|-|-|{more[1]}"])
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
    by_whom = sorted(report.holdings, key=lambda each: (each.who.label.casefold(), each.who.principal))
    groups = [
        Group(several[0].who.title, several[0].who.login, several[0].who.noun, tuple(_entry(each) for each in several))
        for _, group in groupby(by_whom, key=lambda each: each.who.principal)
        if (several := list(group))
    ]
    groups += [
        Group(
            name,
            "",
            "customer role",
            (Entry(name, "Talend roles", ROLES_ENVIRONMENT, _chips(roles), why_text(report.lines.get(name))),),
        )
        for name, roles in report.mappings
    ]
    return render(
        "report.html.j2",
        title=_TITLE,
        facts=[("Tenant", report.tenant), ("Read", moment(report.at))],
        summary=[summary(report)],
        groups=groups,
        environments=sorted({entry.environment for group in groups for entry in group.rows}),
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
            {**grant_target(each.who, each.where), "permissions": sorted(each.may), "tableLine": line_data(each.line)}
            for each in report.holdings
        ],
        "roleMappings": [
            {"customerRole": name, "roles": sorted(roles), "tableLine": line_data(report.lines.get(name))}
            for name, roles in report.mappings
        ],
        "notes": list(report.notes),
    }
    return json_text(document) + "\n"


def why_text(line: TableLine | None) -> str:
    """The line of a table that gives access, with its notes; empty without one."""
    return "; ".join(part for part in (line.note, str(line)) if part) if line is not None else ""


def _because(line: TableLine | None) -> str:
    return f"  [{why_text(line)}]" if line is not None else ""


def _facts(report: Report) -> list[str]:
    return [f"Tenant {report.tenant}", f"Read {moment(report.at)}"]


def _grouped(holdings: Iterable[Holding], by: By) -> list[tuple[str, list[Holding]]]:
    def heading(holding: Holding) -> tuple[str, str]:
        if by == "person":
            return _title(holding.who), holding.who.id
        return holding.where.label, holding.where.id

    ordered = sorted(holdings, key=lambda each: (heading(each), each.where.label, each.who.label))
    return [(name, list(group)) for (name, _), group in groupby(ordered, key=heading)]


def _entry(holding: Holding) -> Entry:
    return Entry(
        f"{holding.who.title} {holding.who.login}",
        holding.where.label,
        holding.where.environment,
        _chips(holding.may),
        why_text(holding.line),
    )


def _title(who: Who) -> str:
    return f"{who.title} ({who.login or who.noun})"


def _chips(rights: Iterable[str]) -> tuple[Chip, ...]:
    return tuple(Chip("", name) for name in sorted(rights))


def _spot(holding: Holding) -> Spot:
    return Spot(
        environment=holding.where.environment,
        person=(holding.who.title, holding.who.login, holding.who.noun, holding.who.id),
        place=(holding.where.name or holding.where.id, holding.where.id),
        cell=Cell("", "", _chips(holding.may), ""),
    )
