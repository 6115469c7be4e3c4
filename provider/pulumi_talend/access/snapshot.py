"""The grants of the tenant, listed once per process instead of read one by one.

Rule: emptiness is not absence. A grant that a listing shows, exists. One that state has and a listing lacks is read by itself,
so that an empty or incomplete listing never makes a grant count as gone.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from ..api import TalendClient
from ..errors import ForbiddenError, NotFoundError, TalendError
from ..model.grants import PRINCIPAL_KINDS, GrantKey, Permissions, PrincipalKind
from .concurrent import map_concurrently
from .directory import Directory, Once

PROOF_SECONDS = 2.0
"""How long a listing that was answered proves that the API is there, so that its 404 means what it says."""

MAX_AGE_SECONDS = 30.0
"""How long a listing is used; then it is read again. A grant that is created in between by others stays unseen."""


@dataclass
class _Listing:
    """What was listed of one kind of principal."""

    all: Once[dict[GrantKey, Permissions]]
    grants: dict[GrantKey, Permissions] = field(default_factory=dict[GrantKey, Permissions])
    workspaces: set[str] = field(default_factory=set[str])
    confirmed_empty: bool = False


class GrantSnapshot:
    """The grants as the tenant showed them, kept up to date with what this process writes.

    Thread-safe; one thread reads a listing while the others wait for it. Methods raise what the API client raises.
    """

    def __init__(
        self, client: TalendClient, directory: Directory, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._permissions = client.permissions
        self._directory = directory
        self._clock = clock
        self._lock = threading.RLock()
        self._whole_refused: set[PrincipalKind] = set()
        self._answered_until = -math.inf
        self._forget()

    def _forget(self) -> None:
        self._listings = {kind: self._new_listing(kind) for kind in PRINCIPAL_KINDS}
        self._known: dict[GrantKey, Permissions | None] = {}  # read one by one, or written by this process
        self._since = self._clock()

    def _new_listing(self, kind: PrincipalKind) -> _Listing:
        return _Listing(Once(lambda: self._permissions.list(kind), clock=self._clock))

    def lookup(self, key: GrantKey, *, expected: bool) -> Permissions | None:
        """Returns the permissions of a grant; None where there are none.

        Args:
            key: The grant.
            expected: Whether state has it. Then it is read by itself where the listing lacks it; else the listing is enough.
        """
        with self._lock:
            self._renew()
            if key in self._known:
                return self._known[key]
            listing = self._list(key.principal.kind, key.workspace_id)
            if key in listing.grants or not expected:
                return listing.grants.get(key)
            if not listing.grants and not listing.confirmed_empty:
                # A tenant without any grant is unlikely where state has one: list again, before each is read by itself.
                self._listings[key.principal.kind] = self._new_listing(key.principal.kind)
                listing = self._list(key.principal.kind, key.workspace_id)
                listing.confirmed_empty = True
                if key in listing.grants:
                    return listing.grants[key]
        try:
            permissions = self._read_one(key)  # without the lock: threads read different grants concurrently
        except TalendError as error:
            label = self._directory.label_after(error, key)
            raise error.with_(subject=f"read the permissions of {label}") from None
        if permissions is None:
            self.confirm_api_is_reachable()  # a gateway with no API behind it answers 404 to everything
        with self._lock:
            return self._known.setdefault(key, permissions)

    def _read_one(self, key: GrantKey) -> Permissions | None:
        try:
            return self._permissions.get(key)
        except ForbiddenError:
            if self._directory.is_workspace_gone(key.workspace_id):
                return None
            raise

    def confirm_api_is_reachable(self) -> None:
        """Returns where the API answers a listing, so that its 404 for a grant means that there is none.

        A gateway with no API behind it, or a wrong path in the endpoint, answers 404 to a listing too, which is raised.
        """
        with self._lock:
            if self._clock() < self._answered_until:
                return
            with suppress(ForbiddenError):  # which is the API's own answer
                self._permissions.list("users")
            self._answered_until = self._clock() + PROOF_SECONDS

    def on_workspace(self, workspace_id: str, kinds: Iterable[PrincipalKind]) -> dict[GrantKey, Permissions]:
        """Returns all grants on a workspace that the listings show, with what this process has read or written since.

        Raises:
            ForbiddenError: The credential may not list them.
        """
        with self._lock:
            self._renew()
            now: dict[GrantKey, Permissions | None] = {}
            for kind in kinds:
                now.update(self._list(kind, workspace_id, must_be_readable=True).grants)
                now.update((key, value) for key, value in self._known.items() if key.principal.kind == kind)
            return {key: value for key, value in now.items() if key.workspace_id == workspace_id and value is not None}

    def whole(self, kind: PrincipalKind) -> dict[GrantKey, Permissions]:
        """Returns all grants of the tenant to principals of a kind. Raises ForbiddenError where they may not be listed."""
        with self._lock:
            self._renew()
            listing = self._listings[kind]
            if not listing.all.known:
                self._take(listing, listing.all.get())
            return dict(listing.grants)

    def read_again(self, keys: Collection[GrantKey]) -> dict[GrantKey, Permissions | None]:
        """Reads grants from the API whatever is known, to verify writes that have returned.

        One call for a single grant, else one listing for each kind of principal.
        """
        found: dict[GrantKey, Permissions | None] = {}
        for kind in PRINCIPAL_KINDS:
            some = sorted(key for key in keys if key.principal.kind == kind)
            if len(some) == 1:
                found[some[0]] = self._read_one(some[0])
            elif some:
                listing = self._fresh_listing(kind, some)
                found.update((key, listing.get(key)) for key in some)
        for key, permissions in found.items():
            self.record(key, permissions)
        return found

    def read_each(self, keys: Iterable[GrantKey]) -> dict[GrantKey, Permissions | None]:
        """As `read_again`, each grant by a call of its own: for those that a listing lacks."""
        wanted = sorted(keys)
        found = dict(zip(wanted, map_concurrently(self._read_one, wanted), strict=True))
        for key, permissions in found.items():
            self.record(key, permissions)
        return found

    def record(self, key: GrantKey, permissions: Permissions | None) -> None:
        """Notes what this process has written or read."""
        with self._lock:
            self._listings[key.principal.kind].grants.pop(key, None)
            self._known[key] = permissions

    def _renew(self) -> None:
        if self._clock() - self._since > MAX_AGE_SECONDS:
            self._forget()

    def _fresh_listing(self, kind: PrincipalKind, keys: Collection[GrantKey]) -> dict[GrantKey, Permissions]:
        """The narrowest listing that shows all `keys`, which are of one kind."""
        workspaces = {key.workspace_id for key in keys}
        if len(workspaces) > 1 and kind not in self._whole_refused:
            principals = {key.principal.id for key in keys}
            try:
                if len(principals) == 1:
                    return self._permissions.list(kind, principal_id=principals.pop())
                return self._permissions.list(kind)
            except (ForbiddenError, NotFoundError):
                self._whole_refused.add(kind)
        listing: dict[GrantKey, Permissions] = {}
        for workspace_id in sorted(workspaces):
            with suppress(NotFoundError):  # the workspace is gone
                listing.update(self._permissions.list(kind, workspace_id=workspace_id))
        return listing

    def _list(self, kind: PrincipalKind, workspace_id: str, *, must_be_readable: bool = False) -> _Listing:
        """The listing of the tenant, or of this workspace where the credential may not list all."""
        listing = self._listings[kind]
        if listing.all.known or workspace_id in listing.workspaces:
            return listing
        if kind not in self._whole_refused:
            try:
                self._take(listing, listing.all.get())
            except (ForbiddenError, NotFoundError):
                # The credential administers some environments only, or the tenant has no such listing.
                self._whole_refused.add(kind)
            else:
                return listing
        try:
            self._take(listing, self._permissions.list(kind, workspace_id=workspace_id))
        except NotFoundError:
            pass  # the workspace is gone: each grant that state has is read by itself
        except ForbiddenError:
            if must_be_readable:
                raise
        listing.workspaces.add(workspace_id)
        return listing

    def _take(self, listing: _Listing, found: dict[GrantKey, Permissions]) -> None:
        listing.grants.update((key, value) for key, value in found.items() if key not in self._known)
