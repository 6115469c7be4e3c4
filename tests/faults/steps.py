"""What an engine does with a program, step by step, so that something can go wrong between any two."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from faults.kinds import Declared
from faults.stage import Meeting
from hosting import PROVIDER, Refused, Run, State


@dataclass(frozen=True)
class Planned:
    """One resource of a preview that went well: what an update will do with it."""

    declared: Declared
    what: str
    checked: dict[str, Any]


@dataclass(frozen=True)
class NotPlanned:
    """One resource that fails its preview, and why."""

    declared: Declared
    reasons: list[str]


def plan(run: Run, declared: Sequence[Declared], **more: Any) -> tuple[list[Planned], list[NotPlanned]]:
    """The preview of a program, in its order; `more` are inputs of every resource."""
    planned: list[Planned] = []
    refused: list[NotPlanned] = []
    for one in declared:
        try:
            what, checked = run.preview(one.provider, one.name, **one.inputs, **more)
        except Refused as error:
            refused.append(NotPlanned(one, [f"{where}: {why}" if where else why for where, why in error.failures]))
        except Exception as error:  # noqa: BLE001 - judged as what a person is shown
            refused.append(NotPlanned(one, [str(error)]))
        else:
            planned.append(Planned(one, what, checked))
    return planned, refused


Failures = dict[str, Exception]


def apply(run: Run, planned: Sequence[Planned]) -> Failures:
    """Does what was planned, all at the same time; keeps states as an engine does: of what failed, the old one."""

    def work(one: Planned) -> Callable[[], None]:
        return lambda: _apply(run, one)

    return _together([one.declared.name for one in planned], [work(one) for one in planned])


def _apply(run: Run, one: Planned) -> None:
    name, provider = one.declared.name, run.provider(one.declared.provider)
    if one.what == "create":
        created = provider.create({**one.checked, **PROVIDER})
        run.states[name] = State(one.declared.provider, created.id or "", one.checked, created.outs or {})
        return
    old = run.states[name]
    outputs = old.outputs
    if one.what == "update":
        outputs = provider.update(old.id, {**old.outputs, **PROVIDER}, {**one.checked, **PROVIDER}).outs or {}
    else:
        assert one.what == "same", one
    run.states[name] = State(one.declared.provider, old.id, one.checked, outputs)


def destroy(run: Run) -> Failures:
    """Removes all that the states hold, at the same time; what fails keeps its state."""
    # A process of its own makes its providers in one thread each, as the dynamic host does.
    names = list(run.states)
    for name in names:
        run.provider(run.states[name].kind)

    def work(name: str) -> Callable[[], None]:
        def remove() -> None:
            old = run.states[name]
            run.provider(old.kind).delete(old.id, {**old.outputs, **PROVIDER})
            del run.states[name]

        return remove

    return _together(names, [work(name) for name in names])


def refresh(run: Run) -> Failures:
    """Reads all that the states hold; what fails keeps its state, what is gone loses it."""
    failures: Failures = {}
    for name in list(run.states):
        try:
            run.refresh(name)
        except Exception as error:  # noqa: BLE001 - judged as what a person is shown
            failures[name] = error
    return failures


def _together(names: Sequence[str], works: Sequence[Callable[[], None]]) -> Failures:
    errors = Meeting(len(works)).run(works) if works else []
    failures: Failures = {}
    for name, error in zip(names, errors, strict=True):
        if isinstance(error, Exception):
            failures[name] = error
        elif error is not None:
            raise error
    return failures
