"""What all parts of one run share: the stack, its state, the provider host, and whether to go on."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from .config import ConfigValue
from .errors import StoppedError
from .events import Diagnostic, Operation, Severity, Sink, StackOutputs, StepEvent, Summary
from .host import ProviderHost
from .project import Project
from .snapshot import Snapshot
from .urn import ROOT_TYPE, make_urn

# A replacement counts once, not again for its parts.
_UNCOUNTED: frozenset[Operation] = frozenset(
    {"create-replacement", "delete-replaced", "discard-replaced", "remove-pending-replace"}
)


@dataclass
class RunOptions:
    """How to run: `parallel` operations at once."""

    parallel: int = 16


class RunContext:
    """One preview, update, refresh or destroy of one stack."""

    def __init__(
        self,
        project: Project,
        stack: str,
        *,
        config: dict[str, ConfigValue],
        snapshot: Snapshot,
        sink: Sink,
        options: RunOptions,
        dry_run: bool,
    ) -> None:
        """Nothing is started here; `host` is set by the run before anything needs it."""
        self.project = project
        self.stack = stack
        self.config = config
        self.snapshot = snapshot
        self.options = options
        self.dry_run = dry_run
        self.stopping = threading.Event()
        self.failed = False
        self.cancelled = False
        self.step_has_failed = False
        self.slots = threading.BoundedSemaphore(max(1, options.parallel))
        self.changes: Counter[Operation] = Counter()
        self.errors: Counter[str] = Counter()
        self.host: ProviderHost | None = None
        self.server_port = 0
        self.end_program: Callable[[], None] | None = None
        self._sink = sink
        self._sink_lock = threading.Lock()
        self._started = time.monotonic()
        self._calls = 0
        self._calls_changed = threading.Condition()

    @contextlib.contextmanager
    def call(self) -> Generator[None]:
        """Count a call of the program as under way."""
        with self._calls_changed:
            self._calls += 1
        try:
            yield
        finally:
            with self._calls_changed:
                self._calls -= 1
                self._calls_changed.notify_all()

    def wait_for_calls(self) -> None:
        """Wait until no call of the program is under way: a program may end before its operations have."""
        with self._calls_changed:
            self._calls_changed.wait_for(lambda: self._calls == 0)

    @property
    def root_urn(self) -> str:
        """The URN of the stack resource."""
        return make_urn(self.stack, self.project.name, "", ROOT_TYPE, f"{self.project.name}-{self.stack}")

    @property
    def providers(self) -> ProviderHost:
        """The provider host, configured."""
        if self.host is None:
            raise AssertionError("the run starts the host before any operation")
        return self.host

    def ensure_running(self) -> None:
        """Raise `StoppedError` once the run is stopping: what has not begun must not begin."""
        if self.stopping.is_set():
            raise StoppedError

    def fail(self) -> None:
        """Stop the run after a failure: nothing new begins, what runs is finished."""
        self.failed = True
        self.stopping.set()

    def cancel(self) -> None:
        """Stop the run because the user asked for it: the program ends at once, running operations are finished."""
        self.cancelled = True
        self.fail()
        if self.end_program is not None:
            self.end_program()

    def report(self, severity: Severity, message: str, urn: str = "") -> None:
        """Tell the user something; an error counts against the resource it is about."""
        if severity == "error":
            self.errors[urn or self.root_urn] += 1
            self.failed = True
        with self._sink_lock:
            self._sink.diagnostic(Diagnostic(severity, message, urn))

    def planned(self, event: StepEvent) -> None:
        """A step begins, or would begin."""
        if self.dry_run and not event.hidden and event.op not in _UNCOUNTED:
            self.changes[event.op] += 1
        with self._sink_lock:
            self._sink.step_planned(event)

    def done(self, event: StepEvent) -> None:
        """A step has ended well."""
        if not self.dry_run and not event.hidden and event.op not in _UNCOUNTED:
            self.changes[event.op] += 1
        with self._sink_lock:
            self._sink.step_done(event)

    def reading(self, event: StepEvent) -> None:
        """A refresh of one resource begins."""
        with self._sink_lock:
            self._sink.step_planned(event)

    def refreshed(self, event: StepEvent) -> None:
        """A refresh of one resource has ended; it counts when it is the purpose of the run."""
        if event.op != "refresh" and not event.hidden:
            self.changes[event.op] += 1
        with self._sink_lock:
            self._sink.step_refreshed(event)

    def step_failed(self, event: StepEvent, message: str) -> None:
        """A step has failed: tell why, and stop."""
        self.step_has_failed = True
        self.fail()
        self.report("error", message, event.urn)
        with self._sink_lock:
            self._sink.step_failed(event)

    def outputs(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        """The stack's outputs are known."""
        with self._sink_lock:
            self._sink.stack_outputs(StackOutputs(old, new))

    def summarize(self) -> None:
        """The run is over."""
        summary = Summary(dict(self.changes), time.monotonic() - self._started, self.failed)
        with self._sink_lock:
            self._sink.summary(summary)
