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


def test_what_is_put_off_is_done_with_later_company_each_once() -> None:
    """Even numbers go together, and so do odd ones: a round does the more numerous."""
    worker = Worker()
    rounds: list[list[int]] = []

    def work(wishes: Sequence[int]) -> list[BaseException | None]:
        rounds.append(list(wishes))
        return worker(wishes)

    def choose(wishes: Sequence[int]) -> list[int]:
        even = [number for number, wish in enumerate(wishes) if wish % 2 == 0]
        odd = [number for number in range(len(wishes)) if number not in even]
        return max(even, odd, key=len)

    gatherer: Gatherer[int] = Gatherer(work, choose=choose, linger_seconds=0.05)

    def submit(first: int) -> None:
        for wish in range(first, first + 6):
            gatherer.submit(wish)

    assert support.in_threads([lambda n=n: submit(6 * n) for n in range(8)]) == [None] * 8
    assert sorted(worker.done) == list(range(48))
    unmixed = [each for each in rounds if len({wish % 2 for wish in each}) == 1]
    assert len(unmixed) > len(rounds) / 2, "hardly anything was ever put off"


def test_what_is_put_off_is_done_when_nobody_else_comes() -> None:
    worker = Worker()
    gatherer: Gatherer[int] = Gatherer(worker, choose=lambda _wishes: [0], linger_seconds=0.05)
    assert support.in_threads([lambda n=n: gatherer.submit(n) for n in range(4)]) == [None] * 4
    assert sorted(worker.done) == [0, 1, 2, 3]
    assert worker.rounds[-1] > 1, "the last ones are done together, not each after a wait of its own"


def test_nothing_is_put_off_forever() -> None:
    """A wish that the choice never falls on is done all the same while others keep coming."""
    over = threading.Event()
    worker = Worker()
    gatherer: Gatherer[int] = Gatherer(
        worker,
        choose=lambda wishes: [number for number, wish in enumerate(wishes) if wish] or range(len(wishes)),
        linger_seconds=0.002,
    )

    def unloved() -> None:
        try:
            gatherer.submit(0)
        finally:
            over.set()

    def others() -> None:
        for wish in range(1, 2000):
            if over.is_set():
                return
            gatherer.submit(wish)

    assert support.in_threads([unloved, others, others]) == [None] * 3
    assert worker.done.count(0) == 1


def test_a_choice_that_fails_or_chooses_nothing_is_everybodys_error_and_hangs_nobody() -> None:
    def fail(_wishes: Sequence[int]) -> list[int]:
        raise Refused("no choice")

    def nothing(_wishes: Sequence[int]) -> list[int]:
        return []

    for choose, error in ((fail, Refused), (nothing, ValueError)):
        gatherer: Gatherer[int] = Gatherer(Worker(), choose=choose, linger_seconds=0.2)
        outcomes = support.in_threads([lambda n=n: gatherer.submit(n) for n in range(4)])  # noqa: B023 - used at once
        assert any(isinstance(outcome, error) for outcome in outcomes)
        assert all(outcome is None or isinstance(outcome, error) for outcome in outcomes)
