"""Running a command: what it said, how long it took, and how much memory it and all its children held at their peak."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

SAMPLE_SECONDS = 0.1
"""How often memory is looked at. A peak that is shorter than that may be missed."""


@dataclass(frozen=True)
class Finished:
    """A command that has ended. `peak_bytes`: resident memory of all its processes together, shared pages counted in each."""

    code: int
    output: str
    seconds: float
    peak_bytes: int


class _Memory:
    """Looks at the memory of a process and its descendants until `stop`."""

    def __init__(self, pid: int) -> None:
        self.peak = 0
        self._root = psutil.Process(pid)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="memory", daemon=True)
        self._thread.start()

    def stop(self) -> int:
        """The peak, in bytes."""
        self._stopped.set()
        self._thread.join()
        return self.peak

    def end_all(self) -> None:
        """Kills the process and its descendants."""
        for process in reversed(_tree(self._root)):
            with suppress(psutil.NoSuchProcess):
                process.kill()

    def _watch(self) -> None:
        while not self._stopped.is_set():
            self.peak = max(self.peak, sum(_resident(process) for process in _tree(self._root)))
            self._stopped.wait(SAMPLE_SECONDS)


def _tree(root: psutil.Process) -> list[psutil.Process]:
    try:
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _resident(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.Error:  # ended, or ending, between the two looks
        return 0


def run(command: Sequence[str], *, directory: Path, environment: Mapping[str, str], seconds: float) -> Finished:
    """Runs `command` to its end. Raises TimeoutError, with all it started ended, where it takes longer than `seconds`."""
    began = time.perf_counter()
    process = subprocess.Popen(
        list(command),
        cwd=directory,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    memory = _Memory(process.pid)
    try:
        output, _ = process.communicate(timeout=seconds)
    except BaseException as error:
        memory.end_all()
        process.communicate()
        memory.stop()
        if isinstance(error, subprocess.TimeoutExpired):
            raise TimeoutError(f"{' '.join(command[:3])} took longer than {seconds:.0f} s") from None
        raise
    return Finished(process.returncode, output, time.perf_counter() - began, memory.stop())
