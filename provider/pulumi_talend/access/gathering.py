"""Gathering: what several threads want at the same moment is done in one go.

The first thread that comes leads: it does everybody's work that is there and hands each its own verdict. Whoever comes while
it works is gathered for the next round. A leader waits a blink for company only where company is to be expected: a thread
that is alone is never slower for it.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Wish = TypeVar("Wish")

LINGER_SECONDS = 0.008
"""How long a leader waits for one more wish at least: an engine starts what is ready together within some milliseconds."""

MOST_LINGER_SECONDS = 0.06
_SHARE_OF_WORK = 0.3
"""The longer the work takes, the longer it pays to wait for company: this share of what it took lately."""

_FULL_LINGER_SECONDS = 0.006
"""Once as many have come as came together lately, there is hardly anyone left to wait for."""


@dataclass
class _Pending(Generic[Wish]):
    wish: Wish
    done: threading.Event = field(default_factory=threading.Event)
    error: BaseException | None = None


class Gatherer(Generic[Wish]):
    """Runs `work` on what is wished for at the same time.

    `work` gets the wishes and returns a list as long: None for each that is done, the exception for each that failed. What
    it raises counts for all of them.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Wish]], Sequence[BaseException | None]],
        *,
        linger_seconds: float = LINGER_SECONDS,
    ) -> None:
        self._work = work
        self._linger_seconds = linger_seconds
        self._queue: list[_Pending[Wish]] = []
        self._arrived = threading.Condition()
        self._leading = threading.Lock()
        self._announced = 0
        self._last_sizes: deque[int] = deque(maxlen=6)
        self._work_seconds = 0.0
        self.busy = False
        """Whether what `work` is doing now is one of many: others came along, lately or with it, or are announced."""

    def announce(self) -> None:
        """Tells that a wish will probably come soon, so that it is worth a blink to wait for it."""
        with self._arrived:
            self._announced += 1

    def submit(self, wish: Wish) -> None:
        """Does `wish`, together with others' where there are any. Raises what became of this one."""
        (error,) = self.submit_all([wish])
        if error is not None:
            raise error

    def submit_all(self, wishes: Sequence[Wish]) -> list[BaseException | None]:
        """Does `wishes`, together with others' where there are any. Returns what became of each: None or its exception."""
        pendings = [_Pending(wish) for wish in wishes]
        with self._arrived:
            self._queue.extend(pendings)
            self._announced = max(0, self._announced - len(pendings))
            self._arrived.notify_all()
        with self._leading:
            if not all(pending.done.is_set() for pending in pendings):
                self._lead()
        return [pending.error for pending in pendings]

    def _lead(self) -> None:
        with self._arrived:
            while self._expects_company() and self._arrived.wait(self._linger()):
                pass
            gathered, self._queue = self._queue, []
        self.busy = self._expects_company() or len(gathered) > 1
        self._last_sizes.append(len(gathered))
        began = time.monotonic()
        try:
            verdicts = self._work([pending.wish for pending in gathered])
            for number, pending in enumerate(gathered):
                pending.error = verdicts[number]
        except BaseException as error:  # noqa: BLE001 - handed on to every waiting thread, which raises it
            for pending in gathered:
                pending.error = error
        finally:
            self._work_seconds = (self._work_seconds + time.monotonic() - began) / 2
            for pending in gathered:
                pending.done.set()

    def _expects_company(self) -> bool:
        return self._announced > 0 or not self._last_sizes or max(self._last_sizes) > 1

    def _linger(self) -> float:
        if len(self._queue) >= max(self._last_sizes, default=0) > 1:
            return min(_FULL_LINGER_SECONDS, self._linger_seconds)
        return min(max(self._linger_seconds, self._work_seconds * _SHARE_OF_WORK), MOST_LINGER_SECONDS)
