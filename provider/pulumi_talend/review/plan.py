"""Reading a saved update plan (`pulumi preview --save-plan FILE`).

A plan says what a resource will be, not what it was: for that the stack's state is read beside it (`pulumi stack export`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..loader import own_provider
from .document import config_of, parse_json
from .errors import DocumentError
from .steps import Preview, State, Step, as_list, as_object, stack_and_project, state_of

_REPLACING = {"replace", "create-replacement", "delete-replaced"}
_CREATING = {"create", "create-replacement", "import", "import-replacement"}


def read_plan(text: str, state_text: str | None) -> Preview:
    """The steps of the plan in `text`, on the state in `state_text` (an exported deployment).

    Without a state, what is removed or changed cannot be told, and a note says so. Raises DocumentError.
    """
    document = parse_json(text, "an update plan")
    if "resourcePlans" not in document:
        raise DocumentError("This is not an update plan: give what `pulumi preview --save-plan FILE` wrote.")
    plans = as_object(document["resourcePlans"], "resourcePlans")
    stack, project = stack_and_project(list(plans))
    olds = _states(state_text, stack, project) if state_text is not None else {}
    steps: list[Step] = []
    for urn, entry in plans.items():
        steps += _steps(urn, as_object(entry, "A resource's plan"), olds.get(urn, []))
    notes = () if state_text is not None else ("A plan does not say what was before: give --stack or --state as well.",)
    return Preview(stack, project, tuple(steps), config_of(document), notes)


def _states(text: str, stack: str, project: str) -> dict[str, list[tuple[bool, State]]]:
    """The state's resources by URN, each with whether it only waits to be deleted."""
    document = parse_json(text, "a stack's state")
    deployment = as_object(document.get("deployment"), "The state's deployment")
    found: dict[str, list[tuple[bool, State]]] = {}
    for item in as_list(deployment.get("resources"), "resources"):
        entry = as_object(item, "A resource of the state")
        state = state_of(entry)
        if state is not None:
            found.setdefault(str(entry.get("urn")), []).append((bool(entry.get("delete", False)), state))
    if found and stack_and_project(list(found)) != (stack, project) and stack:
        raise DocumentError("The state is of another stack than the plan: export the state of the plan's stack.")
    return found


def _steps(urn: str, plan: Mapping[str, Any], olds: list[tuple[bool, State]]) -> list[Step]:
    ops = [str(op) for op in as_list(plan.get("steps"), "The steps of a plan")]
    live = next((state for waiting, state in olds if not waiting), None)
    steps = [Step("delete", urn, state, None) for waiting, state in olds if waiting and "delete" in ops]
    new = _planned(plan, live)
    for op in ops:
        if op == "replace":
            goes_first = ops.index("delete-replaced") < ops.index("replace") if "delete-replaced" in ops else False
            old = replace(live, goes_first=goes_first) if live is not None else None
            steps.append(Step(op, urn, old, new))
        elif op == "delete" and live is None and steps:
            continue  # only what waited for its deletion
        elif op not in _REPLACING or "replace" not in ops:
            steps.append(Step(op, urn, None if op in _CREATING else live, None if op == "delete" else new))
    return steps


def _planned(plan: Mapping[str, Any], live: State | None) -> State | None:
    if not isinstance(plan.get("goal"), dict):
        return None
    goal = as_object(plan["goal"], "A goal")
    difference = as_object(goal.get("inputDiff") or {}, "inputDiff")
    values: dict[str, Any] = dict(live.values) if live is not None else {}
    for name in as_list(difference.get("deletes"), "deletes"):
        values.pop(str(name), None)
    values.update(as_object(plan.get("state") or {}, "The state of a plan"))
    for kind in ("adds", "updates"):
        values.update(as_object(difference.get(kind) or {}, kind))
    return State("", values, provider=own_provider(goal.get("provider")))
