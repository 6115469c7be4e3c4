"""Gathering: what several threads want at the same moment is done in one go.

The first thread that comes leads: it waits a blink for company, then does everybody's work and hands each its own verdict.
Whoever comes while it works is gathered for the next round. A thread alone loses the blink, no more.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Wish = TypeVar("Wish")

LINGER_SECONDS = 0.01
"""How long a leader waits for one more wish. An engine starts operations that are ready together within a few milliseconds."""

_MOST_LINGERS = 5


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

    def submit(self, wish: Wish) -> None:
        """Does `wish`, together with others' where there are any. Raises what became of this one."""
        pending = _Pending(wish)
        with self._arrived:
            self._queue.append(pending)
            self._arrived.notify_all()
        with self._leading:
            if not pending.done.is_set():
                self._lead()
        if pending.error is not None:
            raise pending.error

    def _lead(self) -> None:
        with self._arrived:
            for _ in range(_MOST_LINGERS):
                if not self._arrived.wait(self._linger_seconds):
                    break
            gathered, self._queue = self._queue, []
        try:
            verdicts = self._work([pending.wish for pending in gathered])
            for pending, verdict in zip(gathered, verdicts, strict=True):
                pending.error = verdict
        except BaseException as error:  # noqa: BLE001 - handed on to every waiting thread, which raises it
            for pending in gathered:
                pending.error = error
        finally:
            for pending in gathered:
                pending.done.set()
