"""One write of a grant on its way through the pipeline, and what there is to say about it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal

from ..errors import AlreadyExistsError, NotVerifiedError, TalendError
from ..model.grants import MANAGE, MANAGE_INSTEAD, GrantKey, Permissions, permission_list
from .directory import Directory
from .group_commit import PendingWrite
from .rules import already_exists

Way = Literal["assign", "replace", "remove"]
"""The API's three ways to write: POST where there is nothing, PUT where there is something, DELETE."""


@dataclass(eq=False)
class GrantWrite(PendingWrite):
    """A grant that is to be written.

    Attributes:
        key: Which grant.
        permissions: What it is to be; None for a removal.
        way: How it is written.
    """

    key: GrantKey
    permissions: Permissions | None
    way: Way

    @property
    def target(self) -> GrantKey:
        """The grant."""
        return self.key

    @property
    def removes(self) -> bool:
        """Whether it removes the grant."""
        return self.way == "remove"

    def returned(self, *, confirmed: bool, unclear: TalendError | None = None) -> None:
        """Notes that a call has returned, and asks for verification."""
        self.confirmed = self.confirmed or confirmed
        self.unclear = unclear
        self.looks = self.failed_looks = 0
        self.written_at = time.monotonic()
        self.written()


def subject_of(write: GrantWrite, label: str) -> str:
    """What was attempted with the grant that people call so, completing "Could not ..."."""
    if write.permissions is None:
        return f"remove the permissions of {label}"
    if write.way == "assign":
        return f"grant {permission_list(write.permissions)} to {label}"
    return f"set the permissions of {label} to {permission_list(write.permissions)}"


def exists_error(write: GrantWrite, standing: Permissions, directory: Directory) -> AlreadyExistsError:
    """The error where a grant was created by others since it was looked up."""
    return AlreadyExistsError(already_exists(write.key, standing, directory), outcome="not done")


def altered_by_api(asked: Permissions, standing: Permissions) -> bool:
    """Whether the API itself has made something else of a write, as far as is known: added permissions, or dropped MANAGE."""
    return standing > asked or standing == asked - {MANAGE} != asked


def not_as_asked(write: GrantWrite, standing: Permissions | None) -> TalendError:
    """The error where the tenant still shows something else than what was written."""
    shown = f"shows {permission_list(standing or ())}"
    if write.unclear is not None:
        return write.unclear
    if write.permissions is None:
        advice = "Run again; if it stays, remove it in the console."
        return NotVerifiedError(f"the API confirmed it, but still {shown}", outcome="unknown", advice=advice)
    if MANAGE in write.permissions and (standing or frozenset()) == write.permissions - {MANAGE}:
        advice = f"It may have dropped MANAGE, which Talend's console no longer has: {MANAGE_INSTEAD}."
        return NotVerifiedError(f"the API confirmed it, but {shown}", outcome="unknown", advice=advice)
    if not standing:
        return NotVerifiedError(
            f"the API {'confirmed it' if write.confirmed else 'has it'}, but does not show it yet",
            outcome="unknown",
            advice="Run again: the next update finishes it.",
        )
    added = standing - write.permissions
    if added and standing > write.permissions:
        advice = f"The API adds {permission_list(added)}: write {permission_list(standing)} in the program."
        return NotVerifiedError(f"the API {shown} instead", outcome="unknown", advice=advice)
    advice = "Look at it in the console: another writer may have changed it. Run again to make it as the program says."
    return NotVerifiedError(f"the API confirmed it, but {shown}", outcome="unknown", advice=advice)
