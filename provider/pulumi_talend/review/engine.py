"""Running the preview itself: with the Pulumi CLI where it is found, else with the offline engine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

from .document import read_preview
from .errors import ReviewError
from .text import visible

_ENGINES = ("pulumi", "talend-sandbox")


def find_engine() -> str:
    """The engine's command. Raises ReviewError where there is none on PATH."""
    beside = os.pathsep.join([os.environ.get("PATH", os.defpath), str(Path(sys.executable).parent)])
    for name in _ENGINES:
        # What stands on PATH first, then what is installed beside this command in a virtual environment not activated.
        found = shutil.which(name, path=beside)
        if found is not None:
            return found
    raise ReviewError(
        "Neither `pulumi` nor `talend-sandbox` is on PATH: install the Pulumi CLI, or give the output of "
        "`pulumi preview --json` as a file."
    )


def run_preview(stack: str, cwd: Path, *, refresh: bool) -> str:
    """What `preview --json` of `stack` prints. Raises ReviewError, or PreviewFailedError where the preview fails."""
    arguments = ["preview", "--json", "--non-interactive", "--stack", stack, "--cwd", str(cwd)]
    done = _run([find_engine(), *arguments, *(["--refresh"] if refresh else [])])
    if done.returncode == 0:
        return done.stdout
    if done.stdout.lstrip().startswith("{"):
        read_preview(done.stdout)  # raises what the document says went wrong
    said = " ".join((done.stderr or done.stdout).split())
    raise ReviewError(f"The preview of stack '{stack}' failed: {visible(said)[:600] or 'the engine says nothing'}")


def export_state(stack: str, cwd: Path) -> str:
    """The stack's state, secrets encrypted. Raises ReviewError."""
    done = _run([find_engine(), "stack", "export", "--stack", stack, "--cwd", str(cwd)])
    if done.returncode != 0:
        said = " ".join((done.stderr or done.stdout).split())
        raise ReviewError(
            f"The state of stack '{stack}' could not be exported: {visible(said)[:600]}. Try `pulumi stack export`."
        )
    return done.stdout


def stack_settings(stack: str, cwd: Path) -> dict[str, str]:
    """The stack's own configuration, secrets in clear: kept in memory, for looking at the tenant only.

    Raises ReviewError.
    """
    listed = _listed(_run([find_engine(), "config", "--json", "--show-secrets", "--stack", stack, "--cwd", str(cwd)]))
    if listed is None:
        # What the engine printed is not repeated: it may hold what is secret.
        raise ReviewError(
            f"The configuration of stack '{stack}' could not be read: try `pulumi config --stack {visible(stack)}`."
        )
    return listed


class _Configuration(dict[str, str]):
    """Settings whose summary shows none of them: a traceback's variables may be shown."""

    def __repr__(self) -> str:
        return "[secure]"


def _listed(done: subprocess.CompletedProcess[str]) -> dict[str, str] | None:
    """The configuration that the engine printed; None where it printed none."""
    try:
        listed: Any = json.loads(done.stdout) if done.returncode == 0 else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(listed, dict):
        return None
    entries = cast("dict[str, dict[str, Any]]", listed)
    return _Configuration({name: str(entry["value"]) for name, entry in entries.items() if "value" in entry})


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    # Events instead of one document would need another reader.
    environment = {name: value for name, value in os.environ.items() if name != "PULUMI_ENABLE_STREAMING_JSON_PREVIEW"}
    try:
        return subprocess.run(  # noqa: S603 - a fixed program, arguments as a list
            command, capture_output=True, text=True, encoding="utf-8", check=False, env=environment
        )
    except OSError as error:
        raise ReviewError(f"{command[0]} does not run: {error.strerror}.") from None
