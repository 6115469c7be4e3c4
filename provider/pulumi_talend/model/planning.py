"""The planner: from what state says, what the program wants and what the tenant has to the changes between them.

Pure: no HTTP, no Pulumi. A check plans with it what the preview shows, an update what it writes, `drift` what differs, and a
review what a saved preview does. They cannot disagree, since there is one rule for each case, here.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import Generic, Literal, NamedTuple, TypeVar

from .expiry import is_later
from .grants import GrantKey

Rights = frozenset[str]
"""Permissions on a workspace, or the Talend roles of a customer role."""

NOTHING: Rights = frozenset()

T = TypeVar("T", GrantKey, str)
"""A grant, or the customer role of a mapping."""

Action = Literal["grant", "adopt", "change", "restore", "extend", "revoke", "remove", "release", "conflict"]
"""What an update does to one grant or mapping.

- `grant`: nothing is there; the update creates it.
- `adopt`: it exists, outside this resource; the update takes it over and makes it as the program says.
- `change`: the program wants something else than what state has.
- `restore`: the tenant differs from what state and program say; the update makes it so again.
- `extend`: only the end changes.
- `revoke`: the resource has it and no longer wants it; the update removes it.
- `remove`: no resource has it, and the resource is complete for its kind; the update removes it.
- `release`: the resource has it and no longer wants it, but another resource of the program manages it: it stays.
- `conflict`: it exists outside this resource, which may not adopt it: the preview refuses.
"""


class Access(NamedTuple):
    """Rights and their end. `rights` is None where they are not known yet; `until` is None without an end."""

    rights: Rights | None
    until: str | None = None


@dataclass(frozen=True)
class Change(Generic[T]):
    """What becomes of one grant or mapping.

    Attributes:
        target: Which one.
        action: Why it changes.
        before: The rights in the tenant; None where they are not known.
        after: The rights afterwards; None where they are not known.
        until_before: The end that state has.
        until: The end afterwards.
    """

    target: T
    action: Action
    before: Rights | None
    after: Rights | None
    until_before: str | None = None
    until: str | None = None

    @property
    def gained(self) -> Rights:
        """What is there afterwards and was not before; all of it where nobody knows what was before."""
        return (self.after or NOTHING) - (self.before or NOTHING)

    @property
    def lost(self) -> Rights:
        """What was there before and is not afterwards; empty where either is not known."""
        return NOTHING if self.after is None else (self.before or NOTHING) - self.after

    @property
    def writes(self) -> bool:
        """Whether the update writes it to the tenant."""
        return self.action not in {"release", "conflict", "extend"} and (
            self.before is None or self.before != self.after
        )

    def is_stale_after(self, removed: Container[object]) -> bool:
        """Whether it must be written although nothing differs: what was read is being removed, or was, by this process."""
        return self.action in {"adopt", "change", "restore"} and bool(self.after) and self.target in removed

    @property
    def prolongs(self) -> bool:
        """Whether access that was there before lasts longer afterwards."""
        return bool(self.before) and bool(self.after) and is_later(self.until, self.until_before)


def _never(_target: object) -> bool:
    return False


@dataclass(frozen=True)
class Desired(Generic[T]):
    """What the program wants of one resource.

    Attributes:
        access: The grants or mappings in it.
        is_complete_for: Whether the resource says that there are no others of this sort; implies adopting.
        adopt: Whether it may adopt what exists.
    """

    access: Mapping[T, Access]
    is_complete_for: Callable[[T], bool] = _never
    adopt: bool = False


def plan(
    before: Mapping[T, Access],
    desired: Desired[T],
    live: Mapping[T, Rights],
    *,
    managed_elsewhere: Callable[[T], bool] = _never,
) -> list[Change[T]]:
    """Plans the changes of one resource.

    Args:
        before: What state says that the resource manages.
        desired: What the program wants; an empty `Desired` for a resource that ends.
        live: What the tenant has, of all targets of the other arguments; what is missing has no rights.
        managed_elsewhere: Whether another resource of the running program manages a target.

    Returns:
        The changes, by target. Targets that stay as they are, are left out.
    """
    changes: list[Change[T]] = []
    for target, wanted in desired.access.items():
        now = live.get(target, NOTHING)
        held = before.get(target)
        action = _action(held, wanted, now, may_adopt=desired.adopt or desired.is_complete_for(target))
        if action is not None:
            until_before = held.until if held is not None else None
            changes.append(Change(target, action, now, wanted.rights, until_before, wanted.until))
    for target, held in before.items():
        now = live.get(target, NOTHING)
        if target in desired.access or not now:
            continue
        if managed_elsewhere(target):
            changes.append(Change(target, "release", now, now, held.until))
        else:
            changes.append(Change(target, "revoke", now, NOTHING, held.until))
    for target, now in live.items():
        if now and target not in desired.access and target not in before and desired.is_complete_for(target):
            changes.append(Change(target, "remove", now, NOTHING))
    return sorted(changes, key=lambda change: change.target)


def _action(held: Access | None, wanted: Access, now: Rights, *, may_adopt: bool) -> Action | None:
    if held is None:
        if not now:
            return "grant" if wanted.rights is None or wanted.rights else None
        return "adopt" if may_adopt else "conflict"
    if wanted.rights is None:
        return "change"
    if now != wanted.rights:
        return "restore" if held.rights == wanted.rights else "change"
    return "extend" if held.until != wanted.until else None
