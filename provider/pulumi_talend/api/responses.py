"""Reads what a response contains: its compressed body, its JSON, and what an error body says."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from ..errors import (
    ApiError,
    BadRequestError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    PayloadTooLargeError,
    RateLimitedError,
    ServerError,
    UnauthorizedError,
)
from .requests import Request
from .text import clean

_BY_STATUS: dict[int, type[ApiError]] = {
    400: BadRequestError,
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    413: PayloadTooLargeError,
    414: PayloadTooLargeError,
    429: RateLimitedError,
    431: PayloadTooLargeError,
}

_PIECE_BYTES = 256 * 1024
_DETAIL_CHARACTERS = 160
_SAID_CHARACTERS = 20_000
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


class DuplicateKeyError(ValueError):
    """A JSON object has a key twice: readers would disagree about its value."""


def without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of these members. Raises DuplicateKeyError, which is a ValueError: two readers could see two documents."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise DuplicateKeyError("a key occurs twice")
    return found


def decoded(chunks: Iterable[bytes], coding: str, *, limit: int) -> Generator[bytes]:
    """Yields the content of a body, unpacked in pieces so that a small body cannot fill the memory.

    Args:
        chunks: The body as received.
        coding: The value of `Content-Encoding`: empty, or exactly one of gzip and deflate.
        limit: The number of bytes after which unpacking stops.

    Raises:
        ValueError: Another coding, several codings, or corrupt content.
    """
    name = coding.strip().lower()
    if name in {"", "identity"}:
        yield from chunks
        return
    if name not in {"gzip", "x-gzip", "deflate"}:
        raise ValueError(f"the response has the Content-Encoding '{clean(coding)}'; only gzip is accepted, once")
    unpack = zlib.decompressobj(_GZIP_OR_ZLIB)
    size, is_empty = 0, True
    try:
        for chunk in chunks:
            packed, is_empty = chunk, is_empty and not chunk
            while packed and size <= limit:
                piece = unpack.decompress(packed, _PIECE_BYTES)
                packed = unpack.unconsumed_tail
                size += len(piece)
                yield piece
            if unpack.eof or size > limit:
                return  # what follows does not belong to the content
    except zlib.error:
        raise ValueError(f"the response is not valid {name}") from None
    if not is_empty:  # else a 204 of a server that adds the header to every response
        raise ValueError(f"the response is not complete {name}")


def parse_json(content: bytes) -> Any:
    """Parses JSON.

    Raises:
        DuplicateKeyError: An object has a key twice.
        ValueError: Not JSON; also for NaN and infinity, which JSON does not have.
        RecursionError: Nested too deeply.
    """

    def refuse(text: str) -> Any:
        raise ValueError(text)

    def number(text: str) -> float:
        return value if math.isfinite(value := float(text)) else refuse(text)

    return json.loads(content, parse_constant=refuse, parse_float=number, object_pairs_hook=without_duplicates)


def error_status(data: Any) -> int | None:
    """Returns the status of an error body; None for any other data."""
    if not isinstance(data, dict):
        return None
    status = cast("dict[str, Any]", data).get("status")
    return status if isinstance(status, int) and 400 <= status < 600 else None


@dataclass(frozen=True)
class Said:
    """What an error body says: `message` for users, `detail` for developers, the id of the request for support."""

    message: str = ""
    detail: str = ""
    request_id: str = ""


_MESSAGE_FIELDS = ("message", "detail", "error_description", "description", "title", "error", "reason")


def said_in(content: bytes, *, redact: Callable[[str], str]) -> Said:
    """Reads an error body, in one line and without secrets: `redact` sees each text whole, before it is shortened.

    `message`, `detail` and `requestId` are documented; other usual names count where `message` is missing, else the body itself.
    """
    text = redact(content.decode("utf-8", "replace"))[:_SAID_CHARACTERS]
    try:
        data: Any = json.loads(text)
    except (ValueError, RecursionError):
        return Said(clean(text))
    if isinstance(data, dict):
        fields = {
            name: clean(redact(value))
            for name, value in cast("dict[str, Any]", data).items()
            if isinstance(value, str) and value.strip()
        }
        if message := next((fields[name] for name in _MESSAGE_FIELDS if name in fields), ""):
            return said_by(message, fields.get("detail", ""), fields.get("requestId", ""))
    return Said(clean(redact(json.dumps(data, ensure_ascii=False))))


def said_by(message: str, detail: str, request_id: str) -> Said:
    """Returns what the API said; a detail that repeats the message is left out."""
    return Said(message, "" if detail == message else detail[:_DETAIL_CHARACTERS], request_id)


def error_class(status: int) -> type[ApiError]:
    """The exception class of an HTTP status of 400 or more."""
    return ServerError if status >= 500 else _BY_STATUS.get(status, ApiError)


def api_error(request: Request, status: int, said: Said, headers: Mapping[str, str] | None = None) -> ApiError:
    """Returns the error for a refused request, with what to do next."""
    return error_class(status)(
        status,
        api_message=said.message,
        api_detail=said.detail,
        request_id=said.request_id,
        headers=headers,
        subject=request.subject,
        # A gateway's 408 says that it gave up waiting, not that the API did nothing.
        outcome="unknown" if request.writes and (status >= 500 or status == 408) else "not done",
        advice=_advice(request, status),
    )


def _advice(request: Request, status: int) -> str:
    if status == 401:
        return "The credential is missing, wrong, expired or of another region; set it again."
    if status == 403:
        needs = f"It needs {request.rights}. " if request.rights else request.advice + " " if request.advice else ""
        return f"{needs}`talend-access doctor` shows which rights the credential has."
    if status == 429:
        return "Other clients use up the rate limit; run again later."
    if status in {413, 414, 431}:
        return "Send less in one request."
    if status >= 500:
        return "Run again; if it fails again, ask Talend's support."
    return request.advice or "Check the object in the console, or with `pulumi refresh`, and run again."
