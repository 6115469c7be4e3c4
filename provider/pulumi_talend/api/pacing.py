"""Pacing: waits *before* the API answers 429, with one budget for all threads of the process.

`X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset` (documented for role mappings, users, roles and groups) tell
how many calls the current window has left; the pacer hands them out. Without these headers it never waits.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager

from ..errors import CancelledError, NotSentError
from .clock import epoch_of, server_time
from .network import is_ending

Notify = Callable[[str], None]

_log = logging.getLogger(__name__)

MAX_RATE_LIMIT_WAIT_SECONDS = 900.0
"""How long one call waits for the rate limit at most, in all."""

_EPOCH_FROM = 1_000_000_000
_EPOCH_MILLISECONDS_FROM = 1_000_000_000_000
_LOGGED_WAIT_SECONDS = 0.05
_LONG_WAIT_SECONDS = 2.0
"""From this length on, a wait is announced."""
_SAME_RESET_SECONDS = 2.0
"""How far apart two responses of one window may put its end: rounding, and the time that a response takes."""
_MAX_EARLY_SLACK_SECONDS = 1.0


def _ignore(_message: str) -> None:
    """The default for `notify`."""


def reset_in_seconds(value: str, *, now: float, server_date: str | None) -> float | None:
    """Returns the seconds until the window of `X-RateLimit-Reset` ends; None where the value is not a number.

    The unit is not documented. A value of 10^9 or more counts as an epoch time in seconds (10^12: milliseconds), a smaller one
    as seconds from now. An epoch time is the server's: where the `Date` header shows that this machine's clock (`now`, epoch
    seconds) is off by more than two seconds, the server's clock counts.
    """
    try:
        number = float(value)
    except ValueError:
        return None
    if not 0 <= number < float("inf"):
        return None
    if number < _EPOCH_FROM:
        return number
    if number >= _EPOCH_MILLISECONDS_FROM:
        number /= 1000
    return max(0.0, number - server_time(now, server_date))


def retry_after_seconds(value: str, *, now: float, server_date: str | None) -> float | None:
    """Returns the seconds of `Retry-After` (a number or an HTTP date, RFC 9110); None where it is neither."""
    try:
        seconds = float(value)
    except ValueError:
        moment = epoch_of(value)
        return None if moment is None else max(0.0, moment - server_time(now, server_date))
    return seconds if 0 <= seconds < float("inf") else None


class Pacer:
    """Hands out the calls that the API's rate limit leaves, to all threads.

    Args:
        clock: Monotonic seconds.
        wall: Epoch seconds.
        wait: Sleeps on a condition for some seconds.
        notify: Called with one line about each wait of two seconds or more.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        wait: Callable[[threading.Condition, float], object] | None = None,
        notify: Notify = _ignore,
    ) -> None:
        self._clock = clock
        self._wall = wall
        self._wait: Callable[[threading.Condition, float], object] = wait or threading.Condition.wait
        self._notify = notify
        self._changed = threading.Condition()
        self._limit: int | None = None
        self._left: int | None = None  # calls that this window has left; None: unknown, so unlimited
        self._least: int | None = None  # the lowest `Remaining` of this window
        self._window_began = 0.0
        self._window_ends = 0.0
        self._turns = threading.local()  # `began`: when the turn of this thread began
        self._closed_until = 0.0  # after a 429: no call before
        self._in_flight = 0
        self._early_slack = 0.0
        self._announced_until = 0.0

    @contextmanager
    def turn(self, *, at_once: bool = False) -> Generator[None, None, None]:
        """Waits until a call may be made, and counts it as in flight for the length of the block.

        Raises:
            CancelledError: The process is shutting down.
            NotSentError: `at_once`, and it would have to wait.
        """
        self._take(at_once)
        try:
            yield
        finally:
            with self._changed:
                self._in_flight -= 1
                self._changed.notify_all()

    def _take(self, at_once: bool) -> None:
        began = self._clock()
        with self._changed:
            while True:
                seconds = self._seconds_to_wait()
                if seconds <= 0:
                    break
                if at_once:
                    raise NotSentError(
                        "the rate limit of the API is used up, and waiting could make the request outdated; nothing was sent"
                    )
                self._announce(seconds)
                # In slices, to notice while waiting that the process is about to end (Ctrl-C).
                self._wait(self._changed, min(seconds, 0.25))
                if is_ending():
                    raise CancelledError("the process is shutting down; nothing was sent")
            self._in_flight += 1
            if self._left is not None:
                self._left -= 1
            self._turns.began = self._clock()
        if (waited := self._clock() - began) >= _LOGGED_WAIT_SECONDS:
            _log.debug("waited %.2f s for the rate limit", waited)

    def _seconds_to_wait(self) -> float:
        now = self._clock()
        if now < self._closed_until:
            return self._closed_until - now
        if self._left is None:
            return 0.0
        if now >= self._window_ends:
            # A new window: its size is known, but not what others use of it; the next response tells.
            self._left = None if self._limit is None else max(1, self._limit - self._in_flight)
            self._least, self._window_began, self._window_ends = None, now, float("inf")
            return 0.0
        if self._left <= 0 and self._in_flight == 0 and self._window_ends == float("inf"):
            # The guess for a new window is used up and no response brought counts: stop guessing, rather than wait for ever.
            self._left = None
            return 0.0
        return 0.0 if self._left > 0 else self._window_ends - now

    def _announce(self, seconds: float) -> None:
        until = self._clock() + seconds
        if _LONG_WAIT_SECONDS <= seconds < float("inf") and until > self._announced_until + 1:
            self._announced_until = until
            self._notify(f"waiting {seconds:.0f} s for the API's rate limit")

    def is_limited(self) -> bool:
        """Whether a response has stated a rate limit, or refused a call for one."""
        return self._limit is not None or self._closed_until > 0

    def observe(self, headers: Mapping[str, str]) -> None:
        """Learns from the headers of a response. Call it inside the `turn` of the call."""
        remaining = _whole(headers.get("x-ratelimit-remaining"))
        reset = headers.get("x-ratelimit-reset")
        if remaining is None or reset is None:
            return
        seconds = reset_in_seconds(reset, now=self._wall(), server_date=headers.get("date"))
        if seconds is None:
            return
        with self._changed:
            self._limit = _whole(headers.get("x-ratelimit-limit")) or self._limit
            # However late the reset: after the longest wait a call tries, instead of hanging.
            ends = self._clock() + min(seconds, MAX_RATE_LIMIT_WAIT_SECONDS) + self._early_slack
            # Responses overtake each other: within a window only the lowest count is new.
            same_window = self._least is not None and ends <= self._window_ends + _SAME_RESET_SECONDS
            self._least = min(remaining, self._least) if same_window and self._least is not None else remaining
            # A response to a call of the window before may come late: it does not end this window.
            is_late = same_window and self._turns.began < self._window_began
            self._window_ends = max(ends, self._window_ends) if is_late else ends
            # Calls in flight may not be counted in it yet: count them as made. The last response corrects it.
            self._left = self._least - (self._in_flight - 1)
            self._changed.notify_all()

    def refused(self, headers: Mapping[str, str], *, fallback: float) -> float:
        """Learns from a 429: no call until the time it names, or for `fallback` seconds where it names none or "now".

        Returns the seconds that it asks for. Other calls wait for at most 900 of them, and then try.
        """
        date, now = headers.get("date"), self._wall()
        seconds: float | None = None
        if "retry-after" in headers:
            seconds = retry_after_seconds(headers["retry-after"], now=now, server_date=date)
        if seconds is None and "x-ratelimit-reset" in headers:
            seconds = reset_in_seconds(headers["x-ratelimit-reset"], now=now, server_date=date)
        if not seconds:
            seconds = fallback
        with self._changed:
            if 0 < self._clock() - self._closed_until < _MAX_EARLY_SLACK_SECONDS:
                # Refused right after the wait it asked for: the API rounds its reset down. Call a little later from now on.
                self._early_slack = min(_MAX_EARLY_SLACK_SECONDS, self._early_slack + 0.25)
            seconds += self._early_slack
            self._closed_until = max(self._closed_until, self._clock() + min(seconds, MAX_RATE_LIMIT_WAIT_SECONDS))
            # Then a window begins; where its size is unknown, so is the number of calls it allows.
            self._left, self._window_ends = (None if self._limit is None else 0), self._closed_until
        return seconds


def _whole(value: str | None) -> int | None:
    if value is None:
        return None
    try:
        return int(float(value))
    except (ValueError, OverflowError):
        return None
