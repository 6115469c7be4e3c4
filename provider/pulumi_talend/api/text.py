"""Texts of others (the API, files, programs) made fit for a message."""

from __future__ import annotations

import re

_SAID_AT_MOST = 240
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]+")
"""What a terminal would obey instead of showing it, and halves of characters, which cannot be printed at all."""


def in_one_line(text: str) -> str:
    """`text` in one line, without control characters."""
    return " ".join(_CONTROL.sub(" ", text).split())


def clean(text: str) -> str:
    """`text` in one line, without control characters, at most 240 characters."""
    line = in_one_line(text)
    return line if len(line) <= _SAID_AT_MOST else line[: _SAID_AT_MOST - 1] + "…"
