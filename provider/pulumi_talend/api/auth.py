"""Bearer tokens: a personal access token as it is, or tokens of a service account, renewed in time.

Service account tokens live 30 minutes (API user guide, "Generating a service account token"). They are renewed when a tenth
of their lifetime is left; one thread renews, the others wait for its result.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ..errors import TalendError
from .models import TOKEN_LIFETIME_SECONDS

_RENEW_AT_SHARE = 0.9


@dataclass(frozen=True)
class AccessToken:
    """A token and its lifetime, in seconds from when it was requested."""

    value: str = field(repr=False)
    lifetime: float = TOKEN_LIFETIME_SECONDS


class FixedToken:
    """A personal access token: cannot be renewed."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __repr__(self) -> str:
        return "FixedToken([secure])"

    def current(self) -> str:
        """Returns the token to send now."""
        return self._token

    def renew(self, refused: str) -> bool:
        """Returns False: no other token can be had in place of the one that the API `refused`."""
        del refused
        return False


class ServiceAccountToken:
    """Tokens of a service account.

    Args:
        fetch: Requests a new token from the API.
        clock: Monotonic seconds.
    """

    def __init__(self, fetch: Callable[[], AccessToken], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._token: AccessToken | None = None
        self._renew_at = 0.0
        self._failures: tuple[int, TalendError | None] = (0, None)  # how many, and the last

    def __repr__(self) -> str:
        return "ServiceAccountToken([secure])"

    def current(self) -> str:
        """Returns the token to send now; requests the first one, and a new one shortly before it expires.

        Raises what `fetch` raises, also in the threads that have waited for it: they would try for as long, one after the other.
        """
        failures, _ = self._failures
        with self._lock:  # locked while fetching, on purpose: one renewal for all threads
            if self._token is None or self._clock() >= self._renew_at:
                now, failure = self._failures
                if now != failures and failure is not None:
                    raise failure
                requested_at = self._clock()
                try:
                    self._token = self._fetch()
                except TalendError as error:
                    self._failures = (now + 1, error)
                    raise
                self._renew_at = requested_at + self._token.lifetime * _RENEW_AT_SHARE
            return self._token.value

    def renew(self, refused: str) -> bool:
        """Drops a token that the API refused (401), unless another thread has replaced it already. Returns True."""
        with self._lock:
            if self._token is not None and self._token.value == refused:
                self._token = None
        return True
