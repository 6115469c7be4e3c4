"""One error for the changes of a set that failed: the first reason with those whom it concerns."""

from __future__ import annotations

from collections.abc import Mapping

from ..access.directory import Directory
from ..api.text import first_of
from ..errors import AccessError, AlreadyExistsError, ApiError, TalendError
from ..model.grants import GrantKey

_NAMED_AT_MOST = 3
_LONGEST_MESSAGE = 700


def raise_together(
    directory: Directory,
    workspace_id: str,
    count: int,
    failed: Mapping[GrantKey, TalendError],
    lines: Mapping[GrantKey, str],
    *,
    how_to_adopt: str = "",
) -> None:
    """Raises one error for those of a set that failed: the first reason with those whom it concerns; others are counted.

    `lines`: where a table says so. `how_to_adopt`: how the set adopts what exists.
    """
    if not failed:
        return
    if len(failed) == 1:
        ((key, error),) = failed.items()
        raise error.with_(at=lines.get(key, ""))
    alike: dict[tuple[object, ...], list[GrantKey]] = {}
    for key in sorted(failed):
        alike.setdefault(_kind_of(failed[key]), []).append(key)
    keys = next(iter(alike.values()))
    who = [
        directory.principal_label(key.principal, look=True) + (f" ({lines[key]})" if key in lines else "")
        for key in keys
    ]
    rest = ", the others are done" if len(failed) < count else ""
    more = f" {len(failed) - len(keys)} failed for other reasons." if len(alike) > 1 else ""
    reason = _reason_of(failed[keys[0]], how_to_adopt)
    subject = f"make all changes of {directory.workspace_label(workspace_id, look=True)}"
    outcome = "unknown" if any(error.outcome == "unknown" for error in failed.values()) else "not done"
    for few in (_NAMED_AT_MOST, 1):
        error = AccessError(
            f"{len(failed)} of {max(count, len(failed))} failed{rest}: {first_of(who, few)}: {reason}{more}",
            subject=subject,
            outcome=outcome,
        )
        if len(str(error)) <= _LONGEST_MESSAGE:
            break
    raise error


def _reason_of(error: TalendError, how_to_adopt: str) -> str:
    if isinstance(error, AlreadyExistsError):  # its own reason is about one person
        return f"access exists already that this resource has not granted. {how_to_adopt}."
    return f"{error.reason}. {error.advice}".rstrip()


def _kind_of(error: TalendError) -> tuple[object, ...]:
    """What makes errors the same to a reader: all but the request's id."""
    if isinstance(error, AlreadyExistsError):
        return (AlreadyExistsError,)
    if isinstance(error, ApiError):
        return error.status, error.api_message, error.api_detail, error.advice
    return error.reason, error.advice
