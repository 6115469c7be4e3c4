"""Carrying steps out: the provider's call and its record in the state; refreshes; deletions in dependency order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from typing import TypeVar

from .errors import EngineError, HostLostError, NotModelledError, StoppedError
from .planning import refused_for_protection
from .session import Session, Step
from .state import Pending, Resource, now
from .values import changed_keys

_Result = TypeVar("_Result")


def run_step(session: Session, step: Step) -> None:
    """Carry out one step, or in a preview pretend to; completes `step.new` with what the provider returns.

    Raises `StoppedError` where it fails, which is reported, or the run is stopping.
    """
    with session.slots:
        session.ensure_running()
        session.record(step, "planned")
        try:
            if step.new is None:
                _delete(session, step.resource)
            elif step.op == "same" and step.old is not None:
                step.new = _kept(step.new, step.old, step.old.outputs)
                session.state.put(step.new)
            elif step.op == "update" and step.old is not None:
                step.new = _update(session, step.old, step.new)
            elif step.op != "replace":  # whose creation and deletion are steps of their own
                step.new = _create(session, step.new, step.old)
        except EngineError as error:
            _failed(session, step, error)
            raise StoppedError(str(error)) from None
        session.record(step, "done")


def _failed(session: Session, step: Step, error: EngineError) -> None:
    session.fail()
    session.report("error", str(error), step.resource.urn)
    session.record(step, "failed")


def _kept(new: Resource, old: Resource, outputs: dict[str, object]) -> Resource:
    return replace(new, id=old.id, outputs=outputs, created=old.created, modified=old.modified)


def _create(session: Session, new: Resource, old: Resource | None) -> Resource:
    pending = None
    if not session.dry_run:
        if new.custom:
            pending = session.state.begin(new, "creating")
            id_, outputs = _call(session, pending, lambda: session.host.create(new))
            new = replace(new, id=id_, outputs=outputs)
        time = now()
        new = replace(new, created=time, modified=time)
    session.state.put(new, pending, condemn=old)
    return new


def _update(session: Session, old: Resource, new: Resource) -> Resource:
    pending = None
    if session.dry_run:
        new = _kept(new, old, {})
    else:
        pending = session.state.begin(_kept(new, old, old.outputs), "updating")
        outputs = _call(session, pending, lambda: session.host.update(old, new.inputs))
        new = replace(_kept(new, old, outputs), modified=now())
    session.state.put(new, pending)
    return new


def _delete(session: Session, old: Resource) -> None:
    pending = None
    if not session.dry_run and old.custom and not old.retain:
        pending = session.state.begin(old, "deleting")
        _call(session, pending, lambda: session.host.delete(old))
    session.state.remove(old, pending)


def _call(session: Session, pending: Pending, operation: Callable[[], _Result]) -> _Result:
    """Call the provider; an operation that failed is no longer pending, unless its outcome is unknown."""
    try:
        return operation()
    except HostLostError:
        raise
    except EngineError:
        session.state.abandon(pending)
        raise


def refresh(session: Session, *, as_result: bool) -> None:
    """Read all objects, and take into the state what they are now.

    With `as_result` that is the result of the run (`refresh`), otherwise an update follows (`up --refresh`). Raises
    `StoppedError` where a read fails, which is reported.
    """

    def one(old: Resource) -> bool:
        if session.stopping:
            return False
        step = Step("refresh", old, old)
        session.record(step, "planned")
        try:
            step.new = _read(session, old) if old.custom else old
        except EngineError as error:
            _failed(session, step, error)
            return False
        if as_result:
            step.op = "delete" if step.new is None else "same" if step.new is old else "update"
        session.record(step, "read")
        return True

    with ThreadPoolExecutor(max_workers=session.parallel) as pool:
        ended = list(pool.map(one, list(session.state.live.values())))
    if not all(ended):
        raise StoppedError("a read failed")


def _read(session: Session, old: Resource) -> Resource | None:
    """Return the object as it is now: None where it is gone, the same instance where nothing has changed."""
    pending = None if session.dry_run else session.state.begin(old, "reading")
    try:
        id_, inputs, outputs = session.host.read(old)
    except EngineError:
        session.state.abandon(pending)  # a read changes nothing, however it ends
        raise
    if not id_:
        session.state.remove(old, pending)
        return None
    if id_ == old.id and not changed_keys(old.inputs, inputs) and not changed_keys(old.outputs, outputs):
        session.state.abandon(pending)
        return old
    new = replace(old, id=id_, inputs=inputs, outputs=outputs, modified=now())
    session.state.put(new, pending)
    return new


def delete_all(session: Session, resources: Iterable[Resource]) -> None:
    """Delete resources, dependents before what they depend on, as many at once as the run allows.

    After a failure nothing new begins, and what is under way is finished. Raises `StoppedError` where a deletion fails, which is
    reported, or a resource is protected: then none is deleted.
    """
    found = list(resources)
    for each in found:
        if each.protect and not each.delete:
            session.report("error", refused_for_protection(each.urn, "deleted"), each.urn)
    if session.failed:
        raise StoppedError("nothing is deleted")
    order = _deletion_order(found)
    running: dict[Future[None], int] = {}
    stopped = False
    with ThreadPoolExecutor(max_workers=1 if session.dry_run else session.parallel) as pool:
        while running or (order.is_active() and not stopped):
            for number in () if stopped else order.get_ready():
                old = found[number]
                step = Step("delete-replaced" if old.delete else "delete", old, None)
                running[pool.submit(run_step, session, step)] = number
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                number = running.pop(future)
                try:
                    future.result()
                    order.done(number)
                except StoppedError:
                    stopped = True
    if stopped:
        raise StoppedError("a deletion failed")


def _deletion_order(resources: list[Resource]) -> TopologicalSorter[int]:
    """Return the numbers of the resources as a graph, in which a dependent comes before what it depends on."""
    # A replaced object and its replacement have one URN; what refers to that needs the replacement.
    replaced_first = sorted(range(len(resources)), key=lambda number: not resources[number].delete)
    numbers = {resources[number].urn: number for number in replaced_first}
    order: TopologicalSorter[int] = TopologicalSorter()
    for number in reversed(range(len(resources))):
        order.add(number)
    for number, resource in enumerate(resources):
        for urn in resource.needs():
            if numbers.get(urn, number) != number:
                order.add(numbers[urn], number)
    try:
        order.prepare()
    except CycleError:
        raise NotModelledError("resources that depend on each other in a circle") from None
    return order
