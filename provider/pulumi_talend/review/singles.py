"""Reading the steps of `WorkspacePermission` and `RoleMapping`: resources that stand for one piece of access each."""

from __future__ import annotations

from ..api.models import GrantKey
from .effects import Effect as _Effect
from .effects import Kind, Names, Reading, Target, principal_key
from .model import Rights
from .steps import State, Step
from .values import Unreadable, flag, rights, text, text_if_any


def read_single(kind: Kind, step: Step, reading: Reading) -> None:
    """Adds what `step` does. Raises Unreadable."""
    for state in (step.old, step.new):
        if state is not None:
            kind.names_of(state, reading.names)
    if step.op in {"create", "create-replacement"}:
        reading.effects.append(_give(kind, step, _needed(step.new)))
    elif step.op in {"delete", "delete-replaced"}:
        _take(kind, step, _needed(step.old), reading, late=True)
    elif step.op == "update":
        _update(kind, step, step.old, _needed(step.new), reading)
    elif step.op == "replace":
        old, new = _needed(step.old), _needed(step.new)
        give = _give(kind, step, new, after_gap=old.goes_first)  # read first: a step is told whole, or not at all
        if old.goes_first:
            _take(kind, step, old, reading, late=False)
            reading.effects.append(give)
        else:
            reading.effects.append(give)
            _take(kind, step, old, reading, late=True)
    else:
        raise Unreadable("the operation", f"'{step.op}' is none that this version knows")


def _needed(state: State | None) -> State:
    if state is None:
        raise Unreadable("the resource", "is not shown in the preview")
    return state


def _give(kind: Kind, step: Step, new: State, *, after_gap: bool = False) -> _Effect:
    return _Effect(
        kind.target_of(new),
        "give",
        kind.rights_of(new),
        step.cause,
        adopt=flag(new.values, "adopt_existing"),
        after_gap=after_gap,
        expires_at=text_if_any(new.values, "expires_at"),
    )


def _take(kind: Kind, step: Step, old: State, reading: Reading, *, late: bool) -> None:
    if old.retained:
        reading.left.append(step.cause)
        return
    reading.effects.append(
        _Effect(kind.target_of(old), "take", frozenset(), step.cause, was=_was(kind, old), late=late)
    )


def _update(kind: Kind, step: Step, old: State | None, new: State, reading: Reading) -> None:
    target, wanted = kind.target_of(new), kind.rights_of(new)
    was = None if old is None else _was(kind, old)
    if was == wanted and old is not None and target == kind.target_of(old):
        reading.settled.append(step.cause)  # called by another name only: the provider writes nothing
        return
    expires_at = text_if_any(new.values, "expires_at")
    reading.effects.append(_Effect(target, "set", wanted, step.cause, was=was, expires_at=expires_at))


def _was(kind: Kind, old: State) -> Rights | None:
    try:
        return kind.rights_of(old)
    except Unreadable:
        return None


def _grant_target(state: State) -> Target:
    if state.id:
        try:
            return GrantKey.from_resource_id(state.id)
        except ValueError:
            raise Unreadable("its id", "is not that of a grant") from None
    workspace_id = text(state.values, "workspace_id")
    user_id = state.values.get("user_id")
    if user_id is None:
        return principal_key(workspace_id, None, text(state.values, "service_account_id"))
    return principal_key(workspace_id, text(state.values, "user_id"), None)


def _grant_names(state: State, names: Names) -> None:
    found = {
        name: text_if_any(state.values, name)
        for name in (
            "workspace_id",
            "workspace",
            "environment",
            "user_id",
            "user",
            "service_account_id",
            "service_account",
        )
    }
    if found["workspace_id"] and found["workspace"]:
        names.workspace(found["workspace_id"], found["workspace"], found["environment"])
    if found["user_id"] and found["user"]:
        names.users.setdefault(found["user_id"], found["user"])
    if found["service_account_id"] and found["service_account"]:
        names.service_accounts.setdefault(found["service_account_id"], found["service_account"])


def _mapping_target(state: State) -> Target:
    return state.id or text(state.values, "role_name")


def _no_names(_state: State, _names: Names) -> None:
    """A mapping is called by its own name."""


def targets_told(kind: Kind, step: Step) -> list[Target]:
    """What a step is about, as far as it tells: for one that does not tell what it does."""
    found: list[Target] = []
    for state in (step.old, step.new):
        try:
            if state is not None:
                found.append(kind.target_of(state))
        except Unreadable:
            continue
    return list(dict.fromkeys(found))


PERMISSION = Kind(_grant_target, lambda state: rights(state.values, "permissions"), _grant_names)
MAPPING = Kind(_mapping_target, lambda state: rights(state.values, "roles"), _no_names)
