"""The operations on a stack, from options to exit code: preview, up, refresh, destroy."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from rich.console import Console

from .config import ConfigValue
from .context import RunContext, RunOptions
from .display import HumanDisplay, has_changes
from .errors import EXIT_CANCELLED, EXIT_CONFIGURATION, EXIT_ERROR, EXIT_UNEXPECTED_CHANGES, EngineError
from .events import Sink
from .importing import read_import_file
from .jsonevents import JsonEvents
from .jsonout import JsonPreview
from .run import destroy, import_into, refresh_stack, update
from .snapshot import Snapshot
from .stacks import Stack, open_stack
from .state import Deployment, PendingOperation
from .urn import ROOT_TYPE, make_urn

_DESTROYED = (
    "The resources in the stack have been deleted, but the configuration associated with the stack is still "
    "maintained.\nIf you want to remove the stack completely, run `talend-sandbox stack rm {stack}`."
)


@dataclass
class Options:
    """The options that the operations share; each is the command line's of the same name."""

    cwd: Path | None = None
    stack: str | None = None
    yes: bool = False
    json: bool = False
    refresh: bool = False
    skip_preview: bool = False
    preview_only: bool = False
    expect_no_changes: bool = False
    non_interactive: bool = False
    diff: bool = False
    suppress_outputs: bool = False
    clear_pending_creates: bool = False
    import_file: Path | None = None
    protect: bool = True
    config: list[str] = field(default_factory=list[str])
    run: RunOptions = field(default_factory=RunOptions)

    @property
    def interactive(self) -> bool:
        """Whether there is somebody to ask."""
        return not self.non_interactive and sys.stdin.isatty() and sys.stdout.isatty()


@dataclass(frozen=True)
class Kind:
    """What distinguishes the operations: their words, and what they do with a run's context."""

    noun: str
    title: str
    act: Callable[[RunContext, Options], None]


def _update(context: RunContext, options: Options) -> None:
    update(context, refresh_first=options.refresh)


def _refresh(context: RunContext, options: Options) -> None:  # noqa: ARG001 one signature for all
    refresh_stack(context)


def _destroy(context: RunContext, options: Options) -> None:
    destroy(context, refresh_first=options.refresh)


def _import(context: RunContext, options: Options) -> None:
    if options.import_file is None:
        raise EngineError("--file is missing: name the file that lists the resources to import")
    items = read_import_file(options.import_file, context.stack, context.project.name)
    import_into(context, items, protect=options.protect)


UPDATE = Kind("update", "Updating", _update)
REFRESH = Kind("refresh", "Refreshing", _refresh)
DESTROY = Kind("destroy", "Destroying", _destroy)
IMPORT = Kind("import", "Importing", _import)


