"""What an engine does with a program, step by step, so that something can go wrong between any two."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from faults.kinds import Declared
from faults.stage import Meeting
from hosting import Refused, Run, State


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
    name, kind = one.declared.name, one.declared.provider
    if one.what == "create":
        run.create(kind, name, one.checked)
    elif one.what == "update":
        run.update(name, one.checked)
    else:
        assert one.what == "same", one
        old = run.states[name]
        run.states[name] = State(kind, old.urn, old.id, one.checked, old.outputs)


def destroy(run: Run) -> Failures:
    """Removes all that the states hold, at the same time; what fails keeps its state."""
    names = list(run.states)

    def work(name: str) -> Callable[[], None]:
        return lambda: run.destroy(name)

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
