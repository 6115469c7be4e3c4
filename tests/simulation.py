"""Time that passes only when every thread of a simulation waits: threads and rate limits, exactly and in no time."""

from __future__ import annotations

import heapq
import math
import threading
from collections.abc import Callable, Sequence


class VirtualTime:
    """A clock for several threads. It moves to the next moment that somebody waits for, once all of them wait."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now
        self._lock = threading.Lock()
        self._running = 0
        self._number = 0
        self._sleepers: list[tuple[float, int, threading.Event]] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        event = threading.Event()
        with self._lock:
            self._number += 1
            heapq.heappush(self._sleepers, (self.now + max(0.0, seconds), self._number, event))
            self._running -= 1
            self._advance()
        assert event.wait(60), "the simulation hangs"

    def wait(self, condition: threading.Condition, seconds: float) -> None:
        """As `condition.wait(seconds)` where nobody notifies."""
        condition.release()
        try:
            self.sleep(seconds)
        finally:
            condition.acquire()

    def run(self, works: Sequence[Callable[[], None]]) -> None:
        """Runs each in a thread of its own until all are done; raises what the first of them raised."""
        errors: list[BaseException] = []
        self._running = len(works)

        def run(work: Callable[[], None]) -> None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - raised below
                errors.append(error)
            finally:
                with self._lock:
                    self._running -= 1
                    self._advance()

        threads = [threading.Thread(target=run, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert not any(thread.is_alive() for thread in threads), "the simulation hangs"
        if errors:
            raise errors[0]

    def _advance(self) -> None:
        if self._running == 0 and self._sleepers:
            self.now, _, event = heapq.heappop(self._sleepers)
            self._running += 1
            event.set()


class LimitedApi:
    """An API that takes so many calls in each window of so many seconds; the first call opens a window."""

    def __init__(self, time: VirtualTime, *, calls: int, seconds: float, reset_as: str, skew: float) -> None:
        self._time = time
        self._calls = calls
        self._seconds = seconds
        self._reset_as = reset_as
        self._skew = skew  # how far its clock is ahead of the client's
        self._lock = threading.Lock()
        self._opened = -math.inf
        self._used = 0
        self.taken: list[float] = []
        self.refused: list[float] = []

    def call(self) -> tuple[bool, dict[str, str]]:
        """One call that arrives now: whether it is taken, and the answer's headers."""
        with self._lock:
            now = self._time()
            if now >= self._opened + self._seconds:
                self._opened, self._used = now, 0
            taken = self._used < self._calls
            self._used += taken
            (self.taken if taken else self.refused).append(now)
            left = self._opened + self._seconds - now
            there = now + self._skew
            reset = {
                "seconds": str(math.ceil(left)),
                "epoch": str(math.ceil(there + left)),
                "milliseconds": str(math.ceil((there + left) * 1000)),
            }[self._reset_as]
            return taken, {
                "x-ratelimit-limit": str(self._calls),
                "x-ratelimit-remaining": str(self._calls - self._used),
                "x-ratelimit-reset": reset,
                "date": _http_date(there),
            }


def _http_date(epoch: float) -> str:
    from email.utils import formatdate

    return formatdate(math.floor(epoch), usegmt=True)
