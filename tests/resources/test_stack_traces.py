"""Of the stack trace that the SDK writes into state, the part of the program stays."""

from __future__ import annotations

import sys
import traceback

import pytest

from pulumi_talend.resources.program import short_stack_trace

SDK_CALLS = 5


def _sdk(calls: int) -> list[str]:
    if calls > 1:
        return _sdk(calls - 1)
    return [frame.name for frame in traceback.extract_stack()]


def _constructor() -> list[str]:
    with short_stack_trace():
        return _sdk(SDK_CALLS)


def _run(module: str) -> list[str]:
    """The frames of a resource that a function of a module declares."""
    found: dict[str, object] = {"__name__": module, "_constructor": _constructor}
    exec("def team():\n    return _constructor()\n\nframes = team()\n", found)
    frames = found["frames"]
    assert isinstance(frames, list)
    return frames  # pyright: ignore[reportUnknownVariableType]


def test_what_runs_the_program_is_left_out() -> None:
    assert _run("__main__") == ["<module>", "team", "_constructor", *["_sdk"] * SDK_CALLS]


def test_without_a_main_module_the_whole_trace_stays() -> None:
    frames = _run("a_module_of_the_program")
    assert frames[-3 - SDK_CALLS : -SDK_CALLS] == ["<module>", "team", "_constructor"]
    assert "_run" in frames, "what called the module is in it"


@pytest.mark.parametrize("before", [None, 7])
def test_the_limit_is_as_before_afterwards(monkeypatch: pytest.MonkeyPatch, before: int | None) -> None:
    monkeypatch.delattr(sys, "tracebacklimit", raising=False)
    if before is not None:
        monkeypatch.setattr(sys, "tracebacklimit", before, raising=False)

    def fail() -> None:
        with short_stack_trace():
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert getattr(sys, "tracebacklimit", None) == before
