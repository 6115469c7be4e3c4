"""Covering pairs by rectangles: how to remove exactly some grants by a call that removes a cross product. No HTTP, no state.

The batch DELETE takes two lists and removes **every** pair of them. A rectangle may therefore only hold pairs that are meant:
that a pair seems to hold no grant is not enough, somebody may have given one since.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from ..model.grants import GrantKey

MAX_IDS = 50
"""Ids in one list at most: they are in the URL, which has to stay under the usual 8,000 characters."""


class Rectangle(NamedTuple):
    """Every one of `principal_ids` on every one of `workspace_ids`."""

    workspace_ids: tuple[str, ...]
    principal_ids: tuple[str, ...]

    def of(self, keys: Iterable[GrantKey]) -> list[GrantKey]:
        """Those of `keys` (of one kind of principal) that lie in it, in their order."""
        workspaces, principals = set(self.workspace_ids), set(self.principal_ids)
        return [key for key in keys if key.workspace_id in workspaces and key.principal.id in principals]


def rectangles(keys: Iterable[GrantKey], *, most_pairs: int = MAX_IDS * MAX_IDS) -> list[Rectangle]:
    """Rectangles that cover exactly `keys` (of one kind of principal), few of them.

    None has more than 50 ids a side, nor more than `most_pairs` pairs. Workspaces with the same principals share one, or
    principals with the same workspaces, whichever comes out as fewer.
    """
    pairs = {(key.workspace_id, key.principal.id) for key in keys}
    by_workspace = _grouped(pairs)
    by_principal = _grouped({(who, where) for where, who in pairs})
    if len(by_workspace) <= len(by_principal):
        found = [Rectangle(lines, columns) for lines, columns in by_workspace]
    else:
        found = [Rectangle(columns, lines) for lines, columns in by_principal]
    return [piece for rectangle in found for piece in _pieces(rectangle, most_pairs)]


_FEW = 64
"""Of more pairs than these, equal lines are grouped instead of searched for: the search takes the third power of their number."""


def largest_rectangle(keys: Iterable[GrantKey], *, most_pairs: int = MAX_IDS * MAX_IDS) -> Rectangle:
    """A rectangle of nothing but `keys` (of one kind of principal, at least one), as large as a quick search finds.

    As limited in size as those of `rectangles`.
    """
    keys = list(keys)
    pairs = {(key.workspace_id, key.principal.id) for key in keys}
    if len(pairs) > _FEW:
        return max(
            rectangles(keys, most_pairs=most_pairs), key=lambda one: len(one.workspace_ids) * len(one.principal_ids)
        )
    by_workspace = [Rectangle(lines, columns) for lines, columns in _grown(pairs)]
    by_principal = [Rectangle(columns, lines) for lines, columns in _grown({(who, where) for where, who in pairs})]
    pieces = (piece for each in (*by_workspace, *by_principal) for piece in _pieces(each, most_pairs))
    return max(pieces, key=lambda piece: len(piece.workspace_ids) * len(piece.principal_ids))


def _columns_of(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """The columns of each line."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for line, column in pairs:
        found[line].add(column)
    return found


def _grown(pairs: Iterable[tuple[str, str]]) -> Iterable[tuple[tuple[str, ...], tuple[str, ...]]]:
    """For each line the rectangle that grows from it, as long as another line makes it larger."""
    columns_of = _columns_of(pairs)
    for start in sorted(columns_of):
        lines, columns = [start], columns_of[start]
        others = sorted(set(columns_of) - {start})
        while others:
            best = max(others, key=lambda line: len(columns & columns_of[line]))
            common = columns & columns_of[best]
            if len(common) * (len(lines) + 1) <= len(columns) * len(lines):
                break
            lines.append(best)
            others.remove(best)
            columns = common
        yield tuple(sorted(lines)), tuple(sorted(columns))


def _grouped(pairs: Iterable[tuple[str, str]]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Lines that have the same columns, together with these columns."""
    lines_with: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for line, columns in sorted(_columns_of(pairs).items()):
        lines_with[tuple(sorted(columns))].append(line)
    return [(tuple(lines), columns) for columns, lines in sorted(lines_with.items())]


def _pieces(rectangle: Rectangle, most_pairs: int) -> Iterable[Rectangle]:
    workspaces, principals = rectangle
    width = min(len(principals), MAX_IDS, most_pairs)
    height = min(MAX_IDS, max(1, most_pairs // width))
    for i in range(0, len(workspaces), height):
        for j in range(0, len(principals), width):
            yield Rectangle(workspaces[i : i + height], principals[j : j + width])
