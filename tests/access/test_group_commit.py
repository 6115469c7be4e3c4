"""Group commit: many threads share calls, no write is lost, and an error reaches only those whose call it was."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import threading
import time
import types
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import support
from pulumi_talend import CancelledError
from pulumi_talend.access import group_commit
from pulumi_talend.access.group_commit import GroupCommit, PendingWrite


class Write(PendingWrite):
    def __init__(self, number: int, behaviour: str = "well") -> None:
        super().__init__()
        self.number = number
        self.behaviour = behaviour
        self.calls = 0

    @property
    def target(self) -> int:
        return self.number


class Machine:
    """Records what is called; `at_once` writes fit into one call."""

    def __init__(self, at_once: int, call_seconds: float = 0.0, *, is_full: bool = False) -> None:
        self.call_seconds = call_seconds
        self.at_once = at_once
        self.batches: list[list[int]] = []
        self.applied: list[int] = []
        self._lock = threading.Lock()
        self.commit: GroupCommit[Write] = GroupCommit(
            take=self.take, write=self.write, verify=self.verify, is_full=lambda _queued: is_full
        )

    def take(self, queued: Sequence[Write], writing: Sequence[Sequence[Write]]) -> Sequence[Write]:
        return [] if writing else queued[: self.at_once]

    def write(self, writes: Sequence[Write]) -> None:
        with self._lock:
            self.batches.append([write.number for write in writes])
        time.sleep(self.call_seconds)
        if any(write.behaviour == "bug" for write in writes):
            raise LookupError("a bug in the step")
        if any(write.behaviour == "interrupted" for write in writes):
            raise KeyboardInterrupt
        for write in writes:
            write.calls += 1
            if write.behaviour == "refused":
                write.finish(ValueError(str(write.number)))
            elif write.behaviour == "again" and write.calls < 3:
                write.again()
            elif write.behaviour == "waits":
                write.written(look_in=3600)
            elif write.behaviour != "left":
                with self._lock:
                    self.applied.append(write.number)
                write.written()

    def verify(self, writes: Sequence[Write]) -> None:
        if any(write.behaviour == "interrupted later" for write in writes):
            raise KeyboardInterrupt
        for write in writes:
            if write.behaviour == "late" and write.calls < 3:
                write.calls += 1
                write.written(look_in=0.001)
            elif write.behaviour == "undone" and write.calls < 2:
                write.again()
            else:
                write.finish()


@settings(max_examples=15)
@given(
    st.lists(st.lists(st.sampled_from(["well", "refused", "again", "late"]), max_size=4), min_size=1, max_size=12),
    st.integers(1, 10),
)
def test_every_write_ends_once_with_its_own_outcome(threads: list[list[str]], at_once: int) -> None:
    machine = Machine(at_once)
    numbers = iter(range(1000))
    groups = [[Write(next(numbers), behaviour) for behaviour in group] for group in threads]
    results = support.in_threads([lambda group=group: machine.commit.submit(group) for group in groups])
    assert results == [None] * len(groups)
    writes = [write for group in groups for write in group]
    assert all(write.stage == "done" for write in writes)
    assert sorted(machine.applied) == [write.number for write in writes if write.behaviour != "refused"]
    for write in writes:
        assert str(write.error) == (str(write.number) if write.behaviour == "refused" else "None")
    assert all(len(batch) <= at_once for batch in machine.batches)


def test_writes_of_one_target_are_done_one_after_the_other() -> None:
    machine = Machine(100)
    writes = [Write(1, "late"), Write(2), Write(1), Write(1)]
    machine.commit.submit(writes)
    assert machine.batches == [[1, 2], [1], [1]]
    assert [write.calls for write in writes] == [3, 1, 1, 1]


def test_threads_that_come_together_share_calls() -> None:
    machine = Machine(100, call_seconds=0.02)
    writes = [Write(number) for number in range(40)]
    together = threading.Barrier(40)

    def work(write: Write) -> None:
        machine.commit.submit([write])
        together.wait(60)  # all come again at once, as an engine's operations do
        machine.commit.submit([Write(write.number + 100)])

    support.in_threads([lambda write=write: work(write) for write in writes])
    assert sorted(machine.applied) == [*range(40), *range(100, 140)]
    assert len(machine.batches) < 40


@pytest.mark.parametrize(("queued", "is_full", "begins"), [(9, False, True), (8, False, False), (2, True, True)])
def test_a_write_waits_for_nearly_all_that_run_at_once_or_for_a_full_call(
    queued: int, is_full: bool, begins: bool
) -> None:
    machine = Machine(20, is_full=is_full)
    machine.commit._at_once = 10.0
    machine.commit._resume_at = float("inf")
    assert machine.commit._is_ready(0.0, [Write(number) for number in range(queued)]) == begins


def test_a_bug_in_a_step_reaches_those_of_its_call_and_no_others() -> None:
    machine = Machine(1)
    good, bad = [Write(number) for number in range(8)], Write(8, "bug")
    results = support.in_threads([lambda write=write: machine.commit.submit([write]) for write in (*good, bad)])
    assert results == [None] * 9
    assert isinstance(bad.error, LookupError)
    assert [write.error for write in good] == [None] * 8


@pytest.mark.parametrize("behaviour", ["interrupted", "interrupted later"])
def test_an_interrupt_in_a_step_ends_its_writes_and_no_others(behaviour: str) -> None:
    machine = Machine(20)
    together = [Write(number) for number in range(4)] + [Write(4, behaviour)]
    (result,) = support.in_threads([lambda: machine.commit.submit(together)])
    assert isinstance(result, KeyboardInterrupt)
    assert all(isinstance(write.failure(), CancelledError) for write in together)
    assert submitted(machine, after := Write(5)) == [None]
    assert after.failure() is None


def test_an_interrupt_of_a_thread_that_waits_leaves_its_writes_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(20)
    with monkeypatch.context() as patch:
        patch.setattr(machine.commit, "_seconds_to_wait", interrupt)
        (result,) = submitted(machine, write := Write(0, "waits"))
    assert isinstance(result, KeyboardInterrupt)
    assert isinstance(write.failure(), CancelledError)
    assert submitted(machine, Write(1)) == [None]
    assert machine.batches == [[0], [1]]


def interrupt(_now: float) -> float:
    raise KeyboardInterrupt


def submitted(machine: Machine, write: Write) -> list[BaseException | None]:
    return support.in_threads([lambda: machine.commit.submit([write])])


def test_a_step_that_forgets_a_write_is_an_error_not_a_hang() -> None:
    machine = Machine(5)
    left = Write(0, "left")
    support.in_threads([lambda: machine.commit.submit([left])])
    assert isinstance(left.error, AssertionError)


def test_a_pause_that_ends_while_a_thread_turns_to_wait_is_not_slept_through(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(20)
    machine.commit.submit([Write(0), Write(1), Write(2)])
    readings = iter([1000.0])  # the first one by the thread that waits; by the next one the pause is over
    monkeypatch.setattr(group_commit, "time", types.SimpleNamespace(monotonic=lambda: next(readings, 2000.0)))
    machine.commit._resume_at = 1000.01
    assert submitted(machine, Write(3)) == [None]  # one, where three were at once: it waits for others to come
    assert machine.applied == [0, 1, 2, 3]


@pytest.mark.parametrize(("step", "behaviour"), [("write", "again"), ("verify", "undone")])
def test_a_write_that_a_step_has_moved_on_is_the_step_s_until_it_is_over(step: str, behaviour: str) -> None:
    """Another thread would begin the next step with it, and the first one, once over, end it under that thread's hands."""
    machine = Machine(5)
    write, found = Write(0, behaviour), list[object]()
    run = getattr(machine, step)

    def and_look(writes: Sequence[Write]) -> None:
        run(writes)
        if not found:
            found.extend(support.in_threads([lambda: by_another_thread(machine)]))

    setattr(machine.commit, f"_{step}", and_look)
    assert submitted(machine, write) == [None]
    assert found == [False]
    assert write.failure() is None


