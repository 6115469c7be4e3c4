"""What resources that grant access have in common when they talk about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..access.directory import Directory
from ..access.errors import AccessError
from ..access.sets import written
from ..api import GrantKey, Permissions, Problem, TalendError
from .claims import Claim, Holder
from .naming import named

_ERRORS_SHOWN = 3


def grant_clash(directory: Directory, claim: Claim, other: Holder, where: str) -> Problem:
    """What to say where another resource speaks for the same grant, or for the whole workspace."""
    key = claim.target
    if not isinstance(key, GrantKey):
        workspace = directory.workspace_label(str(key).partition("/")[0], look=True)
        return Problem(
            "exclusive",
            f"'{other.name}' grants access to {workspace} too, of which this resource says that nobody else has any: put "
            "those grants in here, or set exclusive=False",
        )
    if other.whole:
        workspace = directory.workspace_label(key.workspace_id, look=True)
        return Problem(
            where,
            f"'{other.name}' says that nobody but those in it has access to {workspace}, so it would take this grant "
            "away: put it in there, or set exclusive=False there",
        )
    what = directory.label(key, look=True)
    return Problem(where, f"'{other.name}' speaks for {what} too, and the two would undo each other: keep one of them")


def table(directory: Directory, grants: Mapping[GrantKey, Permissions]) -> dict[str, list[str]]:
    """Grants on one workspace as people read them: how the principal is written → permissions."""
    return dict(sorted((written(directory, key.principal), sorted(grants[key])) for key in grants))


def raise_together(directory: Directory, workspace_id: str, count: int, failed: Mapping[GrantKey, TalendError]) -> None:
    """One error for those of a set that failed, with people's names. Nothing, and no call for names, where none did."""
    if not failed:
        return
    what = directory.workspace_label(workspace_id, look=True)
    reasons = [named(directory, [key], str(failed[key])) for key in sorted(failed)]
    if len(failed) == 1:
        raise AccessError(reasons[0])
    shown = "".join(f"\n  {reason}" for reason in _first(reasons, _ERRORS_SHOWN))
    raise AccessError(f"{len(failed)} of {count} changes of {what} failed, the others are done:{shown}")


def _first(texts: Iterable[str], most: int) -> list[str]:
    different = list(dict.fromkeys(texts))
    more = [f"and {len(different) - most} more"] if len(different) > most else []
    return [*different[:most], *more]
