"""The usual form of a table: its layout. Order, comments and quotes stay.

The result is checked before it counts: the same data, the same comments in the same order, and the same text when it is formatted
again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import yaml

from ..errors import TalendError
from .layout import laid_out


class FormatError(TalendError):
    """A table cannot be brought to the usual form. It was left as it is."""


def formatted(text: str) -> str:
    """A table's text in the usual form.

    Args:
        text: YAML without traps (`table.yaml_reader` has read it).

    Raises:
        FormatError: Something would be lost, which would be a bug.
    """
    before = text.replace("\r\n", "\n").rstrip("\n") + "\n"
    result = laid_out(before)
    if laid_out(result) != result:
        raise FormatError("the form does not settle", advice="Please report it with the table.")
    if _data(result) != _data(before) or comments(result) != comments(before):
        raise FormatError("a comment or value would be lost", advice="Please report it with the table.")
    return result


def comments(text: str) -> list[str]:
    """The comments of a YAML text, in order."""
    found: list[str] = []
    end = 0
    for token in cast("Iterable[Any]", yaml.scan(text, Loader=yaml.SafeLoader)):  # pyright: ignore[reportUnknownMemberType]
        start: int = token.start_mark.index
        if start > end:
            found += _in_gap(text[end:start])
        end = max(end, token.end_mark.index)
    return [*found, *_in_gap(text[end:])]


def _in_gap(gap: str) -> Iterable[str]:
    """Between tokens there is white space, and comments."""
    for line in gap.split("\n"):
        _, sign, comment = line.partition("#")
        if sign:
            yield comment.strip()


def _data(text: str) -> Any:
    return yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - texts alone, no objects
