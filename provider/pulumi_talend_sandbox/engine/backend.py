"""Where stacks are kept: the files, laid out as Pulumi's own `file://` backend lays them out.

`<directory>/.pulumi/stacks/<project>/<stack>.json` is the state, `.pulumi/locks/organization/...` the locks,
so that the Pulumi CLI, pointed at the same directory, sees the same stacks and the same locks.
"""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import socket
import uuid
from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from .errors import EXIT_ERROR, EXIT_STACK_NOT_FOUND, EngineError
from .project import Project

ORGANIZATION = "organization"


@dataclass(frozen=True)
class StackReference:
    """A stack of a project."""

    project: str
    stack: str

    @property
    def qualified(self) -> str:
        """The full name, as Pulumi writes it into the state file."""
        return f"{ORGANIZATION}/{self.project}/{self.stack}"


class Backend:
    """The state files of one project."""

    def __init__(self, directory: Path, project: Project) -> None:
        """Keep the state under `directory`/.pulumi."""
        self.root = directory / ".pulumi"
        self.project = project

    @classmethod
    def for_project(cls, project: Project) -> Backend:
        """Choose the place: a `file://` PULUMI_BACKEND_URL, else the project's own directory.

        Raises `EngineError` for a PULUMI_BACKEND_URL of another kind.
        """
        url = os.environ.get("PULUMI_BACKEND_URL", "").strip()
        if not url:
            return cls(project.root, project)
        if not url.startswith("file://"):
            raise EngineError(
                f"PULUMI_BACKEND_URL={url}: the offline engine keeps state in files (file://...), use the Pulumi CLI"
            )
        text = unquote(urlsplit(url).path) if url.startswith("file:///") else url[len("file://") :]
        return cls(Path(text).expanduser().resolve(), project)

    def reference(self, stack: str) -> StackReference:
        """Name a stack of this project; accepts `stack`, `project/stack` and `organization/project/stack`."""
        parts = stack.split("/")
        if len(parts) > 1 and parts[-2] != self.project.name:
            raise EngineError(f"stack {stack}: it belongs to project {parts[-2]}, this is {self.project.name}")
        name = parts[-1]
        if not name or not all(c.isalnum() or c in "._-" for c in name):
            raise EngineError(
                f"stack name {name!r}: it may only contain letters, digits, hyphens, underscores, and periods"
            )
        return StackReference(self.project.name, name)

    def state_path(self, stack: StackReference) -> Path:
        """The state file of a stack."""
        return self.root / "stacks" / stack.project / f"{stack.stack}.json"

    def exists(self, stack: StackReference) -> bool:
        """Tell whether the stack has come into being."""
        return self.state_path(stack).exists()

    def stacks(self) -> list[StackReference]:
        """All stacks of the project, by name."""
        directory = self.root / "stacks" / self.project.name
        return [StackReference(self.project.name, path.stem) for path in sorted(directory.glob("*.json"))]

    def load(self, stack: StackReference) -> dict[str, Any] | None:
        """Read a stack's `deployment` document; None for a stack that holds nothing yet.

        Raises `EngineError` when there is no such stack or its file is damaged.
        """
        path = self.state_path(stack)
        try:
            document: object = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise EngineError(f"no stack named '{stack.stack}' found", exit_code=EXIT_STACK_NOT_FOUND) from None
        except (OSError, ValueError) as error:
            raise EngineError(f"cannot read the state of {stack.stack} at {path}: {error}") from None
        version = cast("dict[str, Any]", document).get("version") if isinstance(document, dict) else None
        if version != 3:
            raise EngineError(f"{path}: state version {version}, expected 3: use the Pulumi CLI that wrote it")
        latest = cast("dict[str, Any]", document).get("checkpoint", {}).get("latest")
        return cast("dict[str, Any] | None", latest)

    def save(self, stack: StackReference, deployment: str | None) -> None:
        """Write a stack's state so that a crash leaves either the old file or the new one.

        `deployment` is the JSON text of the `deployment` document, None for a stack that holds nothing yet.
        """
        latest = f',"latest":{deployment}' if deployment is not None else ""
        text = f'{{"version":3,"checkpoint":{{"stack":{json.dumps(stack.qualified)}{latest}}}}}\n'
        write_atomically(self.state_path(stack), text)
        meta = self.root / "meta.yaml"
        if not meta.exists():
            write_atomically(meta, "version: 1\n")

    def remove(self, stack: StackReference) -> None:
        """Delete a stack's state file; its configuration stays."""
        self.state_path(stack).unlink()
        if self.selected() == stack.stack:
            self._selection_path().unlink(missing_ok=True)

    def selected(self) -> str | None:
        """The stack that `select` chose, None when there is none."""
        try:
            name = self._selection_path().read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None
        return name or None

    def select(self, stack: StackReference) -> None:
        """Make a stack the one that commands without `--stack` work on."""
        write_atomically(self._selection_path(), stack.stack + "\n")

    def _selection_path(self) -> Path:
        return self.root / "workspaces" / f"{self.project.name}.selected"

    def _lock_directory(self, stack: StackReference) -> Path:
        return self.root / "locks" / ORGANIZATION / stack.project / stack.stack

    @contextlib.contextmanager
    def lock(self, stack: StackReference) -> Generator[None]:
        """Hold the stack for one run; raises `EngineError` naming the holder when another run has it."""
        own = self._lock_directory(stack) / f"{uuid.uuid4()}.json"
        now = datetime.now(timezone.utc).isoformat()
        holder = {"pid": os.getpid(), "username": _user(), "hostname": socket.gethostname(), "timestamp": now}
        # Write first, look second: of two runs that start together at least one sees the other.
        write_atomically(own, json.dumps(holder))
        try:
            others = [path for path in self.locks(stack) if path != own]
            if others:
                listing = "\n".join(f"  {path}: {_describe(path)}" for path in others)
                raise EngineError(
                    f"the stack is currently locked by {len(others)} lock(s). Either wait for the other "
                    f"process(es) to end or delete the lock file with `talend-sandbox cancel`.\n{listing}",
                    exit_code=EXIT_ERROR,
                )
            yield
        finally:
            own.unlink(missing_ok=True)

    def locks(self, stack: StackReference) -> list[Path]:
        """The lock files of a stack."""
        return sorted(self._lock_directory(stack).glob("*.json"))


def write_atomically(path: Path, text: str) -> None:
    """Write a file by way of a temporary one, flushed to disk before it takes the name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no entry for this user id, as in some containers
        return str(os.getuid())


def _describe(path: Path) -> str:
    try:
        holder = cast("dict[str, Any]", json.loads(path.read_text(encoding="utf-8")))
        return f"created by {holder['username']}@{holder['hostname']} (pid {holder['pid']}) at {holder['timestamp']}"
    except (OSError, ValueError, KeyError):
        return "its holder left no readable name"
