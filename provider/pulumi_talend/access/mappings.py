"""Creating, changing and removing one role mapping on an API that can only replace all of them at once.

Adding or changing: read all, change ours, write all, wait a little, read all again. What holds and what cannot:

* In one process nothing is ever lost: all writes go through one gatherer, one after the other, many mappings at a time.
* Somebody else's write that removes ours is seen by the read that follows, and ours is put back from a fresh read. That read
  comes late on purpose: by then whoever had read before our write has written too (`settling_seconds`).
* Every later write of the process looks after what the earlier ones made, and puts it back with its own.
* Somebody else's write between our read and our write is overwritten by ours; the API has no version to prevent that. The gap
  is one round trip: nothing is done between the two, and a write that would have to wait is begun anew with a fresh read.
* A list that lacks what is known to exist is never written back.

Removing uses the unitary DELETE, which touches nothing else.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from ..api import (
    BadRequestError,
    CancelledError,
    NoAnswerError,
    NotFoundError,
    NotSentError,
    RateLimitedError,
    RoleMapping,
    ServerError,
    TalendClient,
    TalendError,
    UnexpectedAnswerError,
    UnsafeNameError,
)
from ..api.permissions import words
from .errors import (
    AlreadyThereError,
    IncompleteListingError,
    NotVerifiedError,
    OverwrittenError,
    UnseenMappingError,
    could_not_verify,
)
from .gathering import Gatherer
from .journal import Journal, NoJournal
from .mapping_merge import RoleSet, merged, roles_by_name
from .mapping_wishes import Put, Removal, Whole, Wish
from .mapping_words import already_there
from .others_writes import Notify, OthersWrites, settling_seconds
from .side_by_side import side_by_side

_ROUNDS = 7
"""Reads of one gathering at most, so one write less: begun anew when somebody else's got between or an answer was lost."""

_REMOVAL_ROUNDS = 4
_LISTINGS = 2
_LOOKS = 3


