"""From what the program asks for to steps: the place where it is decided what happens to each resource."""

from __future__ import annotations

import threading
import uuid

from .config import provider_inputs
from .context import RunContext
from .differences import changed_keys, keep_ignored
from .errors import EngineError, ProviderError, StoppedError
from .events import Operation
from .goals import Goal, alias_urns
from .host import Difference, Failure
from .state import ResourceState
from .steps import Step, run_steps
from .urn import DYNAMIC_PROVIDER_TYPE, make_urn
from .values import UNKNOWN, Properties, masked

PROVIDER_NAME = "default"


class Registrar:
    """Takes the registrations of one program run; `register` may be called from many threads."""

    def __init__(self, context: RunContext) -> None:
        """Start from the resources that the snapshot holds now."""
        self._context = context
        self._olds: dict[str, ResourceState] = {}
        for state in context.snapshot.resources:
            if not state.delete:
                self._olds[state.urn] = state
        self._base_order = list(self._olds)
        self._planning = threading.Lock()
        self._urns: set[str] = set()
        self._renamed: dict[str, str] = {}
        self._dependent_keys: dict[str, list[str]] = {}
        self._deleting: dict[str, threading.Event] = {}
        self._provider_reference = ""
        self._outputs_given: set[str] = set()
        self.registered: dict[str, ResourceState] = {}

    def register(self, goal: Goal) -> ResourceState:
        """Bring one resource to its goal and give its new state.

        Raises `StoppedError` when the run stops before that is done; the reason has then been reported.
        """
        context = self._context
        with self._planning:
            context.ensure_running()
            urn = make_urn(context.stack, context.project.name, goal.parent, goal.type, goal.name)
            try:
                steps = self._plan(urn, goal)
            except (ProviderError, EngineError) as error:
                if not isinstance(error, StoppedError):
                    context.report("error", str(error), urn)
                context.fail()
                raise StoppedError from None
            deletions = [step for step in steps if step.op == "delete-replaced"]
            for step in deletions:
                self._deleting[step.state.urn] = threading.Event()
            waiting = self._deleting.get(urn) if not deletions else None
        if waiting is not None:
            waiting.wait()  # another resource's replacement is deleting this one's old object
            steps = self._with_present_old(steps)
        try:
            self._run(steps)
        finally:
            for step in deletions:
                self._deleting[step.state.urn].set()
        new = steps[-1].new if steps[-1].op != "replace" else steps[-2].new
        if new is None:
            raise AssertionError("a registration ends with a state")
        with self._planning:
            self.registered[urn] = new
        return new

    @property
    def has_provider(self) -> bool:
        """Whether the program has registered a dynamic resource, and so the provider of all of them."""
        return bool(self._provider_reference)

    def register_outputs(self, urn: str, outputs: Properties) -> None:
        """Record the outputs of a component or of the stack; raises `EngineError` for an unknown or second call."""
        context = self._context
        with self._planning:
            state = self.registered.get(urn)
            if state is None:
                raise EngineError(f"cannot complete a resource {urn!r} whose registration isn't pending")
            if urn in self._outputs_given:
                raise EngineError(f"resource {urn!r} has registered its outputs twice")
            self._outputs_given.add(urn)
            new = state.evolve(outputs=outputs)
            self.registered[urn] = new
        if urn == context.root_urn:
            old = self._olds.get(urn)
            context.outputs({} if old is None else old.outputs, outputs)
        if new != state:
            context.snapshot.replace(state, new)

    def _run(self, steps: list[Step]) -> None:
        for position, step in enumerate(steps):
            run_steps(self._context, [step])
            if step.op == "delete-replaced" and step.new is not None:
                # The old object is gone; what follows replaces its pending-replacement entry.
                self._olds[step.new.urn] = step.new
                for later in steps[position + 1 :]:
                    if later.old is step.old:
                        later.old = step.new

    def _with_present_old(self, steps: list[Step]) -> list[Step]:
        self._context.ensure_running()
        for step in steps:
            if step.old is not None:
                step.old = self._olds[step.old.urn]
        return steps

    def _plan(self, urn: str, goal: Goal) -> list[Step]:
        if urn in self._urns:
            raise EngineError(f"Duplicate resource URN '{urn}'; try giving it a unique name")
        self._urns.add(urn)
        old = self._find_old(urn, goal)
        new = self._new_state(urn, goal)
        if not goal.custom:
            new.inputs = goal.inputs
            return [Step("create" if old is None or old.custom else "same", None if old and old.custom else old, new)]
        new.provider = self._ensure_provider()
        if old is not None and not old.custom:
            old = None
        old_inputs: Properties = {} if old is None else old.inputs
        wanted = keep_ignored(goal.inputs, old_inputs, goal.ignore_changes) if old is not None else goal.inputs
        fresh = old is None or old.pending_replacement
        new.inputs = self._check(new, {} if fresh else old_inputs, wanted)
        if old is None:
            return [Step("create", None, new)]
        condemned = urn in self._dependent_keys
        if condemned:
            difference = Difference(True, replaces=self._dependent_keys[urn])
        elif old.pending_replacement:
            difference = Difference(True)
        else:
            difference = self._diff(old, new.inputs)
        if not difference.changes:
            return [Step("same", old, new)]
        replace_keys = sorted({*difference.replaces, *_replace_on_changes(difference, goal.replace_on_changes)})
        if not (replace_keys or condemned or old.pending_replacement):
            return [Step("update", old, new, diff_reasons=difference.diffs)]
        self._refuse_protected(old, new)
        if not fresh:
            new.inputs = self._check(new, {}, goal.inputs)
        delete_first = difference.delete_before_replace
        if goal.delete_before_replace is not None:
            delete_first = goal.delete_before_replace
        gone = condemned or old.pending_replacement
        if delete_first or gone:
            deletions = [] if gone else [*self._delete_dependents(old), Step("delete-replaced", old, None)]
            return [
                *deletions,
                Step("replace", old, new, replace_keys),
                Step("create-replacement", old, new, replace_keys),
            ]
        return [
            Step("create-replacement", old, new, replace_keys, old_waits_for_deletion=True),
            Step("replace", old, new, replace_keys),
        ]

    def _find_old(self, urn: str, goal: Goal) -> ResourceState | None:
        context = self._context
        old = self._olds.get(urn)
        if old is not None:
            return old
        for alias in alias_urns(goal, context.stack, context.project.name, self._renamed):
            old = self._olds.get(alias)
            if old is not None and alias not in self._urns:
                self._renamed[urn] = alias
                self._urns.add(alias)
                context.snapshot.rename(alias, urn)
                return old
        return None

    def _new_state(self, urn: str, goal: Goal) -> ResourceState:
        parent = self.registered.get(goal.parent)
        protect = goal.protect if goal.protect is not None else bool(parent and parent.protect)
        retain = goal.retain_on_delete
        if retain is None:
            retain = bool(parent and parent.retain_on_delete)
        return ResourceState(
            urn=urn,
            type=goal.type,
            custom=goal.custom,
            parent=goal.parent,
            protect=protect,
            retain_on_delete=retain,
            dependencies=goal.dependencies,
            property_dependencies=goal.property_dependencies,
            additional_secret_outputs=goal.additional_secret_outputs,
            aliases=[self._renamed[urn]] if urn in self._renamed else [],
            ignore_changes=goal.ignore_changes,
            replace_on_changes=goal.replace_on_changes,
            deleted_with=goal.deleted_with,
            extra={"customTimeouts": goal.custom_timeouts} if goal.custom_timeouts else {},
        )

    def _ensure_provider(self) -> str:
        """Register the provider of all dynamic resources when the first of them comes; gives its reference."""
        if not self._provider_reference:
            self._provider_reference = register_provider(self._context, self._olds)
        return self._provider_reference

    def _check(self, new: ResourceState, old_inputs: Properties, inputs: Properties) -> Properties:
        checked, failures = self._context.providers.check(new.urn, old_inputs, inputs)
        if failures:
            for failure in failures:
                self._context.report("error", check_message(new, failure, checked), new.urn)
            self._context.fail()
            raise StoppedError
        return checked

    def _diff(self, old: ResourceState, inputs: Properties) -> Difference:
        difference = self._context.providers.diff(old.urn, old.id, old.inputs, old.outputs, inputs)
        if difference.changes is None:
            keys = list(changed_keys(old.inputs, inputs))
            return Difference(
                bool(keys), difference.replaces, difference.diffs or keys, difference.delete_before_replace
            )
        return difference

    def _refuse_protected(self, old: ResourceState, new: ResourceState) -> None:
        if old.protect and new.protect:
            message = (
                f'unable to replace resource "{new.urn}"\nas it is currently marked for protection. To unprotect '
                "the resource, remove the `protect` flag from the resource in your Pulumi program and run `pulumi up`"
            )
            self._context.report("error", message, new.urn)
            if not self._context.dry_run:
                self._context.fail()
                raise StoppedError

    def _delete_dependents(self, root: ResourceState) -> list[Step]:
        """Give the deletions that must come before `root` is deleted for its replacement, dependents first."""
        condemned = {root.urn}
        found: list[ResourceState] = []
        for urn in self._base_order:
            state = self._olds[urn]
            if urn in self._urns or not state.custom or state.is_provider or state.pending_replacement:
                continue
            keys = self._keys_forcing_replacement(state, condemned)
            if keys is None:
                continue
            if state.protect:
                raise EngineError(
                    f'unable to replace resource "{urn}" as part of replacing "{root.urn}" as it is currently marked '
                    "for protection. To unprotect the resource, remove the `protect` flag from the resource in "
                    "your Pulumi program and run `pulumi up`"
                )
            condemned.add(urn)
            self._dependent_keys[urn] = keys
            found.append(state)
        return [Step("delete-replaced", state, None) for state in reversed(found)]

    def _keys_forcing_replacement(self, state: ResourceState, condemned: set[str]) -> list[str] | None:
        """Tell whether a resource is replaced too when those it depends on are: the keys that force it, or None."""
        if state.deleted_with in condemned:
            return []
        inputs: Properties = {
            key: UNKNOWN if condemned.intersection(state.property_dependencies.get(key, ())) else value
            for key, value in state.inputs.items()
        }
        if all(inputs[key] is value for key, value in state.inputs.items()):
            return None
        difference = self._diff(state, inputs)
        return difference.replaces if difference.changes and difference.replaces else None


