"""Signs of life on standard error while a command waits for the engine or the tenant.

On a terminal one line that changes; elsewhere, as in CI, a line after two seconds and then one every ten.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.console import Console
from rich.status import Status

from .api.text import in_one_line

FIRST_LINE_SECONDS = 2.0
LINE_SECONDS = 10.0


class Progress:
    """Shows what a command is doing. A context manager; thread-safe.

    Args:
        console: Where to show it; standard error by default.
        clock: Monotonic seconds.
    """

    def __init__(self, console: Console | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console or Console(stderr=True, highlight=False, soft_wrap=True)
        self._clock = clock
        self._began = clock()
        self._lock = threading.Lock()
        self._what = ""
        self._calls = 0
        self._ended = threading.Event()
        self._status: Status | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Progress:
        if self._console.is_terminal:
            self._status = self._console.status("")
            self._status.start()
        else:
            self._thread = threading.Thread(target=self._print_lines, name="progress", daemon=True)
            self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        if self._status is not None:
            self._status.stop()
        if self._thread is not None:
            self._thread.join()

    @contextmanager
    def paused(self) -> Generator[None]:
        """Takes the line off the terminal, so that the block can print results."""
        if self._status is not None:
            self._status.stop()
        yield
        if self._status is not None:
            self._status.start()

    def doing(self, what: str) -> None:
        """Says what begins now; completes "talend: ...", like `preview stack 'dev'`."""
        with self._lock:
            self._what = in_one_line(what)
        self._show()

    def calling(self, subject: str) -> None:
        """As `doing`, for a call of the API, which is counted."""
        with self._lock:
            self._what = in_one_line(subject)
            self._calls += 1
        self._show()

    def note(self, line: str) -> None:
        """Prints a line that stays, like a wait for the rate limit."""
        self._console.print(f"talend: {in_one_line(line)}", markup=False)

    @property
    def line(self) -> str:
        """What is going on now, in one line."""
        with self._lock:
            calls = f"{self._calls:,} call{'' if self._calls == 1 else 's'}, " if self._calls else ""
            return f"talend: {self._what or 'begin'} ({calls}{self._clock() - self._began:.0f} s)"

    def _show(self) -> None:
        if self._status is not None:
            self._status.update(self.line.replace("[", "\\["))

    def _print_lines(self) -> None:
        wait = FIRST_LINE_SECONDS
        while not self._ended.wait(wait):
            self._console.print(self.line, markup=False)
            wait = LINE_SECONDS
