"""What the operations of an update come to, for each grant and each mapping."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ..api.models import GrantKey
from .effects import Effect, Names, Target
from .model import Cause, Change, GrantChange, MappingChange, Rights, Unforeseen, Where, Who

Before = Callable[[Target], Rights | None]
"""What stands there now, nothing being the empty set; None where that cannot be told."""

_NOTHING: Rights = frozenset()


@dataclass
class Folded:
    """The changes, what changes nobody's access, and what cannot be told."""

    changes: list[tuple[Target, Change]] = field(default_factory=list[tuple[Target, Change]])
    settled: list[Cause] = field(default_factory=list[Cause])
    unforeseen: list[Unforeseen] = field(default_factory=list[Unforeseen])


def fold(effects: Iterable[Effect], live: Before | None, label: Callable[[Target], str]) -> Folded:
    """What `effects` come to in the order in which they are done; `live` is the tenant, where it can be looked at."""
    by_target: dict[Target, list[Effect]] = {}
    for effect in sorted(effects, key=lambda each: each.late):
        by_target.setdefault(effect.target, []).append(effect)
    folded = Folded()
    for target, each in by_target.items():
        _fold_one(target, each, live, label, folded)
    return folded


def _fold_one(
    target: Target, effects: list[Effect], live: Before | None, label: Callable[[Target], str], folded: Folded
) -> None:
    before = live(target) if live is not None else _before_by_state(effects)
    current, adopted, gap = before, False, False
    given_by: Cause | None = None
    for effect in effects:
        adopted = adopted or effect.keeps
        if effect.act == "give":
            if current and not effect.adopt:
                reason = "it is there already, so the update would refuse to create it: run the preview again"
                folded.unforeseen.append(Unforeseen(effect.cause, label(target), reason, (target_text(target),)))
                return
            adopted = adopted or (effect.adopt and current != _NOTHING)
            gap = gap or (effect.after_gap and bool(effect.rights))
            current, given_by = effect.rights, effect.cause
        elif effect.act == "set":
            current = effect.rights
        elif not adopted:  # what a new resource has taken over, the old one leaves in place
            if given_by is not None and given_by != effect.cause and current:
                reason = (
                    f"{given_by.name} gives it, and the end of {effect.cause.name} would take it away again in the same update: "
                    "give the new resource `aliases`, or refresh first"
                )
                folded.unforeseen.append(Unforeseen(given_by, label(target), reason, (target_text(target),)))
                return
            current = _NOTHING
    causes = tuple(dict.fromkeys(effect.cause for effect in effects))
    if before == current and before is not None and not gap:
        folded.settled.extend(causes)
        return
    known_to_state = {right for effect in effects for right in effect.was or _NOTHING}
    lost = (before or _NOTHING) - (current or _NOTHING)
    by_hand = any(effect.by_hand for effect in effects) or (live is not None and bool(lost - known_to_state))
    expires_at = next((effect.expires_at for effect in reversed(effects) if effect.expires_at), None)
    change = Change(before, current, causes, gap=gap, by_hand=by_hand, expires_at=expires_at)
    folded.changes.append((target, change))


def _before_by_state(effects: list[Effect]) -> Rights | None:
    for effect in effects:
        if effect.was is not None:
            return effect.was
    first = effects[0]
    # The preview has made sure that nothing is in the way of what is created, unless it is to be taken over.
    return _NOTHING if first.act == "give" and not first.adopt else None


def target_text(target: Target) -> str:
    """A target as data: a grant's resource id, or the customer role."""
    return target if isinstance(target, str) else target.resource_id


def who_of(key: GrantKey, names: Names) -> Who:
    """The principal of a grant, named where the name is known."""
    known = names.users if key.principal.kind == "users" else names.service_accounts
    return Who(key.principal.kind, key.principal.id, known.get(key.principal.id))


def where_of(workspace_id: str, names: Names) -> Where:
    """A workspace, named where the name is known."""
    name, environment = names.workspaces.get(workspace_id, (None, None))
    return Where(workspace_id, name, environment)


def named(target: Target, change: Change, names: Names) -> GrantChange | MappingChange:
    """The change with what it is about."""
    if isinstance(target, str):
        return MappingChange(
            change.before,
            change.after,
            change.causes,
            change.gap,
            change.by_hand,
            change.expires_at,
            customer_role=target,
        )
    return GrantChange(
        change.before,
        change.after,
        change.causes,
        change.gap,
        change.by_hand,
        change.expires_at,
        who=who_of(target, names),
        where=where_of(target.workspace_id, names),
    )
