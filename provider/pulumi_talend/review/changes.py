"""What an update does to each grant and mapping: every resource planned as its provider plans it, and all of them together.

What a resource of the running program manages stays as that resource says, whatever ends beside it and in whatever order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from ..model import planning
from ..model.grants import GrantKey
from ..model.planning import NOTHING, Access, Desired, Rights, plan
from .model import AnyChange, Cause, CauseLine, GrantChange, MappingChange, Target
from .names import Names
from .reading import Reading, Resource

Planned = planning.Change[GrantKey] | planning.Change[str]
_change = cast(
    "Callable[[Target, planning.Action, Rights, Rights | None, str | None, str | None], Planned]", planning.Change
)


@dataclass(frozen=True)
class Standing:
    """What exists before the update, of everything that the preview is about.

    Attributes:
        rights: By target; what is missing has no rights.
        unknown: The targets of which is not known what exists.
    """

    rights: Mapping[Target, Rights]
    unknown: frozenset[Target] = frozenset()


@dataclass
class Outcome:
    """The changes, the resources that change nobody's access, those left unmanaged, and steps whose effect is not known."""

    changes: list[AnyChange] = field(default_factory=list[AnyChange])
    settled: list[Cause] = field(default_factory=list[Cause])
    left: list[Cause] = field(default_factory=list[Cause])
    unknown: list[tuple[Cause, str, Target]] = field(default_factory=list["tuple[Cause, str, Target]"])
    notes: list[str] = field(default_factory=list[str])


def standing_by_state(reading: Reading) -> Standing:
    """What exists as far as the stack's state, and what the checks have planned, tell it."""
    rights: dict[Target, Rights] = {target: access.rights or NOTHING for target, access in _held(reading).items()}
    unknown: set[Target] = set()
    for resource in reading.resources:
        new = resource.new
        for target, lost in new.removes.items():
            rights[target] = rights.get(target, NOTHING) | lost
        for target, missing in new.restores.items():
            rights[target] = rights.get(target, NOTHING) - missing
        if resource.op == "stays":
            continue
        for target in new.access.keys() - resource.old.access.keys():
            # A check refuses to create what exists, unless the resource may take it over.
            if not new.may_adopt(target):
                rights[target] = NOTHING
            elif target not in rights or target in new.removes:
                unknown.add(target)
    return Standing(rights, frozenset(unknown))


def changes_of(reading: Reading, standing: Standing) -> Outcome:
    """Plans all resources of a preview, and puts their changes together."""
    outcome = Outcome()
    managers = _managers(reading.resources)
    held = _held(reading)
    found: dict[Target, list[tuple[Planned, Resource]]] = {}
    for resource in reading.resources:
        if resource.op == "stays":
            continue
        if resource.op == "delete" and resource.is_retained:
            outcome.left.append(resource.cause)
            continue
        for change in _planned(resource, managers, held, standing):
            reason = _why_unknown(change, resource, managers)
            if reason is not None:
                outcome.unknown.append((resource.cause, reason, change.target))
            elif change.action == "remove" and change.target not in resource.new.removes:
                _not_shown(change, resource, outcome)
            elif change.action != "release":
                found.setdefault(change.target, []).append((change, resource))
    for target, several in found.items():
        outcome.changes.append(_together(several, held.get(target), standing, reading.names))
    told = {cause for change in outcome.changes for cause in change.causes}
    told |= {cause for cause, _, _ in outcome.unknown} | set(outcome.left)
    outcome.settled = [each.cause for each in reading.resources if each.op != "stays" and each.cause not in told]
    return outcome


def _held(reading: Reading) -> dict[Target, Access]:
    """What the stack's state has, whichever of its resources has it."""
    held: dict[Target, Access] = {}
    for resource in reading.resources:
        for target, access in resource.old.access.items():
            if access.rights:
                before = held.get(target, Access(NOTHING)).rights or NOTHING
                held[target] = Access(access.rights | before, access.until)
    return held


def _managers(resources: Iterable[Resource]) -> dict[Target, list[Resource]]:
    managers: dict[Target, list[Resource]] = {}
    for resource in resources:
        for target in resource.new.access:
            managers.setdefault(target, []).append(resource)
    return managers


