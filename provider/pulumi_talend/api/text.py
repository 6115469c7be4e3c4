"""Makes text from others (the API, files, programs) fit for a message."""

from __future__ import annotations

import re
from collections.abc import Sequence

_LONGEST = 240
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]+")
"""What a terminal would obey instead of showing it, and lone surrogates, which cannot be encoded."""


def in_one_line(text: str) -> str:
    """Returns `text` in one line, without control characters."""
    return " ".join(_CONTROL.sub(" ", text).split())


def clean(text: str) -> str:
    """Returns `text` in one line, without control characters, at most 240 characters."""
    line = in_one_line(text)
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def plural(number: int, one: str, many: str | None = None) -> str:
    """`1 grant`, `2 grants`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def first_of(names: Sequence[str], most: int) -> str:
    """The first of some names, and how many more there are: `a, b and 3 more`."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more:,} more" if more > 0 else "")
