"""Writing one role mapping on an API that can only replace all of them at once, and has no version.

The same pipeline as for grants, with a merge: read all, change ours, write all, look until it is visible, and look again once
no other writer can have read before. What holds, and what cannot (docs/guarantees.md):

- In one process nothing is lost: all writes go through one pipeline, one after the other, many mappings at a time.
- A list that contradicts what the API has just confirmed to us is a stale read, and never written back (`mapping_list`).
- A write between our read and our write is overwritten by ours; the API offers nothing against that. Nothing is done between
  the two calls, and a write that would have to wait begins again with a fresh read.
- A list that lacks what is known to exist is never written back.

Removing uses the DELETE of one mapping, which touches no other.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from ..api import RoleMapping, TalendClient
from ..errors import (
    AlreadyExistsError,
    BadRequestError,
    NotFoundError,
    NotReviewedError,
    NotSentError,
    NotVerifiedError,
    OverwrittenError,
    RateLimitedError,
    TalendError,
)
from ..model.grants import Roles, permission_list
from ..model.planning import Change
from .concurrent import map_concurrently
from .directory import Once
from .group_commit import UNCLEAR, GroupCommit, pause_before_look
from .journal import Journal, NoJournal, Notify
from .mapping_list import MOST_PAUSE_SECONDS, MappingList
from .mapping_write import MappingWrite, merged, roles_by_name, settling_seconds, without_empty
from .rules import already_mapped

_MOST_WRITES = 6


class Mappings:
    """The role mappings of a tenant. Thread-safe.

    Args:
        client: The API client.
        journal: Notes what is about to be created.
        notify: Receives what the user should know, in one line each.
        sleep: Waits, in seconds; tests replace it.
    """

    def __init__(
        self,
        client: TalendClient,
        *,
        journal: Journal | None = None,
        notify: Notify | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._api = client.role_mappings
        self._journal: Journal = journal or NoJournal()
        self._notify: Notify = notify or (lambda _message: None)
        self._lock = threading.Lock()
        self._first_listing = Once(lambda: roles_by_name(self._api.list()))
        self._listing: dict[str, Roles] | None = None
        self._pipeline: GroupCommit[MappingWrite] = GroupCommit(take=self._take, write=self._write, verify=self._verify)
        self._list = MappingList(client, self._notify, sleep)
        self._refuses_empty = False

    # Reading

    def read(self, name: str) -> Roles | None:
        """Returns the Talend roles of a mapping that state has; None where there is none. Raises TalendError.

        All are listed once per process; one that the listing lacks is read by itself.
        """
        with self._lock:
            listing = self._read_listing()
            if name in listing:
                return listing[name]
        mapping = self._api.get(name)  # without the lock: threads read different mappings concurrently
        if mapping is None:
            return None
        with self._lock:
            return self._read_listing().setdefault(name, frozenset(mapping.roles))

    def find_unmanaged(self, name: str) -> Roles | None:
        """Returns the Talend roles of a mapping that no state has; None where the listing has none."""
        with self._lock:
            return self._read_listing().get(name) or None

    def is_interrupted(self, name: str, standing: Roles) -> bool:
        """Whether what exists is what an interrupted update of the resource that now asks for it has created."""
        return self._journal.begun(name) == standing

    def listing(self) -> dict[str, Roles]:
        """Returns all mappings of the tenant, listed once per process. An empty list is believed the second time only."""
        with self._lock:
            if not self._listing:
                self._listing = roles_by_name(self._api.list())
            return dict(self._listing)

    def _read_listing(self) -> dict[str, Roles]:
        if self._listing is None:
            self._listing = dict(self._first_listing.get())  # a failure is that of all threads which have waited for it
        return self._listing

    # Writing

    def apply(self, changes: Iterable[Change[str]]) -> dict[str, TalendError]:
        """Makes the changes that write, in as few calls as possible, beside all other mappings.

        Returns:
            Those that failed, with their errors.
        """
        writes = self._pipeline.apply(changes, self._as_write)
        return {write.name: error for write in writes if (error := self._failure(write)) is not None}

    def replace_all(self, wanted: Mapping[str, Roles], *, reviewed: Iterable[str]) -> None:
        """Makes `wanted` the tenant's only mappings, with one write; where nothing is to be done, none.

        Args:
            wanted: Customer role → Talend roles. None at all leaves an empty list; the feature stays switched on.
            reviewed: The mappings that may vanish, since the preview has shown them.

        Raises:
            NotReviewedError: A mapping would vanish that the preview has not shown.
            TalendError: As the API client raises.
        """
        write = MappingWrite("whole", dict(wanted), reviewed=frozenset(reviewed))
        self._pipeline.submit([write])
        if (error := self._failure(write)) is not None:
            raise error

    @staticmethod
    def _failure(write: MappingWrite) -> TalendError | None:
        error = write.failure()
        return error and error.with_(subject=write.subject)

    @staticmethod
    def _as_write(change: Change[str]) -> MappingWrite:
        if not change.after:
            return MappingWrite("remove", {change.target: frozenset()})
        known = frozenset({change.target}) if change.action in {"change", "restore"} else frozenset[str]()
        adopts = change.action == "adopt"
        return MappingWrite(
            "put", {change.target: change.after}, creates=change.action == "grant", adopts=adopts, must_exist=known
        )

    # What follows runs in the pipeline: one write at a time, and one verification at a time.

    def _take(
        self, queued: Sequence[MappingWrite], writing: Sequence[Sequence[MappingWrite]]
    ) -> Sequence[MappingWrite]:
        """Puts go before removals, so that a mapping that moves is never missing in between."""
        if writing:
            return []
        for sort in ("put", "whole", "remove"):
            some = [write for write in queued if write.sort == sort]
            alone = [write for write in some if write.alone or sort == "whole"]
            if some:
                return alone[:1] or some
        return []

    def _write(self, writes: Sequence[MappingWrite]) -> None:
        for write in writes:
            write.attempts += 1
            write.looks = write.failed_looks = 0
            write.visible_after = None
        if writes[0].sort == "remove":
            self._remove(writes)
            return
        try:
            with self._lock:
                known = {name for write in writes for name in write.must_exist} | set(self._listing or ())
            listing = self._list.read(known, may_be_empty=self._listing == {})
            left = [write for write in writes if self._may_write(write, roles_by_name(listing))]
        except TalendError as error:
            for write in writes:
                write.finish(error)
            return
        if left:
            self._replace_list(left, listing)

    def _may_write(self, write: MappingWrite, current: Mapping[str, Roles]) -> bool:
        """Ends writes that would take over, or remove, what nobody has allowed them to."""
        if write.sort == "whole":
            unseen = sorted(without_empty(current).keys() - write.wanted.keys() - write.reviewed - write.tried)
            if unseen:
                write.finish(
                    NotReviewedError(
                        f"'{unseen[0]}' ({permission_list(current[unseen[0]])}) was mapped by another writer since the "
                        "preview, and would be removed",
                        advice="Preview again to see it.",
                    )
                )
                return False
            return True
        existing = current.get(write.name)
        if not existing or not write.creates or write.adopts:
            return True
        # What a write of ours has put there is ours, as long as it is as we wrote it.
        if (write.tried and existing == write.wanted[write.name]) or self.is_interrupted(write.name, existing):
            return True
        write.finish(AlreadyExistsError(already_mapped(write.name, existing)))
        return False

    def _replace_list(self, writes: Sequence[MappingWrite], listing: Sequence[RoleMapping]) -> None:
        current = roles_by_name(listing)
        for write in writes:
            write.stood = write.stood or frozenset(current)
        whole = writes[0] if writes[0].sort == "whole" else None
        wanted = {name: roles for write in writes for name, roles in write.wanted.items()}
        if whole is not None:
            to_write = merged([one for one in listing if one.name in wanted or not one.roles], wanted)
        else:
            # What this process wrote before and another writer has undone since is written again with the rest.
            to_write = merged(listing, {**self._list.confirmed(), **wanted})
        empty = [one.name for one in to_write if not one.roles]
        without = bool(empty) and (self._refuses_empty or writes[0].without_empty)
        if without:
            to_write = [one for one in to_write if one.roles]
        if roles_by_name(to_write) == current:
            self._wrote(writes, wanted)
            return
        self._journal.begin({write.name: wanted[write.name] for write in writes if write.creates and not whole})
        last = any(write.attempts >= _MOST_WRITES for write in writes)
        try:
            # A list that had to wait for the rate limit would be out of date. Only the last attempt waits like any other call.
            self._api.replace_all(to_write, at_once=not last)
        except (NotSentError, RateLimitedError) as error:
            self._again(writes, error if last else None)
        except BadRequestError as error:
            if empty and not without and len(writes) == 1:
                writes[0].without_empty = True
                self._again(writes, None)
                return
            self._refused(writes, error, restores=bool(roles_by_name(to_write).keys() - current.keys() - wanted.keys()))
        except UNCLEAR as error:
            for write in writes:
                self._tried(write, unclear=error)
        except TalendError as error:
            for write in writes:
                write.finish(error)
        else:
            self._wrote(writes, wanted)
            if without and not self._refuses_empty:
                self._refuses_empty = True
                self._notify(
                    f"the API lists role mappings without roles ({', '.join(sorted(empty))}) but takes none in a write: they "
                    "are gone now. They gave nobody a role"
                )
            if whole is not None:
                self._list.confirm(dict.fromkeys(current.keys() - wanted.keys() - self._empty(listing)))

    @staticmethod
    def _empty(listing: Sequence[RoleMapping]) -> set[str]:
        return {one.name for one in listing if not one.roles}

    def _wrote(self, writes: Sequence[MappingWrite], wanted: Mapping[str, Roles]) -> None:
        self._list.confirm(wanted)
        for write in writes:
            self._tried(write)

    def _tried(self, write: MappingWrite, *, unclear: TalendError | None = None) -> None:
        write.confirmed, write.unclear = unclear is None, unclear
        write.tried.update(write.wanted)
        write.written_at = self._list.wrote()
        write.written()

    @staticmethod
    def _again(writes: Sequence[MappingWrite], error: TalendError | None) -> None:
        for write in writes:
            if error is None and write.attempts < _MOST_WRITES:
                write.again()
            elif error is not None:
                write.finish(error)
            else:
                write.finish(_overwritten(write))

    def _refused(self, writes: Sequence[MappingWrite], error: BadRequestError, *, restores: bool) -> None:
        if restores:
            # What is refused may be something that was to be written again, which these writes are not to blame for.
            self._list.forget()
            self._again(writes, None)
        elif len(writes) > 1:
            for write in writes:
                write.alone = True
                write.again()
        else:
            if writes[0].sort == "put":
                self._journal.forget([writes[0].name])
            writes[0].finish(error)

    def _remove(self, writes: Sequence[MappingWrite]) -> None:
        errors = map_concurrently(self._remove_one, [write.name for write in writes])
        for write, error in zip(writes, errors, strict=True):
            if error is not None:
                write.finish(error)
                continue
            self._list.confirm({write.name: None})
            self._tried(write)

    def _remove_one(self, name: str) -> TalendError | None:
        try:
            self._api.remove(name)
        except NotFoundError:
            return None  # removed already, or the API does not understand the name: the listing shows it
        except TalendError as error:
            return error
        return None

    def _verify(self, writes: Sequence[MappingWrite]) -> None:
        try:
            listing = self._api.list()
        except TalendError as error:
            for write in writes:
                write.look_failed(error, look_in=settling_seconds(self._list.round_trip))
            return
        current = roles_by_name(listing)
        for write in writes:
            if write.is_in(current):
                self._seen(write, current)
            else:
                self._not_seen(write, current)

    def _seen(self, write: MappingWrite, current: Mapping[str, Roles]) -> None:
        """Visible for the first time: looked at once more, when no other writer can have read before it was visible."""
        write.was_seen = True
        if write.visible_after is None:
            write.visible_after = time.monotonic() - write.written_at
            self._list.saw_after(write.visible_after)
            # Also after a call whose response was lost.
            self._list.confirm({write.name: None} if write.sort == "remove" else write.wanted)
            write.written(look_in=write.visible_after + settling_seconds(self._list.round_trip))
            return
        with self._lock:
            before = {name: roles for name, roles in (self._listing or {}).items() if name not in write.wanted}
            self._listing = {**before, **current} if write.sort != "whole" else dict(current)
            if write.sort == "remove":
                self._listing.pop(write.name, None)
        if write.sort == "remove":
            self._journal.forget([write.name])
        write.finish()

    def _not_seen(self, write: MappingWrite, current: Mapping[str, Roles]) -> None:
        """Stale, or overwritten by another writer: which of the two, only time tells."""
        write.looks += 1
        waited = time.monotonic() - write.written_at
        if write.unclear is None and waited < self._list.most_lag() + (write.visible_after or 0.0):
            write.written(look_in=pause_before_look(write.looks, most=MOST_PAUSE_SECONDS))
            return
        if (spelled := write.spelled_otherwise(current)) is not None:
            name, other = spelled
            # No state will know it, unless it was there before.
            taken_back = write.creates and other not in write.stood and self._remove_one(other) is None
            self._list.confirm({name: None, other: None if taken_back else current[other]})
            write.finish(
                NotVerifiedError(
                    f"the API lists '{name}' as '{other}'",
                    outcome="not done" if taken_back else "done",
                    advice=f"Write '{other}' in the program.",
                )
            )
            return
        if write.unclear is not None and write.attempts >= _MOST_WRITES:
            write.finish(write.unclear)
            return
        if write.sort == "remove" and write.attempts >= _MOST_WRITES - 2:
            write.finish(
                NotVerifiedError(
                    "the API confirmed it, but still lists it (another writer may keep writing from an older list)",
                    outcome="unknown",
                    advice="Run again; if it stays, remove it in the console.",
                )
            )
            return
        self._again([write], None)


def _overwritten(write: MappingWrite) -> OverwrittenError:
    if write.was_seen:
        reason = "another writer keeps writing role mappings at the same time, and overwrites this one"
    else:
        reason = "the API confirmed it each time, but never listed it: another writer overwrites it, or the API did not do it"
    advice = "Run again when no other update runs; ask Talend's support if it stays."
    return OverwrittenError(reason, outcome="unknown", advice=advice)