def register_provider(context: RunContext, olds: dict[str, ResourceState]) -> str:
    """Configure the provider host and record the provider of all dynamic resources; gives its reference.

    `olds` are the resources that the stack holds, by URN; a provider among them keeps its id.
    """
    urn = make_urn(context.stack, context.project.name, "", DYNAMIC_PROVIDER_TYPE, PROVIDER_NAME)
    inputs = provider_inputs(context.config)
    context.providers.configure(inputs)
    old = olds.get(urn)
    new = ResourceState(urn=urn, type=DYNAMIC_PROVIDER_TYPE, custom=True, id=str(uuid.uuid4()), inputs=inputs)
    op: Operation = "create"
    if old is not None:
        op = "update" if changed_keys(old.inputs, inputs) else "same"
    run_steps(context, [Step(op, old, new)])
    return f"{urn}::{new.id}"


def _replace_on_changes(difference: Difference, paths: list[str]) -> set[str]:
    """Give the changed keys that the program wants to force a replacement, of those the provider named."""
    heads = {path.split(".", 1)[0].split("[", 1)[0] for path in paths}
    return {key for key in difference.diffs if "*" in heads or key in heads}


def check_message(state: ResourceState, failure: Failure, inputs: Properties) -> str:
    """Give the text for one complaint of check, in the words of the Pulumi CLI."""
    if not failure.property:
        return f"{state.type} resource '{state.name}' has a problem: {failure.reason}"
    value = go_text(masked(inputs.get(failure.property)))
    return (
        f"{state.type} resource '{state.name}': property {failure.property} value {{{value}}} "
        f"has a problem: {failure.reason}"
    )


def go_text(value: object) -> str:
    """Give a value the way the Pulumi CLI prints one within a message."""
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
