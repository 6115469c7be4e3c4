"""A run whose process dies at its n-th call of the API, and what an engine then knows of it.

The provider is called as the dynamic host calls it, on the real network. `Mortal` ends every thread of the run at the call that
it is told to: before the API has got it, or after the API has done it and before the answer is read. What the engine had
recorded by then stays, as it stays of a killed process; whatever the provider had in memory is gone.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from hosting import Run, State
from pulumi_talend.api.transport import Transport
from pulumi_talend.provider.base import TalendProvider
from pulumi_talend_sandbox.tenant import Tenant

Kind = type[TalendProvider[Any]]
When = Literal["before", "after"]


class Died(BaseException):
    """The end of the process: nothing of ours catches it."""


class Mortal:
    """Counts the calls of a run, and ends it at one of them."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._send = Transport.send
        self._at: int | None = None
        self._when: When = "before"
        self.calls = 0
        self.dead = False

        def send(transport: Transport, *args: Any) -> Any:
            return self._sent(transport, *args)

        patch.setattr(Transport, "send", send)

    @contextmanager
    def life(self, at: int | None = None, when: When = "before") -> Generator[None]:
        """A run that dies at call `at` (from 1), or lives; its death is the end of the block, and fails to be one if it lives."""
        self._at, self._when, self.calls, self.dead = at, when, 0, False
        try:
            yield
        except Died:
            pass
        else:
            assert at is None, f"the process outlived call {at}"
        finally:
            self._at, self.dead = None, False

    def _sent(self, transport: Transport, *args: Any) -> Any:
        self.calls += 1
        if self.dead or (self.calls == self._at and self._when == "before"):
            self.dead = True
            raise Died
        last = self.calls == self._at
        try:
            return self._send(transport, *args)
        finally:
            if last:
                self.dead = True
                raise Died


@dataclass
class Project:
    """A stack as its engine keeps it: what is in state, what is still to be deleted, and which program it has."""

    tenant: Tenant
    states: dict[str, State] = field(default_factory=dict[str, State])
    condemned: list[State] = field(default_factory=list[State])

    def run(self) -> Run:
        """A new process, which knows nothing but what is in state."""
        return Run(self.tenant, self.states, {})

    def up(self, kind: Kind, name: str, inputs: Mapping[str, Any] | None) -> str:
        """One update to a program with this one resource, or without it. Returns what was done with it.

        Each step is recorded as soon as the provider returns, as an engine does.
        """
        run = self.run()
        done = "same"
        if inputs is not None:
            done, checked = run.preview(kind, name, **inputs)
            old = self.states.get(name)
            if done in {"create", "replace"}:
                if done == "replace":  # an engine checks what replaces something once more, as something new
                    checked = run.check(kind, name, olds={}, **inputs)
                run.create(kind, name, checked)
                if old is not None:
                    self.condemned.append(old)
            elif done == "update":
                run.update(name, checked)
            elif old is not None:
                self.states[name] = State(kind, old.urn, old.id, checked, old.outputs)
        elif name in self.states:
            done = "delete"
            run.destroy(name)
        while self.condemned:
            run.delete(self.condemned[0])
            del self.condemned[0]
        return done

    def refresh(self) -> None:
        """Reads everything in state back."""
        run = self.run()
        for name in list(self.states):
            run.refresh(name)
