"""Creating, changing and removing grants so that the tenant ends as asked, or the error says how it stands.

What the engine runs at the same time is gathered into batch calls. What the documentation leaves open about POST on existing
and PUT or DELETE on missing permissions makes no difference here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..api import ApiError, GrantKey, Permissions, ServerError, TalendClient, TalendError
from .errors import AlreadyThereError
from .gathering import Gatherer
from .grant_messages import already_there
from .grant_writer import GrantWriter, Sort
from .journal import Journal, NoJournal
from .snapshot import GrantSnapshot

__all__ = ["Grants", "already_there"]


_SHARE_AT_ONCE = 0.3
"""Of the single removals that wait, at least this share is done now."""


@dataclass(frozen=True)
class _Wish:
    """`permissions` to stand under `key`, None for none.

    `fresh`: nothing may stand there yet, unless `adopt` takes it over. `expected`: state says that something stands there.
    `can_wait`: others like it come one by one, so it may be put off until it fits better into a call.
    """

    key: GrantKey
    permissions: Permissions | None
    fresh: bool = False
    adopt: bool = False
    expected: bool = False
    can_wait: bool = False


class Grants:
    """The grants of a tenant. Thread-safe. Methods raise TalendError."""

    def __init__(
        self,
        client: TalendClient,
        *,
        sleep: Callable[[float], None] = time.sleep,
        journal: Journal | None = None,
    ) -> None:
        self._journal: Journal = journal or NoJournal()
        self.snapshot = GrantSnapshot(client)
        self._writer = GrantWriter(client, self.snapshot, sleep=sleep)
        self._line: Gatherer[_Wish] = Gatherer(self._work, choose=self._choose)
        self._adopted: set[GrantKey] = set()

    def read(self, key: GrantKey) -> Permissions | None:
        """The permissions that stand under `key`; None where there are none."""
        return self.snapshot.lookup(key)

    def in_the_way(self, key: GrantKey) -> Permissions | None:
        """The permissions that stand under `key` though no resource is known to hold them; None where there are none."""
        return self.snapshot.lookup(key, expected=False)

    def is_half_done(self, key: GrantKey, standing: Permissions) -> bool:
        """Whether what stands under `key` is exactly what an interrupted run of the resource that asks for it now had given."""
        return self._journal.begun(key) == standing

    def announce(self) -> None:
        """Tells that a change will probably be asked for soon, so that waiting a blink to gather it pays."""
        self._line.announce()

    def create(self, key: GrantKey, permissions: Permissions, *, adopt: bool) -> None:
        """Grants `permissions` to a principal who has none there.

        Where it has some already: AlreadyThereError, or with `adopt` they are set to `permissions`.
        """
        self._line.submit(_Wish(key, permissions, fresh=True, adopt=adopt))

    def update(self, key: GrantKey, permissions: Permissions) -> None:
        """Sets what stands under `key` to `permissions`, whatever stands there now, also nothing."""
        self._line.submit(_Wish(key, permissions, expected=True))

    def delete(self, key: GrantKey) -> None:
        """Removes what stands under `key`; nothing there is fine.

        Left in place where this process has adopted the same grant for another resource, or was told to `keep` it: after a
        rename without alias the old resource's end must not take away what the new one has just been given.
        """
        self._line.submit(_Wish(key, None, can_wait=True))

    def keep(self, keys: Iterable[GrantKey]) -> None:
        """From here on this process leaves these in place, also where a resource that held one of them ends."""
        self._adopted |= set(keys)

    def apply(
        self,
        changes: Mapping[GrantKey, Permissions | None],
        *,
        taking_over: Collection[GrantKey] = (),
        new: Collection[GrantKey] = (),
    ) -> dict[GrantKey, TalendError]:
        """Sets many at once, None meaning none, in as few calls as the API allows. Returns those that failed, and why.

        `taking_over`: those that another resource may still believe to hold; its end then leaves them in place. `new`: those that
        must not stand yet, as `create` has it without `adopt`.
        """
        keys = list(changes)
        verdicts = self._line.submit_all(
            [self._change(key, changes[key], taking_over=key in taking_over, new=key in new) for key in keys]
        )
        failed: dict[GrantKey, TalendError] = {}
        for key, verdict in zip(keys, verdicts):  # noqa: B905 - the gatherer gives one verdict a wish
            if isinstance(verdict, TalendError):
                failed[key] = verdict
            elif verdict is not None:
                raise verdict
        return failed

    @staticmethod
    def _change(key: GrantKey, permissions: Permissions | None, *, taking_over: bool, new: bool) -> _Wish:
        given = permissions is not None
        return _Wish(key, permissions, fresh=given and (taking_over or new), adopt=given and taking_over and not new)

    # What follows runs in one thread at a time: the line's leader.

    def _choose(self, wishes: Sequence[_Wish]) -> Collection[int]:
        """Of single removals those that the fewest calls do, a good part of them; everything else.

        The API removes a cross product, and the engine asks in any order, as many at a time as it runs in parallel: whoever
        shares neither workspace nor principal with the others would be a call of its own now, and is not a moment later.
        """
        everything = range(len(wishes))
        if not self._writer.removes_by_rectangles or len({wish.key for wish in wishes}) < len(wishes):
            return everything
        waiting = {wish.key for wish in wishes if wish.can_wait and wish.key not in self._adopted}
        if not waiting:
            return everything
        best = self._writer.best_removal(waiting)
        while len(best) < _SHARE_AT_ONCE * len(waiting):
            # Scattered: several calls side by side, rather than slowly.
            best |= self._writer.best_removal(waiting - best)
        return [number for number in everything if wishes[number].key not in waiting or wishes[number].key in best]

    def _work(self, wishes: Sequence[_Wish]) -> list[BaseException | None]:
        verdicts: list[BaseException | None] = [None] * len(wishes)
        left = list(range(len(wishes)))
        while left:
            # Two wishes for one grant are done one after the other, as they came.
            layer: dict[GrantKey, int] = {}
            for number in left:
                layer.setdefault(wishes[number].key, number)
            self._work_layer({number: wishes[number] for number in layer.values()}, verdicts)
            left = [number for number in left if number not in layer.values()]
        return verdicts

    def _work_layer(self, wishes: Mapping[int, _Wish], verdicts: list[BaseException | None]) -> None:
        sorted_out: dict[Sort, dict[GrantKey, Permissions | None]] = {"assign": {}, "replace": {}, "remove": {}}
        taken_over: set[GrantKey] = set()
        for number, wish in wishes.items():
            try:
                sort = self._sort(wish, taken_over)
            except TalendError as error:
                verdicts[number] = error
            else:
                if sort is not None:
                    sorted_out[sort][wish.key] = wish.permissions
        if sorted_out["assign"]:
            self._journal.begin({key: given for key, given in sorted_out["assign"].items() if given is not None})
        failed: dict[GrantKey, TalendError] = {}
        # Giving before taking: where a person's access moves, there is no moment without it.
        for sort, changes in sorted_out.items():
            if changes:
                failed.update(self._writer.write(sort, changes, one_of_many=self._line.busy))
        for number, wish in wishes.items():
            if wish.key in failed:
                verdicts[number] = failed[wish.key]
        self._adopted |= taken_over - failed.keys()
        # What was refused stands nowhere; of what became of the others, only the tenant knows.
        self._journal.forget(key for key in sorted_out["assign"] if _is_refusal(failed.get(key)))
        self._journal.forget(sorted_out["remove"].keys() - failed.keys())

    def _sort(self, wish: _Wish, taken_over: set[GrantKey]) -> Sort | None:
        """How `wish` is done; None where there is nothing to do. Raises AlreadyThereError."""
        if wish.permissions is None:
            return None if wish.key in self._adopted else "remove"
        existing = self.snapshot.lookup(wish.key, expected=wish.expected)
        if existing is None:
            return "assign"
        if wish.fresh:
            if not wish.adopt and not self.is_half_done(wish.key, existing):
                raise AlreadyThereError(f"Could not create the grant: {already_there(wish.key, existing)}")
            taken_over.add(wish.key)
            return None if existing == wish.permissions else "replace"
        return "replace"


def _is_refusal(error: TalendError | None) -> bool:
    """Whether `error` says for certain that nothing was given: the API's no, or that somebody else's grant stands there."""
    return isinstance(error, (ApiError, AlreadyThereError)) and not isinstance(error, ServerError)
