"""Texts for people: names that are safe to look at, times as they are read."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta

from ..api.text import without_log_commands
from ..model.expiry import parse_time

_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def visible(text: str) -> str:
    """`text` with control characters, direction marks, invisible and unassigned characters written as `⟨U+202E⟩`.

    Spaces other than the plain one are written so too: they make two names look alike. So is the first character of what
    the log of a build takes for a command.
    """
    text = without_log_commands(text)
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    category = unicodedata.category(character)
    if category in _UNSEEN or (category == "Zs" and character != " "):
        return f"⟨U+{ord(character):04X}⟩"
    return character


def day(text: str | None) -> str:
    """A time as people read it: `31 Jan 2027, 18:00 UTC+01:00`; `for ever` without one."""
    if text is None:
        return "for ever"
    try:
        return moment(parse_time(text))
    except ValueError:
        return text


def moment(time: datetime) -> str:
    """A time as people read it."""
    zone = "UTC" if time.utcoffset() in {None, timedelta(0)} else f"UTC{time.isoformat()[-6:]}"
    return f"{time.day} {time:%b %Y, %H:%M} {zone}"
