"""The steps of a preview: what the engine would do to each resource, whatever document lists it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from ..loader import TABLE_TYPE, TYPE_NAMES, TYPE_PREFIX, own_provider, pickled
from .errors import DocumentError
from .model import Cause

DYNAMIC = "pulumi-python:dynamic"
"""What the type of every resource begins with whose provider is code of a program."""

_IN_PROJECT = re.compile(r"project:///((?!\.\./)[^#]*\.py)#(\d+)")
_PACKAGES = frozenset({"site-packages", "pulumi_talend"})
"""Folders in the path of a source file that is not the program's own."""


@dataclass(frozen=True)
class State:
    """A resource as the engine has it, or will have it: `values` are its properties."""

    id: str
    values: Mapping[str, Any]
    type: str = ""
    retained: bool = False
    deleted_with: str = ""
    goes_first: bool = False
    line: str | None = None
    is_custom: bool = False
    provider: str = ""
    """The program's own provider that runs it; empty for Pulumi's default one."""


@dataclass(frozen=True)
class Step:
    """One thing that the engine would do to one resource."""

    op: str
    urn: str
    old: State | None
    new: State | None

    @property
    def types(self) -> tuple[str, ...]:
        """The resource's type, as its URN has it and as its states have it. A program can make them differ."""
        told = (type_of(self.urn), *(state.type for state in (self.old, self.new) if state is not None))
        return tuple(dict.fromkeys(name for name in told if name))

    @property
    def type(self) -> str:
        """The resource's type; of several the one that is this provider's."""
        return next((name for name in self.types if name.startswith(TYPE_PREFIX)), "".join(self.types[:1]))

    @property
    def is_ours(self) -> bool:
        """Whether it is a resource of this provider, also one that this version does not know."""
        return self.type.startswith(TYPE_PREFIX)

    @property
    def is_table(self) -> bool:
        """Whether it is a table of access: a component, which does nothing beside the resources in it."""
        return self.types == (TABLE_TYPE,) and not any(each.is_custom for each in (self.old, self.new) if each)

    @property
    def runs_foreign_code(self) -> bool:
        """Whether a dynamic provider runs for it that is not this package's own.

        The property `__provider` of a dynamic resource is the pickle that the dynamic host runs; ours is the same bytes
        everywhere (see `pulumi_talend.loader`).
        """
        if not any(name.startswith(DYNAMIC) for name in self.types):
            return False
        name = self.type.removeprefix(TYPE_PREFIX)
        if len(self.types) > 1 or name not in TYPE_NAMES:
            return True
        states = [state for state in (self.old, self.new) if state is not None]
        return any(state.values.get("__provider") != pickled(name) for state in states)

    @property
    def provider(self) -> str:
        """The program's own provider that runs it, before or afterwards; empty for Pulumi's default one."""
        return next((state.provider for state in (self.new, self.old) if state is not None and state.provider), "")

    @property
    def cause(self) -> Cause:
        """The step as the cause of a change."""
        line = (self.new.line if self.new else None) or (self.old.line if self.old else None)
        return Cause(self.urn, self.op, line)


@dataclass(frozen=True)
class Preview:
    """What a document says: the steps, the stack's configuration (secrets masked), and what the reader noticed."""

    stack: str
    project: str
    steps: tuple[Step, ...]
    config: Mapping[str, str] = field(default_factory=dict[str, str])
    notes: tuple[str, ...] = ()


def type_of(urn: str) -> str:
    """The type in a URN, without those of its parents: the part after the last `$`."""
    parts = urn.split("::", 3)
    return parts[2].rpartition("$")[2] if len(parts) == 4 else ""


def stack_and_project(urns: list[str]) -> tuple[str, str]:
    """The stack and the project that all `urns` are in. Raises DocumentError where one is no URN, or of another stack."""
    found: set[tuple[str, str]] = set()
    for urn in urns:
        parts = urn.split("::", 3)
        if len(parts) != 4 or not urn.startswith("urn:pulumi:"):
            raise DocumentError(
                f"'{urn[:80]}' is not the URN of a resource: give the output of `pulumi preview --json`."
            )
        found.add((parts[0].removeprefix("urn:pulumi:"), parts[1]))
    if len(found) > 1:
        raise DocumentError("The document is about several stacks: give the preview of one.")
    return next(iter(found), ("", ""))


def as_object(value: object, what: str) -> dict[str, Any]:
    """`value` where it is a JSON object. Raises DocumentError."""
    if not isinstance(value, dict):
        raise DocumentError(f"{what} is not an object: give the document as the engine wrote it.")
    return cast("dict[str, Any]", value)


def as_list(value: object, what: str) -> list[Any]:
    """`value` where it is a JSON array; none for null. Raises DocumentError."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise DocumentError(f"{what} is not a list: give the document as the engine wrote it.")
    return cast("list[Any]", value)


def state_of(entry: object, *, planned: bool = False) -> State | None:
    """A resource's entry in a preview or a deployment, None for null. Raises DocumentError.

    What is `planned` is as its inputs say, what exists already as its outputs say: that is how the providers take it.
    """
    if entry is None:
        return None
    data = as_object(entry, "The state of a resource")
    inputs = as_object(data.get("inputs") or {}, "The inputs of a resource")
    outputs = as_object(data.get("outputs") or {}, "The outputs of a resource")
    return State(
        id=str(data.get("id") or ""),
        values={**outputs, **inputs} if planned else {**inputs, **outputs},
        type=str(data.get("type") or ""),
        retained=bool(data.get("retainOnDelete", False)),
        deleted_with=str(data.get("deletedWith") or ""),
        goes_first=bool(data.get("pendingReplacement", False)),
        line=_line(data),
        is_custom=bool(data.get("custom", False)),
        provider=own_provider(data.get("provider")),
    )


def _line(data: Mapping[str, Any]) -> str | None:
    """The program's own line that declared a resource: the first one in the project and outside of packages."""
    frames = data.get("stackTrace")
    traced = cast("list[Any]", frames) if isinstance(frames, list) else []
    positions = [data.get("sourcePosition"), *(_position(frame) for frame in traced)]
    for position in positions:
        found = _IN_PROJECT.fullmatch(position) if isinstance(position, str) else None
        if found and _PACKAGES.isdisjoint(found[1].split("/")):
            return f"{found[1]}:{found[2]}"
    return None


def _position(frame: object) -> object:
    return cast("dict[str, Any]", frame).get("sourcePosition") if isinstance(frame, dict) else None