def _planned(
    resource: Resource,
    managers: Mapping[Target, list[Resource]],
    held: Mapping[Target, Access],
    standing: Standing,
) -> list[Planned]:
    """The changes of one resource, as its provider plans them."""
    new = resource.new
    own: dict[Target, Access] = {} if resource.is_retained else _with_rights(resource.old.access)
    wanted = _with_rights(new.access)
    if resource.op == "update" and not resource.changes_access:
        return _ends_only(own, wanted, standing)
    before = dict(own)
    for target in wanted.keys() & held.keys() - own.keys():
        if new.may_adopt(target):
            before[target] = held[target]  # from another resource of this stack: nothing is taken over from outside
    rights = standing.rights
    live = {target: rights.get(target, NOTHING) for target in (*before, *wanted)}
    if new.whole:
        live.update((target, each) for target, each in rights.items() if new.is_complete_for(target))
    complete = cast("Callable[[str], bool]", new.is_complete_for)
    # All targets of one resource are of one sort, for which the planner is the same.
    changes = cast(
        "list[Planned]",
        plan(
            cast("Mapping[str, Access]", before),
            Desired(cast("Mapping[str, Access]", wanted), complete, new.adopt or bool(new.whole)),
            cast("Mapping[str, Rights]", live),
            managed_elsewhere=lambda target: any(
                each.step.urn != resource.step.urn for each in managers.get(target, ())
            ),
        ),
    )
    return _with_gaps(changes, own, wanted, live) if resource.goes_first else changes


def _with_rights(access: Mapping[Target, Access]) -> dict[Target, Access]:
    """Without what has ended: its entry stays in state with no rights."""
    return {target: each for target, each in access.items() if each.rights != NOTHING}


def _ends_only(before: Mapping[Target, Access], wanted: Mapping[Target, Access], standing: Standing) -> list[Planned]:
    """The changes of an update that writes nothing: an end is kept in state alone."""
    changes: list[Planned] = []
    for target in before.keys() & wanted.keys():
        now, was, until = standing.rights.get(target, NOTHING), before[target].until, wanted[target].until
        if was != until and now:
            changes.append(_change(target, "extend", now, now, was, until))
    return changes


def _with_gaps(
    changes: list[Planned], old: Mapping[Target, Access], new: Mapping[Target, Access], live: Mapping[Target, Rights]
) -> list[Planned]:
    """With what is removed before it is created again, though it is the same afterwards."""
    planned = {change.target for change in changes}
    for target in old.keys() & new.keys() - planned:
        changes.append(
            _change(target, "change", live[target], new[target].rights, old[target].until, new[target].until)
        )
    return changes


def _why_unknown(change: Planned, resource: Resource, managers: Mapping[Target, list[Resource]]) -> str | None:
    """Why an update would not do what is planned, or do more than that."""
    urns = {each.step.urn for each in managers.get(change.target, ())}
    if len(urns) > 1:
        return "several resources of the program manage it, and would undo each other's changes"
    if change.action == "conflict" and change.before != change.after:
        return "it exists already, so the update refuses to create it: run the preview again"
    if resource.op == "delete" and change.action == "revoke" and resource.step.urn in urns:
        return "an interrupted replacement is still to be deleted, and what replaced it manages the same: refresh first"
    return None


def _not_shown(change: Planned, resource: Resource, outcome: Outcome) -> None:
    """What the tenant has beyond a complete set and no check has planned to remove: the update does not remove it."""
    if isinstance(change.target, str):
        reason = "it was mapped since the preview, so the update refuses to replace all mappings: run the preview again"
        outcome.unknown.append((resource.cause, reason, change.target))
    else:
        outcome.notes.append(
            f"{resource.cause.name} leaves access that it is meant to remove, because the preview does not show it: "
            "preview again after the update."
        )


def _together(
    several: list[tuple[Planned, Resource]], held: Access | None, standing: Standing, names: Names
) -> AnyChange:
    """One change of what several resources do to the same target: whoever manages it afterwards decides."""
    manager = next((each for each in several if each[0].target in each[1].new.access), several[0])
    change, resource = manager
    if change.action == "conflict":  # it exists as the program wants it
        change = replace(change, action="adopt")
    if change.target in standing.unknown:
        change = replace(change, before=None)
    granted = (held.rights if held is not None else None) or NOTHING
    fields: dict[str, Any] = {
        **vars(change),
        "after": change.after or NOTHING,
        "causes": tuple(dict.fromkeys(each.cause for _, each in (manager, *several))),
        "unmanaged": change.lost - granted,
        "has_gap": resource.goes_first and change.target in resource.old.access and bool(change.after),
        "line": next((found for _, each in (manager, *several) if (found := _line_of(each, change.target))), None),
    }
    if isinstance(change.target, str):
        return MappingChange(**fields)
    where, who = change.target.workspace_id, change.target.principal
    return GrantChange(**fields, who=names.who(who), where=names.where(where))


def _line_of(resource: Resource, target: Target) -> CauseLine | None:
    """The line of a table of access that brings a change about; of what is no longer in the table, the line that it had."""
    new, old = resource.new, resource.old
    found = new.lines.get(target) or (new.line if target in new.access else None)
    if found is not None:
        return CauseLine(found)
    if target in old.access and (gone := old.lines.get(target) or old.line):
        return CauseLine(gone, is_gone=True)
    return CauseLine(new.line) if new.line is not None else None
