"""Gathering: each wish is done once and gets its own verdict, however the threads come."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import support
from pulumi_talend.access.gathering import Gatherer


class Refused(Exception):
    """The verdict of one wish."""


class Worker:
    """Does wishes (numbers), refuses those of `bad`, and notes everything."""

    def __init__(self, bad: frozenset[int] = frozenset()) -> None:
        self.bad = bad
        self.done: list[int] = []
        self.rounds: list[int] = []
        self._inside = threading.Lock()

    def __call__(self, wishes: Sequence[int]) -> list[BaseException | None]:
        assert self._inside.acquire(blocking=False), "two rounds at once"
        try:
            self.rounds.append(len(wishes))
            self.done.extend(wishes)
            return [Refused(f"wish {wish}") if wish in self.bad else None for wish in wishes]
        finally:
            self._inside.release()


@settings(max_examples=25, deadline=None)
@given(threads=st.integers(1, 16), each=st.integers(1, 5), bad=st.frozensets(st.integers(0, 79)))
def test_each_wish_gets_its_own_verdict_once(threads: int, each: int, bad: frozenset[int]) -> None:
    worker = Worker(bad)
    gatherer: Gatherer[int] = Gatherer(worker, linger_seconds=0.0005)
    verdicts: dict[int, str | None] = {}

    def submit(first: int) -> None:
        for wish in range(first, first + each):
            try:
                gatherer.submit(wish)
            except Refused as error:
                verdicts[wish] = str(error)
            else:
                verdicts[wish] = None

    results = support.in_threads([lambda n=n: submit(n * each) for n in range(threads)])
    assert results == [None] * threads
    wishes = range(threads * each)
    assert sorted(worker.done) == list(wishes)
    assert verdicts == {wish: f"wish {wish}" if wish in bad else None for wish in wishes}
    assert sum(worker.rounds) == len(wishes)


def test_company_is_gathered() -> None:
    worker = Worker()
    gatherer: Gatherer[int] = Gatherer(worker, linger_seconds=0.2)
    support.in_threads([lambda n=n: gatherer.submit(n) for n in range(16)])
    assert len(worker.rounds) < 16
    assert sorted(worker.done) == list(range(16))


def test_who_comes_while_work_is_done_is_next() -> None:
    begun, go_on = threading.Event(), threading.Event()
    rounds: list[list[int]] = []

    def work(wishes: Sequence[int]) -> list[BaseException | None]:
        rounds.append(list(wishes))
        if len(rounds) == 1:
            begun.set()
            assert go_on.wait(10)
        return [None] * len(wishes)

    gatherer: Gatherer[int] = Gatherer(work, linger_seconds=0.001)
    first = threading.Thread(target=gatherer.submit, args=(1,))
    first.start()
    assert begun.wait(10)
    others = [threading.Thread(target=gatherer.submit, args=(n,)) for n in (2, 3, 4)]
    for thread in others:
        thread.start()
    go_on.set()
    for thread in (first, *others):
        thread.join(10)
        assert not thread.is_alive()
    assert rounds[0] == [1]
    assert sorted(wish for later in rounds[1:] for wish in later) == [2, 3, 4]


def test_what_the_work_raises_counts_for_all_and_the_next_round_works() -> None:
    fail = [True]

    def work(wishes: Sequence[int]) -> list[BaseException | None]:
        if fail.pop() if fail else False:
            raise Refused("all of them")
        return [None] * len(wishes)

    gatherer: Gatherer[int] = Gatherer(work, linger_seconds=0.001)
    with pytest.raises(Refused, match="all of them"):
        gatherer.submit(1)
    gatherer.submit(2)


def test_too_few_verdicts_are_an_error_and_never_success() -> None:
    gatherer: Gatherer[int] = Gatherer(lambda _wishes: [], linger_seconds=0.001)
    with pytest.raises((ValueError, IndexError)):
        gatherer.submit(1)


def test_many_of_one_caller_are_one_round() -> None:
    worker = Worker(frozenset({2}))
    gatherer: Gatherer[int] = Gatherer(worker, linger_seconds=0.001)
    verdicts = gatherer.submit_all([1, 2, 3])
    assert [str(verdict) if verdict else None for verdict in verdicts] == [None, "wish 2", None]
    assert worker.rounds == [3]
    assert gatherer.submit_all([]) == []
