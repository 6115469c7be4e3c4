"""Which resource manages what, when many threads check at once, and when the program's claims are all there."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import threading
import types
from concurrent.futures import ThreadPoolExecutor

import pytest

import support
from pulumi_talend.provider import claims as claims_module
from pulumi_talend.provider.claims import Claim, Claims, Manager, whole_of

GRANT = Claim("grant", "a grant", within=whole_of("w", "users"))
WHOLE = Claim("exclusive", whole_of("w", "users"))


def test_of_many_checks_at_once_one_gets_what_all_claim() -> None:
    claims, urns = Claims(), [f"urn:pulumi:dev::p::t::{number}" for number in range(8)]
    clashes = support.in_threads([lambda urn=urn: claims.make(urn, [GRANT]) for urn in urns])
    manager = claims.manager("grant", "a grant")
    assert [urn for urn, clash in zip(urns, clashes, strict=True) if not clash] == [manager]
    others = [clash for clash in clashes if clash]
    assert others == [{GRANT: Manager(manager or "", is_whole=False)}] * 7


def test_a_part_and_its_whole_clash_whichever_comes_first() -> None:
    claims = Claims()
    assert claims.make("part", [GRANT]) == {}
    assert claims.make("whole", [WHOLE]) == {WHOLE: Manager("part", is_whole=False)}
    assert claims.make("part", []) == {}
    assert claims.make("whole", [WHOLE]) == {}
    assert claims.make("part", [GRANT]) == {GRANT: Manager("whole", is_whole=True)}


def test_a_check_anew_replaces_the_claims_and_one_that_clashes_has_none() -> None:
    claims = Claims()
    other = Claim("grant", "another")
    assert claims.make("a", [GRANT]) == {}
    assert claims.make("b", [other]) == {}
    assert set(claims.make("a", [GRANT, other])) == {other}
    assert claims.manager("grant", "a grant") is None
    assert claims.manager("grant", "another") == "b"


def test_what_waits_until_it_is_quiet_leaves_room_for_checks() -> None:
    """Where every thread of the host waits, no check could come, which would look as quiet as if all had."""
    checked = threading.Event()
    claims = Claims(clock=lambda: 60.0 if checked.is_set() else 0.0)  # quiet only once the check was there

    def check() -> None:
        claims.make("a", [GRANT])
        checked.set()

    with ThreadPoolExecutor(2) as host:
        waiting = [host.submit(claims.wait_until_quiet) for _ in range(2)]
        coming = host.submit(check)
        try:
            coming.result(60)
        finally:
            checked.set()
        for each in waiting:
            each.result(60)
    assert claims.manager("grant", "a grant") == "a"


def test_a_check_begins_the_wait_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    now, slept = [0.0], list[float]()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds
        if len(slept) < 3:
            claims.make("a", [GRANT])

    claims = Claims(clock=lambda: now[0])
    monkeypatch.setattr(claims_module, "time", types.SimpleNamespace(sleep=sleep))
    claims.wait_until_quiet()
    assert slept == [claims_module.QUIET_SECONDS] * 3


def test_claims_are_looked_at_and_made_under_one_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else two checks at once would both find that nobody else manages a grant."""
    claims, lock = Claims(), support.WatchedLock()
    monkeypatch.setattr(claims, "_lock", lock)
    for name in ("_claims", "_managers", "_parts", "_held", "_created"):
        monkeypatch.setattr(claims, name, lock.guard(getattr(claims, name)))
    claims.note_state("a", ["a grant"])
    assert claims.make("a", [GRANT]) == {}
    assert claims.make("b", [WHOLE]) != {}
    claims.note_created("a", "a grant")
    assert claims.keeps("b", "grant", "a grant")
    assert claims.is_held("a", "a grant")
    assert claims.manager("grant", "a grant") == "a"
