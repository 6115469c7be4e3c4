"""Writing grants: many in one call where there are many, each with its own verdict, and verified.

How far a write can be trusted, decided here. A write that stands alone is verified by reading it back. Of many writes that
the API simply calls done, the first of each sort and then every 128th grant is verified by one listing, and that listing is
compared with *everything* written since the last one. An answer that is not a plain "done" is always verified.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Literal

from ..api import (
    ApiError,
    BadRequestError,
    ConflictError,
    GrantKey,
    NoAnswerError,
    NotFoundError,
    Permissions,
    PrincipalKind,
    RateLimitedError,
    ServerError,
    TalendClient,
    TalendError,
    UnauthorizedError,
    UnexpectedAnswerError,
)
from .errors import NotVerifiedError
from .grant_looks import Changes, GrantLooks
from .grant_messages import not_seen, not_verified, somebody_was_faster
from .rectangles import largest_rectangle, rectangles
from .side_by_side import side_by_side
from .snapshot import GrantSnapshot

Sort = Literal["assign", "replace", "remove"]
_Way = Literal["assign", "replace", "remove", "empty"]
Verdicts = dict[GrantKey, TalendError]

MAX_BATCH = 100
"""Grants in one call at most. UNDOCUMENTED: the API's own limit; a smaller one is found by halving, and remembered."""

VERIFY_EVERY = 128

_UNCLEAR = (NoAnswerError, ServerError, UnexpectedAnswerError)
"""What tells of a write neither that it was done nor that it was not."""

_LOST_ANSWERS = 3
"""How often a write is made at most when its answer gets lost."""


