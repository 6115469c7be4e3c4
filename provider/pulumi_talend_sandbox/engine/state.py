"""The state of a stack: its resources, the operations under way, and the file that holds both.

The file is `.talend-sandbox/<project>/<stack>.json`, under the directory of a `file://` PULUMI_BACKEND_URL or else under the
project. Its `deployment` has the shape of `pulumi stack export`, which `talend-access adopt --state` reads; the Pulumi CLI keeps
its own state elsewhere. An operation is recorded before it begins and removed after it ended, so a crash leaves at worst a
pending operation, never an object that nobody knows of.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from .errors import EngineError, NotModelledError
from .values import Properties

ROOT_TYPE = "pulumi:pulumi:Stack"
_ENGINE = "talend-sandbox"
# Fields whose name in the file is another one.
_NAMES = {"retain": "retainOnDelete", "property_dependencies": "propertyDependencies"}


@dataclass(frozen=True)
class Resource:
    """One resource: what it is, what went in, and what came out. A changed resource is another instance (`replace`).

    `delete` marks a replaced object that still has to be deleted; `retain` leaves the object where it is when the resource is
    deleted. Times are UTC, ISO 8601.
    """

    urn: str
    type: str
    custom: bool
    id: str = ""
    inputs: Properties = field(default_factory=dict[str, Any])
    outputs: Properties = field(default_factory=dict[str, Any])
    parent: str = ""
    protect: bool = False
    retain: bool = False
    delete: bool = False
    dependencies: list[str] = field(default_factory=list[str])
    property_dependencies: dict[str, list[str]] = field(default_factory=dict[str, "list[str]"])
    created: str = ""
    modified: str = ""

    def needs(self) -> set[str]:
        """Return the URNs of what must exist before this resource."""
        by_property = {urn for urns in self.property_dependencies.values() for urn in urns}
        return {self.parent, *self.dependencies, *by_property} - {""}

    def with_renamed(self, old: str, new: str) -> Resource:
        """Return the resource with one URN replaced wherever it occurs."""

        def renamed(urns: list[str]) -> list[str]:
            return [new if urn == old else urn for urn in urns]

        urn, parent = renamed([self.urn, self.parent])
        by_property = {key: renamed(urns) for key, urns in self.property_dependencies.items()}
        needs = renamed(self.dependencies)
        return replace(self, urn=urn, parent=parent, dependencies=needs, property_dependencies=by_property)

    def to_json(self) -> dict[str, Any]:
        """Return the resource as JSON data, without what is empty."""
        data = {_NAMES.get(name, name): value for name, value in vars(self).items() if value}
        return {**data, "custom": self.custom}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Resource:
        """Read what `to_json` wrote; raises `TypeError` for anything else."""
        names = {key: name for name, key in _NAMES.items()}
        return cls(**{names.get(key, key): value for key, value in data.items()})


@dataclass(frozen=True)
class Pending:
    """An operation (`creating`, `updating`, `deleting`, `reading`) that began and has not ended."""

    resource: Resource
    type: str


class State:
    """The resources of a stack during one run; every change is on disk before its method returns.

    `live` are the resources by URN, `condemned` those that wait for their deletion after a replacement. `path` is None in a
    preview, which writes nothing.
    """

    def __init__(self, path: Path | None) -> None:
        """Start empty; `StateFile.load` reads a file."""
        self.live: dict[str, Resource] = {}
        self.condemned: list[Resource] = []
        self.pending: list[Pending] = []
        self._path = path
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._version = self._written = 0
        self._texts: dict[int, tuple[Resource, str]] = {}

    def begin(self, resource: Resource, operation: str) -> Pending:
        """Record that an operation is about to begin."""
        pending = Pending(resource, operation)
        self._change(lambda: self.pending.append(pending))
        return pending

    def abandon(self, pending: Pending | None) -> None:
        """Record that an operation ended without any effect."""
        if pending is not None:
            self._change(lambda: self._drop(pending))

    def put(self, resource: Resource, pending: Pending | None = None, *, condemn: Resource | None = None) -> None:
        """Record a resource as it is now; `condemn` is what it replaced, and what has to be deleted later."""
        if pending is None and self.live.get(resource.urn) == resource:
            return

        def apply() -> None:
            self._drop(pending)
            self.live[resource.urn] = resource
            if condemn is not None:
                self.condemned.append(replace(condemn, delete=True))

        self._change(apply)

    def remove(self, resource: Resource, pending: Pending | None = None) -> None:
        """Record that a resource is gone."""

        def apply() -> None:
            self._drop(pending)
            if resource.delete:
                self.condemned = [each for each in self.condemned if each is not resource]
            else:
                self.live.pop(resource.urn, None)

        self._change(apply)

    def rename(self, old: str, new: str) -> None:
        """Give a resource another URN, also where others refer to it."""

        def apply() -> None:
            renamed = [each.with_renamed(old, new) for each in self.live.values()]
            self.live = {each.urn: each for each in renamed}
            self.condemned = [each.with_renamed(old, new) for each in self.condemned]

        self._change(apply)

    def forget(self, pending: list[Pending]) -> None:
        """Drop pending operations of earlier runs."""
        if pending:
            self._change(lambda: [self._drop(each) for each in pending])

    def _drop(self, pending: Pending | None) -> None:
        self.pending = [each for each in self.pending if each is not pending]

    def _change(self, apply: Callable[[], object]) -> None:
        """Change what is in memory, then the file, unless another thread's write has done that: threads share writes."""
        with self._lock:
            apply()
            self._version += 1
            version = self._version
        if self._path is None:
            return
        with self._writing:
            if self._written < version:
                with self._lock:
                    current, resources = self._version, [*self.live.values(), *self.condemned]
                    pending = list(self.pending)
                _write_file(self._path, self._document(resources, pending))
                self._written = current

    def _document(self, resources: list[Resource], pending: list[Pending]) -> str:
        texts = self._texts  # what has not changed is not encoded again
        self._texts = {id(each): texts.get(id(each)) or (each, _encode(each)) for each in resources}
        listed = ",\n".join(text for _, text in self._texts.values())
        operations = ",\n".join(f'{{"resource":{_encode(each.resource)},"type":"{each.type}"}}' for each in pending)
        return (
            f'{{"version":3,"engine":"{_ENGINE}","deployment":{{"manifest":{{"time":"{now()}"}},\n'
            f'"resources":[\n{listed}],\n"pending_operations":[{operations}]}}}}\n'
        )


