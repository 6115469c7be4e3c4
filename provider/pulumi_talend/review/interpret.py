"""From the steps of a preview to what each does to access. Nothing of ours is ever passed over in silence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from .effects import Interpreter, Names, Reading, Target
from .singles import MAPPING, PERMISSION, read_single, targets_told
from .steps import OURS, Preview, Step
from .values import Unreadable
from .whole_sets import ROLE_MAPPINGS, WORKSPACE_ACCESS, read_set, set_targets_told

_HARMLESS = {"same", "refresh", "read", "discard", "import", "remove-pending-replace"}
"""Operations that write nothing to the tenant: they look at it, or change the stack's state only."""

_PARTS_OF_REPLACE = {"create-replacement", "delete-replaced"}

TargetsTold = Callable[[Step], list[Target]]

INTERPRETERS: dict[str, tuple[Interpreter, TargetsTold]] = {
    "WorkspacePermission": (partial(read_single, PERMISSION), partial(targets_told, PERMISSION)),
    "RoleMapping": (partial(read_single, MAPPING), partial(targets_told, MAPPING)),
    "WorkspaceAccess": (partial(read_set, WORKSPACE_ACCESS), partial(set_targets_told, WORKSPACE_ACCESS)),
    "RoleMappings": (partial(read_set, ROLE_MAPPINGS), partial(set_targets_told, ROLE_MAPPINGS)),
}
"""By the type's own name: what reads its steps, and what tells at least what a step is about."""


@dataclass(frozen=True)
class Untold:
    """A step that does not tell what it does, and what it is about as far as that is told."""

    step: Step
    reason: str
    targets: tuple[Target, ...] = ()


@dataclass
class Interpreted:
    """What the steps do, and those that do not tell."""

    reading: Reading = field(default_factory=Reading)
    untold: list[Untold] = field(default_factory=list[Untold])
    others: int = 0


def interpret(preview: Preview, names: Names | None = None) -> Interpreted:
    """What each step of `preview` does to access; `names` are those that are known already."""
    result = Interpreted(Reading(names=names or Names()))
    replaced = {step.urn for step in preview.steps if step.op == "replace"}
    deleted = {step.urn for step in preview.steps if step.op in {"delete", "delete-replaced", "replace"}}
    for step in preview.steps:
        if step.op in _HARMLESS or (step.op in _PARTS_OF_REPLACE and step.urn in replaced):
            continue  # the whole replacement stands in one step, in which the order is told too
        if not step.is_ours:
            result.others += not step.type.startswith(("pulumi:pulumi:Stack", "pulumi:providers:"))
        else:
            _interpret_ours(step, deleted, result)
    return result


def _interpret_ours(step: Step, deleted: set[str], result: Interpreted) -> None:
    known = INTERPRETERS.get(step.type.removeprefix(OURS))
    if known is None:
        reason = (
            f"resources of type {step.type.removeprefix(OURS)} are not known to this version; install the one it needs"
        )
        result.untold.append(Untold(step, reason))
        return
    interpreter, targets_of = known
    if step.old is not None and step.old.deleted_with in deleted:
        # The engine takes for granted that it goes with the other resource, and does not remove it itself.
        step = replace(step, old=replace(step.old, retained=True))
    before = len(result.reading.effects), len(result.reading.left)
    noted = len(result.reading.settled)
    try:
        interpreter(step, result.reading)
    except Unreadable as error:
        del result.reading.effects[before[0] :], result.reading.left[before[1] :]
        result.untold.append(Untold(step, f"{error.what} {error.reason}", tuple(targets_of(step))))
        return
    reading = result.reading
    if (len(reading.effects), len(reading.left)) == before and len(reading.settled) == noted:
        reading.settled.append(step.cause)  # a table with nobody in it
