"""Makes text from others (the API, files, programs) fit for a message."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

_LONGEST = 240
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]+")
"""What a terminal would obey instead of showing it, and lone surrogates, which cannot be encoded."""
_LOG_COMMAND = re.compile(r"#(?=#\w*\[)|\A:(?=:)")
"""What the log of a build obeys: `##vso[` on Azure and `##[` on GitHub anywhere in a line, `::` on GitHub at its start."""


def in_one_line(text: str) -> str:
    """Returns `text` in one line, without control characters."""
    return without_log_commands(" ".join(_CONTROL.sub(" ", text).split()))


def without_log_commands(text: str) -> str:
    """Returns a line as the log of a build shows it, and does not obey it: see `_LOG_COMMAND`."""
    return _LOG_COMMAND.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text)


def json_text(document: object) -> str:
    """Returns a document as JSON that means the same in a log, and holds none of its commands."""
    return json.dumps(document, indent=2).replace("##", r"#\u0023")  # only a text can have it


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
