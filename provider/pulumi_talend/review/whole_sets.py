"""Reading the steps of `WorkspaceAccess` and `RoleMappings`: resources that stand for many pieces of access.

What such a step does to others than those in its table stands in its `removes` and `restores`, which the provider's check
writes while previewing: what the tenant has beyond the table, and what it lacks of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from .. import principals
from ..api.models import GrantKey, Principal
from .effects import Effect, Names, Reading, Target
from .model import Rights
from .steps import State, Step
from .values import Unreadable, flag, names, text, text_if_any, why_not

_NOTHING: Rights = frozenset()


@dataclass(frozen=True)
class Table:
    """A table as a state has it: what stands for whom, until when."""

    rights: Mapping[Target, Rights]
    until: Mapping[Target, str] = field(default_factory=dict["Target", str])


@dataclass(frozen=True)
class SetKind:
    """How tables of one type are read.

    `complete`: whether the resource says that there is nothing else; `target_of`: whom an entry of `removes` is about.
    """

    table_of: Callable[[State, Names], Table]
    complete: Callable[[State], bool]
    target_of: Callable[[State, str, Names], Target]
    targets_of: Callable[[State], list[Target]]
    keeps: bool
    """Whether the end of another resource leaves all that is written here in place, not only what was taken over."""


def read_set(kind: SetKind, step: Step, reading: Reading) -> None:
    """Adds what `step` does. Raises Unreadable."""
    old, new = step.old, step.new
    if step.op in {"create", "create-replacement"}:
        reading.effects.extend(_written(kind, step, None, _needed(new), reading.names))
    elif step.op in {"delete", "delete-replaced"}:
        _removed(kind, step, _needed(old), reading, late=True)
    elif step.op == "update":
        reading.effects.extend(list(_written(kind, step, old, _needed(new), reading.names)))
    elif step.op == "replace":
        gone, first = _needed(old), _needed(old).goes_first
        given = list(_written(kind, step, None, _needed(new), reading.names, after_gap=first))
        if first:
            _removed(kind, step, gone, reading, late=False)
        reading.effects.extend(given)
        if not first:
            _removed(kind, step, gone, reading, late=True)
    else:
        raise Unreadable("the operation", f"'{step.op}' is none that this version knows")


def set_targets_told(kind: SetKind, step: Step) -> list[Target]:
    """What a step is about, as far as it tells: for one that does not tell what it does."""
    found = [target for state in (step.old, step.new) if state is not None for target in kind.targets_of(state)]
    return list(dict.fromkeys(found))


def _needed(state: State | None) -> State:
    if state is None:
        raise Unreadable("the resource", "is not shown in the preview")
    return state


def _removed(kind: SetKind, step: Step, old: State, reading: Reading, *, late: bool) -> None:
    if old.retained:
        reading.left.append(step.cause)
        return
    for target, was in kind.table_of(old, reading.names).rights.items():
        reading.effects.append(Effect(target, "take", _NOTHING, step.cause, was=was, late=late))


def _written(
    kind: SetKind, step: Step, old: State | None, new: State, known: Names, *, after_gap: bool = False
) -> Iterable[Effect]:
    """What making the table true does: to those in it, to those who were in it, to those beyond it."""
    wanted = kind.table_of(new, known)
    held = kind.table_of(old, known) if old is not None else Table({})
    removes, restores = (_by_target(kind, new, name, known) for name in ("removes", "restores"))
    complete = kind.complete(new)
    adopt = complete or flag(new.values, "adopt_existing")
    for target, rights in wanted.rights.items():
        was = held.rights.get(target)
        until = wanted.until.get(target)
        if was is None:
            beyond = removes.get(target)
            yield Effect(
                target,
                "give",
                rights,
                step.cause,
                adopt=adopt,
                keeps=kind.keeps,
                after_gap=after_gap,
                by_hand=bool(beyond),
                expires_at=until,
            )
        elif was != rights or target in removes or target in restores:
            before = (was - restores.get(target, _NOTHING)) | removes.get(target, _NOTHING)
            by_hand = bool(removes.get(target, _NOTHING) - was)
            yield Effect(
                target, "set", rights, step.cause, was=before, keeps=kind.keeps, by_hand=by_hand, expires_at=until
            )
    for target, was in held.rights.items():
        if target not in wanted.rights:
            before = was | removes.get(target, _NOTHING)
            by_hand = before != was
            yield Effect(
                target, "take", _NOTHING, step.cause, was=before, by_hand=by_hand, expires_at=held.until.get(target)
            )
    for target, was in removes.items():
        if target not in wanted.rights and target not in held.rights:
            yield Effect(target, "take", _NOTHING, step.cause, was=was, by_hand=True)


def _by_target(kind: SetKind, state: State, name: str, known: Names) -> dict[Target, Rights]:
    entries = _table(state, name, if_none={})
    return {kind.target_of(state, who, known): names(rights, f"{name} of {who}") for who, rights in entries.items()}


def _table(state: State, name: str, *, if_none: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    value = state.values.get(name)
    if value is None and if_none is not None:
        return if_none
    reason = why_not(value)
    if reason is None and not isinstance(value, Mapping):
        reason = "is no table"
    if reason is not None:
        raise Unreadable(f"property {name}", reason)
    return cast("Mapping[str, Any]", value)


# --- WorkspaceAccess


def _workspace_id(state: State) -> str:
    return state.id or text(state.values, "workspace_id")


def _key(state: State, principal: object, who: str) -> GrantKey:
    if isinstance(principal, str):
        try:
            return GrantKey.from_resource_id(f"{_workspace_id(state)}/{principal}")
        except ValueError:
            pass
    raise Unreadable(f"the principal {who}", why_not(principal) or "is none")


def _grants_table(state: State, known: Names) -> Table:
    workspace_id = _workspace_id(state)
    workspace, environment = text_if_any(state.values, "workspace"), text_if_any(state.values, "environment")
    if workspace:
        known.workspace(workspace_id, workspace, environment)
    grants = _table(state, "grants")
    ids = _table(state, "principals", if_none={})
    rights: dict[Target, Rights] = {}
    until: dict[Target, str] = {}
    for who, entry in grants.items():
        key = _key(state, ids.get(who), who)
        _take_note(who, key.principal, known)
        permissions: object = entry
        if isinstance(entry, Mapping) and why_not(entry) is None:  # pyright: ignore[reportUnknownArgumentType]
            given = cast("Mapping[str, Any]", entry)
            permissions = given.get("permissions")
            if given.get("expires_at") is not None:
                until[key] = text(given, "expires_at")
        rights[key] = names(permissions, f"the permissions of {who}")
    return Table(rights, until)


def _take_note(who: str, principal: Principal, known: Names) -> None:
    try:
        written = principals.read(who)
    except ValueError:
        return  # an entry of a table that was not checked: it is shown by id
    if written.form == "user":
        known.users.setdefault(principal.id, written.value)
    elif written.form == "service-account":
        known.service_accounts.setdefault(principal.id, written.value)


def _grant_beyond(state: State, who: str, known: Names) -> Target:
    """Whom an entry of `removes` means; where no id is known for the name, the name stands for it."""
    try:
        written = principals.read(who)
    except ValueError:
        raise Unreadable("removes", f"names '{who}', which is nobody") from None
    is_user = written.form.startswith("user")
    by_id = known.users if is_user else known.service_accounts
    id_ = written.value
    if not written.form.endswith("-id"):
        found = known.id_of(written.value, users=is_user)
        if found is None and (known.all_users if is_user else known.all_service_accounts):
            raise Unreadable("removes", f"names '{who}', whom the tenant does not have, or has several of")
        id_ = found or written.value
        by_id.setdefault(id_, written.value)
    return GrantKey(_workspace_id(state), Principal("users" if is_user else "service-accounts", id_))


def _grant_targets(state: State) -> list[Target]:
    found: list[Target] = []
    ids = state.values.get("principals")
    for principal in cast("Mapping[str, Any]", ids).values() if isinstance(ids, Mapping) else ():
        try:
            found.append(_key(state, principal, ""))
        except Unreadable:
            continue
    return found


# --- RoleMappings


def _mappings_table(state: State, _known: Names) -> Table:
    table = _table(state, "mappings")
    return Table({name: names(roles, f"the roles of {name}") for name, roles in table.items()})


def _mapping_targets(state: State) -> list[Target]:
    table = state.values.get("mappings")
    return list(cast("Mapping[str, Any]", table)) if isinstance(table, Mapping) and why_not(table) is None else []  # pyright: ignore[reportUnknownArgumentType]


def _exclusive(state: State) -> bool:
    value = state.values.get("exclusive", True)
    if isinstance(value, bool):
        return value
    if value == "users":
        return True
    raise Unreadable("exclusive", why_not(value) or "is neither true, false nor users")


WORKSPACE_ACCESS = SetKind(_grants_table, _exclusive, _grant_beyond, _grant_targets, keeps=False)
ROLE_MAPPINGS = SetKind(_mappings_table, lambda _: True, lambda _state, who, _known: who, _mapping_targets, keeps=True)
