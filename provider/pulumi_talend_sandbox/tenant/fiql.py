"""The part of FIQL the workspace look-up takes: `field==value`, joined by `;` (and)."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from .errors import ApiError

FIELDS = ("id", "name", "type", "owner", "environment.id", "environment.name")
"""What a query may ask for."""

# A value may stand in quotes (either kind) where it holds `;` or `,`.
_TERM = re.compile(r"""(?P<field>[A-Za-z.]+)==(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<plain>[^;,"'()=<>~!]+))""")


def parse(query: str) -> dict[str, list[str]]:
    """The values each field must equal (all of them). Percent-encoding inside a value is undone, as FIQL has it.

    Raises `ApiError` (400) for an unknown field, another operator, or `,` (or), which the tenant does not take.
    """
    wanted: dict[str, list[str]] = {}
    rest = query
    while True:
        term = _TERM.match(rest)
        if term is None:
            raise ApiError(
                400, f"Parameters not valid: query {query!r} is no FIQL of the form field==value;field==value"
            )
        if term["field"] not in FIELDS:
            raise ApiError(400, f"Parameters not valid: query field {term['field']!r} is none of {', '.join(FIELDS)}")
        value = next(part for part in (term["double"], term["single"], term["plain"]) if part is not None)
        wanted.setdefault(term["field"], []).append(unquote(value))
        rest = rest[term.end() :]
        if not rest:
            return wanted
        if not rest.startswith(";"):
            raise ApiError(400, f"Parameters not valid: query {query!r} has {rest[0]!r} where only ';' (and) can stand")
        rest = rest[1:]


def matches(record: dict[str, Any], wanted: dict[str, list[str]]) -> bool:
    """Whether a record has, for each field, each of the wanted values. Compares exactly, case and all."""
    for field, values in wanted.items():
        found: Any = record
        for part in field.split("."):
            found = found[part]
        if any(found != value for value in values):
            return False
    return True
