"""Making names safe to look at: what cannot be seen, or changes how the rest is seen, is shown as its code point."""

from __future__ import annotations

import unicodedata

_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def visible(text: str) -> str:
    """`text` with control characters, direction marks, invisible and unassigned characters written as `⟨U+202E⟩`.

    Blanks other than the plain one are written so too: they make two names look alike.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    category = unicodedata.category(character)
    if category in _UNSEEN or (category == "Zs" and character != " "):
        return f"⟨U+{ord(character):04X}⟩"
    return character


def rights_in_words(rights: frozenset[str] | None) -> str:
    """Permissions or roles as a person reads them, `?` where they are not known, `nothing` for none."""
    if rights is None:
        return "?"
    return ", ".join(sorted(rights)) or "nothing"
