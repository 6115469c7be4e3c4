"""What the tenant's grants are, read in bulk once per process instead of once per grant.

Rule: emptiness is not absence. A grant that a listing shows is there; one that it does not show is looked at by itself, so
that an empty or partial listing never makes a grant count as gone.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress

from ..api import ForbiddenError, GrantKey, NotFoundError, Permissions, TalendClient
from .side_by_side import side_by_side

ALIVE_SECONDS = 2.0
"""How long a listing that was answered proves that the API is there, so that its 404 means what it says."""

MAX_AGE_SECONDS = 30.0
"""How long a listing is trusted; after that it is read again. What is created in between by somebody else stays unseen."""


class GrantSnapshot:
    """The grants as the tenant showed them, kept up to date with what this process writes.

    Thread-safe; a listing is read by one thread while the others wait for it. Methods raise what the API client raises.
    """

    def __init__(self, client: TalendClient, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._permissions = client.permissions
        self._clock = clock
        self._lock = threading.RLock()
        self._tenant_forbidden = False
        self._answered_until = -math.inf
        self._forget()

    def _forget(self) -> None:
        self._listed: dict[GrantKey, Permissions] = {}
        self._known: dict[GrantKey, Permissions | None] = {}  # read one by one, or written by this process
        self._workspaces: set[str] = set()
        self._whole = False
        self._since = self._clock()

    def lookup(self, key: GrantKey, *, expected: bool = True) -> Permissions | None:
        """The permissions that stand under `key`; None where there are none.

        Where state says that there are some (`expected`), a listing that lacks them is not believed: the grant is looked at
        by itself. Where nothing is expected the listing's word is enough, except that of an empty one (see `_list_for`).
        """
        with self._lock:
            if self._clock() - self._since > MAX_AGE_SECONDS:
                self._forget()
            if key in self._known:
                return self._known[key]
            # Listings show users (that they show service accounts is undocumented): a service account is read by itself.
            if key.principal.kind == "users":
                self._list_for(key.workspace_id)
                if key in self._listed or not expected:
                    return self._listed.get(key)
        permissions = self._permissions.get(key)  # outside the lock: threads read different grants side by side
        if permissions is None and expected and key.principal.kind == "service-accounts":
            # Nothing but one 404 says so, which a gateway may have said: asked again, and believed of an API that answers.
            permissions = self._permissions.get(key)
            if permissions is None:
                self.make_sure_it_answers()
        with self._lock:
            return self._known.setdefault(key, permissions)

    def make_sure_it_answers(self) -> None:
        """Returns where the API answers, so that its 404 for a grant means that there is none. Raises what listing raises.

        A gateway with no API behind it, or a wrong path in the endpoint, says 404 to everything, also to a listing.
        """
        with self._lock:
            if self._clock() < self._answered_until:
                return
            with suppress(ForbiddenError):  # which is the API's own word
                self._permissions.list()
            self._answered_until = self._clock() + ALIVE_SECONDS

    def listing(self, workspace_id: str) -> dict[GrantKey, Permissions]:
        """All grants on one workspace that the listings show, with what this process has read or written since."""
        with self._lock:
            if self._clock() - self._since > MAX_AGE_SECONDS:
                self._forget()
            self._list_for(workspace_id)
            now: dict[GrantKey, Permissions | None] = {**self._listed, **self._known}
            return {key: value for key, value in now.items() if key.workspace_id == workspace_id and value is not None}

    def read_again(self, keys: Iterable[GrantKey]) -> dict[GrantKey, Permissions | None]:
        """What stands under `keys` now, read from the API whatever is known: for verification after a write.

        One call for a single key; for several one listing (of their workspace, or of the tenant), and one call for each
        service account. Only what the listing shows otherwise or not at all is then looked at by itself, by the caller.
        """
        wanted = sorted(set(keys))
        found: dict[GrantKey, Permissions | None] = {}
        users = [key for key in wanted if key.principal.kind == "users"]
        if len(users) > 1:
            listing = self._fresh_listing({key.workspace_id for key in users})
            found.update((key, listing.get(key)) for key in users)
        singly = [key for key in wanted if key not in found]
        found.update(zip(singly, side_by_side(self._permissions.get, singly), strict=True))
        for key, permissions in found.items():
            self.record(key, permissions)
        return found

    def record(self, key: GrantKey, permissions: Permissions | None) -> None:
        """Takes note of what this process has written or read under `key`."""
        with self._lock:
            self._listed.pop(key, None)
            self._known[key] = permissions

    def _fresh_listing(self, workspaces: set[str]) -> dict[GrantKey, Permissions]:
        if len(workspaces) > 1 and not self._tenant_forbidden:
            try:
                return self._permissions.list()
            except ForbiddenError:
                self._tenant_forbidden = True
        listing: dict[GrantKey, Permissions] = {}
        for workspace_id in sorted(workspaces):
            with suppress(NotFoundError):
                listing.update(self._permissions.list(workspace_id=workspace_id))
        return listing

    def _list_for(self, workspace_id: str) -> None:
        """The listing of the whole tenant, or of this workspace where the credential may not read the whole.

        A tenant without any grant is hardly ever true: an empty listing is believed the second time only.
        """
        if self._whole or workspace_id in self._workspaces:
            return
        if not self._tenant_forbidden:
            try:
                self._take(self._permissions.list() or self._permissions.list())
            except ForbiddenError:
                # An administrator of some environments only: workspace by workspace then.
                self._tenant_forbidden = True
            else:
                self._whole = True
                return
        # A workspace that is gone may be answered by 404: nothing is listed then, and each grant is looked at by itself.
        with suppress(NotFoundError):
            self._take(self._permissions.list(workspace_id=workspace_id))
        self._workspaces.add(workspace_id)

    def _take(self, listing: dict[GrantKey, Permissions]) -> None:
        self._listed.update((key, value) for key, value in listing.items() if key not in self._known)
