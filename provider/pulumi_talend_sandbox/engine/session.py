"""What the parts of one run share: the stack, its state, the provider host, what has happened, and whether to go on."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from .errors import StoppedError
from .host import ProviderHost
from .project import Config, Project
from .state import ROOT_TYPE, Resource, State, make_urn
from .values import Properties

Operation = Literal["same", "create", "update", "delete", "replace", "create-replacement", "delete-replaced", "refresh"]
Phase = Literal["planned", "done", "failed", "read"]
Severity = Literal["debug", "info", "warning", "error"]
# A replacement counts once, and a read before an update is none of its results.
_UNCOUNTED = ("create-replacement", "delete-replaced", "refresh")


@dataclass
class Step:
    """One thing that happens to one resource.

    `old` is None for a creation, `new` for a deletion. `diffs` are the keys that the provider called changed, `replaces` those
    that force a replacement.
    """

    op: Operation
    old: Resource | None
    new: Resource | None
    diffs: list[str] = field(default_factory=list[str])
    replaces: list[str] = field(default_factory=list[str])

    @property
    def resource(self) -> Resource:
        """The resource that the step is about."""
        resource = self.new or self.old
        if resource is None:
            raise AssertionError("a step has an old or a new resource")
        return resource


class Session:
    """One preview, update, refresh or destroy of one stack.

    `steps` are those planned, `messages` those for the user by URN, `outputs` the stack's before and after. `parallel` operations
    at most are under way at once. `host` and `end_program` are set by the run.
    """

    host: ProviderHost

    def __init__(
        self, project: Project, stack: str, config: Config, state: State, *, parallel: int, dry_run: bool
    ) -> None:
        """Start nothing."""
        self.project = project
        self.stack = stack
        self.config = config
        self.state = state
        self.parallel = parallel
        self.dry_run = dry_run
        self.root_urn = make_urn(stack, project.name, "", ROOT_TYPE, f"{project.name}-{stack}")
        self.slots = threading.BoundedSemaphore(parallel)
        # Plain values: `cancel` runs in a signal handler, and what it interrupts may hold the lock of an Event.
        self.stopping = self.failed = self.cancelled = False
        self.end_program: Callable[[], None] = lambda: None
        self.on_step: Callable[[Step, Phase], None] = lambda _step, _phase: None
        self.steps: list[Step] = []
        self.changes: Counter[Operation] = Counter()
        self.messages: dict[str, list[tuple[Severity, str]]] = {}
        self.outputs: tuple[Properties, Properties] = ({}, {})
        self.started = time.monotonic()
        self._lock = threading.Lock()

    def ensure_running(self) -> None:
        """Raise `StoppedError` once the run is stopping: nothing new may begin."""
        if self.stopping:
            raise StoppedError("the run is stopping")

    def fail(self) -> None:
        """Stop the run: nothing new begins, and what is under way is finished."""
        self.failed = True
        self.stopping = True

    def cancel(self) -> None:
        """Stop the run because the user said so; the program ends at once."""
        self.cancelled = True
        self.fail()
        self.end_program()

    def report(self, severity: Severity, message: str, urn: str = "") -> None:
        """Keep a message for the user; an error fails the run."""
        self.failed |= severity == "error"
        with self._lock:
            self.messages.setdefault(urn or self.root_urn, []).append((severity, message))

    def record(self, step: Step, phase: Phase) -> None:
        """Record a step, and count it: in a preview when it is planned, otherwise when it is done."""
        with self._lock:
            if phase == "planned":
                self.steps.append(Step(step.op, step.old, step.new, step.diffs, step.replaces))
            if step.op not in _UNCOUNTED and phase in ("read", "planned" if self.dry_run else "done"):
                self.changes[step.op] += 1
            self.on_step(step, phase)
