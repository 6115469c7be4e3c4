"""One command on one stack, from its options to its exit code: preview, ask, do it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

from . import run
from .commands import Options
from .display import show_end, show_step
from .document import preview_document
from .errors import EXIT_CANCELLED, EXIT_ERROR, EXIT_STACK_NOT_FOUND, EXIT_USAGE, EngineError, NotModelledError
from .project import find_project, load_config
from .session import Session
from .state import StateFile

_TITLES = {"up": ("update", "Updating"), "refresh": ("refresh", "Refreshing"), "destroy": ("destroy", "Destroying")}


class Work:
    """A command, with its stack opened; raises `EngineError` where there is no such project or stack."""

    def __init__(self, options: Options) -> None:
        self._options = options
        if options.json and options.command != "preview":
            raise NotModelledError(f"--json of {options.command}")
        self._noun, self._title = _TITLES.get(options.command, _TITLES["up"])
        self._project = find_project(options.cwd)
        self._file = StateFile(self._project.root, self._project.name, options.stack)
        if self._noun != "update" and not self._file.path.exists():
            raise EngineError(f"no stack named '{options.stack}' found", exit_code=EXIT_STACK_NOT_FOUND)
        self._config = load_config(self._project, options.stack)

    def run(self) -> int:
        """Do what the command says; returns its exit code."""
        options = self._options
        if options.command == "preview":
            return self._act(dry_run=True)
        if not (options.yes or options.skip_preview or self._can_ask):
            message = "--yes or --skip-preview must be passed in to proceed when running in non-interactive mode"
            raise EngineError(message, exit_code=EXIT_USAGE)
        with self._file.lock():
            code = 0 if options.skip_preview else self._act(dry_run=True)
            if code:
                return code
            if not options.yes and self._can_ask:
                answer = input(f"Do you want to perform this {self._noun}? [yes/no] ")
                if answer.strip().lower() not in ("y", "yes"):
                    raise EngineError(f"confirmation declined, not proceeding with the {self._noun}")
            return self._act(dry_run=False)

    @property
    def _can_ask(self) -> bool:
        return not self._options.non_interactive and sys.stdin.isatty() and sys.stdout.isatty()

    def _act(self, *, dry_run: bool) -> int:
        options = self._options
        state = self._file.load(dry_run=dry_run)
        interrupted = state.pending
        session = Session(self._project, options.stack, self._config, state, parallel=options.parallel, dry_run=dry_run)
        if not options.json:
            title = f"Previewing {self._noun}" if dry_run else self._title
            sys.stdout.write(f"{title} ({options.stack}):\n\n")
            session.on_step = lambda step, phase: show_step(step, phase, dry_run=dry_run, diff=options.diff)
        for each in interrupted:
            session.report(
                "warning",
                f"an earlier run was interrupted while {each.type} this resource: look at the object itself. "
                "`talend-sandbox refresh --clear-pending-creates` forgets it.",
                each.resource.urn,
            )
        with _cancellable(session):
            if self._noun == "update":
                run.update(session, refresh_first=options.refresh)
            elif self._noun == "refresh":
                run.refresh_stack(session)
            else:
                run.destroy(session, refresh_first=options.refresh)
        if not session.failed:
            # What has been read or done anew is known again; an object that was created perhaps has no id here.
            kept = () if options.clear_pending_creates else ("creating",)
            state.forget([each for each in interrupted if each.type not in kept])
        if options.json:
            sys.stdout.write(f"{preview_document(session)}\n")
        else:
            show_end(session)
        return EXIT_CANCELLED if session.cancelled else EXIT_ERROR if session.failed else 0


def _say(line: str) -> None:
    """Write to standard error from a signal handler, which may have interrupted just that: `sys.stderr` would raise an error."""
    os.write(2, f"\n{line}\n".encode())


@contextmanager
def _cancellable(session: Session) -> Generator[None]:
    """Let the first Ctrl-C stop the run in good order, and the second end the process; program and host end with it."""

    def first(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001 the signature of a handler
        signal.signal(signal.SIGINT, second)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _say("cancelling: running operations are finished first; press Ctrl-C again to give up")
        session.cancel()

    def second(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001 the signature of a handler
        _say("error: gave up; what was under way may be half done, so preview with --refresh")
        os._exit(EXIT_CANCELLED)  # an exception would wait for the threads whose operations are under way

    before = {number: signal.signal(number, first) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
