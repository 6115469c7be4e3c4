"""What the tenant's grants are, read in bulk once per process instead of once per grant.

Rule: emptiness is not absence. A grant that a listing shows is there; one that it does not show is looked at by itself, so
that an empty or partial listing never makes a grant count as gone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ..api import ForbiddenError, GrantKey, Permissions, TalendClient

MAX_AGE_SECONDS = 120.0
"""How long a listing is trusted; after that it is read again."""


class GrantSnapshot:
    """The grants as the tenant showed them, kept up to date with what this process writes.

    Thread-safe; a listing is read by one thread while the others wait for it. Methods raise what the API client raises.
    """

    def __init__(self, client: TalendClient, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._permissions = client.permissions
        self._clock = clock
        self._lock = threading.RLock()
        self._forget()

    def _forget(self) -> None:
        self._listed: dict[GrantKey, Permissions] = {}
        self._known: dict[GrantKey, Permissions | None] = {}  # read one by one, or written by this process
        self._workspaces: set[str] = set()
        self._whole = False
        self._whole_forbidden = False
        self._since = self._clock()

    def lookup(self, key: GrantKey) -> Permissions | None:
        """The permissions that stand under `key`; None where there are none."""
        with self._lock:
            if self._clock() - self._since > MAX_AGE_SECONDS:
                self._forget()
            if key not in self._known:
                # Listings show users (that they show service accounts is undocumented): a service account is read by itself.
                if key.principal.kind == "users":
                    self._list_for(key.workspace_id)
                if key in self._listed:
                    return self._listed[key]
                self._known[key] = self._permissions.get(key)
            return self._known[key]

    def read_again(self, key: GrantKey) -> Permissions | None:
        """As `lookup`, but from the API whatever is known: for verification after a write."""
        permissions = self._permissions.get(key)
        self.record(key, permissions)
        return permissions

    def record(self, key: GrantKey, permissions: Permissions | None) -> None:
        """Takes note of what this process has written or read under `key`."""
        with self._lock:
            self._listed.pop(key, None)
            self._known[key] = permissions

    def _list_for(self, workspace_id: str) -> None:
        """One workspace: its listing. More than one: that of the whole tenant, where the credential may read it."""
        if self._whole or workspace_id in self._workspaces:
            return
        if self._workspaces and not self._whole_forbidden:
            try:
                self._take(self._permissions.list())
            except ForbiddenError:
                # An administrator of some environments only: workspace by workspace then.
                self._whole_forbidden = True
            else:
                self._whole = True
                return
        self._take(self._permissions.list(workspace_id=workspace_id))
        self._workspaces.add(workspace_id)

    def _take(self, listing: dict[GrantKey, Permissions]) -> None:
        self._listed.update((key, value) for key, value in listing.items() if key not in self._known)
