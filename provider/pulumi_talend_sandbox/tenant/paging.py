"""Pages of a listing, and the headers that describe them."""

from __future__ import annotations

from fastapi.responses import JSONResponse

from .behaviour import Behaviour
from .directory import Record
from .errors import ApiError

LARGEST_PAGE = 100


def page_of(records: list[Record], page: int | None, size: int | None, behaviour: Behaviour) -> JSONResponse:
    """One page (from 1) of `size` records (1 to 100), with its headers; beyond the last it is an empty list.

    Raises `ApiError` (400) for a page or size out of its range.
    """
    page = 1 if page is None else page
    size = behaviour.default_page_size if size is None else size
    if page < 1:
        raise ApiError(400, f"Parameters not valid: page {page} is less than 1")
    if not 1 <= size <= LARGEST_PAGE:
        raise ApiError(400, f"Parameters not valid: size {size} is not from 1 to {LARGEST_PAGE}")
    pages = max(1, -(-len(records) // size))
    headers: dict[str, str] = {}
    if behaviour.page_headers != "none":
        flags = behaviour.page_headers == "flags"
        headers = {
            "page-first": str(page == 1).lower() if flags else "1",
            "page-last": str(page >= pages).lower() if flags else str(pages),
            "page-total": str(pages if behaviour.page_total == "pages" else len(records)),
            "page-size": str(size),
        }
    return JSONResponse(records[(page - 1) * size : page * size], headers=headers)
