"""Creating, changing and removing a grant so that the tenant ends as asked, or the error says how it stands.

Every write is followed by a read that verifies it (the vendor's own procedure ends with that read). What the documentation
leaves open about POST on existing and PUT or DELETE on missing permissions makes no difference here.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress

from ..api import (
    BadRequestError,
    ConflictError,
    GrantKey,
    NoAnswerError,
    NotFoundError,
    Permissions,
    ServerError,
    TalendClient,
)
from ..api.permissions import words
from .errors import AlreadyThereError, NotVerifiedError
from .snapshot import GrantSnapshot

_LOST_ANSWERS = 3
"""How often a POST is made at most when its answer gets lost."""

_LOOKS = 3
_SECONDS_BETWEEN_LOOKS = 0.5
"""How long the API may take to show what it has just written (it promises nothing)."""


def already_there(key: GrantKey, permissions: Permissions) -> str:
    """The message for a grant that exists before it is created."""
    return (
        f"{key} already has {words(permissions)}, granted outside this resource. Set adopt_existing=True to take it over; "
        "if another resource of this stack held it, give this one `aliases`."
    )


class Grants:
    """The grants of a tenant, one at a time. Thread-safe. Methods raise TalendError."""

    def __init__(self, client: TalendClient, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._api = client.permissions
        self._sleep = sleep
        self.snapshot = GrantSnapshot(client)
        self._adopted: set[GrantKey] = set()
        self._adopted_lock = threading.Lock()

    def read(self, key: GrantKey) -> Permissions | None:
        """The permissions that stand under `key`; None where there are none."""
        return self.snapshot.lookup(key)

    def create(self, key: GrantKey, permissions: Permissions, *, adopt: bool) -> None:
        """Grants `permissions` to a principal who has none there.

        Where it has some already: AlreadyThereError, or with `adopt` they are set to `permissions`.
        """
        existing = self.snapshot.lookup(key)
        if existing is None:
            existing = self._assign(key, permissions)
        if existing is not None:
            if not adopt:
                raise AlreadyThereError(f"Could not create the grant: {already_there(key, existing)}")
            if existing != permissions:
                self._replace(key, permissions)
            with self._adopted_lock:
                self._adopted.add(key)

    def update(self, key: GrantKey, permissions: Permissions) -> None:
        """Sets what stands under `key` to `permissions`, whatever stands there now, also nothing."""
        self._replace(key, permissions)

    def delete(self, key: GrantKey) -> bool:
        """Removes what stands under `key`; nothing there is fine.

        Returns False, and leaves the access, where this process has adopted the same grant for another resource: after a
        rename without alias the old resource's end must not take away what the new one has just taken over.
        """
        with self._adopted_lock:
            if key in self._adopted:
                return False
        for _ in range(2):
            # A 404 says "none there", or that workspace or principal are gone: the read below tells.
            with suppress(NotFoundError):
                self._api.remove(key)
            if self.snapshot.read_again(key) is None:
                return True
        raise NotVerifiedError(
            f"Could not remove the permissions of {key}: the API says done, but still shows "
            f"{words(self.snapshot.lookup(key) or ())}. Run again; if it stays, remove it in the console."
        )

    def _assign(self, key: GrantKey, permissions: Permissions) -> Permissions | None:
        """POST. Returns what stood there already where somebody else was faster, None once done and verified."""
        for attempt in range(1, _LOST_ANSWERS + 1):
            try:
                self._api.assign(key, permissions)
            except (BadRequestError, ConflictError):
                # Perhaps because there are permissions since the last look: then that is the news, not the 400.
                standing = self.snapshot.read_again(key)
                if standing is None:
                    raise
                return standing
            except (NoAnswerError, ServerError):
                # Done or not done? The tenant knows.
                standing = self.snapshot.read_again(key)
                if standing == permissions:
                    return None
                if standing is not None:
                    return standing
                if attempt == _LOST_ANSWERS:
                    raise
            else:
                self._verify(key, permissions)
                return None
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _replace(self, key: GrantKey, permissions: Permissions) -> None:
        try:
            self._api.replace(key, permissions)
        except NotFoundError:
            if self.snapshot.read_again(key) is not None:
                raise
            # Removed by hand meanwhile: give it anew.
            standing = self._assign(key, permissions)
            if standing is None or standing == permissions:
                return
            self._api.replace(key, permissions)
        self._verify(key, permissions)

    def _verify(self, key: GrantKey, permissions: Permissions) -> None:
        standing: Permissions | None = None
        for look in range(_LOOKS):
            if look:
                self._sleep(_SECONDS_BETWEEN_LOOKS)
            standing = self.snapshot.read_again(key)
            if standing == permissions:
                return
        raise NotVerifiedError(
            f"Could not verify the grant of {words(permissions)} to {key}: the API accepted it, but shows "
            f"{words(standing or ())}. Look at it in the console; set adopt_existing=True to make it as the program says."
        )
