"""Gathering: what several threads want at the same moment is done in one go.

The first thread that comes leads: it does the work that is there, everybody's, and hands each its own verdict. Whoever comes
while it works is gathered for the next round, which one of those leads. A leader waits a blink for company only where company
is to be expected: a thread that is alone is never slower for it, nor is one that knows that everybody is there already.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Wish = TypeVar("Wish")

LINGER_SECONDS = 0.008
"""How long a leader waits for one more wish at least: an engine starts what is ready together within some milliseconds."""

_SHARE_OF_WORK = 0.3
"""The longer the work takes, the longer it pays to wait for company: this share of what it took lately ..."""

_MOST_FOR_WORK_SECONDS = 0.06
"""... up to this: a call that waited long for the rate limit tells nothing about when the next wish comes."""

_GAPS = 2.5
"""As long as wishes come, each within so many times the usual gap between two, the next one is worth waiting for."""

MOST_LINGER_SECONDS = 0.15

_MORE_FOR_BETTER_COMPANY = 2
"""Whoever was put off waits for better company: so many times as long."""

_FULL_LINGER_SECONDS = 0.006
"""Once as many wish as ever did lately, there is hardly anyone left to wait for."""

_PATIENCE_SECONDS = 0.15
"""How long nobody may come before what was put off is done all the same: an engine saves its state after each operation."""

_MOST_PUT_OFF = 20
"""How many rounds a wish may be put off at most."""


@dataclass(eq=False)
class _Pending(Generic[Wish]):
    wish: Wish
    done: bool = False
    error: BaseException | None = None
    put_off: int = 0


class Gatherer(Generic[Wish]):
    """Runs `work` on what is wished for at the same time.

    `work` gets the wishes and returns a list as long: None for each that is done, the exception for each that failed. What
    it raises counts for all of them. `choose`, where there is one, says which of the wishes (by their numbers, at least one)
    are to be done now while more are expected: the others are put off, for a while, until better company comes for them.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Wish]], Sequence[BaseException | None]],
        *,
        choose: Callable[[Sequence[Wish]], Collection[int]] | None = None,
        linger_seconds: float = LINGER_SECONDS,
    ) -> None:
        self._work = work
        self._choose = choose
        self._linger_seconds = linger_seconds
        self._lock = threading.Lock()
        self._arrived = threading.Condition(self._lock)
        self._round_over = threading.Condition(self._lock)
        self._queue: list[_Pending[Wish]] = []
        self._has_leader = False
        self._announced = 0
        self._arrivals = 0
        self._arrivals_before = 0  # the last round
        self._last_crowds: deque[int] = deque(maxlen=6)
        self._work_seconds = 0.0
        self._gap_seconds = linger_seconds / _GAPS
        self.busy = False
        """Whether what `work` is doing now is one of many: others came along, lately or with it, or are announced."""

    def announce(self) -> None:
        """Tells that a wish will probably come soon, so that it is worth a blink to wait for it."""
        with self._lock:
            self._announced += 1

    def submit(self, wish: Wish) -> None:
        """Does `wish`, together with others' where there are any. Raises what became of this one."""
        (error,) = self.submit_all([wish])
        if error is not None:
            raise error

    def submit_all(self, wishes: Sequence[Wish]) -> list[BaseException | None]:
        """Does `wishes`, together with others' where there are any. Returns what became of each: None or its exception."""
        pendings = [_Pending(wish) for wish in wishes]
        with self._lock:
            self._queue.extend(pendings)
            self._announced = max(0, self._announced - len(pendings))
            self._arrivals += 1
            self._arrived.notify_all()
            while not all(pending.done for pending in pendings):
                if self._has_leader:
                    self._round_over.wait()
                    continue
                self._has_leader = True
                try:
                    self._lead()
                finally:
                    self._has_leader = False
                    self._round_over.notify_all()
        return [pending.error for pending in pendings]

    def _lead(self) -> None:
        """One round. Called with the lock held, which is free while it waits and works."""
        came = self._wait_for_company()
        crowd, self._arrivals_before = len(self._queue), self._arrivals
        self.busy = self._expects_company() or crowd > 1
        try:
            gathered = self._gathered() if came else list(self._queue)
        except BaseException as error:  # noqa: BLE001 - handed on to every waiting thread, which raises it
            self._settle(self._queue, [error] * crowd)
            return
        began = time.monotonic()
        self._lock.release()
        try:
            verdicts = self._work([pending.wish for pending in gathered])
            outcome = [verdicts[number] for number in range(len(gathered))]
        except BaseException as error:  # noqa: BLE001 - handed on to every waiting thread, which raises it
            outcome = [error] * len(gathered)
        finally:
            self._lock.acquire()
        self._work_seconds = (self._work_seconds + time.monotonic() - began) / 2
        # Whoever came while it worked belongs to the same crowd: so many there can be at once.
        self._last_crowds.append(max(crowd, len(self._queue)))
        self._settle(gathered, outcome)

    def _settle(self, pendings: Sequence[_Pending[Wish]], outcome: Sequence[BaseException | None]) -> None:
        for pending, error in zip(pendings, outcome):  # noqa: B905 - made as long as it
            pending.error = error
            pending.done = True
        self._queue = [pending for pending in self._queue if not pending.done]

    def _wait_for_company(self) -> bool:
        """Waits while company is to be expected; returns whether anybody can still be expected afterwards."""
        some_put_off = any(pending.put_off for pending in self._queue)
        before = self._arrivals_before if some_put_off else -1
        while self._expects_company():
            began, linger = time.monotonic(), self._linger(some_put_off)
            if self._arrived.wait(linger):
                self._gap_seconds += (time.monotonic() - began - self._gap_seconds) / 4
                continue
            if not self._is_full:
                self._gap_seconds = min(self._gap_seconds * 1.5, MOST_LINGER_SECONDS / _GAPS)  # longer than it seemed
            if self._arrivals != before or self._is_full:
                return True
            # Only what was put off before is here. A last chance for better company, then it is done as it is.
            return self._arrived.wait(_PATIENCE_SECONDS)
        return False

    def _gathered(self) -> list[_Pending[Wish]]:
        if self._choose is None or any(pending.put_off >= _MOST_PUT_OFF for pending in self._queue):
            return list(self._queue)
        chosen = set(self._choose([pending.wish for pending in self._queue]))
        if not chosen:
            raise ValueError("nothing was chosen of what there is to do")
        for number, pending in enumerate(self._queue):
            if number not in chosen:
                pending.put_off += 1
        return [pending for number, pending in enumerate(self._queue) if number in chosen]

    def _expects_company(self) -> bool:
        return self._announced > 0 or not self._last_crowds or max(self._last_crowds) > 1

    @property
    def _is_full(self) -> bool:
        return len(self._queue) >= max(self._last_crowds, default=0) > 1

    def _linger(self, some_put_off: bool) -> float:
        if self._is_full:
            # What was put off shows that the same ones come again and again: nobody new is on the way.
            return 0.0 if some_put_off else min(_FULL_LINGER_SECONDS, self._linger_seconds)
        for_work = min(self._work_seconds * _SHARE_OF_WORK, _MOST_FOR_WORK_SECONDS)
        linger = max(self._linger_seconds, for_work, min(self._gap_seconds * _GAPS, MOST_LINGER_SECONDS))
        return linger * _MORE_FOR_BETTER_COMPANY if some_put_off else linger
