"""Refresh: read every object as it is now, and take that over into the state."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from .context import RunContext
from .differences import changed_keys
from .errors import EngineError, StoppedError
from .events import Operation, StepEvent
from .state import ResourceState, now_text
from .steps import PENDING_NAMES, with_additional_secrets


def refresh(context: RunContext, *, as_result: bool) -> None:
    """Read all resources of the snapshot, objects of one stack in parallel.

    With `as_result` each outcome is told as its own operation (update, delete, same), as `refresh` shows it;
    else as a `refresh` step that precedes an update. Raises `StoppedError` when a read failed.
    """
    states = [state for state in context.snapshot.leftover if not state.delete]

    def one(state: ResourceState) -> bool:
        return _refresh_one(context, state, as_result=as_result)

    with ThreadPoolExecutor(max_workers=max(1, context.options.parallel)) as pool:
        results = list(pool.map(one, states))
    if not all(results):
        raise StoppedError


def _refresh_one(context: RunContext, state: ResourceState, *, as_result: bool) -> bool:
    started = time.monotonic()
    event = StepEvent("refresh", state.urn, state.type, state, state)
    if context.stopping.is_set():
        return False
    context.reading(event)
    try:
        new = _read(context, state)
    except EngineError as error:
        context.step_failed(event, str(error))
        return False
    event.new = new
    event.seconds = time.monotonic() - started
    if new is not None and new is not state:
        event.changed_keys = list(changed_keys(state.inputs, new.inputs))
        if not event.changed_keys:
            event.changed_keys = list(changed_keys(state.outputs, new.outputs))
    if as_result:
        outcome: Operation = "delete" if new is None else "same" if new is state else "update"
        event.op = outcome
    context.refreshed(event)
    return True


def _read(context: RunContext, state: ResourceState) -> ResourceState | None:
    """Read one object and record what was found; None when it is gone, the state itself when nothing changed."""
    if not state.custom or state.is_provider or state.pending_replacement:
        return state
    pending = None if context.dry_run else context.snapshot.begin(state, PENDING_NAMES["refresh"])
    try:
        found = context.providers.read(state.urn, state.id, state.inputs, state.outputs)
    except EngineError:
        if pending is not None:
            context.snapshot.end(pending)
        raise
    if not found.id:
        context.snapshot.end(pending, old=state)
        return None
    new = state.evolve(
        id=found.id,
        inputs=state.inputs if found.inputs is None else found.inputs,
        outputs=with_additional_secrets(found.outputs, state),
    )
    if (
        not changed_keys(state.inputs, new.inputs)
        and not changed_keys(state.outputs, new.outputs)
        and new.id == state.id
    ):
        context.snapshot.end(pending)
        return state
    new.modified = now_text()
    context.snapshot.end(pending, old=state, keep_old=new)
    return new