class Mappings:
    """The role mappings of a tenant. Thread-safe. Methods raise TalendError."""

    def __init__(
        self,
        client: TalendClient,
        *,
        sleep: Callable[[float], None] = time.sleep,
        journal: Journal | None = None,
        notify: Notify | None = None,
    ) -> None:
        self._journal: Journal = journal or NoJournal()
        self._others = OthersWrites(notify)
        self._api = client.role_mappings
        self._sleep = sleep
        self._gatherer: Gatherer[Wish] = Gatherer(self._work)
        self._lock = threading.Lock()
        self._listing: dict[str, RoleSet] | None = None
        self._adopted: set[str] = set()
        self._ours: dict[
            str, RoleSet
        ] = {}  # made by this process and seen to stand; used by the gatherer's leader only

    def read(self, name: str) -> RoleSet | None:
        """The Talend roles that customer role `name` stands for; None where it is not mapped.

        All are read at once, once per process; one that the listing lacks is looked at by itself.
        """
        with self._lock:
            listing = self._read_listing()
            if name in listing:
                return listing[name]
        mapping = self._api.get(name)  # outside the lock: threads read different mappings side by side
        if mapping is None:
            return None
        with self._lock:
            return self._read_listing().setdefault(name, frozenset(mapping.roles))

    def in_the_way(self, name: str) -> RoleSet | None:
        """The Talend roles of `name` though no resource is known to map it; None where the listing shows none."""
        with self._lock:
            return self._read_listing().get(name)

    def is_half_done(self, name: str, standing: RoleSet) -> bool:
        """Whether what `name` is mapped to is exactly what an interrupted run of the resource that asks for it had begun."""
        return self._journal.begun(name) == standing

    def _read_listing(self) -> dict[str, RoleSet]:
        if self._listing is None:
            self._listing = roles_by_name(self._api.list())
        return self._listing

    def create(self, name: str, roles: RoleSet, *, adopt: bool) -> None:
        """Maps `name` to `roles`. Where it is mapped already: AlreadyThereError, or with `adopt` it is changed."""
        self._gatherer.submit(Put(name, roles, known=False, adopt=adopt))

    def update(self, name: str, roles: RoleSet) -> None:
        """Maps `name` to `roles`, whatever it is mapped to now, also nothing."""
        self._gatherer.submit(Put(name, roles, known=True, adopt=True))

    def delete(self, name: str) -> None:
        """Removes the mapping; none of that name is fine.

        Left in place where this process has adopted the same mapping for another resource (see `Grants.delete`).
        """
        with self._lock:
            adopted = name in self._adopted
        if not adopted:
            self._gatherer.submit(Removal(name))

    def keep(self, names: Iterable[str]) -> None:
        """From here on this process leaves these in place, also where a resource that held one of them ends."""
        with self._lock:
            self._adopted |= set(names)

    def delete_all(self, names: Iterable[str]) -> None:
        """Removes several at once, as `delete` does each. Raises the first error once all have been tried."""
        with self._lock:
            left = [name for name in names if name not in self._adopted]
        errors = [error for error in self._gatherer.submit_all([Removal(name) for name in left]) if error is not None]
        if errors:
            raise errors[0]

    def replace_all(self, wanted: Mapping[str, RoleSet], *, seen: Mapping[str, RoleSet]) -> None:
        """Makes `wanted` the tenant's only mappings, with one write; nothing to do is no write.

        `seen` are the mappings that whoever asks has been shown. One that is neither wanted nor seen was made since: it stays
        out of reach, with UnseenMappingError. Removing all of them leaves an empty list (the feature stays switched on).
        """
        self._gatherer.submit(Whole(tuple(sorted(wanted.items())), frozenset(seen)))

    def listing(self) -> dict[str, RoleSet]:
        """All mappings of the tenant, read once per process. An empty answer is believed the second time only."""
        with self._lock:
            if not self._listing:
                self._listing = roles_by_name(self._api.list())
            return dict(self._listing)

    def announce(self) -> None:
        """Tells that a change will probably be asked for soon, so that waiting a blink to gather it pays."""
        self._gatherer.announce()

    # What follows runs in one thread at a time: the gatherer's leader.

    def _work(self, wishes: Sequence[Wish]) -> list[BaseException | None]:
        verdicts: dict[int, BaseException] = {}
        puts = {number: wish for number, wish in enumerate(wishes) if isinstance(wish, Put)}
        removals = {number: wish for number, wish in enumerate(wishes) if isinstance(wish, Removal)}
        if puts:
            verdicts.update(self._put_together(puts))
        for number, wish in enumerate(wishes):
            if isinstance(wish, Whole):
                try:
                    self._put_whole(dict(wish.wanted), wish.seen)
                except TalendError as error:
                    verdicts[number] = error
        if removals:
            try:
                verdicts.update(self._remove_all(removals))
            except TalendError as error:
                verdicts.update(dict.fromkeys(removals, error))
        return [verdicts.get(number) for number in range(len(wishes))]

    def _put_together(self, puts: dict[int, Put]) -> dict[int, BaseException]:
        """Puts them all in with one write, or one by one where the API refuses that: a bad one fails alone."""
        try:
            return self._put_all(puts)
        except BadRequestError as error:
            if self._ours.keys() - {put.name for put in puts.values()}:
                self._ours.clear()  # what is refused may be something that was to be put back: then it is not for these to say
                return self._put_together(puts)
            if len(puts) == 1:
                self._journal.forget(put.name for put in puts.values())
                return dict.fromkeys(puts, error)
        except TalendError as error:
            return dict.fromkeys(puts, error)
        verdicts: dict[int, BaseException] = {}
        for number, put in puts.items():
            verdicts.update(self._put_together({number: put}))
        return verdicts

    def _put_all(self, puts: dict[int, Put]) -> dict[int, BaseException]:
        """Puts them all in with one write; returns the refused ones' errors. Raises what concerns all of them.

        What the process made earlier and somebody else has undone since is put back with them.
        """
        for put in puts.values():
            self._ours.pop(put.name, None)
        refused: dict[int, BaseException] = {}
        tried: set[str] = set()  # names that a write of ours may have put there
        taken_over: set[str] = set()
        known = {put.name for put in puts.values() if put.known}

        def next_list(listing: list[RoleMapping]) -> list[RoleMapping] | None:
            current = roles_by_name(listing)
            for number, put in puts.items():
                if put.known or put.name not in current:
                    continue
                # What a write of ours has put there is ours, as long as it stands as we wrote it: else somebody else means it.
                if put.name in tried and (put.adopt or current[put.name] == put.roles):
                    continue
                if put.adopt or self.is_half_done(put.name, current[put.name]):
                    taken_over.add(put.name)
                elif number not in refused:
                    message = already_there(put.name, current[put.name])
                    refused[number] = AlreadyThereError(f"Could not create the role mapping: {message}")
            wanted = {put.name: put.roles for number, put in puts.items() if number not in refused}
            everything = {**self._ours, **wanted}
            self._others.look(
                current,
                {
                    name: everything[name]
                    for name in everything
                    if name in self._ours or (name in tried and not self._others.unsure)
                },
            )
            if all(current.get(name) == roles for name, roles in everything.items()):
                with self._lock:
                    self._adopted |= taken_over & set(wanted)
                self._ours.update(wanted)
                return None
            self._journal.begin({name: wanted[name] for name in wanted if name not in known and name not in current})
            tried.update(wanted)
            return merged(listing, everything)

        self._settle(
            next_list, lambda: known | tried, "customer role " + ", ".join(sorted({p.name for p in puts.values()}))
        )
        return refused

    def _put_whole(self, wanted: dict[str, RoleSet], seen: frozenset[str]) -> None:
        """Leaves nothing but `wanted`, if nothing but what was `seen` vanishes."""

        written = False

        def next_list(listing: list[RoleMapping]) -> list[RoleMapping] | None:
            nonlocal written
            current = roles_by_name(listing)
            unseen = sorted(current.keys() - wanted.keys() - seen)
            if unseen:
                what = "was written, but is not whole" if written else "is not written"
                raise UnseenMappingError(
                    f"The set of role mappings {what}: '{unseen[0]}' ({words(current[unseen[0]])}) was mapped by somebody else "
                    "since the preview, and would be removed unseen. Preview again to see it."
                )
            if current == wanted:
                return None
            if written and not self._others.unsure:
                self._others.look(current, wanted)
            written = True
            return merged([mapping for mapping in listing if mapping.name in wanted], wanted)

        self._settle(next_list, set, "the set of role mappings")
        self._ours = dict(wanted)
        with self._lock:
            self._adopted |= set(wanted)

    def _settle(
        self,
        next_list: Callable[[list[RoleMapping]], list[RoleMapping] | None],
        must_exist: Callable[[], set[str]],
        what: str,
    ) -> None:
        """Reads all, writes what `next_list` makes of it, and begins anew until `next_list` finds it as it should be (None)."""
        failed_looks, self._others.unsure = 0, False
        for round_number in range(_ROUNDS):
            began = time.monotonic()
            try:
                listing = self._complete_listing(must_exist())
            except (RateLimitedError, CancelledError):
                raise  # has waited long enough
            except TalendError as error:
                if round_number == 0:
                    raise
                failed_looks += 1  # for one bad answer, what was written must not be forgotten: look again
                if failed_looks == _LOOKS:
                    raise could_not_verify(f"{what}, which has been written", error) from None
                self._sleep(settling_seconds(time.monotonic() - began))
                continue
            to_write = next_list(listing)
            if to_write is None:
                with self._lock:
                    self._listing = roles_by_name(listing)
                return
            if round_number == _ROUNDS - 1:
                break
            last = round_number == _ROUNDS - 2
            self._others.unsure = True
            try:
                # Where the rate limit never leaves two calls in a row, the last try waits like any other call.
                self._api.replace_all(to_write, at_once=not last)
            except (NotSentError, RateLimitedError):
                if last:
                    raise
                continue  # not done, and out of date once it could be: the next reading waits for its turn
            except (NoAnswerError, ServerError, UnexpectedAnswerError):
                # Done or not done? The next round begins by looking.
                if last:
                    raise
            else:
                self._others.unsure = False
            self._sleep(settling_seconds(time.monotonic() - began))
        raise OverwrittenError(
            f"Could not write {what}: somebody else keeps writing role mappings at the same time, and what this stack writes "
            "does not stay. Run again when they are done."
        )

    def _complete_listing(self, must_exist: set[str]) -> list[RoleMapping]:
        """All mappings, read now, to write back from. Raises IncompleteListingError where it lacks one that exists.

        What is missing from it though known (to a resource's state, or from an earlier read of this process) is looked at by
        itself: removed by somebody is fine, still there means that writing this list back would delete access.
        """
        lacking: str | None = None
        for _ in range(_LISTINGS):
            listing = self._api.list() or self._api.list()  # an empty answer is believed the second time only
            with self._lock:
                known = must_exist | set(self._listing or ())
            lacking = next((name for name in sorted(known - {one.name for one in listing}) if self._exists(name)), None)
            if lacking is None:
                return listing
            # Perhaps somebody has made it since the listing: then the next one has it.
        raise IncompleteListingError(
            f"Could not write role mappings: the tenant's listing lacks '{lacking}', which exists. Nothing was written, "
            "since writing the list back would remove it; run again, and ask Talend's support if it stays."
        )

    def _exists(self, name: str) -> bool:
        """Whether a mapping exists that a listing lacks: by a look at itself, or where no path can hold its name at the list."""
        try:
            return self._api.get(name) is not None
        except UnsafeNameError:
            return name in roles_by_name(self._api.list())

    def _remove_one(self, name: str) -> TalendError | None:
        try:
            self._api.remove(name)
        except NotFoundError:
            return None  # somebody else was faster, or the API does not understand the name: the listing tells
        except TalendError as error:
            return error
        return None

    def _remove_all(self, removals: dict[int, Removal]) -> dict[int, BaseException]:
        """Removes each by a call of its own, and looks once whether they are gone. Returns the errors of those that are not."""
        failed: dict[int, BaseException] = {}
        left = dict(removals)
        for removal in removals.values():
            self._ours.pop(removal.name, None)
        for _ in range(_REMOVAL_ROUNDS):
            began = time.monotonic()
            numbers = list(left)
            errors = side_by_side(self._remove_one, [left[number].name for number in numbers])
            failed.update((number, error) for number, error in zip(numbers, errors, strict=True) if error is not None)
            left = {number: removal for number, removal in left.items() if number not in failed}
            if not left:
                return failed
            self._sleep(settling_seconds(time.monotonic() - began))
            current = roles_by_name(self._api.list())
            asked = {removal.name for removal in removals.values()}
            with self._lock:
                # What is known stays known though this listing lacks it: the next write has to look for it.
                before = {name: roles for name, roles in (self._listing or {}).items() if name not in asked}
                self._listing = {**before, **current}
            left = {number: removal for number, removal in left.items() if removal.name in current}
        for number, removal in left.items():
            failed[number] = NotVerifiedError(
                f"Could not remove the role mapping '{removal.name}': the API says done, but still lists it (somebody "
                "else may keep writing role mappings from an older list). Run again; if it stays, remove it in the console."
            )
        return failed
