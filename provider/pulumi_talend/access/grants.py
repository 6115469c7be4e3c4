"""Writing grants so that the tenant ends as planned, or the error says how it stands.

All threads share one pipeline (`group_commit`): writes of one way and kind of principal share a batch call, and no write counts
as done before a read that began after it shows it. What the API's documents leave open is decided here:

- A batch is believed member by member. One that a confirmed batch has left out is written again by itself.
- After a confirmed or unclear call of ours, 409 to the same write means that it is ours and not visible yet.
- Reads may lag behind writes: a write is looked for with growing pauses, for `VISIBLE_WITHIN_SECONDS`.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from ..api import TalendClient
from ..api.permissions import Refused
from ..errors import (
    ApiError,
    BadRequestError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    PayloadTooLargeError,
    RateLimitedError,
    TalendError,
    UnauthorizedError,
)
from ..model.grants import GrantKey, Permissions, PrincipalKind
from ..model.planning import Change
from .batching import AT_ONCE, Batching
from .concurrent import map_concurrently
from .directory import Directory
from .grant_write import GrantWrite, Way, altered_by_api, exists_error, not_as_asked, subject_of
from .group_commit import UNCLEAR, GroupCommit, not_verified, pause_before_look
from .journal import Journal, NoJournal, Notify
from .snapshot import GrantSnapshot

VISIBLE_WITHIN_SECONDS = 10.0
"""How long reads may lag behind a confirmed write before the update reports it as not visible yet."""

OWNER_ADVICE = (
    "It is the workspace's owner, whose permissions the API may not remove: keep them in the program, or make another user the "
    "owner in the console."
)

_MOST_PAUSE_SECONDS = 3.2
_LOOKS_BEFORE_ANOTHER_CALL = 3
_MOST_CALLS = 3
_CONCERNS_ALL = (UnauthorizedError, RateLimitedError)


class Grants:
    """The grants of a tenant. Thread-safe.

    Args:
        client: The API client.
        directory: Names for messages.
        journal: Notes what is about to be created, for an update that has to finish what another had begun.
        notify: Receives what the user should know, in one line each.
    """

    def __init__(
        self,
        client: TalendClient,
        directory: Directory,
        *,
        journal: Journal | None = None,
        notify: Notify | None = None,
    ) -> None:
        self.snapshot = GrantSnapshot(client, directory)
        self._api = client.permissions
        self._directory = directory
        self._journal: Journal = journal or NoJournal()
        self._notify: Notify = notify or (lambda _message: None)
        self._batching = Batching(client.is_rate_limited)
        self._pipeline: GroupCommit[GrantWrite] = GroupCommit(
            take=self._batching.take,
            write=self._write,
            verify=self._verify,
            is_full=self._batching.is_full,
            most_verifications=AT_ONCE,
        )

    def read(self, key: GrantKey) -> Permissions | None:
        """Returns the permissions of a grant that state has; None where there are none. Raises TalendError."""
        return self.snapshot.lookup(key, expected=True)

    def find_unmanaged(self, key: GrantKey) -> Permissions | None:
        """Returns the permissions of a grant that no state has; None where there are none. Raises TalendError."""
        return self.snapshot.lookup(key, expected=False)

    def is_interrupted(self, key: GrantKey, standing: Permissions) -> bool:
        """Whether what exists is what an interrupted update of the resource that now asks for it has created."""
        return self._journal.begun(key) == standing

    def apply(self, changes: Iterable[Change[GrantKey]]) -> dict[GrantKey, TalendError]:
        """Makes the changes that write, in as few calls as the API allows.

        Returns:
            Those that failed, with their errors.
        """
        writes = self._pipeline.apply(changes, self._as_write)
        return {write.key: self._named(write, error) for write in writes if (error := write.failure()) is not None}

    def _named(self, write: GrantWrite, error: TalendError) -> TalendError:
        """The error with what was attempted, by the names of people and places."""
        return error.with_(subject=subject_of(write, self._directory.label_after(error, write.key)))

    @staticmethod
    def _as_write(change: Change[GrantKey]) -> GrantWrite:
        if not change.after:
            return GrantWrite(change.target, None, "remove")
        return GrantWrite(change.target, change.after, "replace" if change.before else "assign")

    # What follows runs in the pipeline.

    def _write(self, writes: Sequence[GrantWrite]) -> None:
        map_concurrently(self._write_part, self._batching.calls(writes))

    def _write_part(self, writes: Sequence[GrantWrite]) -> None:
        way, kind = writes[0].way, writes[0].key.principal.kind
        if way == "assign":
            self._journal.begin({write.key: write.permissions or frozenset() for write in writes})
        for write in writes:
            write.attempts += 1
        try:
            refused = self._call(way, kind, writes)
        except UNCLEAR as error:
            for write in writes:
                write.returned(confirmed=False, unclear=error)
        except ApiError as error:
            self._batch_refused(writes, error)
        except TalendError as error:
            for write in writes:
                self._fail(write, error)
        else:
            for write in writes:
                if write.key in refused:
                    self._refused(write, refused[write.key])
                else:
                    write.returned(confirmed=True)

    def _call(self, way: Way, kind: PrincipalKind, writes: Sequence[GrantWrite]) -> Refused:
        """Makes the call; returns what it refused of a batch."""
        if len(writes) == 1:
            (write,) = writes
            if write.permissions is None:
                self._api.remove(write.key)
            elif way == "assign":
                self._api.assign(write.key, write.permissions)
            else:
                self._api.replace(write.key, write.permissions)
            return {}
        if way == "remove":
            workspaces = sorted({write.key.workspace_id for write in writes})
            principals = sorted({write.key.principal.id for write in writes})
            return self._api.remove_batch(kind, workspaces, principals)
        grants = {write.key: write.permissions for write in writes if write.permissions is not None}
        batch = self._api.assign_batch if way == "assign" else self._api.replace_batch
        return batch(kind, grants)

    def _batch_refused(self, writes: Sequence[GrantWrite], error: ApiError) -> None:
        """A member is not valid, or the batch too large: halves, down to the member whose own error it is."""
        if isinstance(error, _CONCERNS_ALL) or len(writes) == 1:
            for write in writes:
                self._refused(write, error)
            return
        for half in self._batching.halves(writes, too_large=isinstance(error, PayloadTooLargeError)):
            for write in half:
                write.attempts -= 1
            self._write_part(half)

    def _refused(self, write: GrantWrite, error: ApiError) -> None:
        """Decides what an elementary refusal means."""
        ours = write.attempts > 1 and (write.confirmed or write.unclear is not None)
        if write.way == "assign" and isinstance(error, (ConflictError, BadRequestError)):
            if ours:
                write.unclear = None  # what we wrote before is there, and not visible yet
                write.written(look_in=self._pause(write))
                return
            if isinstance(error, ConflictError) and self._exists_meanwhile(write):
                return
        elif write.way == "replace" and isinstance(error, NotFoundError) and write.attempts < _MOST_CALLS:
            if self._is_absent(write, error):
                write.way = "assign"  # removed by others meanwhile
                write.again()
            return
        elif write.way == "remove" and self._removal_refused(write, error):
            return
        self._fail(write, error)

    def _exists_meanwhile(self, write: GrantWrite) -> bool:
        """After a 409: created by others meanwhile, which is the news; or an empty record, which only a PUT can fill."""
        try:
            standing = self.snapshot.read_each([write.key])[write.key]
        except TalendError:
            return False
        if standing is not None:
            self._fail(write, exists_error(write, standing, self._directory))
            return True
        if write.attempts >= _MOST_CALLS:
            return False
        write.way = "replace"
        write.again()
        return True

    def _is_absent(self, write: GrantWrite, error: ApiError) -> bool:
        """After a 404 to a PUT: whether there is nothing to replace. Otherwise ends the write."""
        try:
            self.snapshot.confirm_api_is_reachable()
            if self.snapshot.read_each([write.key])[write.key] is None:
                return True
        except TalendError:
            pass  # the write's own error says more
        self._fail(write, error)
        return False

    def _removal_refused(self, write: GrantWrite, error: ApiError) -> bool:
        """Whether a refused removal is as good as done."""
        workspace_id = write.key.workspace_id
        if isinstance(error, NotFoundError):
            try:
                self.snapshot.confirm_api_is_reachable()
            except TalendError as unreachable:
                self._fail(write, not_verified(write, unreachable))
                return True
            write.alone = True  # so that a row which stays listed is recognized as one that no call removes
            write.returned(confirmed=True)
            return True
        if isinstance(error, (ForbiddenError, BadRequestError)) and self._directory.is_workspace_gone(workspace_id):
            self._notify(
                f"workspace {workspace_id} no longer exists, and the grants on it with it: {write.key} is dropped"
            )
            self._done(write, None)
            return True
        if isinstance(error, (ForbiddenError, BadRequestError, ConflictError)) and self._directory.is_owner(write.key):
            self._fail(write, error.with_(advice=OWNER_ADVICE))
            return True
        return False

    def _verify(self, writes: Sequence[GrantWrite]) -> None:
        try:
            now = self.snapshot.read_again([write.key for write in writes])
            # What a listing lacks, though it was looked for before, is read by itself: the listing may be incomplete.
            lacking = [w.key for w in writes if w.permissions is not None and w.looks and now[w.key] is None]
            if lacking and len(writes) > 1:
                now.update(self.snapshot.read_each(lacking))
        except TalendError as error:
            for write in writes:
                write.look_failed(error, look_in=self._pause(write) + 0.2)
            return
        for write in writes:
            standing = now[write.key]
            if standing == write.permissions:
                self._done(write, standing)
            else:
                self._look_again(write, standing)

    def _look_again(self, write: GrantWrite, standing: Permissions | None) -> None:
        """The tenant shows something else: not done, not visible yet, or changed by others."""
        write.looks += 1
        if write.way == "assign" and standing is not None and not write.confirmed:
            self._fail(
                write, exists_error(write, standing, self._directory)
            )  # our call was not the one that created it
            return
        is_refused_removal = write.way == "remove" and write.alone and write.looks > _LOOKS_BEFORE_ANOTHER_CALL
        if is_refused_removal and self._directory.is_principal_gone(write.key.principal):
            self._cannot_be_removed(write)
            return
        settled = write.way == "assign" and standing is not None  # something is visible, so reads do not lag
        due = write.unclear is not None or (write.looks >= _LOOKS_BEFORE_ANOTHER_CALL and not write.alone)
        if due and not settled and write.attempts < _MOST_CALLS:
            # Not done, or left out by a batch that was confirmed: a call of its own tells.
            write.alone = True
            write.again()
            return
        waited = time.monotonic() - write.written_at
        if waited < VISIBLE_WITHIN_SECONDS and not (settled and write.looks >= _LOOKS_BEFORE_ANOTHER_CALL):
            write.written(look_in=self._pause(write))
            return
        error = not_as_asked(write, standing)
        if settled and standing and write.permissions and altered_by_api(write.permissions, standing):
            self._take_back(write)
        write.finish(error)

    def _cannot_be_removed(self, write: GrantWrite) -> None:
        """DELETE answers 404 and the listing still shows the grant of a principal who no longer exists."""
        label = self._directory.label(write.key)
        self._notify(f"{label} no longer exists, but the API still lists permissions that it cannot remove; ignored")
        self._done(write, None)

    def _take_back(self, write: GrantWrite) -> None:
        """Removes what this write has created and the API has made something else of: no state knows it."""
        try:
            self._api.remove(write.key)
        except TalendError as error:
            self._notify(f"{self._directory.label(write.key)}: could not take the grant back: {error}")
        else:
            self.snapshot.record(write.key, None)
            self._journal.forget([write.key])

    def _done(self, write: GrantWrite, standing: Permissions | None) -> None:
        self.snapshot.record(write.key, standing)
        if write.way == "remove":
            self._journal.forget([write.key])
        write.finish()

    def _fail(self, write: GrantWrite, error: TalendError) -> None:
        """Ends a write whose outcome is known: what was refused is not there, so its journal entry goes."""
        if write.way == "assign" and not write.confirmed and write.unclear is None and error.outcome == "not done":
            self._journal.forget([write.key])
        write.finish(error)

    @staticmethod
    def _pause(write: GrantWrite) -> float:
        return pause_before_look(write.looks, most=_MOST_PAUSE_SECONDS)
