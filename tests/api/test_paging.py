"""Listings in pages: all rows, whatever the size of a page, and nobody lost who moved while they were read."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import support
from pulumi_talend.api import TalendClient
from pulumi_talend.api.paging import MAX_READINGS
from pulumi_talend.errors import UnexpectedResponseError
from scripted import Script


class Listing:
    """A server's listing: `rows` by id, at most `size` on a page, and the counts named in `headers`."""

    def __init__(
        self, rows: list[str], size: int = 100, headers: tuple[str, ...] = ("page-last", "total-elements")
    ) -> None:
        self.rows = rows
        self.size = size
        self.headers = headers
        self.pages: list[int] = []
        self.before: Callable[[int], object] = lambda number: None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.before(len(self.pages))
        page, size = int(request.url.params["page"]), min(self.size, int(request.url.params["size"]))
        self.pages.append(page)
        rows = self.rows[(page - 1) * size : page * size]
        last = page * size >= len(self.rows)
        counts = {
            "page-last": str(last).lower(),
            "total-elements": str(len(self.rows)),
            "total-pages": str(math.ceil(len(self.rows) / size)),
            "page-number": str(page),
            "page-first": str(page == 1).lower(),
        }
        headers = {name: counts[name] for name in self.headers}
        return httpx.Response(200, json=[{"id": row, "name": row} for row in rows], headers=headers)


def read(
    listing: Listing, *, lookup: Callable[[TalendClient], Any] = lambda client: client.directory.users()
) -> list[str]:
    with support.mocked_client(listing) as client:
        return [row.id for row in lookup(client)]


def names(count: int) -> list[str]:
    return [f"id{number}" for number in range(count)]


HEADERS = [
    ("page-last", "total-elements", "total-pages"),
    ("page-last",),
    ("total-pages",),
    ("total-elements",),
    ("total-elements", "total-pages"),
    (),
]


@given(st.integers(0, 24), st.integers(1, 9), st.sampled_from(HEADERS))
@example(100, 100, HEADERS[0])
@example(101, 100, HEADERS[0])
@example(200, 100, ())
def test_every_row_is_read_in_order_by_whatever_counts_there_are(
    count: int, size: int, headers: tuple[str, ...]
) -> None:
    listing = Listing(names(count), size, headers)
    assert read(listing) == names(count)
    needed = max(1, math.ceil(count / size))
    # Without any count, only a page without anything new shows that the listing is over.
    assert listing.pages == list(range(1, needed + (1 if not headers and count else 0) + 1))


def test_roles_are_read_to_the_last_page_too() -> None:
    assert read(Listing(names(7), 2), lookup=lambda client: client.directory.roles()) == names(7)


def test_a_server_that_knows_no_pages_is_read_once_more_than_needed() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params["page"])
        return httpx.Response(200, json=[{"id": name} for name in names(130)])

    asked: list[str] = []
    with support.mocked_client(answer) as client:
        assert [user.id for user in client.directory.users()] == names(130)
    assert asked == ["1", "2"]


def test_users_without_an_id_are_all_there() -> None:
    # The schema of the document has no id.
    users = [{"login": f"u{number}", "email": "", "firstName": "A", "lastName": "B"} for number in range(3)]

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=users, headers={"page-last": "true", "total-elements": "3"})

    with support.mocked_client(answer) as client:
        assert [user.login for user in client.directory.users()] == ["u0", "u1", "u2"]


@pytest.mark.parametrize("headers", [("page-last", "total-elements"), ("total-elements", "total-pages")])
@pytest.mark.parametrize("at", [1, 2])
def test_a_row_that_moves_to_an_earlier_page_is_not_gone(headers: tuple[str, ...], at: int) -> None:
    """Somebody on the first page is removed while the listing is read: who moves up would be on no page that is read."""
    listing = Listing(names(9), 3, headers)
    listing.before = lambda number: listing.rows.remove("id0") if number == at else None
    assert read(listing) == names(9)[1:]
    assert len(listing.pages) == 3 + 3


