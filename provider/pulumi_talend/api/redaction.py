"""Secrets in texts, in whatever spelling: as they are, in JSON, in URLs, in Base64."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import quote, quote_plus

SECURE = "[secure]"
"""What stands in a secret's place."""

_SHORTEST_KNOWN = 4
_SHORTEST_IN_BASE64 = 8
"""A shorter piece of Base64 may be found in any text."""


def redacted(text: str, secrets: Iterable[str]) -> str:
    """`text` with every spelling of each of `secrets` replaced by `[secure]`."""
    pattern = _pattern(frozenset(secret for secret in secrets if secret))
    return text if pattern is None else pattern.sub(SECURE, text)


_known: frozenset[str] = frozenset()
_known_lock = threading.Lock()


def know(secrets: Iterable[str]) -> None:
    """Has `without_known` remove these, in the whole process. What is shorter than four characters is no secret."""
    global _known
    new = frozenset(secret for secret in secrets if len(secret) >= _SHORTEST_KNOWN)
    with _known_lock:
        _known |= new


def without_known(text: str) -> str:
    """`text` without the secrets of all clients of the process: for logs, where one client's error is told among others'."""
    return redacted(text, _known)


@lru_cache(maxsize=16)
def _pattern(secrets: frozenset[str]) -> re.Pattern[str] | None:
    spellings = sorted({spelling for secret in secrets for spelling in _spellings(secret)}, key=len, reverse=True)
    return re.compile("|".join(re.escape(spelling) for spelling in spellings)) if spellings else None


def _spellings(secret: str) -> set[str]:
    spellings = {secret}
    for _ in range(2):  # JSON within JSON: what a gateway makes of the request that it repeats
        spellings |= {json.dumps(s, ensure_ascii=ascii_)[1:-1] for s in spellings for ascii_ in (True, False)}
    for quoted in (quote(secret, safe=""), quote(secret), quote_plus(secret)):
        spellings |= {quoted, re.sub("%..", lambda escape: escape[0].lower(), quoted)}
    return spellings | _in_base64(secret.encode("utf-8", "surrogatepass"))


def _in_base64(secret: bytes) -> set[str]:
    """The characters that stand for `secret` wherever it begins in what is encoded: at each of three places in a group."""
    found: set[str] = set()
    for before in range(3):
        first, last = -(-8 * before // 6), 8 * (before + len(secret)) // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            piece = encode(bytes(before) + secret).decode("ascii")[first:last]
            if len(piece) >= _SHORTEST_IN_BASE64:
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
    """`text` without what looks like a credential, whosever it is: as a header, a JWT, a field of OAuth, part of a URL."""
    for shape, replacement in _SHAPES:
        text = shape.sub(replacement, text)
    return text
