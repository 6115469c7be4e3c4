"""Steps on resources, and carrying them out: the provider call, and its record in the state."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from .context import RunContext
from .differences import changed_keys
from .errors import EngineError, HostLostError, ProviderError, StoppedError
from .events import Operation, StepEvent
from .state import PendingOperation, ResourceState, now_text
from .values import Properties, Secret

PENDING_NAMES: dict[Operation, str] = {
    "create": "creating",
    "create-replacement": "creating",
    "update": "updating",
    "delete": "deleting",
    "delete-replaced": "deleting",
    "refresh": "reading",
}


@dataclass
class Step:
    """One thing to do to one resource.

    `old` is the state it starts from (None for a creation), `new` the state it leads to (None for a deletion);
    carrying it out completes `new` with what the provider returns.
    """

    op: Operation
    old: ResourceState | None
    new: ResourceState | None
    replace_keys: list[str] = field(default_factory=list[str])
    diff_reasons: list[str] = field(default_factory=list[str])
    # Create-before-delete keeps the old object until the end of the run.
    old_waits_for_deletion: bool = False

    @property
    def state(self) -> ResourceState:
        """The state that says what the step is about."""
        state = self.new or self.old
        if state is None:
            raise AssertionError("a step without a state")
        return state

    def event(self) -> StepEvent:
        """Give the step as an event, in the shape it has before it is carried out."""
        changed: list[str] = []
        if self.old is not None and self.new is not None:
            changed = self.diff_reasons or list(changed_keys(self.old.inputs, self.new.inputs))
        return StepEvent(
            self.op,
            self.state.urn,
            self.state.type,
            self.old,
            None if self.new is None else self.new.evolve(),
            changed_keys=changed,
            replace_keys=self.replace_keys,
            diff_reasons=self.diff_reasons,
        )


def run_steps(context: RunContext, steps: list[Step]) -> None:
    """Carry out the steps of one resource in order; raises `StoppedError` when one fails or the run is stopping."""
    for step in steps:
        run_step(context, step)


def run_step(context: RunContext, step: Step) -> None:
    """Carry out one step, or in a preview show it; failures are reported and raised as `StoppedError`."""
    with context.slots:
        context.ensure_running()
        event = step.event()
        context.planned(event)
        started = time.monotonic()
        try:
            _ACTIONS[step.op](context, step)
        except EngineError as error:
            context.step_failed(event, str(error))
            raise StoppedError from None
        event.seconds = time.monotonic() - started
        event.new = step.new
        context.done(event)


def _same(context: RunContext, step: Step) -> None:
    old, new = _both(step)
    new.id = old.id
    new.outputs = old.outputs
    new.created, new.modified = old.created, old.modified
    context.snapshot.end(None, old=old, new=new, write=new != old)


def _create(context: RunContext, step: Step) -> None:
    old, new = step.old, _new(step)
    if context.dry_run:
        if old is not None:
            context.snapshot.end(None, old=old, new=new, keep_old=_condemned(step))
        else:
            context.snapshot.end(None, new=new)
        return
    if new.custom and not new.is_provider:
        pending = context.snapshot.begin(new.evolve(), PENDING_NAMES[step.op])
        try:
            new.id, outputs = context.providers.create(new.urn, new.inputs)
        except ProviderError as error:
            _give_up(context, pending, error)
            raise
        new.outputs = with_additional_secrets(outputs, new)
    else:
        pending = None
        new.outputs = dict(new.inputs) if new.is_provider else {}
    new.created = new.modified = now_text()
    context.snapshot.end(pending, old=old, new=new, keep_old=_condemned(step))


def _give_up(context: RunContext, pending: PendingOperation, error: ProviderError) -> None:
    """Strike out an operation that failed; one whose outcome nobody knows stays recorded as pending."""
    if not isinstance(error, HostLostError):
        context.snapshot.end(pending)


def _condemned(step: Step) -> ResourceState | None:
    """Give the form in which the replaced object stays in the state until it is deleted."""
    if step.old is None or not step.old_waits_for_deletion:
        return None
    return step.old.evolve(delete=True)


def _update(context: RunContext, step: Step) -> None:
    old, new = _both(step)
    new.id, new.created, new.modified = old.id, old.created, old.modified
    if context.dry_run:
        context.snapshot.end(None, old=old, new=new)
        return
    if new.is_provider:
        pending = None
        new.outputs = dict(new.inputs)
    else:
        pending = context.snapshot.begin(new.evolve(outputs=old.outputs), PENDING_NAMES[step.op])
        try:
            outputs = context.providers.update(new.urn, old.id, old.inputs, old.outputs, new.inputs)
        except ProviderError as error:
            _give_up(context, pending, error)
            raise
        new.outputs = with_additional_secrets(outputs, new)
    new.modified = now_text()
    context.snapshot.end(pending, old=old, new=new)


def _replace(context: RunContext, step: Step) -> None:
    """Mark that a resource is replaced; the creation and the deletion are steps of their own."""


def _delete(context: RunContext, step: Step) -> None:
    old = _old(step)
    # A resource deleted before its replacement stays known until the replacement exists.
    keep = old.evolve(pending_replacement=True) if step.op == "delete-replaced" and not old.delete else None
    if not context.dry_run and old.custom and not old.is_provider and not old.retain_on_delete:
        pending = context.snapshot.begin(old, PENDING_NAMES[step.op])
        try:
            context.providers.delete(old.urn, old.id, old.inputs, old.outputs)
        except ProviderError as error:
            _give_up(context, pending, error)
            raise
    else:
        pending = None
    context.snapshot.end(pending, old=old, keep_old=keep)
    step.new = keep


def _import(context: RunContext, step: Step) -> None:
    context.snapshot.end(None, new=_new(step))


def _forget(context: RunContext, step: Step) -> None:
    context.snapshot.end(None, old=_old(step))


_ACTIONS: dict[Operation, Callable[[RunContext, Step], None]] = {
    "same": _same,
    "create": _create,
    "create-replacement": _create,
    "update": _update,
    "replace": _replace,
    "import": _import,
    "delete": _delete,
    "delete-replaced": _delete,
    "discard-replaced": _forget,
    "remove-pending-replace": _forget,
}


def with_additional_secrets(outputs: Properties, state: ResourceState) -> Properties:
    """Give the outputs with those made secret that the program listed in additional_secret_outputs."""
    result = dict(outputs)
    for key in state.additional_secret_outputs:
        value = result.get(key)
        if value is not None and not isinstance(value, Secret):
            result[key] = Secret(value)
    return result


def _old(step: Step) -> ResourceState:
    if step.old is None:
        raise AssertionError(f"{step.op} without an old state")
    return step.old


def _new(step: Step) -> ResourceState:
    if step.new is None:
        raise AssertionError(f"{step.op} without a new state")
    return step.new


def _both(step: Step) -> tuple[ResourceState, ResourceState]:
    return _old(step), _new(step)
