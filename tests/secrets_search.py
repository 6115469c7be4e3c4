"""Finding a secret wherever it may hide: in other spellings, in other encodings, in archives and databases."""

from __future__ import annotations

import base64
import gzip
import html
import io
import json
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

_DEEPEST = 4
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{40,}={0,2}")


def forms(secret: str) -> dict[str, bytes]:
    """The spellings of a secret, each with what it is called. Pieces of it do not count."""
    raw = secret.encode()
    found = {
        "itself": raw,
        "UTF-16": secret.encode("utf-16-le"),
        "URL": quote(secret, safe="").encode(),
        "form": quote_plus(secret).encode(),
        "JSON": json.dumps(secret)[1:-1].encode(),
        "HTML": html.escape(secret).encode(),
        "hex": raw.hex().encode(),
        "reversed": raw[::-1],
    }
    for before in range(
        3
    ):  # Base64 of a text with the secret somewhere in it; the first and last characters depend on the rest
        first, last = -(-8 * before // 6), 8 * (before + len(raw)) // 6
        for name, encode in (("Base64", base64.b64encode), ("URL's Base64", base64.urlsafe_b64encode)):
            found[f"{name} {before}"] = encode(bytes(before) + raw)[first:last]
    return found


def found_in(content: bytes, secrets: Iterable[str], *, depth: int = 0) -> list[str]:
    """How which of `secrets` is found in `content`: in any spelling, also within what is packed or encoded there."""
    lower = content.lower()
    found = [
        f"{secret[:4]}... as {name}"
        for secret in secrets
        for name, form in forms(secret).items()
        if form in content or form.lower() in lower
    ]
    if depth < _DEEPEST and not found:
        for inner in _unpacked(content):
            found += found_in(inner, secrets, depth=depth + 1)
    return found


def _unpacked(content: bytes) -> Iterator[bytes]:
    if content[:2] == b"\x1f\x8b":
        yield gzip.decompress(content)
    elif content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            yield from (archive.read(name) for name in archive.namelist())
    elif content[:6] == b"\xfd7zXZ\x00":
        yield lzma.decompress(content)
    elif content[:1] == b"\x78":
        try:
            yield zlib.decompress(content)
        except zlib.error:
            return
    for piece in _BASE64.findall(content):
        bare = piece.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
        yield base64.b64decode(bare[: len(bare) // 4 * 4])


def written_under(*roots: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file under `roots`."""
    for root in roots:
        for path in sorted(root.rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield path, path.read_bytes()
