"""Listings in pages, read completely: nobody who moved between two pages while they were read is missing.

The API reports `page-last`, `total-pages` and `total-elements` in headers (document "identities-management"). A listing that does
not fit them has changed meanwhile, and is read again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Generic, TypeVar

from pydantic import TypeAdapter

from ..errors import UnexpectedResponseError
from .models import Role, User
from .operations import PAGE_SIZE_MAX
from .requests import Request

if TYPE_CHECKING:
    from .client import TalendClient

MAX_READINGS = 3
"""How often a listing is read at most until it fits its own counts."""

MAX_PAGES = 10_000

Row = TypeVar("Row", User, Role)


def read_pages(client: TalendClient, request: Request, row_type: TypeAdapter[list[Row]]) -> list[Row]:
    """Returns all rows of a listing, in order.

    Raises:
        UnexpectedResponseError: The rows do not fit the counts, however often they are read, or no page is the last.
    """
    reason = ""
    for _ in range(MAX_READINGS):
        reading = _Reading[Row]()
        for page in range(1, MAX_PAGES + 1):
            page_request = replace(
                request,
                subject=f"{request.subject} (page {page})",
                query={**request.query, "page": str(page), "size": str(PAGE_SIZE_MAX)},
            )
            response = client.call(page_request)
            if reading.add(client.parse(page_request, response.data, row_type), _Counts(response.headers), page):
                break
        else:
            reason = "the API gives no last page"
            break
        if reading.fits():
            return reading.rows()
        reason = f"its pages contain {len(reading.rows())} entries, and do not fit the API's own counts"
    raise UnexpectedResponseError(reason, subject=request.subject, advice="Run again.")


class _Counts:
    """What the headers of a page report; None where a header is missing or unreadable."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self.is_last = {"true": True, "false": False}.get(headers.get("page-last", "").strip().lower())
        self.pages = _number(headers.get("total-pages"))
        self.total = _number(headers.get("total-elements"))


class _Reading(Generic[Row]):
    """One reading of a listing, page by page."""

    def __init__(self) -> None:
        self._found: dict[str, Row] = {}
        self._total: int | None = None
        self._changed = False

    def add(self, entries: list[Row], counts: _Counts, page: int) -> bool:
        """Adds a page; returns whether it was the last one."""
        known = len(self._found)
        self._found.update((_identity(entry), entry) for entry in entries)
        new = len(self._found) - known
        if page > 1 and counts.total != self._total:
            self._changed = True
        self._total = counts.total
        if counts.is_last is None and counts.pages is None and counts.total is None:
            # Without counts, only a page that brings nothing new is known to be behind the last: it is empty, or the server
            # ignores `page` and sends everything again.
            self._changed |= 0 < new < len(entries)
            return new == 0
        more = counts.is_last is False or (counts.is_last is None and page < (counts.pages or 0))
        self._changed |= new < len(entries) or (not entries and more)
        if new == 0:
            return True
        if counts.is_last is not None:
            return counts.is_last
        if counts.pages is not None:
            return page >= counts.pages
        return counts.total is not None and len(self._found) >= counts.total

    def fits(self) -> bool:
        """Whether the rows are all there, as far as the API's counts can tell."""
        return not self._changed and (self._total is None or self._total == len(self._found))

    def rows(self) -> list[Row]:
        """The rows in the order of the listing."""
        return list(self._found.values())


def _identity(row: User | Role) -> str:
    return row.id or row.model_dump_json()


def _number(value: str | None) -> int | None:
    return int(value) if value is not None and value.strip().isdecimal() else None
