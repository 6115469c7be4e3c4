"""The user's program, in its own process under the project's interpreter."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO

from .config import ConfigValue
from .host import process_environment
from .project import Project

# In a directory of its own: the directory of a script comes first in its module search path.
_RUNNER = Path(__file__).parent / "runner" / "run_program.py"


class ProgramProcess:
    """A running program: registers its resources over gRPC, and prints what it likes."""

    def __init__(
        self,
        project: Project,
        stack: str,
        *,
        config: dict[str, ConfigValue],
        monitor: str,
        engine: str,
        parallel: int,
        dry_run: bool,
        on_output: Callable[[str], None],
    ) -> None:
        """Start the program; `on_output` gets each line that it prints.

        The configuration goes through a pipe, not through the environment, where other processes of the same
        user could read its secrets.
        """
        self._process = subprocess.Popen(  # noqa: S603 the project's own interpreter
            [project.python, "-u", str(_RUNNER)],
            cwd=project.program_directory,
            env=process_environment(project),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        task = {
            "program": str(project.main),
            "pwd": str(project.program_directory),
            "config": {key: value.text for key, value in config.items()},
            "secret_keys": [key for key, value in config.items() if value.secret],
            "settings": {
                "project": project.name,
                "stack": stack,
                "monitor": monitor,
                "engine": engine,
                "parallel": parallel,
                "dry_run": dry_run,
                "organization": "organization",
                "root_directory": str(project.root),
            },
        }
        if self._process.stdin is not None:
            self._process.stdin.write(json.dumps(task) + "\n")
            self._process.stdin.close()
        self._readers = [
            threading.Thread(target=_forward, args=(stream, on_output), daemon=True)
            for stream in (self._process.stdout, self._process.stderr)
        ]
        for reader in self._readers:
            reader.start()

    def wait(self) -> int:
        """Wait until the program has ended and all it printed has been handed on; gives its exit code."""
        code = self._process.wait()
        for reader in self._readers:
            reader.join()
        return code

    def kill(self) -> None:
        """End the program at once."""
        self._process.kill()


def _forward(stream: IO[str] | None, on_output: Callable[[str], None]) -> None:
    if stream is not None:
        for line in stream:
            on_output(line.rstrip("\n"))
