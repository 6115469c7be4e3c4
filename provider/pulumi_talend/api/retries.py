"""Which failed calls are tried again, and when."""

from __future__ import annotations

import logging
import random

from ..errors import NoResponseError, NotSentError, RateLimitedError, ServerError, TalendError
from .pacing import MAX_RATE_LIMIT_WAIT_SECONDS, Pacer
from .requests import Request

MAX_ATTEMPTS = 5
"""How often a call is made at most where the network or the server fails; a 429 does not count."""

_BACKOFF_FIRST_SECONDS = 0.25
_BACKOFF_MOST_SECONDS = 8.0
_RETRY_STATUS = frozenset({500, 502, 503, 504})
_log = logging.getLogger(__name__)


class Retries:
    """What one call may still spend on further tries."""

    def __init__(self, request: Request, pacer: Pacer) -> None:
        self._request = request
        self._pacer = pacer
        self._failures = 0
        self._refusals = 0
        self._waited = 0.0
        self._may_be_done = False

    def seconds_before_next(self, error: TalendError) -> float | None:
        """Returns how long to wait before the next try; None where `error` is final."""
        self._may_be_done |= error.outcome == "unknown"
        if isinstance(error, RateLimitedError):
            self._refusals += 1
            # The pacer waits, for all threads; only the total of this call is counted here.
            self._waited += self._pacer.refused(error.headers, fallback=_backoff(self._refusals))
            again = not self._request.at_once and self._waited <= MAX_RATE_LIMIT_WAIT_SECONDS
            _log.debug(
                "%s, refused %d times: %s",
                self._call,
                self._refusals,
                "waits for the rate limit" if again else "gives up",
            )
            return 0.0 if again else None
        if not self._is_transient(error):
            return None
        self._failures += 1
        seconds = _backoff(self._failures)
        again = self._failures < MAX_ATTEMPTS
        what = f"tries again in {seconds:.2f} s" if again else "gives up"
        _log.debug("%s, failed %d times of %d: %s (%s)", self._call, self._failures, MAX_ATTEMPTS, what, error)
        return seconds if again else None

    def final(self, error: TalendError) -> TalendError:
        """Returns `error`, with an unknown outcome where an earlier try of the same call may have taken effect."""
        return error.with_(outcome="unknown") if self._may_be_done and error.outcome == "not done" else error

    @property
    def _call(self) -> str:
        return f"{self._request.method} {self._request.operation.path}"

    def _is_transient(self, error: TalendError) -> bool:
        if self._request.at_once:
            return False
        if isinstance(error, NotSentError):
            return True
        if isinstance(error, NoResponseError):
            return self._request.repeatable and not error.used_deadline
        return isinstance(error, ServerError) and error.status in _RETRY_STATUS and self._request.repeatable


def _backoff(attempt: int) -> float:
    most = min(_BACKOFF_MOST_SECONDS, _BACKOFF_FIRST_SECONDS * 2 ** min(attempt - 1, 10))
    return random.uniform(most / 2, most)  # noqa: S311 - spreads load, guards nothing
