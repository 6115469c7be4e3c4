"""The list of role mappings that is read to be written back: what the API has confirmed to us must be in it."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence

import httpx
import pytest

import support
from pulumi_talend.access import TenantAccess, mapping_list
from pulumi_talend.access.mapping_list import MappingList
from pulumi_talend.api import TalendClient
from pulumi_talend.model.planning import NOTHING, Change

OPERATOR = frozenset({"Operator"})
Listing = dict[str, str]


class Api:
    """Answers listings as `stale` says, one after the other, and then as things are."""

    def __init__(self, *, now: Listing, stale: Sequence[Listing] = ()) -> None:
        self.now = now
        self.stale = list(stale)
        self.reads = 0
        self.written: list[set[str]] = []
        self.after: Callable[[str], None] = lambda _method: None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            wanted = {one["name"]: one["roles"][0] for one in json.loads(request.content)}
            if "No Such Role" in wanted.values():
                return httpx.Response(400, json={})
            self.now = wanted
            self.written.append(set(wanted))
        elif request.method == "DELETE":
            self.now.pop(request.url.path.rpartition("/")[2])
        else:
            self.reads += 1
        self.after(request.method)
        listing = self.stale.pop(0) if request.method == "GET" and self.stale else self.now
        return httpx.Response(200, json=[{"name": name, "roles": [role]} for name, role in listing.items()])

    def client(self) -> TalendClient:
        return support.mocked_client(self)


@pytest.fixture(autouse=True)
def reads_may_lag_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow this machine is, a read that contradicts the API is taken for one that lags."""
    monkeypatch.setattr(mapping_list, "MOST_LAG_SECONDS", 3600.0)
    monkeypatch.setattr(mapping_list, "_LEAST_LAG_SECONDS", 3600.0)


@pytest.mark.parametrize(
    ("confirmed", "stale", "now"),
    [
        pytest.param({"ours": OPERATOR}, {}, {"ours": "Operator", "theirs": "Operator"}, id="lacks ours"),
        pytest.param({"ours": OPERATOR}, {"ours": "Data Steward"}, {"ours": "Operator"}, id="has ours as it was"),
        pytest.param({"ours": None}, {"ours": "Operator"}, {"theirs": "Operator"}, id="has what we have removed"),
    ],
)
def test_a_list_that_contradicts_what_the_api_has_confirmed_is_read_again(
    confirmed: dict[str, frozenset[str] | None], stale: Listing, now: Listing
) -> None:
    api, waits = Api(stale=[stale or {"old": "Operator"}] * 3, now=now), list[float]()
    found = MappingList(api.client(), pytest.fail, waits.append)
    found.confirm(confirmed)
    found.wrote()
    assert {one.name: one.roles[0] for one in found.read([], may_be_empty=True)} == now
    assert len(waits) == 3, "it is not read again at once"


def test_what_is_contradicted_for_longer_than_reads_lag_was_overwritten_and_is_said_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mapping_list, "MOST_LAG_SECONDS", 0.0)
    api, said = Api(now={"theirs": "Operator"}), list[str]()
    found = MappingList(api.client(), said.append, lambda _seconds: pytest.fail("it waits"))
    found.confirm({"ours": OPERATOR, "theirs": None})
    found.wrote()
    for _ in range(2):
        assert [one.name for one in found.read([], may_be_empty=True)] == ["theirs"]
    assert sorted(line.split("'")[1] for line in said) == ["ours", "theirs"]
    assert found.confirmed() == {"ours": OPERATOR}
    monkeypatch.setattr(mapping_list, "MOST_LAG_SECONDS", 3600.0)
    api.now["ours"] = "Operator"
    found.wrote()
    assert len(found.read([], may_be_empty=True)) == 2, "a removal that was undone is for its own write to repeat"


