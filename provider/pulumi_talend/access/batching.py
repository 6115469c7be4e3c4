"""Which writes of grants share a call, and how many calls there are at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..model.grants import PRINCIPAL_KINDS
from .grant_write import GrantWrite
from .rectangles import largest_rectangle

MAX_BATCH = 100
"""Grants in one call at most. The API's own limit is unknown: a smaller one is found by halving, and remembered."""

AT_ONCE = 2
"""Steps of a kind that are under way at once."""

REMOVED_SHARE = 1.0
"""Of the removals in the queue, calls for at least this share are made now; the others wait for more that fit beside them."""

REMOVED_SHARE_WHERE_LIMITED = 0.4
"""The same where the API limits the rate of calls: fewer calls, which take more time."""


class Batching:
    """Chooses from the writes that wait.

    Args:
        is_rate_limited: Whether the API limits the rate of calls, as far as is known by now.
    """

    def __init__(self, is_rate_limited: Callable[[], bool]) -> None:
        self._is_rate_limited = is_rate_limited
        self._limit = MAX_BATCH

    def is_full(self, queued: Sequence[GrantWrite]) -> bool:
        """Whether the queue fills a call. Of removals only the whole queue tells which of them fit into one."""
        return sum(write.way != "remove" for write in queued) >= self._limit

    def take(self, queued: Sequence[GrantWrite], under_way: Sequence[Sequence[GrantWrite]]) -> Sequence[GrantWrite]:
        """Gives go before removals: access that moves is never missing in between."""
        gives = [write for write in queued if write.way != "remove"]
        groups = [_group(step[0]) for step in under_way]
        for write in gives:
            if write.alone:
                return [write]  # whatever else is under way: a batch has left it out
            if groups.count(_group(write)) < AT_ONCE:
                alike = [each for each in gives if _group(each) == _group(write) and not each.alone]
                return alike[: self._limit]
        if any(way != "remove" for way, _kind in groups) or len(groups) >= AT_ONCE:
            return []
        return self._removals(queued)

    def _removals(self, waiting: Sequence[GrantWrite]) -> Sequence[GrantWrite]:
        """Those that the fewest calls remove, a good part of what waits: the API removes cross products only."""
        alone = [write for write in waiting if write.alone]
        if alone:
            return alone[:1]
        share = REMOVED_SHARE_WHERE_LIMITED if self._is_rate_limited() else REMOVED_SHARE
        return [write for call in self._cross_products(waiting, at_least=share) for write in call]

    def calls(self, writes: Sequence[GrantWrite]) -> list[list[GrantWrite]]:
        """What `take` has chosen, by calls: a single one, or one per cross product of removals."""
        return [list(writes)] if writes[0].way != "remove" else self._cross_products(writes, at_least=1.0)

    def _cross_products(self, writes: Sequence[GrantWrite], *, at_least: float) -> list[list[GrantWrite]]:
        """Cross products of removals, the largest first, until they hold this share of each kind of principal."""
        parts: list[list[GrantWrite]] = []
        for kind in PRINCIPAL_KINDS:
            left = {write.key: write for write in writes if write.key.principal.kind == kind}
            most_left = len(left) * (1 - at_least)
            while left and len(left) > most_left:
                keys = largest_rectangle(left, most_pairs=self._limit).of(left)
                parts.append([left.pop(key) for key in keys])
        return parts

    def halves(self, writes: Sequence[GrantWrite], *, too_large: bool) -> Sequence[Sequence[GrantWrite]]:
        """Two halves of a call that was refused; of a cross product two cross products. `too_large`: for its size."""
        half = (len(writes) + 1) // 2
        if too_large:
            self._limit = max(1, min(self._limit, half))
        if writes[0].way != "remove":
            return (writes[:half], writes[half:])
        keys = [write.key for write in writes]
        part = set(largest_rectangle(keys, most_pairs=half).of(keys))
        return ([w for w in writes if w.key in part], [w for w in writes if w.key not in part])


def _group(write: GrantWrite) -> tuple[str, str]:
    """Writes of one group can share a call."""
    return write.way, write.key.principal.kind
