"""What resources that grant access have in common when they talk about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..access.directory import Directory
from ..access.errors import AccessError
from ..access.sets import written
from ..api import ApiError, GrantKey, Permissions, Problem, TalendError
from .claims import Claim, Holder
from .naming import named

_REASONS_SHOWN = 2
_NAMED_AT_MOST = 3


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
    alike: dict[object, list[GrantKey]] = {}
    for key in sorted(failed):
        error = failed[key]
        alike.setdefault(error.status if isinstance(error, ApiError) else type(error), []).append(key)
    # Of reasons of the same sort the first one, with who else it is true of; a failure of all would fill the screen.
    reasons = [_reason(directory, keys, failed[keys[0]]) for keys in alike.values()]
    if len(failed) == 1:
        raise AccessError(reasons[0])
    more = [f"and {len(reasons) - _REASONS_SHOWN} more reasons"] if len(reasons) > _REASONS_SHOWN else []
    shown = "".join(f"\n  {reason}" for reason in (*reasons[:_REASONS_SHOWN], *more))
    rest = ", the others are done" if len(failed) < count else ""
    raise AccessError(f"{len(failed)} of {count} changes of {what} failed{rest}:{shown}")


def _reason(directory: Directory, keys: Sequence[GrantKey], error: TalendError) -> str:
    reason = named(directory, keys, str(error))
    others = [who for who in (directory.principal_label(key.principal) for key in keys) if who not in reason]
    if not others:
        return reason
    more = len(others) - _NAMED_AT_MOST
    and_more = f" and {more} more" if more > 0 else ""
    return f"{reason} This concerns {', '.join(others[:_NAMED_AT_MOST])}{and_more}."
