"""Pacing: wait *before* the API says 429, with one budget for all threads of the process.

From `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset` (API reference, "SSO Role Mapping" and "Identities
Management") the pacer knows how many calls the current window has left, and hands them out. Where an answer carries no such
header it never waits.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import timezone
from email.utils import parsedate_to_datetime

from .errors import CancelledError, NotSentError

Notify = Callable[[str], None]

_log = logging.getLogger(__name__)

MAX_RATE_LIMIT_WAIT_SECONDS = 900.0
"""How long one call waits for the rate limit at most, in all."""

_EPOCH_FROM = 1_000_000_000
_EPOCH_MILLISECONDS_FROM = 1_000_000_000_000
_LOGGED_WAIT_SECONDS = 0.05
_LONG_WAIT_SECONDS = 2.0
"""From here on a wait is said aloud."""
_CLOCK_TOLERANCE_SECONDS = 2.0
_SAME_RESET_SECONDS = 2.0
"""How far apart two answers of one window may put its end: rounding, and the time that an answer takes."""
_MAX_EARLY_SLACK_SECONDS = 1.0


def _say_nothing(_message: str) -> None:
    """The default for `notify`."""


def reset_in_seconds(value: str, *, now: float, server_date: str | None) -> float | None:
    """Seconds until the window of `X-RateLimit-Reset` ends; None where the value is no number.

    UNDOCUMENTED, decided here: the unit. A value of 10^9 or more is an epoch time in seconds (10^12: milliseconds), a
    smaller one is seconds from now. An epoch time is the server's, so where the `Date` header shows that this machine's clock
    (`now`, epoch seconds) is off by more than two seconds, the server's clock counts.
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
    return max(0.0, number - _server_time(now, server_date))


def retry_after_seconds(value: str, *, now: float, server_date: str | None) -> float | None:
    """Seconds that `Retry-After` asks for (a number or an HTTP date, RFC 9110); None where it is neither."""
    try:
        seconds = float(value)
    except ValueError:
        moment = _http_date(value)
        return None if moment is None else max(0.0, moment - _server_time(now, server_date))
    return seconds if 0 <= seconds < float("inf") else None


def _http_date(value: str | None) -> float | None:
    if not value:
        return None
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return moment.timestamp()


def _server_time(now: float, server_date: str | None) -> float:
    """The server's clock where it clearly differs; the `Date` header is too coarse to correct a clock that agrees."""
    server = _http_date(server_date)
    if server is None or abs(server - now) <= _CLOCK_TOLERANCE_SECONDS:
        return now
    return server