class StateFile:
    """The file of one stack, whether it exists or not.

    Raises `EngineError` where PULUMI_BACKEND_URL is not a directory, the name is not valid, or the Pulumi CLI has this stack.
    """

    def __init__(self, root: Path, project: str, stack: str) -> None:
        if not stack or not all(each.isalnum() or each in "._-" for each in stack):
            raise EngineError(
                f"'{stack}' is not a valid stack name: use letters, digits, hyphens, underscores, periods"
            )
        url = os.environ.get("PULUMI_BACKEND_URL", "").strip() or root.as_uri()
        if not url.startswith("file://"):
            raise NotModelledError(f"PULUMI_BACKEND_URL={url}")
        text = unquote(urlsplit(url).path) if url.startswith("file:///") else url.removeprefix("file://")
        directory = Path(text).expanduser().resolve()
        self.path = directory / f".{_ENGINE}" / project / f"{stack}.json"
        if any((directory / ".pulumi" / "stacks" / project).glob(f"{stack}.json*")):
            raise NotModelledError(f"stack '{stack}' is one of the Pulumi CLI in {directory}")

    def load(self, *, dry_run: bool = False) -> State:
        """Read the state; a missing file is an empty state. Raises `EngineError` for a damaged file."""
        state = State(None if dry_run else self.path)
        try:
            document = cast("dict[str, Any]", json.loads(self.path.read_text(encoding="utf-8")))
            if document["engine"] != _ENGINE:
                raise NotModelledError(f"the state {self.path} of another engine")
            deployment = document["deployment"]
            resources = [Resource.from_json(each) for each in deployment["resources"]]
            entries = deployment["pending_operations"]
            state.pending = [Pending(Resource.from_json(each["resource"]), each["type"]) for each in entries]
        except FileNotFoundError:
            return state
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise EngineError(f"cannot read the state {self.path} ({error}): restore it from a backup") from None
        state.live = {each.urn: each for each in resources if not each.delete}
        state.condemned = [each for each in resources if each.delete]
        return state

    @contextlib.contextmanager
    def lock(self) -> Generator[None]:
        """Hold the stack for one run, or raise `EngineError`; it is given back when the process ends, however it ends."""
        path = self.path.with_suffix(".lock")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b") as file:
            try:
                _lock(file.fileno())
            except OSError:
                raise EngineError(f"another run works on stack '{path.stem}': wait for its end ({path})") from None
            yield


def make_urn(stack: str, project: str, parent: str, type_: str, name: str) -> str:
    """Return the URN of a resource; it has the type of a parent (a URN, or empty) unless that is the stack."""
    parent_type = parent.split("::", 3)[2] if parent else ROOT_TYPE
    qualified = type_ if parent_type == ROOT_TYPE else f"{parent_type}${type_}"
    return f"urn:pulumi:{stack}::{project}::{qualified}::{name}"


def urn_name(urn: str) -> str:
    """Return the name in a URN, which may itself contain `::`."""
    return urn.split("::", 3)[3]


def now() -> str:
    """Return the time in the form of state files."""
    return datetime.now(timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _encode(resource: Resource) -> str:
    return json.dumps(resource.to_json(), separators=(",", ":"), ensure_ascii=False)


def _lock(descriptor: int) -> None:
    if os.name == "nt":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _write_file(path: Path, text: str) -> None:
    """Write a file so that a crash leaves either the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
