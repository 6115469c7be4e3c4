"""What happens during a run, as data; displays and JSON writers are sinks for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

from .state import ResourceState
from .values import Properties

Operation = Literal[
    "same",
    "create",
    "update",
    "delete",
    "replace",
    "create-replacement",
    "delete-replaced",
    "discard-replaced",
    "remove-pending-replace",
    "refresh",
    "import",
]
Severity = Literal["debug", "info", "warning", "error"]


@dataclass
class StepEvent:
    """One step on one resource, as planned; `seconds` is set once it is done.

    `old` and `new` are the states before and after as far as known; `changed_keys` the input properties that
    differ, `replace_keys` those that force a replacement, `diff_reasons` what the provider itself named.
    """

    op: Operation
    urn: str
    type: str
    old: ResourceState | None
    new: ResourceState | None
    changed_keys: list[str] = field(default_factory=list[str])
    replace_keys: list[str] = field(default_factory=list[str])
    diff_reasons: list[str] = field(default_factory=list[str])
    seconds: float = 0.0

    @property
    def hidden(self) -> bool:
        """Whether displays leave the step out."""
        state = self.new or self.old
        return state is not None and state.hidden


@dataclass
class Diagnostic:
    """A message for the user; `urn` is empty for one that belongs to no resource."""

    severity: Severity
    message: str
    urn: str = ""


@dataclass
class StackOutputs:
    """The stack's outputs before and after."""

    old: Properties
    new: Properties


@dataclass
class Summary:
    """The end of a run: how many resources each operation concerned, how long it took, whether it went well."""

    changes: dict[Operation, int]
    seconds: float
    failed: bool


class Sink(Protocol):
    """Something that shows or writes down what happens. Called under a lock, in order."""

    def step_planned(self, event: StepEvent) -> None:
        """A step is about to begin (in a preview: would begin)."""
        ...

    def step_done(self, event: StepEvent) -> None:
        """A step has ended well."""
        ...

    def step_refreshed(self, event: StepEvent) -> None:
        """One object has been read: `event.new` is what was found, None when it is gone."""
        ...

    def step_failed(self, event: StepEvent) -> None:
        """A step has failed; the reason came as a diagnostic."""
        ...

    def diagnostic(self, event: Diagnostic) -> None:
        """There is something to tell."""
        ...

    def stack_outputs(self, event: StackOutputs) -> None:
        """The program has given the stack's outputs."""
        ...

    def summary(self, event: Summary) -> None:
        """The run is over."""
        ...
