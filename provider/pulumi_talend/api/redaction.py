"""Removes secrets from text, in the spellings that a server can reflect.

Found are: the secret as it is, in JSON, percent-encoded, with HTML entities, in hexadecimal and Base64, with invisible characters
in between, and these within each other. Not found is a secret that a server cuts, reverses or encrypts.
"""

from __future__ import annotations

import base64
import html
import json
import re
import threading
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import unquote

SECURE = "[secure]"
"""Replaces a secret."""

_SHORTEST_KNOWN = 4
_SHORTEST_ENCODED = 8
"""Shorter pieces of Base64 or hexadecimal occur in any text."""

_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff]")
_MAX_DECODINGS = 4


def redacted(text: str, secrets: Iterable[str]) -> str:
    """Returns `text` with every spelling of each of `secrets` replaced by `[secure]`.

    Where only decoding shows a secret, the text is returned decoded.
    """
    pattern = _pattern(frozenset(secret for secret in secrets if secret))
    if pattern is None:
        return text
    text = plain = pattern.sub(SECURE, text)
    for _ in range(_MAX_DECODINGS):
        before = plain
        for decode in (_visible, html.unescape, unquote, _without_escapes):
            plain = decode(plain)
            for reading in (plain, plain.replace("+", " ")):  # a form encodes a space as a plus
                if pattern.search(reading):
                    text = plain = pattern.sub(SECURE, reading)
        if plain == before:
            break
    return text


_known: frozenset[str] = frozenset()
_known_lock = threading.Lock()


def know(secrets: Iterable[str]) -> None:
    """Makes `without_known` remove these, in the whole process. Texts of less than four characters are not removed."""
    global _known
    new = frozenset(secret for secret in secrets if len(secret) >= _SHORTEST_KNOWN)
    with _known_lock:
        _known |= new


def without_known(text: str) -> str:
    """Returns `text` without the secrets of all clients of the process: for logs, which several clients share."""
    return redacted(text, _known)


def _visible(text: str) -> str:
    return _INVISIBLE.sub("", text)


_ESCAPE = re.compile(r'\\+(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(["\\/]))')


def _without_escapes(text: str) -> str:
    """Decodes the escapes of JSON and of most programming languages, also where they are escaped again."""
    return _ESCAPE.sub(lambda match: match[3] or chr(int(match[1] or match[2], 16)), text)


@lru_cache(maxsize=16)
def _pattern(secrets: frozenset[str]) -> re.Pattern[str] | None:
    spellings = sorted({spelling for secret in secrets for spelling in _spellings(secret)}, key=len, reverse=True)
    return re.compile("|".join(re.escape(spelling) for spelling in spellings)) if spellings else None


def _spellings(secret: str) -> set[str]:
    found = {secret, _without_escapes(_visible(secret))} - {""}
    for _ in range(2):  # JSON within JSON: what a gateway makes of the request that it repeats
        found |= {json.dumps(s, ensure_ascii=ascii_)[1:-1] for s in found for ascii_ in (True, False)}
    data = secret.encode("utf-8", "surrogatepass")
    if 2 * len(data) >= _SHORTEST_ENCODED:
        found |= {data.hex(), data.hex().upper()}
    return found | _in_base64(data)


def _in_base64(secret: bytes) -> set[str]:
    """Returns the Base64 characters of `secret` for each of the three places in a group where it may begin."""
    found: set[str] = set()
    for before in range(3):
        first, last = -(-8 * before // 6), 8 * (before + len(secret)) // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            piece = encode(bytes(before) + secret).decode("ascii")[first:last]
            if len(piece) >= _SHORTEST_ENCODED:
                found.add(piece)
    return found


_SHAPES = (
    (re.compile(r"(?i)\b(bearer|basic)(\s+|%20)[A-Za-z0-9._~+/=-]{6,}"), rf"\1 {SECURE}"),
    (re.compile(r"\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*"), SECURE),
    (
        re.compile(r'(?i)(\\?"(?:access_?token|refresh_?token|client_?secret|password)\\?"\s*:\s*\\?")[^"\\]+'),
        rf"\1{SECURE}",
    ),
    (re.compile(r"(?i)([?&](?:access_?token|token|client_?secret|password)=)[^&\s\"']+"), rf"\1{SECURE}"),
    (re.compile(r"(://)[^/\s@:]+:[^/\s@]+@"), rf"\1{SECURE}@"),
)


def without_lookalikes(text: str) -> str:
    """Returns `text` without what looks like a credential of anybody: in a header, a JWT, a field of OAuth, a URL."""
    for shape, replacement in _SHAPES:
        text = shape.sub(replacement, text)
    return text