def test_somebody_s_mapping_is_not_lost_with_a_list_that_lacks_ours_too() -> None:
    """A list from before our last write also lacks what others have written since: written back, it would remove that."""
    api = Api(now={"first": "Operator"})
    mappings = TenantAccess(api.client()).mappings
    assert mappings.apply([Change("ours", "grant", NOTHING, OPERATOR)]) == {}
    api.stale = [{"first": "Operator"}]
    api.now["theirs"] = "Operator"
    assert mappings.apply([Change("ours too", "grant", NOTHING, OPERATOR)]) == {}
    assert api.now.keys() == {"first", "ours", "theirs", "ours too"}


def test_what_we_have_removed_does_not_come_back_with_a_list_that_still_has_it() -> None:
    api = Api(now={"first": "Operator", "ours": "Operator"})
    mappings = TenantAccess(api.client()).mappings
    assert mappings.apply([Change("ours", "revoke", OPERATOR, NOTHING)]) == {}
    api.stale = [{"first": "Operator", "ours": "Operator"}]
    assert mappings.apply([Change("ours too", "grant", NOTHING, OPERATOR)]) == {}
    assert api.now.keys() == {"first", "ours too"}


def test_what_the_api_has_confirmed_counts_before_it_was_seen() -> None:
    """Written one by one, since one of them is refused: the second list is read before anybody has looked for the first write."""
    api = Api(now={"first": "Operator"})

    def others_write(method: str) -> None:
        if method == "POST" and len(api.written) == 1:
            api.stale = [{"first": "Operator"}] * 4
            api.now["theirs"] = "Operator"
        assert len(api.written) < 2 or "theirs" in api.written[1], "somebody's mapping is lost"

    api.after = others_write
    wanted = {"bad": frozenset({"No Such Role"}), "ours": OPERATOR, "ours too": OPERATOR}
    changes = [Change(name, "grant", NOTHING, roles) for name, roles in wanted.items()]
    assert TenantAccess(api.client()).mappings.apply(changes).keys() == {"bad"}
    assert api.now.keys() == {"first", "ours", "theirs", "ours too"}


def test_what_we_have_removed_is_not_written_before_its_end_was_seen() -> None:
    api = Api(now={"first": "Operator", "ours": "Operator"})
    mappings = TenantAccess(api.client()).mappings
    later: list[threading.Thread] = []
    results: list[object] = []

    def put() -> None:
        results.append(mappings.apply([Change("ours too", "grant", NOTHING, OPERATOR)]))

    def then_put(method: str) -> None:
        if method == "DELETE" and not later:
            api.stale = [{"first": "Operator", "ours": "Operator"}] * 4
            later.append(threading.Thread(target=put))
            later[0].start()
            while len(mappings._pipeline._pending) < 2:
                time.sleep(0.01)
        assert not api.written or "ours" not in api.written[-1], "what was removed is written back"

    api.after = then_put
    assert mappings.apply([Change("ours", "revoke", OPERATOR, NOTHING)]) == {}
    later[0].join(60)
    assert results == [{}]
    assert api.written == [{"first", "ours too"}]


def test_a_listing_that_fails_fails_for_all_who_have_waited_for_it() -> None:
    reads: list[object] = []

    def refused(request: httpx.Request) -> httpx.Response:
        reads.append(request)
        return httpx.Response(403, json={})

    mappings = TenantAccess(support.mocked_client(refused)).mappings
    results = support.in_threads([lambda: mappings.find_unmanaged("ours")] * 8)
    assert {type(result).__name__ for result in results} == {"ForbiddenError"}
    assert len(reads) == 1, "each would try as often, one after the other"


def test_what_is_confirmed_is_compared_and_changed_under_one_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a list that is compared with it while another thread's write is confirmed would fail, or lack that write."""
    with Api(now={"ours": "Operator"}).client() as client:
        listing, lock = MappingList(client, lambda _message: None, lambda _seconds: None), support.WatchedLock()
        monkeypatch.setattr(listing, "_lock", lock)
        monkeypatch.setattr(listing, "_confirmed", lock.guard(listing._confirmed))
        listing.confirm({"ours": OPERATOR, "gone": None})
        assert [one.name for one in listing.read([], may_be_empty=True)] == ["ours"]
        assert listing.confirmed() == {"ours": OPERATOR}
        listing.forget()
        assert listing.confirmed() == {}
