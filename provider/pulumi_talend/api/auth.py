"""Who calls: a personal access token as it is, or a service account's tokens, renewed in time.

Service account tokens live 30 minutes (API user guide, "Generating a service account token"). They are renewed when a tenth
of their life, at least a minute of a full one, is left; one thread renews, the others wait for its result.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

DEFAULT_LIFETIME_SECONDS = 30 * 60
_RENEW_AT_SHARE = 0.9


@dataclass(frozen=True)
class AccessToken:
    """A token and how long it lives, in seconds from when it was asked for."""

    value: str = field(repr=False)
    lifetime: float = DEFAULT_LIFETIME_SECONDS


class TokenSource(Protocol):
    """Gives the bearer token for the next call."""

    def current(self) -> str:
        """The token to send now."""
        ...

    def renew(self, refused: str) -> bool:
        """The API refused `refused` (401): whether another try with a new token makes sense."""
        ...


class FixedToken:
    """A personal access token: sent as it is; once refused there is nothing to renew."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __repr__(self) -> str:
        return "FixedToken([secure])"

    def current(self) -> str:
        """The token to send now."""
        return self._token

    def renew(self, refused: str) -> bool:  # noqa: ARG002 - the protocol's signature
        """A personal access token cannot be renewed: always False."""
        return False


class ServiceAccountToken:
    """Tokens of a service account. `fetch` asks the API for a new one; `clock` gives monotonic seconds."""

    def __init__(self, fetch: Callable[[], AccessToken], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._token: AccessToken | None = None
        self._renew_at = 0.0

    def __repr__(self) -> str:
        return "ServiceAccountToken([secure])"

    def current(self) -> str:
        """The token to send now; asks for a new one where there is none or it is about to end.

        Raises what `fetch` raises.
        """
        with self._lock:  # held while fetching, on purpose: one renewal for all threads
            if self._token is None or self._clock() >= self._renew_at:
                asked_at = self._clock()
                self._token = self._fetch()
                self._renew_at = asked_at + self._token.lifetime * _RENEW_AT_SHARE
            return self._token.value

    def renew(self, refused: str) -> bool:
        """Drops `refused`, unless another thread has replaced it already. Always worth another try."""
        with self._lock:
            if self._token is not None and self._token.value == refused:
                self._token = None
        return True