class GrantWriter:
    """Writes changes of one sort. Not thread-safe: one thread at a time. Every method returns the keys that failed, and why."""

    def __init__(
        self, client: TalendClient, snapshot: GrantSnapshot, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._api = client.permissions
        self._snapshot = snapshot
        self._looks = GrantLooks(snapshot, sleep=sleep)
        self._limit = MAX_BATCH
        self._empties = True  # until the API shows that it does not take an empty list for a removal
        self._verified: set[tuple[_Way, PrincipalKind]] = set()
        self._unverified: dict[GrantKey, Permissions | None] = {}
        self._one_of_many = False

    @property
    def removes_by_rectangles(self) -> bool:
        """Whether it is known by now that removing several takes a call for each rectangle of workspaces and principals."""
        return not self._empties

    def best_removal(self, keys: Iterable[GrantKey]) -> set[GrantKey]:
        """Of `keys` (at least one) those that one call removes: the most that it can."""
        by_kind: dict[PrincipalKind, set[GrantKey]] = {}
        for key in keys:
            by_kind.setdefault(key.principal.kind, set()).add(key)
        found = [largest_rectangle(some, most_pairs=self._limit).of(some) for some in by_kind.values()]
        return set(max(found, key=len))

    def write(self, sort: Sort, changes: Changes, *, one_of_many: bool = False) -> Verdicts:
        """Makes `changes` (None: no permissions), all of one sort. `one_of_many`: others come before and after."""
        self._one_of_many = one_of_many or len(changes) > 1
        verdicts: Verdicts = {}
        for key in changes:
            self._unverified.pop(key, None)  # what was asked before no longer counts
        kinds: tuple[PrincipalKind, ...] = ("users", "service-accounts")
        for kind in kinds:
            members = {key: changes[key] for key in sorted(changes) if key.principal.kind == kind}
            if sort == "remove" and self._empties and len(rectangles(members)) > 1:
                members = self._empty(kind, members, verdicts)
            if sort == "remove" and self._one_of_many:
                verdicts.update(self._remove_side_by_side(kind, list(self._parts(sort, members))))
                continue
            for part in self._parts(sort, members):
                verdicts.update(self._write_part(sort, kind, part, attempt=1))
        return verdicts

    def _remove_side_by_side(self, kind: PrincipalKind, parts: list[Changes]) -> Verdicts:
        """Each part by a call of its own, all under way at once; what became of each is looked after in turn."""
        verdicts: Verdicts = {}
        outcomes = side_by_side(lambda part: self._outcome("remove", kind, part), parts)
        for part, outcome in zip(parts, outcomes, strict=True):
            verdicts.update(self._judged("remove", kind, part, outcome, attempt=1))
        return verdicts

    def _empty(self, kind: PrincipalKind, members: Changes, verdicts: Verdicts) -> Changes:
        """Removes by the batch PUT, with no permissions for each: one call where exact removal would take several.

        UNDOCUMENTED, decided here: whether the API takes that. It is believed only after a listing shows it; an API that
        refuses, or does something else, is not asked again. Returns what is left to be removed otherwise.
        """
        left: dict[GrantKey, Permissions | None] = {}
        keys = list(members)
        for start in range(0, len(keys), self._limit):
            part: Changes = dict.fromkeys(keys[start : start + self._limit])
            if not self._empties:
                left.update(part)
                continue
            try:
                self._api.replace_batch(kind, dict.fromkeys(part, frozenset()))
            except (BadRequestError, ConflictError):
                self._empties = False
                left.update(part)
            except (NotFoundError, *_UNCLEAR):
                left.update(part)  # some gone already, or the answer lost: removing them again does no harm
            except TalendError as error:
                verdicts.update(dict.fromkeys(part, error))
            else:
                left.update(self._emptied(kind, part, verdicts))
        return left

    def _emptied(self, kind: PrincipalKind, part: Changes, verdicts: Verdicts) -> Changes:
        if ("empty", kind) in self._verified:
            verdicts.update(self._batch_done("empty", kind, part))
            return {}
        try:
            still_there = self._looks.not_as_asked(part)
        except TalendError as error:
            verdicts.update(dict.fromkeys(part, error))
            return {}
        if still_there:
            self._empties = False
        else:
            self._verified.add(("empty", kind))
        return still_there

    def _parts(self, sort: Sort, members: Changes) -> Iterable[Changes]:
        if sort == "remove":
            left = dict(members)
            while left:
                # Anew for what is left, which may be covered better in another way.
                part = rectangles(left, most_pairs=self._limit)[0].of(left)
                yield {key: left.pop(key) for key in part}
            return
        keys = list(members)
        start = 0
        while start < len(keys):
            size = self._limit  # may shrink between two parts
            yield {key: members[key] for key in keys[start : start + size]}
            start += size

    def _write_part(self, sort: Sort, kind: PrincipalKind, part: Changes, *, attempt: int) -> Verdicts:
        if len(part) == 1:
            ((key, permissions),) = part.items()
            return self._write_one(sort, key, permissions, attempt=attempt)
        return self._judged(sort, kind, part, self._outcome(sort, kind, part), attempt=attempt)

    def _outcome(self, sort: Sort, kind: PrincipalKind, part: Changes) -> bool | TalendError:
        """Makes the call; whether the API plainly said "done", or its error."""
        try:
            return self._call(sort, kind, part)
        except TalendError as error:
            return error

    def _judged(
        self, sort: Sort, kind: PrincipalKind, part: Changes, outcome: bool | TalendError, *, attempt: int
    ) -> Verdicts:
        if not isinstance(outcome, TalendError):
            return self._batch_done(sort, kind, part, plainly=outcome)
        if isinstance(outcome, _UNCLEAR):
            # Done or not done? The tenant knows.
            return self._after_lost_answer(sort, kind, part, outcome, attempt)
        concerns_all = isinstance(outcome, (UnauthorizedError, RateLimitedError))
        if isinstance(outcome, ApiError) and not concerns_all and len(part) > 1:
            return self._after_refusal(sort, kind, part, outcome)
        return dict.fromkeys(part, outcome)

    def _call(self, sort: Sort, kind: PrincipalKind, part: Changes) -> bool:
        if sort == "remove" and len(part) == 1:
            try:
                self._api.remove(next(iter(part)))
            except NotFoundError:  # says "none there", or that workspace or principal are gone
                self._snapshot.make_sure_it_answers()
                return False
            return True
        if sort == "remove":
            plainly = True
            for rectangle in rectangles(part, most_pairs=self._limit):
                plainly = self._api.remove_batch(kind, rectangle.workspace_ids, rectangle.principal_ids) and plainly
            return plainly
        grants = {key: permissions for key, permissions in part.items() if permissions is not None}
        if sort == "assign":
            return self._api.assign_batch(kind, grants)
        return self._api.replace_batch(kind, grants)

    def _after_lost_answer(
        self, sort: Sort, kind: PrincipalKind, part: Changes, error: TalendError, attempt: int
    ) -> Verdicts:
        try:
            left = self._looks.not_as_asked(part)
        except TalendError:
            return dict.fromkeys(part, error)  # the write's own error says more than that of looking after it
        if not left:
            return {}
        if attempt >= _LOST_ANSWERS:
            return dict.fromkeys(left, error)
        return self._write_part(sort, kind, left, attempt=attempt + 1)

    def _after_refusal(self, sort: Sort, kind: PrincipalKind, part: Changes, error: ApiError) -> Verdicts:
        """A member is wrong, or the batch is too large: halves, down to the member whose own error it is."""
        try:
            if isinstance(error, NotFoundError):
                self._snapshot.make_sure_it_answers()
            left = self._looks.not_as_asked(part)  # some may have been done all the same
        except TalendError:
            return dict.fromkeys(part, error)  # the write's own error says more than that of looking after it
        if not left:
            return {}
        verdicts: Verdicts = {}
        keys = list(left)
        half = (len(keys) + 1) // 2
        too_large = error.status in {400, 413} and len(part) > 1
        for some in (keys[:half], keys[half:]):
            if some:
                verdicts.update(self._write_part(sort, kind, {key: left[key] for key in some}, attempt=1))
        if too_large and not verdicts:
            # Every member was fine by itself: it was the size. Later parts begin smaller.
            self._limit = max(1, min(self._limit, half))
        return verdicts

    def _batch_done(self, sort: _Way, kind: PrincipalKind, part: Changes, *, plainly: bool = True) -> Verdicts:
        for key, permissions in part.items():
            self._snapshot.record(key, permissions)
        self._unverified.update(part)
        if plainly and (sort, kind) in self._verified and len(self._unverified) < VERIFY_EVERY:
            return {}
        return self._verify_batches(sort, kind, part)

    def _verify_batches(self, sort: _Way, kind: PrincipalKind, part: Changes) -> Verdicts:
        pending, self._unverified = self._unverified, {}
        try:
            wrong = self._looks.look(pending)
        except TalendError as error:
            self._unverified = pending
            return {key: not_seen(key, part[key], error) for key in part}
        self._verified.add((sort, kind))
        verdicts: Verdicts = {}
        for key in sorted(set(wrong) & set(part)):
            verdicts.update(self._write_singly(sort, key, part[key], standing=wrong[key]))
        earlier = [key for key in wrong if key not in part]
        if earlier:
            # Their operations are over: the one that noticed has to say it.
            others = "; ".join(str(not_verified(key, pending[key], wrong[key])) for key in sorted(earlier)[:3])
            more = f" (and {len(earlier) - 3} more)" if len(earlier) > 3 else ""
            first = next(iter(part))
            verdicts[first] = NotVerifiedError(f"{others}{more} Found while verifying {first}: run `pulumi refresh`.")
        return verdicts

    def _write_singly(
        self, sort: _Way, key: GrantKey, asked: Permissions | None, *, standing: Permissions | None
    ) -> Verdicts:
        """A member that a batch did not do though it was called done: by itself, it is done, or says why not."""
        if sort == "assign" and standing is not None:
            return {
                key: not_verified(key, asked, standing)
            }  # somebody else's, or not what was asked for: left as it is
        one_of_many, self._one_of_many = self._one_of_many, False
        try:
            return self._write_one(
                "remove" if asked is None else "replace" if standing else "assign", key, asked, attempt=1
            )
        finally:
            self._one_of_many = one_of_many

    def _write_one(self, sort: Sort, key: GrantKey, permissions: Permissions | None, *, attempt: int) -> Verdicts:
        try:
            if permissions is None:
                return self._remove_one(key)
            if sort == "assign":
                return self._assign_one(key, permissions, attempt)
            return self._replace_one(key, permissions)
        except TalendError as error:
            return {key: error}

    def _assign_one(self, key: GrantKey, permissions: Permissions, attempt: int) -> Verdicts:
        for number in range(attempt, _LOST_ANSWERS + 1):
            try:
                self._api.assign(key, permissions)
            except _UNCLEAR as error:
                standing = self._looks.standing_after(key, error)
                if standing == permissions:
                    return {}
                if standing is None and number < _LOST_ANSWERS:
                    continue
                if standing is None:
                    raise
                raise somebody_was_faster(key, standing) from None
            except ApiError as error:
                # Perhaps because there are permissions since the last look: then that is the news, not the refusal.
                standing = self._looks.standing_after(key, error)
                if standing is None:
                    raise
                raise somebody_was_faster(key, standing) from None
            break
        return self._one_done("assign", key, permissions)

    def _replace_one(self, key: GrantKey, permissions: Permissions) -> Verdicts:
        for attempt in range(1, _LOST_ANSWERS + 1):
            try:
                self._api.replace(key, permissions)
            except NotFoundError:
                if self._snapshot.read_again([key])[key] is not None:
                    raise
                # Removed by hand meanwhile: give it anew.
                return self._assign_one(key, permissions, 1)
            except _UNCLEAR as error:
                if self._looks.standing_after(key, error) == permissions:
                    break
                if attempt == _LOST_ANSWERS:
                    raise
            else:
                break
        return self._one_done("replace", key, permissions)

    def _remove_one(self, key: GrantKey) -> Verdicts:
        unclear: TalendError | None = None
        for _ in range(2):
            try:
                self._api.remove(key)
                if self._one_of_many:
                    return self._batch_done("remove", key.principal.kind, {key: None})
            except NotFoundError:  # says "none there", or that workspace or principal are gone
                self._snapshot.make_sure_it_answers()
            except _UNCLEAR as error:
                unclear = error
            if (self._looks.standing_after(key, unclear) if unclear else self._looks.look_at(key)) is None:
                return {}
        raise unclear or not_verified(key, None, self._snapshot.lookup(key))

    def _one_done(self, sort: Sort, key: GrantKey, permissions: Permissions) -> Verdicts:
        if self._one_of_many:
            return self._batch_done(sort, key.principal.kind, {key: permissions})
        try:
            wrong = self._looks.look({key: permissions})
        except TalendError as error:
            return {key: not_seen(key, permissions, error)}
        return {key: not_verified(key, permissions, wrong[key])} if wrong else {}
