"""The rate limit of a tenant: so many calls in a window of so many seconds."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Clock = Callable[[], float]
"""Seconds since 1970; tests pass their own."""


@dataclass(frozen=True)
class Decision:
    """The decision about one call."""

    allowed: bool
    limit: int
    remaining: int
    reset_in: float
    """Seconds until the window ends."""
    reset_at: float
    """The same as seconds since 1970."""

    def headers(self, reset_as: Literal["seconds", "epoch"], retry_after: bool) -> dict[str, str]:
        """The `X-RateLimit-*` headers, and `Retry-After` on a refusal where `retry_after` says so.

        Seconds are rounded up: whoever waits as long as told is let in.
        """
        reset = self.reset_in if reset_as == "seconds" else self.reset_at
        headers = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(math.ceil(reset)),
        }
        if retry_after and not self.allowed:
            headers["Retry-After"] = str(math.ceil(self.reset_in))
        return headers


class Limiter:
    """Counts the calls of the whole tenant in fixed windows; the first call opens one. Thread-safe."""

    def __init__(self, clock: Clock) -> None:
        """Take the clock to count by."""
        self._clock = clock
        self._lock = threading.Lock()
        self._opened = 0.0
        self._used = 0
        self._rate: tuple[int, float] | None = None

    def reset(self) -> None:
        """Forget the calls counted so far."""
        with self._lock:
            self._used = 0

    def hit(self, rate: tuple[int, float]) -> Decision:
        """Count one call under `rate` (calls, seconds). A changed rate opens a new window."""
        calls, seconds = rate
        with self._lock:
            now = self._clock()
            if rate != self._rate or self._used == 0 or now >= self._opened + seconds:
                self._rate, self._opened, self._used = rate, now, 0
            # Refused calls are not counted on, else a client that retries at once would never be let in.
            allowed = self._used < calls
            if allowed:
                self._used += 1
            end = self._opened + seconds
            return Decision(allowed, calls, calls - self._used, end - now, end)
