"""Where a table that people write says so: the line behind a grant or mapping, as resources carry it.

It travels in the hidden input `loader.TABLE` and decides nothing: a line that moves changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

WHOLE = ""
"""The key of the line that declares the resource itself."""


@dataclass(frozen=True)
class TableLine:
    """A line of a table.

    Attributes:
        at: `file:line:column`.
        through: What leads there, like a team and the line that gives it access; empty where `at` says all.
        note: What the table says about it: reason, ticket, owner.
    """

    at: str
    through: str = ""
    note: str = ""

    def __str__(self) -> str:
        return f"{self.at}, {self.through}" if self.through else self.at

    def as_property(self) -> list[str]:
        """As it travels."""
        return [self.at, self.through, self.note]


def lines_of(value: Any) -> dict[str, TableLine]:
    """The lines in a hidden input, by how the principal or customer role is written; anything else counts as none."""
    if not isinstance(value, Mapping):
        return {}
    found: dict[str, TableLine] = {}
    for name, line in cast("Mapping[str, Any]", value).items():
        parts = cast("list[Any]", line) if isinstance(line, list) else []
        if len(parts) == 3 and all(isinstance(part, str) for part in parts):
            found[name] = TableLine(*parts)
    return found
