"""Pages of a listing, and the headers that describe them."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import JSONResponse

from pulumi_talend.api.operations import PAGE_SIZE_MAX

from .behaviour import Behaviour
from .directory import Record
from .errors import ApiError


def page_of(request: Request, records: list[Record], behaviour: Behaviour) -> JSONResponse:
    """The page that a request asks for, with its headers; beyond the last it is an empty list.

    A fault may be on its way (`request.state.fault`): "page-repeats" gives the page before, "row-moves" a page as it is
    after one of its rows has moved to the first page, so that it starts with a row that the client has seen.
    Raises `ApiError` (400) for a page or size out of its range.
    """
    page = _number(request, "page", 1)
    size = _number(request, "size", behaviour.default_page_size)
    if size > PAGE_SIZE_MAX:
        raise ApiError(400, f"size {size} is not from 1 to {PAGE_SIZE_MAX}")
    size = min(size, behaviour.page_size_at_most or size)
    total, pages = len(records), max(1, -(-len(records) // size))
    start = (page - 1) * size
    fault = getattr(request.state, "fault", None)
    if fault == "page-repeats":
        start = max(0, start - size)
    elif fault == "row-moves" and 0 < start < total:
        records = [records[start], *records[:start], *records[start + 1 :]]
    shown = records[start : start + size]
    headers: dict[str, str] = {}
    if behaviour.page_headers == "documented":
        headers = {
            "page-first": str(page == 1).lower(),
            "page-last": str(page >= pages).lower(),
            "page-number": str(page),
            "page-total-elements": str(len(shown)),
            "total-elements": str(total),
            "total-pages": str(pages),
        }
    return JSONResponse(shown, headers=headers)


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdecimal() or len(text) > 9 or int(text) < 1:
        raise ApiError(400, f"{name} {text!r} is not a number from 1")
    return int(text)
