"""The API's clock, by the `Date` header of its responses (RFC 9110): a machine's own may be wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import timezone
from email.utils import parsedate_to_datetime

_TOLERANCE_SECONDS = 2.0
"""The header has whole seconds, and a response takes its time: up to this a machine's clock agrees."""


def epoch_of(http_date: str | None) -> float | None:
    """Returns the seconds of the epoch of an HTTP date; None where it is not one."""
    if not http_date:
        return None
    try:
        moment = parsedate_to_datetime(http_date)
    except (TypeError, ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return moment.timestamp()


def server_time(now: float, server_date: str | None) -> float:
    """Returns the server's clock where it clearly differs from this machine's (`now`, epoch seconds)."""
    server = epoch_of(server_date)
    return now if server is None or abs(server - now) <= _TOLERANCE_SECONDS else server


class ServerClock:
    """Tells the API's time from the headers of its responses. Thread-safe.

    Args:
        wall: This machine's clock, in seconds of the epoch.

    Attributes:
        ahead: By how many seconds the API's clock is ahead of this machine's; None before the first response with a date.
    """

    def __init__(self, wall: Callable[[], float] = time.time) -> None:
        self._wall = wall
        self.ahead: float | None = None

    def observe(self, headers: Mapping[str, str]) -> None:
        """Learns from the headers of a response."""
        now, date = self._wall(), headers.get("date")
        if epoch_of(date) is not None:
            self.ahead = server_time(now, date) - now

    def now(self) -> float:
        """Returns the API's time as far as it is known, else this machine's, in seconds of the epoch."""
        return self._wall() + (self.ahead or 0.0)
