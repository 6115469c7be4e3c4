"""Role mappings on an API that can only replace all of them: whatever happens, nobody else's mapping is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest

import support
from pulumi_talend import (
    AlreadyThereError,
    IncompleteListingError,
    NotVerifiedError,
    OverwrittenError,
    ServerError,
    TalendError,
)
from pulumi_talend.access import Mappings
from pulumi_talend.api import BadRequestError, ForbiddenError, TalendClient
from pulumi_talend_sandbox.tenant import Call, Fault, Tenant

PATH = "/security/role-mappings"
OPERATOR = frozenset({"Operator"})
STEWARD = frozenset({"Data Steward"})
During = Callable[[Callable[[Call], None]], None]


@pytest.fixture(autouse=True)
def never_the_collection(tenant: Tenant) -> Iterator[None]:
    """The DELETE that switches the feature off for the whole tenant is never called, whatever a test does."""
    yield
    assert support.collection_deletes(tenant) == []
    assert tenant.role_mappings_enabled()


def posts(tenant: Tenant) -> list[Call]:
    return [call for call in tenant.calls if call.method == "POST"]


def test_the_life_of_a_mapping(tenant: Tenant, mappings: Mappings) -> None:
    before = tenant.role_mappings()
    assert mappings.read("new") is None
    mappings.create("new", OPERATOR, adopt=False)
    assert tenant.role_mappings() == {**before, "new": ["Operator"]}
    assert mappings.read("new") == OPERATOR
    mappings.update("new", OPERATOR | STEWARD)
    assert tenant.role_mappings() == {**before, "new": ["Data Steward", "Operator"]}
    mappings.delete("new")
    assert tenant.role_mappings() == before
    assert mappings.read("new") is None
    mappings.delete("new")
    assert tenant.role_mappings() == before


def test_exact_calls(tenant: Tenant, mappings: Mappings) -> None:
    mappings.create("new", OPERATOR, adopt=False)
    assert tenant.calls.lines() == [f"GET {PATH} 200", f"POST {PATH} 200", f"GET {PATH} 200"]
    tenant.calls.clear()
    mappings.update("new", STEWARD)
    assert tenant.calls.lines() == [f"GET {PATH} 200", f"POST {PATH} 200", f"GET {PATH} 200"]
    tenant.calls.clear()
    mappings.update("new", STEWARD)
    assert tenant.calls.lines() == [f"GET {PATH} 200"]
    tenant.calls.clear()
    mappings.delete("new")
    assert tenant.calls.lines() == [f"DELETE {PATH}/new 204", f"GET {PATH} 200"]


def test_reading_many_costs_one_listing(tenant: Tenant, mappings: Mappings) -> None:
    for name, roles in tenant.role_mappings().items():
        assert mappings.read(name) == frozenset(roles)
    assert tenant.calls.lines() == [f"GET {PATH} 200"]


def test_what_exists_is_never_seized(tenant: Tenant, mappings: Mappings) -> None:
    before = tenant.snapshot()
    with pytest.raises(AlreadyThereError) as caught:
        mappings.create("nordlicht-platform", OPERATOR, adopt=False)
    support.readable(caught.value, "'nordlicht-platform'", "Environment Administrator, Operator", "adopt_existing=True")
    assert tenant.snapshot() == before
    assert tenant.calls.writes() == []


def test_adopting(tenant: Tenant, mappings: Mappings) -> None:
    before = tenant.role_mappings()
    mappings.create("nordlicht-platform", frozenset({"Operator", "Environment Administrator"}), adopt=True)
    assert tenant.calls.writes() == []
    mappings.create("Buchhaltung Köln", OPERATOR, adopt=True)
    assert tenant.role_mappings() == {**before, "Buchhaltung Köln": ["Operator"]}
    mappings.delete(
        "Buchhaltung Köln"
    )  # a rename without alias: the old resource's end leaves what the new one has taken
    assert tenant.role_mappings() == {**before, "Buchhaltung Köln": ["Operator"]}


@pytest.mark.parametrize("threads", [4, 16])
def test_parallel_creates_lose_nothing_and_are_gathered(tenant: Tenant, mappings: Mappings, threads: int) -> None:
    before = tenant.role_mappings()
    names = [f"role {number}" for number in range(threads)]
    results = support.in_threads([lambda name=name: mappings.create(name, OPERATOR, adopt=False) for name in names])
    assert results == [None] * threads
    assert tenant.role_mappings() == {**before, **{name: ["Operator"] for name in names}}
    assert len(posts(tenant)) <= threads
    bodies = [{entry["name"] for entry in call.body} for call in posts(tenant)]
    assert all(set(before) <= body for body in bodies)


def test_all_sorts_in_parallel(tenant: Tenant, mappings: Mappings) -> None:
    for number in range(8):
        tenant.map_role(f"old {number}", ["Operator"])
    before = tenant.role_mappings()
    works: list[Callable[[], None]] = []
    for n in range(4):
        works += [
            lambda n=n: mappings.create(f"new {n}", OPERATOR, adopt=False),
            lambda n=n: mappings.update(f"old {n}", STEWARD),
            lambda n=n: mappings.delete(f"old {n + 4}"),
            lambda n=n: mappings.create("nordlicht-platform", OPERATOR, adopt=False),
        ]
    results = support.in_threads(works)
    for number, result in enumerate(results):
        assert isinstance(result, AlreadyThereError) if number % 4 == 3 else result is None, (number, result)
    expected = {name: roles for name, roles in before.items() if not name.startswith("old")}
    expected |= {f"new {n}": ["Operator"] for n in range(4)} | {f"old {n}": ["Data Steward"] for n in range(4)}
    assert tenant.role_mappings() == expected


def test_one_bad_member_fails_alone_or_with_the_api_s_reason(tenant: Tenant, mappings: Mappings) -> None:
    """The API refuses a whole list for one unknown role; nothing else may be lost, and nobody is told a false success."""
    before = tenant.role_mappings()
    works: list[Callable[[], None]] = [
        lambda: mappings.create("good", OPERATOR, adopt=False),
        lambda: mappings.create("bad", frozenset({"Emperor"}), adopt=False),
    ]
    good, bad = support.in_threads(works)
    assert isinstance(bad, BadRequestError)
    support.readable(bad, "Emperor")
    now = tenant.role_mappings()
    assert now == ({**before, "good": ["Operator"]} if good is None else before)
    assert good is None or isinstance(good, BadRequestError)


def test_a_bad_member_does_not_fail_the_others(tenant: Tenant, mappings: Mappings, during: During) -> None:
    begun = threading.Event()

    def hold(_call: Call) -> None:
        if not begun.is_set():
            begun.set()
            threading.Event().wait(0.6)  # the others come while the first one's work is done, and so are gathered

    during(hold)
    first = threading.Thread(target=lambda: mappings.create("first", OPERATOR, adopt=False))
    first.start()
    assert begun.wait(10)
    works = [lambda n=n: mappings.create(f"good {n}", OPERATOR, adopt=False) for n in range(6)]
    works.append(lambda n=0: mappings.create("bad", frozenset({"Emperor"}), adopt=False))
    results = support.in_threads(works)
    first.join(10)
    assert isinstance(results[6], BadRequestError)
    assert results[:6] == [None] * 6


def test_another_writer_who_takes_ours_out_is_noticed(tenant: Tenant, mappings: Mappings, during: During) -> None:
    """Somebody writes the list they had read before: ours is gone from it, and is put back from a fresh read."""
    before = tenant.role_mappings()
    struck: list[int] = []

    def somebody(call: Call) -> None:
        if call.method == "GET" and call.path == PATH and len(posts(tenant)) == 1 and not struck:
            struck.append(1)
            tenant.unmap_role("new")
            tenant.map_role("theirs", ["Data Steward"])

    during(somebody)
    mappings.create("new", OPERATOR, adopt=False)
    assert struck
    assert tenant.role_mappings() == {**before, "new": ["Operator"], "theirs": ["Data Steward"]}
    assert len(posts(tenant)) == 2


def test_another_writer_before_our_read_is_kept(tenant: Tenant, mappings: Mappings, during: During) -> None:
    mappings.read("anything")  # the process has an old picture
    tenant.map_role("theirs", ["Data Steward"])
    tenant.unmap_role("nordlicht-platform")
    mappings.create("new", OPERATOR, adopt=False)
    now = tenant.role_mappings()
    assert now["theirs"] == ["Data Steward"]
    assert "nordlicht-platform" not in now  # removed by somebody, and not brought back
    assert now["new"] == ["Operator"]


def test_another_writer_in_the_gap_is_overwritten_as_the_api_makes_it(
    tenant: Tenant, mappings: Mappings, during: During
) -> None:
    """What cannot be had without a version: this test documents it, so that a claim of more would fail it."""
    before = tenant.role_mappings()
    during(lambda call: tenant.map_role("theirs", ["Data Steward"]) if call.method == "POST" else None)
    mappings.create("new", OPERATOR, adopt=False)
    assert tenant.role_mappings() == {**before, "new": ["Operator"]}
    gap = [call.method for call in tenant.calls]
    assert gap == ["GET", "POST", "GET"]  # nothing is done between the reading and the writing


def test_somebody_who_never_stops_is_said(tenant: Tenant, mappings: Mappings, during: During) -> None:
    def somebody(call: Call) -> None:
        if call.method == "GET" and call.path == PATH and "new" in tenant.role_mappings():
            tenant.unmap_role("new")

    during(somebody)
    before = tenant.role_mappings()
    with pytest.raises(OverwrittenError) as caught:
        mappings.create("new", OPERATOR, adopt=False)
    support.readable(caught.value, "new", "somebody else keeps writing", "Run again")
    assert tenant.role_mappings() == before
    assert len(posts(tenant)) <= 7


def test_somebody_who_maps_the_same_name_meanwhile(tenant: Tenant, mappings: Mappings) -> None:
    assert mappings.read("new") is None
    tenant.map_role("new", ["Data Steward"])
    before = tenant.snapshot()
    with pytest.raises(AlreadyThereError):
        mappings.create("new", OPERATOR, adopt=False)
    assert tenant.snapshot() == before


LOST: list[tuple[str, dict[str, Any]]] = [
    ("drop-before", {"kind": "drop-before"}),
    ("drop-after", {"kind": "drop-after"}),
    ("truncated", {"kind": "truncated"}),
    ("500 before", {"kind": "status", "status": 500}),
    ("500 after", {"kind": "status", "status": 500, "work_done": True}),
    ("503 before", {"kind": "status", "status": 503}),
    ("429", {"kind": "status", "status": 429, "headers": {"retry-after": "2"}}),
]


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("lost", [each[1] for each in LOST], ids=[each[0] for each in LOST])
def test_a_lost_answer_is_found_out(
    tenant: Tenant, mappings: Mappings, lost: dict[str, Any], method: str, times: int
) -> None:
    tenant.map_role("old", ["Operator"])
    before = tenant.role_mappings()
    tenant.inject(Fault(method=method, times=times, **lost))
    mappings.create("new", OPERATOR, adopt=False)
    mappings.delete("old")
    expected = {**before, "new": ["Operator"]}
    del expected["old"]
    assert tenant.role_mappings() == expected


@pytest.mark.parametrize("status", [400, 403, 409, 500, 503])
def test_a_write_that_is_always_refused_is_never_success(tenant: Tenant, mappings: Mappings, status: int) -> None:
    before = tenant.snapshot()
    tenant.inject(Fault(kind="status", status=status, method="POST", times=None))
    with pytest.raises(TalendError) as caught:
        mappings.create("new", OPERATOR, adopt=False)
    support.readable(caught.value, str(status))
    assert tenant.snapshot() == before


@pytest.mark.parametrize("kind", ["empty-listing", "partial-listing"])
def test_a_listing_that_lacks_what_is_known_is_never_written_back(
    tenant: Tenant, mappings: Mappings, kind: Any
) -> None:
    mappings.read("anything")
    before = tenant.snapshot()
    tenant.inject(Fault(kind=kind, path=f"^{PATH}$", times=None))
    for work in (
        lambda: mappings.create("new", OPERATOR, adopt=False),
        lambda: mappings.update("nordlicht-platform", OPERATOR),
    ):
        with pytest.raises(IncompleteListingError) as caught:
            work()
        support.readable(caught.value, "listing lacks", "Nothing was written")
    assert tenant.snapshot() == before
    assert tenant.calls.writes() == []


def test_an_empty_listing_is_read_twice(tenant: Tenant, mappings: Mappings) -> None:
    before = tenant.role_mappings()
    tenant.inject(Fault(kind="empty-listing", path=f"^{PATH}$"))
    mappings.create("new", OPERATOR, adopt=False)
    assert tenant.role_mappings() == {**before, "new": ["Operator"]}
    assert [call.method for call in tenant.calls] == ["GET", "GET", "POST", "GET"]


@pytest.mark.parametrize("shown", ["empty", "404"])
def test_the_first_mapping_of_a_tenant(tenant: Tenant, client: TalendClient, shown: str) -> None:
    tenant.set_behaviour(mappings_when_disabled=shown)
    for name in tenant.role_mappings():
        tenant.unmap_role(name)
    Mappings(client).create("first", OPERATOR, adopt=False)
    assert tenant.role_mappings() == {"first": ["Operator"]}


def test_a_partial_listing_after_a_removal_is_not_taken_for_the_truth(tenant: Tenant, mappings: Mappings) -> None:
    mappings.read("anything")
    tenant.map_role("old", ["Operator"])
    before = tenant.role_mappings()
    tenant.inject(Fault(kind="partial-listing", path=f"^{PATH}$", method="GET", times=2))
    mappings.delete("old")
    del before["old"]
    assert tenant.role_mappings() == before
    try:
        mappings.create("new", OPERATOR, adopt=False)
    except IncompleteListingError:
        assert tenant.role_mappings() == before
    else:
        assert tenant.role_mappings() == {**before, "new": ["Operator"]}


@pytest.mark.parametrize("name", ["***", "--", "."])
def test_somebody_s_unspeakable_mapping_does_not_stop_ours(tenant: Tenant, mappings: Mappings, name: str) -> None:
    """A name that no path can hold, mapped and unmapped by hand."""
    tenant.map_role(name, ["Operator"])
    mappings.create("one", OPERATOR, adopt=False)
    assert tenant.role_mappings()[name] == ["Operator"]
    tenant.unmap_role(name)
    mappings.create("two", OPERATOR, adopt=False)
    assert {"one", "two"} <= set(tenant.role_mappings())


@pytest.mark.parametrize("name", [".", "..", "/", "//", "", "../..", "%", "?", "#", " ", "a/..", "../a", "a//b"])
def test_a_name_that_is_a_step_in_a_path_removes_nothing(tenant: Tenant, mappings: Mappings, name: str) -> None:
    before = tenant.snapshot()
    with pytest.raises((TalendError, ValueError)):
        mappings.delete(name)
    assert tenant.snapshot() == before
    assert tenant.calls.writes() == []


@pytest.mark.parametrize("name", ["a?b", "a#b", "a%2F..", "a/b", "Data & Analytics/Developers", "日本"])
def test_odd_names_remove_themselves_alone(tenant: Tenant, client: TalendClient, mappings: Mappings, name: str) -> None:
    before = {k: v for k, v in tenant.role_mappings().items() if k != name}
    mappings.create(name, OPERATOR, adopt=True)
    assert tenant.role_mappings() == {**before, name: ["Operator"]}
    with_client = [call.path for call in tenant.calls if call.method == "DELETE"]
    assert with_client == []
    mappings._adopted.clear()  # pyright: ignore[reportPrivateUsage]
    mappings.delete(name)
    assert tenant.role_mappings() == before
    (removal,) = [call for call in tenant.calls if call.method == "DELETE"]
    assert removal.path == f"{PATH}/{quote(name, safe='')}"


def test_a_removal_that_does_not_take_is_never_success(tenant: Tenant, mappings: Mappings, during: During) -> None:
    tenant.map_role("old", ["Operator"])
    during(lambda call: tenant.map_role("old", ["Operator"]) if call.method == "GET" else None)
    with pytest.raises(NotVerifiedError) as caught:
        mappings.delete("old")
    support.readable(caught.value, "'old'", "still lists it")


def test_without_the_right_nothing_is_gone(tenant: Tenant) -> None:
    before = tenant.snapshot()
    with support.client_of(support.settings_for(tenant, token=tenant.tokens["viewer"])) as client:
        mappings = Mappings(client)
        works: list[Callable[[], object]] = [
            lambda: mappings.read("nordlicht-platform"),
            lambda: mappings.create("new", OPERATOR, adopt=False),
            lambda: mappings.update("nordlicht-platform", OPERATOR),
            lambda: mappings.delete("nordlicht-platform"),
        ]
        for work in works:
            with pytest.raises(ForbiddenError) as caught:
                work()
            support.readable(caught.value, "TMC_SSO_MANAGEMENT")
    assert tenant.snapshot() == before


def test_a_reading_that_fails_is_not_remembered(tenant: Tenant, mappings: Mappings) -> None:
    tenant.inject(Fault(kind="status", status=500, times=5))
    with pytest.raises(ServerError):
        mappings.read("nordlicht-platform")
    assert mappings.read("nordlicht-platform") == {"Environment Administrator", "Operator"}
