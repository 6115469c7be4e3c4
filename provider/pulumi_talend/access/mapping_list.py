"""The tenant's list of role mappings as it is read to be written back: neither stale nor incomplete, as far as can be known.

A list that contradicts what the API has just confirmed to this process is a stale read. It is read again, until it has stayed so
for longer than reads may lag: then another writer has overwritten ours, or the API did not do it.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Collection, Mapping

from ..api import RoleMapping, TalendClient
from ..errors import IncompleteListingError, UnsafeNameError
from ..model.grants import Roles, permission_list
from .group_commit import pause_before_look
from .journal import Notify
from .mapping_write import roles_by_name

MOST_LAG_SECONDS = 5.0
"""How long reads may lag behind a confirmed write, before anything is known of this tenant."""

_LEAST_LAG_SECONDS = 1.0
_LAG_TIMES = 4.0
"""Once a write of this process was seen, reads are taken to lag at most so many times as long as that took."""

MOST_PAUSE_SECONDS = 0.8
"""How long to wait at most before the next look."""


class MappingList:
    """Reads the list, and knows what the API has confirmed. Thread-safe: a write and a verification may run at the same time.

    Args:
        client: The API client.
        notify: Receives what the user should know, in one line each.
        sleep: Waits, in seconds.

    Attributes:
        round_trip: How long the last read took, in seconds.
    """

    def __init__(self, client: TalendClient, notify: Notify, sleep: Callable[[float], None]) -> None:
        self._api = client.role_mappings
        self._notify = notify
        self._sleep = sleep
        self._lock = threading.RLock()
        self._confirmed: dict[str, Roles | None] = {}
        self._reported: set[str] = set()
        self._lag: float | None = None
        self._written_at = -math.inf
        self.round_trip = 0.0

    def confirm(self, now: Mapping[str, Roles | None]) -> None:
        """Notes what the API has confirmed, or shown; None for a mapping that is removed."""
        with self._lock:
            self._confirmed.update(now)

    def forget(self) -> None:
        """Forgets what was confirmed."""
        with self._lock:
            self._confirmed.clear()

    def confirmed(self) -> dict[str, Roles]:
        """Returns the mappings that the API has confirmed."""
        with self._lock:
            return {name: roles for name, roles in self._confirmed.items() if roles}

    def wrote(self) -> float:
        """Notes that a call that wrote has returned now; returns the time, in seconds of the monotonic clock."""
        self._written_at = time.monotonic()
        return self._written_at

    def saw_after(self, seconds: float) -> None:
        """Notes how long a write of this process took to be visible."""
        with self._lock:
            self._lag = max(self._lag or 0.0, seconds)

    def most_lag(self) -> float:
        """Returns how long reads may lag, in seconds."""
        with self._lock:
            if self._lag is None:
                return MOST_LAG_SECONDS
            return min(MOST_LAG_SECONDS, max(_LEAST_LAG_SECONDS, _LAG_TIMES * self._lag))

    def read(self, known: Collection[str], *, may_be_empty: bool) -> list[RoleMapping]:
        """Reads all mappings, to be written back.

        Args:
            known: The names that are known to exist.
            may_be_empty: Whether an empty list is believed the first time.

        Raises:
            IncompleteListingError: The list lacks one that exists.
            TalendError: As the API client raises.
        """
        absent: set[str] = set()
        there: set[str] = set()
        while True:
            listing = self._not_stale(may_be_empty)
            with self._lock:
                expected = set(known) - absent - {name for name, roles in self._confirmed.items() if roles is None}
            unseen = sorted(expected - {one.name for one in listing})
            if not unseen:
                return listing
            # Looking for them takes time, in which others may write: the list is read again before it is written back.
            for name in unseen:
                if not self._exists(name):
                    absent.add(name)
                elif name not in there:
                    there.add(name)  # perhaps it was created since
                    break
                else:  # before this list was read, and after
                    raise IncompleteListingError(
                        f"the tenant's listing lacks '{name}', which exists; writing the list back would remove it",
                        advice="Run again, and ask Talend's support if it stays.",
                    )

    def _not_stale(self, may_be_empty: bool) -> list[RoleMapping]:
        """Lists until the list agrees with what the API has confirmed to this process, or no read can lag any more."""
        looks = 0
        while True:
            began = time.monotonic()
            listing = self._api.list()
            self.round_trip = time.monotonic() - began
            if not listing and not may_be_empty:
                listing = self._api.list()
            current = roles_by_name(listing)
            with self._lock:
                contradicted = {name: roles for name, roles in self._confirmed.items() if current.get(name) != roles}
            if not contradicted:
                return listing
            if began - self._written_at >= self.most_lag():
                self._report_overwritten(contradicted, current)
                return listing
            self._sleep(pause_before_look(looks, most=MOST_PAUSE_SECONDS))
            looks += 1

    def _report_overwritten(self, contradicted: Mapping[str, Roles | None], current: Mapping[str, Roles]) -> None:
        with self._lock:
            for name in sorted(contradicted.keys() - self._reported):
                self._reported.add(name)
                roles = contradicted[name]
                now = f"is mapped to {permission_list(current[name])}" if name in current else "is not mapped"
                ours = f"mapped it to {permission_list(roles)}" if roles else "removed its mapping"
                self._notify(
                    f"customer role '{name}' {now}, but this update has {ours}, which the API has confirmed: another writer has "
                    "overwritten it, or the API did not do it. It is written again; check whether others write too."
                )
            # A removal that was undone is for its own write to repeat; merges must not wait for it again.
            for name in contradicted:
                if contradicted[name] is None:
                    self._confirmed.pop(name, None)

    def _exists(self, name: str) -> bool:
        """Whether a mapping exists that a listing lacks."""
        try:
            return self._api.get(name) is not None
        except UnsafeNameError:
            return name in roles_by_name(self._api.list())