class Operation:
    """One operation on one stack."""

    def __init__(self, kind: Kind, options: Options) -> None:
        """Open the stack and read what is needed; raises `EngineError` when that is not possible."""
        self.kind = kind
        self.options = options
        self.console = Console(highlight=False, soft_wrap=True, emoji=False, markup=False)
        self.stack: Stack = open_stack(options.cwd, options.stack, must_exist=kind not in (UPDATE, IMPORT))
        if kind in (UPDATE, IMPORT) and self.stack.ensure_exists() and not options.json:
            self.console.print(f"Created stack '{self.stack.name}'")
        self.stack.set_config(options.config)
        self.config: dict[str, ConfigValue] = self.stack.resolved_config()

    @property
    def root_urn(self) -> str:
        """The URN of the stack resource."""
        project = self.stack.project.name
        return make_urn(self.stack.name, project, "", ROOT_TYPE, f"{project}-{self.stack.name}")

    def preview(self) -> int:
        """Show what the operation would do; gives the exit code."""
        context = self._preview(self.stack.load())
        return self._verdict(context)

    def perform(self) -> int:
        """Preview, ask, do it; gives the exit code."""
        options = self.options
        if options.preview_only:
            return self.preview()
        if not options.interactive and not (options.yes or options.skip_preview):
            raise EngineError(
                "--yes or --skip-preview or --preview-only must be passed in to proceed when running in "
                "non-interactive mode",
                exit_code=EXIT_CONFIGURATION,
            )
        with self.stack.backend.lock(self.stack.reference):
            deployment = self.stack.load()
            if not options.skip_preview:
                context = self._preview(deployment)
                if context.failed:
                    return self._verdict(context)
            if not options.yes and not self._agreed():
                raise EngineError(f"confirmation declined, not proceeding with the {self.kind.noun}")
            context = self._perform(deployment)
        if self.kind is DESTROY and not context.failed and not options.json:
            self.console.print(_DESTROYED.format(stack=self.stack.name), soft_wrap=True)
        return self._verdict(context)

    def _agreed(self) -> bool:
        if not self.options.interactive:
            return True  # --skip-preview without a terminal is an answer too
        answer = self.console.input(f"Do you want to perform this {self.kind.noun}? [yes/no] ", markup=False)
        return answer.strip().lower() in ("y", "yes")

    def _preview(self, deployment: Deployment) -> RunContext:
        snapshot = Snapshot(deployment, crypter=self.stack.crypter, save=None)
        json_preview = JsonPreview(self.config, self.root_urn) if self.options.json else None
        context = self._context(snapshot, json_preview, dry_run=True)
        self._run(context, deployment)
        if json_preview is not None:
            sys.stdout.write(json_preview.text + "\n")
        return context

    def _perform(self, deployment: Deployment) -> RunContext:
        reference, backend = self.stack.reference, self.stack.backend
        snapshot = Snapshot(deployment, crypter=self.stack.crypter, save=lambda text: backend.save(reference, text))
        events = JsonEvents(self.config, self.root_urn) if self.options.json else None
        context = self._context(snapshot, events, dry_run=False)
        keep_creates = not (self.kind is REFRESH and self.options.clear_pending_creates)
        self._run(context, deployment)
        snapshot.drop_pending(lambda each: keep_creates and each.type == "creating")
        return context

    def _context(self, snapshot: Snapshot, sink: Sink | None, *, dry_run: bool) -> RunContext:
        title = f"Previewing {self.kind.noun}" if dry_run else self.kind.title
        if sink is None:
            sink = HumanDisplay(
                self.console,
                title=f"{title} ({self.stack.name}):",
                root_urn=self.root_urn,
                dry_run=dry_run,
                diff=self.options.diff,
                suppress_outputs=self.options.suppress_outputs,
            )
        return RunContext(
            self.stack.project,
            self.stack.name,
            config=self.config,
            snapshot=snapshot,
            sink=sink,
            options=self.options.run,
            dry_run=dry_run,
        )

    def _run(self, context: RunContext, deployment: Deployment) -> None:
        _warn_of_pending(context, deployment.pending)
        with _cancellable(context):
            self.kind.act(context, self.options)

    def _verdict(self, context: RunContext) -> int:
        if context.cancelled:
            return EXIT_CANCELLED
        if context.failed:
            return EXIT_ERROR
        if self.options.expect_no_changes and has_changes(dict(context.changes)):
            raise EngineError(
                f"no changes were expected for {'preview' if context.dry_run else self.kind.noun} but changes "
                f"{'were proposed' if context.dry_run else 'occurred'}",
                exit_code=EXIT_UNEXPECTED_CHANGES,
            )
        return 0


def _warn_of_pending(context: RunContext, pending: list[PendingOperation]) -> None:
    """Tell of operations that an earlier run began and did not end: nobody knows whether they took place."""
    if not pending:
        return
    listing = "\n".join(f"  * {each.resource.urn}, interrupted while {each.type}" for each in pending)
    context.report(
        "warning",
        f"an earlier run was interrupted during {len(pending)} operation(s):\n{listing}\n"
        "Whether they took place is unknown: look at these objects where they live. `talend-sandbox refresh` takes "
        "over what is there; `talend-sandbox refresh --clear-pending-creates` also forgets interrupted creations.",
    )


@contextmanager
def _cancellable(context: RunContext) -> Generator[None]:
    """Have the first Ctrl-C stop the run in good order, and the second end the process."""

    def first(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001 the signature of a handler
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        sys.stderr.write("\ncancelling: running operations are finished first; press Ctrl-C again to give up\n")
        context.cancel()

    before = {number: signal.signal(number, first) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
