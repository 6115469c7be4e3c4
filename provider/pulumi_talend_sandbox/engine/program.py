"""The user's program, in a process of its own under the project's interpreter."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO

from ..language_host import RUNNER
from ..language_host.toolchains import python_command
from .project import Config, Project


class ProgramProcess:
    """A running program, which registers its resources over gRPC.

    `monitor` and `engine` are the addresses of the two services, `on_output` receives each line that the program prints.
    """

    def __init__(
        self,
        project: Project,
        stack: str,
        *,
        config: Config,
        monitor: str,
        engine: str,
        parallel: int,
        dry_run: bool,
        on_output: Callable[[str], None],
    ) -> None:
        self._process = start_python(project, RUNNER)
        self._readers = [forward(each, on_output) for each in (self._process.stdout, self._process.stderr)]
        settings = {
            "project": project.name,
            "stack": stack,
            "monitor": monitor,
            "engine": engine,
            "parallel": parallel,
            "dry_run": dry_run,
            "organization": "organization",
            "root_directory": str(project.root),
        }
        task = {
            "program": str(project.main),
            "pwd": str(project.program_directory),
            "config": config.values,
            "secret_keys": config.secret_keys,
            "settings": settings,
        }
        if self._process.stdin is not None:
            # Through a pipe: other processes of this machine can read arguments. It stays open, since its end ends the program.
            with contextlib.suppress(BrokenPipeError):  # the program has ended already, and its exit code says why
                self._process.stdin.write(json.dumps(task) + "\n")
                self._process.stdin.flush()

    def wait(self) -> int:
        """Wait until the program has ended and all that it printed was handed on; returns its exit code."""
        code = self._process.wait()
        for reader in self._readers:
            reader.join()
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        return code

    def kill(self) -> None:
        """End the program at once."""
        self._process.kill()


def start_python(project: Project, script: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start a script under the project's interpreter, in the program's directory.

    The process is in a session of its own: Ctrl-C is for the engine, which lets running operations finish.
    """
    environment = {**os.environ, "PULUMI_PROJECT": project.name, "PYTHONUNBUFFERED": "1"}
    environment.setdefault("GRPC_VERBOSITY", "ERROR")
    environment.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
    if project.virtualenv is not None:
        environment["VIRTUAL_ENV"] = environment["PULUMI_RUNTIME_VIRTUALENV"] = str(project.virtualenv)
        environment["PATH"] = f"{Path(project.python).parent}{os.pathsep}{environment.get('PATH', '')}"
        environment.pop("PYTHONHOME", None)
    return subprocess.Popen(  # noqa: S603 the project's own interpreter
        python_command(project.python, script, *arguments),
        cwd=project.program_directory,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )


def forward(stream: IO[str] | None, on_line: Callable[[str], None]) -> threading.Thread:
    """Start a thread that hands on each line of a stream."""

    def read() -> None:
        for line in stream or ():
            on_line(line.rstrip("\n"))

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    return thread