def test_one_verification_runs_at_a_time_unless_more_are_allowed() -> None:
    machine = Machine(5)
    first, second, found = Write(0), Write(1, "waits"), list[object]()
    verify = machine.verify

    def and_look(writes: Sequence[Write]) -> None:
        if not found:
            found.extend(support.in_threads([lambda: by_another_thread(machine)]))
            second.next_look = 0.0
        verify(writes)

    machine.commit._verify = and_look
    assert support.in_threads([lambda: machine.commit.submit([first, second])]) == [None]
    assert found == [False]


def by_another_thread(machine: Machine) -> bool:
    """Whether another thread would find a step to run now, whatever the time."""
    with machine.commit._changed:
        return machine.commit._step(float("inf"))


def test_the_error_of_a_write_is_there_once_it_counts_as_done() -> None:
    machine = Machine(1)
    seen: list[tuple[str, object]] = []

    class Watched(Write):
        def __setattr__(self, name: str, value: object) -> None:
            super().__setattr__(name, value)
            seen.append((self.__dict__.get("stage", ""), self.__dict__.get("error")))

    assert submitted(machine, write := Watched(0, "refused")) == [None]
    assert isinstance(write.error, ValueError)
    assert all(error is not None for stage, error in seen if stage == "done")


def test_nothing_to_write_returns_at_once() -> None:
    Machine(1).commit.submit([])