class Pacer:
    """Hands out the calls that the API's rate limit leaves, to all threads.

    `clock` and `wall` give seconds (monotonic and epoch), `wait` sleeps on a condition; tests replace them. `notify` is told,
    in one line, of waits of two seconds and more.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        wait: Callable[[threading.Condition, float], object] | None = None,
        notify: Notify = _say_nothing,
    ) -> None:
        self._clock = clock
        self._wall = wall
        self._wait: Callable[[threading.Condition, float], object] = wait or threading.Condition.wait
        self._notify = notify
        self._changed = threading.Condition()
        self._limit: int | None = None
        self._left: int | None = None  # calls that this window leaves; None: unknown, so unlimited
        self._least: int | None = None  # the least that an answer of this window has said to remain
        self._window_ends = 0.0
        self._closed_until = 0.0  # after a 429: nobody calls before
        self._in_flight = 0
        self._early_slack = 0.0
        self._announced_until = 0.0

    @contextmanager
    def turn(self, *, at_once: bool = False) -> Generator[None, None, None]:
        """Waits until a call may be made; the call is counted as under way for the length of the block.

        Raises CancelledError where the process ends meanwhile, NotSentError where it had to wait `at_once`.
        """
        self._take(at_once)
        try:
            yield
        finally:
            with self._changed:
                self._in_flight -= 1
                self._changed.notify_all()

    def _take(self, at_once: bool) -> None:
        came = self._clock()
        with self._changed:
            while True:
                seconds = self._seconds_to_wait()
                if seconds <= 0:
                    break
                if at_once:
                    raise NotSentError("Not sent: it would have had to wait for the API's rate limit.")
                self._announce(seconds)
                # In slices, so that the end of the process (Ctrl-C ends the main thread) is seen while waiting.
                self._wait(self._changed, min(seconds, 0.25))
                if not threading.main_thread().is_alive():
                    raise CancelledError(
                        "Cancelled while waiting for the API's rate limit; nothing was sent."
                    ) from None
            self._in_flight += 1
            if self._left is not None:
                self._left -= 1
        if (waited := self._clock() - came) >= _LOGGED_WAIT_SECONDS:
            _log.debug("waited %.2f s for its turn", waited)

    def _seconds_to_wait(self) -> float:
        now = self._clock()
        if now < self._closed_until:
            return self._closed_until - now
        if self._left is None:
            return 0.0
        if now >= self._window_ends:
            # A new window: its size is known, what others take from it is not; the next answer tells.
            self._left = None if self._limit is None else max(1, self._limit - self._in_flight)
            self._least, self._window_ends = None, float("inf")
            return 0.0
        if self._left <= 0 and self._in_flight == 0 and self._window_ends == float("inf"):
            # The guess for a new window is spent and no answer said more: stop guessing rather than wait for ever.
            self._left = None
            return 0.0
        return 0.0 if self._left > 0 else self._window_ends - now

    def _announce(self, seconds: float) -> None:
        until = self._clock() + seconds
        if _LONG_WAIT_SECONDS <= seconds < float("inf") and until > self._announced_until + 1:
            self._announced_until = until
            self._notify(f"waiting {seconds:.0f} s for the API's rate limit")

    def observe(self, headers: Mapping[str, str]) -> None:
        """Learns from an answer's headers. Call it inside the `turn` that the answer belongs to."""
        remaining = _whole(headers.get("x-ratelimit-remaining"))
        reset = headers.get("x-ratelimit-reset")
        if remaining is None or reset is None:
            return
        seconds = reset_in_seconds(reset, now=self._wall(), server_date=headers.get("date"))
        if seconds is None:
            return
        with self._changed:
            self._limit = _whole(headers.get("x-ratelimit-limit")) or self._limit
            # However far off the reset is said to be: after the longest wait a call finds out, instead of hanging.
            ends = self._clock() + min(seconds, MAX_RATE_LIMIT_WAIT_SECONDS) + self._early_slack
            # Answers overtake each other: within a window only the least that remains is news.
            same_window = self._least is not None and ends <= self._window_ends + _SAME_RESET_SECONDS
            self._least = min(remaining, self._least) if same_window and self._least is not None else remaining
            self._window_ends = ends
            # Calls still under way may not be in it yet: count them as taken. The last answer corrects it.
            self._left = self._least - (self._in_flight - 1)
            self._changed.notify_all()

    def refused(self, headers: Mapping[str, str], *, fallback: float) -> float:
        """Learns from a 429: nobody calls until the time it names, or for `fallback` seconds where it names none or "now".

        Returns the seconds that it asks for; others wait for 900 of them at most, and then find out themselves.
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
                # Refused right after waiting as told: the API rounds its reset down. Learn to come a little later.
                self._early_slack = min(_MAX_EARLY_SLACK_SECONDS, self._early_slack + 0.25)
            seconds += self._early_slack
            self._closed_until = max(self._closed_until, self._clock() + min(seconds, MAX_RATE_LIMIT_WAIT_SECONDS))
            # Then a window begins; where its size is unknown, so is how many calls it takes.
            self._left, self._window_ends = (None if self._limit is None else 0), self._closed_until
        return seconds


def _whole(value: str | None) -> int | None:
    if value is None:
        return None
    try:
        return int(float(value))
    except (ValueError, OverflowError):
        return None
