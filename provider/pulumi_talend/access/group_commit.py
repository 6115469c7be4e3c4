"""Group commit: writes of many threads share API calls, as transactions share a log write in a database.

A write waits in a queue, is written, then verified, by one of the threads that wait. What arrives while calls are under way goes
into the next one, and one listing verifies all that was written before it. The engine hands over a new operation some
milliseconds after one has ended, so a write also waits for those, until most of the operations that run at once are there, and
never longer than the last round of calls took.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

from ..errors import (
    CancelledError,
    NoResponseError,
    NotVerifiedError,
    RateLimitedError,
    ServerError,
    TalendError,
    UnexpectedResponseError,
)
from ..model.grants import GrantKey
from ..model.planning import Change

GATHERED_SHARE = 0.9
"""A write begins once this share of the operations that run at once is in the queue: all but a straggler."""

MOST_PAUSE_SECONDS = 0.5
"""Where nothing is under way, a write waits for the operations that follow at most as long as a round of calls took, or this."""

FIRST_PAUSE_SECONDS = 0.1

UNCLEAR = (NoResponseError, ServerError, UnexpectedResponseError)
"""What a call fails with that may have taken effect."""

_MOST_FAILED_LOOKS = 3


def pause_before_look(looks: int, *, most: float) -> float:
    """How long to wait before the next look, after so many in vain: twice as long each time, `most` seconds at most."""
    return min(most, FIRST_PAUSE_SECONDS * 2 ** min(looks, 16))


Stage = Literal["queued", "writing", "written", "verifying", "done"]


@dataclass(eq=False)
class PendingWrite:
    """One write on its way. Writes of one target are done one after the other, as they came.

    Attributes:
        stage: `queued`: to be written. `writing`: a call is under way. `written`: to be verified. `done`: with `error`, or well.
        next_stage: Where the step under way sends it. It is there once the step is over: until then it is the step's alone.
        error: Why it failed.
        next_look: When it is to be verified, in seconds of the monotonic clock.
        attempts: Calls that were made for it.
        alone: Whether it is written by a call of its own: a batch has left it out, or was refused.
        confirmed: Whether the API has confirmed a call for it.
        unclear: The error of a call that may or may not have taken effect.
        looks: How often it was verified in vain since the last call.
        failed_looks: How often verifying it failed since the last call.
        written_at: When the last call returned, in seconds of the monotonic clock.
    """

    stage: Stage = field(default="queued", init=False)
    next_stage: Stage | None = field(default=None, init=False)
    error: Exception | None = field(default=None, init=False)
    next_look: float = field(default=0.0, init=False)
    attempts: int = field(default=0, init=False)
    alone: bool = field(default=False, init=False)
    confirmed: bool = field(default=False, init=False)
    unclear: TalendError | None = field(default=None, init=False)
    looks: int = field(default=0, init=False)
    failed_looks: int = field(default=0, init=False)
    written_at: float = field(default=0.0, init=False)

    @property
    def target(self) -> Hashable:
        """What is written."""
        raise NotImplementedError

    @property
    def removes(self) -> bool:
        """Whether it removes its target."""
        raise NotImplementedError

    def failure(self) -> TalendError | None:
        """Returns the error of a write that failed. Raises one that is a bug of ours."""
        if self.error is not None and not isinstance(self.error, TalendError):
            raise self.error
        return self.error

    def finish(self, error: Exception | None = None) -> None:
        """Ends the write, well or with an error."""
        self.next_stage, self.error = "done", error

    def written(self, *, look_in: float = 0.0) -> None:
        """Says that the write is to be verified, at once or in some seconds."""
        self.next_stage, self.next_look = "written", time.monotonic() + look_in

    def again(self) -> None:
        """Puts the write back into the queue."""
        self.next_stage = "queued"

    def look_failed(self, error: TalendError, *, look_in: float) -> None:
        """Moves the write on where it could not be verified: verified again in some seconds, a few times, then it fails."""
        self.failed_looks += 1
        is_final = isinstance(error, (RateLimitedError, CancelledError))
        if is_final or self.failed_looks >= _MOST_FAILED_LOOKS:
            self.finish(not_verified(self, error) if is_final else self.unclear or not_verified(self, error))
        else:
            self.written(look_in=look_in)


def not_verified(write: PendingWrite, error: TalendError) -> NotVerifiedError:
    """The error where a call was made and could not be verified because of `error`."""
    return NotVerifiedError(
        f"the request was {'confirmed' if write.confirmed else 'sent'}, but reading it back failed: {error.reason}",
        outcome="unknown",
        advice=error.advice or "Run again.",
    )


P = TypeVar("P", bound=PendingWrite)
T = TypeVar("T", GrantKey, str)


class GroupCommit(Generic[P]):
    """Runs the writes of all threads.

    Args:
        take: Chooses from the queued writes, in the order of their arrival, those that one step writes now, beside the steps
            under way; none where it has to wait for one of those. Must choose some where none is under way. It is given one
            write of a target at most, and none while another of that target is not verified yet.
        write: Makes the call, and moves each write on: `written`, `finish` or `again`.
        verify: Looks at what was written, and moves each on: `finish`, `written` (to look again later) or `again`.
        is_full: Whether the queue fills a call, so that a write begins without waiting for more.
        most_verifications: How many steps verify at once.

    `write` and `verify` run without the lock; what they send nowhere is an error of theirs.
    """

    def __init__(
        self,
        *,
        take: Callable[[Sequence[P], Sequence[Sequence[P]]], Sequence[P]],
        write: Callable[[Sequence[P]], None],
        verify: Callable[[Sequence[P]], None],
        is_full: Callable[[Sequence[P]], bool] = lambda _queued: False,
        most_verifications: int = 1,
    ) -> None:
        self._take = take
        self._write = write
        self._verify = verify
        self._is_full = is_full
        self._most_verifications = most_verifications
        self._changed = threading.Condition()
        self._pending: list[P] = []
        self._writing: list[Sequence[P]] = []
        self._verifying: list[Sequence[P]] = []
        self._at_once = 1.0  # operations that run at once, lately
        self._call_seconds = 0.0
        self._resume_at = 0.0
        self._removed: set[Hashable] = set()

    def apply(self, changes: Iterable[Change[T]], as_write: Callable[[Change[T]], P]) -> list[P]:
        """Makes the changes that write.

        Returns:
            The writes, all done.
        """
        writes = [as_write(change) for change in changes if change.is_stale_after(self._removed) or change.writes]
        self._removed.update(write.target for write in writes if write.removes)
        self._removed.difference_update(write.target for write in writes if not write.removes)
        self.submit(writes)
        return writes

    def submit(self, writes: Sequence[P]) -> None:
        """Returns once all `writes` are done; each has its `error` then, or none."""
        with self._changed:
            try:
                self._pending.extend(writes)
                self._changed.notify_all()
                while not all(write.stage == "done" for write in writes):
                    now = time.monotonic()
                    if not self._step(now):
                        self._changed.wait(self._seconds_to_wait(now))
            except BaseException:  # Ctrl-C: nobody waits for these any more, so no other thread may make their calls
                left = [write for write in writes if write.stage in {"queued", "written"}]
                for write in left:
                    write.finish(_interrupted())
                self._move_on(left)
                raise

    def _step(self, now: float) -> bool:
        """Runs one step; returns False where there is none to run now. Called with the lock held."""
        self._at_once = max(self._at_once, len(self._pending))
        queued = [write for write in self._pending if write.stage == "queued"]
        ready = self._first_of_each_target(queued)
        if ready and self._is_ready(now, queued):
            taken = self._take(ready, self._writing)
            if taken:
                self._run(self._write, taken, "writing", self._writing)
                return True
        due = [write for write in self._pending if write.stage == "written" and write.next_look <= now]
        if due and self._may_verify():
            self._run(self._verify, due, "verifying", self._verifying)
            return True
        return False

    def _first_of_each_target(self, queued: Iterable[P]) -> list[P]:
        busy = {write.target for write in self._pending if write.stage not in {"queued", "done"}}
        first: dict[Hashable, P] = {}
        for write in queued:
            if write.target not in busy:
                first.setdefault(write.target, write)
        return list(first.values())

    def _may_verify(self) -> bool:
        return len(self._verifying) < self._most_verifications

    def _is_ready(self, now: float, queued: Sequence[P]) -> bool:
        """Whether a write may begin, or waits for the operations that follow those which have just ended."""
        if len(queued) >= GATHERED_SHARE * self._at_once or self._is_full(queued):
            return True
        return not self._writing and not self._verifying and now >= self._resume_at

    def _run(
        self,
        step: Callable[[Sequence[P]], None],
        writes: Sequence[P],
        stage: Stage,
        under_way: list[Sequence[P]],
    ) -> None:
        under_way.append(writes)
        for write in writes:
            write.stage = stage
        began = time.monotonic()
        self._changed.release()
        error: Exception = AssertionError("a step sent a write nowhere")
        try:
            step(writes)
        except Exception as raised:  # noqa: BLE001 - every waiting thread raises it
            error = raised
        except BaseException:
            error = _interrupted()
            raise
        finally:
            self._changed.acquire()
            under_way.remove(writes)
            self._call_seconds = (self._call_seconds + time.monotonic() - began) / 2
            for write in writes:
                if write.next_stage is None:
                    write.finish(error)
            self._move_on(writes)

    def _move_on(self, writes: Iterable[P]) -> None:
        """Moves writes to where they were sent, and lets go of all that are done. Called with the lock held."""
        for write in writes:
            write.stage, write.next_stage = write.next_stage or write.stage, None
        before = len(self._pending)
        self._pending = [write for write in self._pending if write.stage != "done"]
        if len(self._pending) < before:
            self._at_once = max(1.0, before, 0.8 * self._at_once)
            self._resume_at = time.monotonic() + min(2 * self._call_seconds, MOST_PAUSE_SECONDS)
        self._changed.notify_all()

    def _seconds_to_wait(self, now: float) -> float | None:
        """How long there is no step to run, unless another thread changes something: None where only that can end the wait.

        `now` is when `_step` found none. Later, a pause may be over that was not over then, and nobody would wake this thread.
        """
        times = [write.next_look for write in self._pending if write.stage == "written" and self._may_verify()]
        if any(write.stage == "queued" for write in self._pending) and self._resume_at > now:
            times.append(self._resume_at)
        return max(0.0, min(times) - now) if times else None


def _interrupted() -> CancelledError:
    return CancelledError("the process was interrupted meanwhile", outcome="unknown", advice="Run again.")
