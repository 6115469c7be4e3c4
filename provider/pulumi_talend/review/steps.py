"""The steps of a preview: what the engine would do to each resource, whatever document tells it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from .errors import DocumentError
from .model import Cause

OURS = "pulumi-python:dynamic/access:"
"""What the type of every resource of this provider begins with."""

_OURS_IN_PROGRAM = re.compile(r"project:///((?!\.\./)[^#]*\.py)#(\d+)")


@dataclass(frozen=True)
class State:
    """A resource as the engine has it, or will have it: `values` are its properties."""

    id: str
    values: Mapping[str, Any]
    retained: bool = False
    deleted_with: str = ""
    goes_first: bool = False
    line: str | None = None


@dataclass(frozen=True)
class Step:
    """One thing that the engine would do to one resource."""

    op: str
    urn: str
    old: State | None
    new: State | None
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def type(self) -> str:
        """The resource's type, without those of its parents."""
        return type_of(self.urn)

    @property
    def is_ours(self) -> bool:
        """Whether it is a resource of this provider, also one that this version does not know."""
        return self.type.startswith(OURS)

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

    What is `planned` is as its inputs say, what there is already as its outputs say: that is how the providers take it.
    """
    if entry is None:
        return None
    data = as_object(entry, "The state of a resource")
    inputs = as_object(data.get("inputs") or {}, "The inputs of a resource")
    outputs = as_object(data.get("outputs") or {}, "The outputs of a resource")
    return State(
        id=str(data.get("id") or ""),
        values={**outputs, **inputs} if planned else {**inputs, **outputs},
        retained=bool(data.get("retainOnDelete", False)),
        deleted_with=str(data.get("deletedWith") or ""),
        goes_first=bool(data.get("pendingReplacement", False)),
        line=_line(data),
    )


def _line(data: Mapping[str, Any]) -> str | None:
    """The program's own line that declared a resource: the first one that lies in the project."""
    frames = data.get("stackTrace")
    if not isinstance(frames, list):
        return None
    for frame in cast("list[Any]", frames):
        position = cast("dict[str, Any]", frame).get("sourcePosition") if isinstance(frame, dict) else None
        found = _OURS_IN_PROGRAM.fullmatch(position) if isinstance(position, str) else None
        if found and "site-packages" not in found[1]:
            return f"{found[1]}:{found[2]}"
    return None