@pytest.mark.parametrize("headers", HEADERS)
def test_a_row_that_is_added_in_front_makes_no_second_of_another(headers: tuple[str, ...]) -> None:
    listing = Listing(names(6), 3, headers)
    listing.before = lambda number: listing.rows.insert(0, "new") if number == 1 else None
    assert read(listing) == ["new", *names(6)]


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=3, unique_by=lambda change: change[0]))
def test_whoever_is_there_throughout_is_never_missing(changes: list[tuple[int, bool]]) -> None:
    """Additions alone, or removals alone, at any moments of the first readings."""
    for adds in (True, False):
        listing = Listing(names(8), 3)
        moments = {moment for moment, add in changes if add is adds}

        def change(number: int, listing: Listing = listing, moments: set[int] = moments, *, adds: bool = adds) -> None:
            if number in moments:
                listing.rows.insert(0, f"new{number}") if adds else listing.rows.pop(0)

        listing.before = change
        try:
            found = read(listing)
        except UnexpectedResponseError as error:
            support.readable(error, "do not fit")
            continue
        assert set(names(8)) & set(listing.rows) <= set(found)
        assert len(found) == len(set(found))


def test_a_listing_that_never_fits_its_counts_is_a_clear_error() -> None:
    for total in (2, 4):
        api = Script((200, [{"id": name} for name in names(3)], {"page-last": "true", "total-elements": str(total)}))
        with support.mocked_client(api) as client, pytest.raises(UnexpectedResponseError) as caught:
            client.directory.users()
        support.readable(caught.value, "Could not list the users: ", "3 entries", "do not fit", "Run again")
        assert api.queries() == [[("page", "1"), ("size", "100")]] * MAX_READINGS


@pytest.mark.parametrize("headers", [{"page-last": "false"}, {"total-pages": "9"}, {"total-elements": "900"}])
def test_a_page_that_repeats_is_a_clear_error(headers: dict[str, str]) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params["page"])
        return httpx.Response(200, json=[{"id": name} for name in names(3)], headers=headers)

    asked: list[str] = []
    with support.mocked_client(answer) as client, pytest.raises(UnexpectedResponseError):
        client.directory.users()
    assert asked == ["1", "2"] * MAX_READINGS


@pytest.mark.parametrize("headers", [{"page-last": "false"}, {"total-pages": "3"}])
def test_an_empty_page_before_the_last_is_a_clear_error(headers: dict[str, str]) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        rows = [{"id": name} for name in names(3)] if request.url.params["page"] == "1" else []
        return httpx.Response(200, json=rows, headers=headers)

    with support.mocked_client(answer) as client, pytest.raises(UnexpectedResponseError) as caught:
        client.directory.users()
    support.readable(caught.value, "do not fit")


def test_a_page_that_repeats_once_is_read_again() -> None:
    listing = Listing(names(6), 3)
    whole = list(listing.rows)

    def repeat(number: int) -> None:
        listing.rows = whole[:3] * 2 if number == 1 else list(whole)

    listing.before = repeat
    assert read(listing) == whole


def test_a_listing_without_end_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pulumi_talend.api.paging.MAX_PAGES", 5)

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=[{"id": f"{request.url.params['page']}-{number}"} for number in range(100)])

    with support.mocked_client(answer) as client, pytest.raises(UnexpectedResponseError) as caught:
        client.directory.users()
    support.readable(caught.value, "list the users", "no last page")


@pytest.mark.parametrize("value", ["", "soon", "-1", "1.5", "TRUE ", "maybe"])
def test_a_header_that_cannot_be_read_counts_as_missing(value: str) -> None:
    headers = {"page-last": "true", "total-elements": value, "total-pages": value}

    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=[{"id": "a"}], headers=headers)

    with support.mocked_client(answer) as client:
        assert len(client.directory.users()) == 1
