"""The part of FIQL that the look-ups take: `field==value` and `field!=value`, joined by `;` (and) and `,` (or).

`*` in a value stands for any text. A value may stand in quotes where it holds `;` or `,`, or be percent-encoded.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from .errors import ApiError

_CLAUSE = re.compile(
    r"""(?P<field>[A-Za-z.]+)(?P<operator>==|!=)(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<plain>[^;,"'()=<>!]+))"""
)


class Query:
    """A parsed query."""

    def __init__(self, text: str, fields: Sequence[str], *, comma_is_and: bool = False) -> None:
        """Parse `text`, which may ask for these fields. Raises `ApiError` (400) where it is no query of this form."""
        self._any_of: list[list[tuple[str, bool, re.Pattern[str]]]] = [[]]
        rest = text
        while True:
            clause = _CLAUSE.match(rest)
            if clause is None:
                raise ApiError(400, f"The query {text!r} is not FIQL of the form field==value;field==value")
            if clause["field"] not in fields:
                raise ApiError(400, f"The query field {clause['field']!r} is not one of {', '.join(fields)}")
            value = next(part for part in (clause["double"], clause["single"], clause["plain"]) if part is not None)
            pattern = ".*".join(re.escape(unquote(part)) for part in value.split("*"))
            self._any_of[-1].append((clause["field"], clause["operator"] == "==", re.compile(pattern, re.DOTALL)))
            rest = rest[clause.end() :]
            if not rest:
                return
            if rest[0] not in ";,":
                raise ApiError(400, f"The query {text!r} has {rest[0]!r} where only ';' or ',' can follow")
            if rest[0] == "," and not comma_is_and:
                self._any_of.append([])
            rest = rest[1:]

    def matches(self, record: dict[str, Any]) -> bool:
        """Whether the query holds for a record. Compares with case."""
        return any(
            all(bool(pattern.fullmatch(_field(record, field))) is wanted for field, wanted, pattern in clauses)
            for clauses in self._any_of
        )


def _field(record: dict[str, Any], field: str) -> str:
    found: Any = record
    for part in field.split("."):
        found = found[part]
    return str(found)
