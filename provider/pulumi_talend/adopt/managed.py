"""What stacks manage, read from their exported state (`pulumi stack export`, a version-3 deployment)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from ..api.text import clean
from ..errors import TalendError
from ..loader import TABLE, TYPE_PREFIX, own_provider
from ..model.grants import GrantKey, PrincipalKind
from ..model.inputs import MODELS, RoleMappingsInputs, WorkspaceAccessInputs
from ..model.lines import WHOLE, TableLine, lines_of
from ..model.planning import Access
from ..model.state import StateValueError, parse_recorded

_EXPORT = "Make one with `pulumi stack export --file FILE`."


class StateError(TalendError):
    """An exported state cannot be read."""


@dataclass
class Managed:
    """What stacks manage.

    Attributes:
        grants: The grants in state that have not ended.
        mappings: The role mappings in state that have not ended.
        owners: The URN of the resource that has a grant or mapping.
        complete: The URN of the set that is complete for a kind of principal on a workspace.
        all_mappings: The URN of the set that is complete for role mappings; empty without one.
        names: The names of all resources in the states.
        lines: The line of a table of access behind a grant or mapping, as of the last update.
        whole_lines: The line behind a set, by its URN.
    """

    grants: dict[GrantKey, Access] = field(default_factory=dict[GrantKey, Access])
    mappings: dict[str, Access] = field(default_factory=dict[str, Access])
    owners: dict[GrantKey | str, str] = field(default_factory=dict["GrantKey | str", str])
    complete: dict[tuple[str, PrincipalKind], str] = field(default_factory=dict[tuple[str, PrincipalKind], str])
    all_mappings: str = ""
    names: set[str] = field(default_factory=set[str])
    lines: dict[GrantKey | str, TableLine] = field(default_factory=dict["GrantKey | str", TableLine])
    whole_lines: dict[str, TableLine] = field(default_factory=dict[str, TableLine])

    def owner(self, target: GrantKey | str) -> str:
        """The URN of the resource that manages a grant or mapping, by itself or as a part; empty where none does."""
        return self.owners.get(target) or self.complete_set(target)

    def line(self, target: GrantKey | str) -> TableLine | None:
        """The line of a table behind a grant or mapping, else behind the set that says that there are no others like it."""
        return self.lines.get(target) or self.whole_lines.get(self.owner(target))

    def complete_set(self, target: GrantKey | str) -> str:
        """The URN of the set that says that there are no others like `target`; empty without one."""
        if isinstance(target, str):
            return self.all_mappings
        return self.complete.get((target.workspace_id, target.principal.kind), "")


def read_state(text: str, source: str) -> list[dict[str, Any]]:
    """The resources of an exported state; `source` names it in messages. Raises StateError."""
    try:
        document: Any = json.loads(text)
        deployment: Any = document.get("deployment") or document["checkpoint"]["latest"]
        resources: Any = (deployment.get("resources") if deployment else None) or []
    except (ValueError, RecursionError, KeyError, AttributeError, TypeError):
        resources = None
    if not isinstance(resources, list) or not all(isinstance(entry, dict) for entry in cast("list[Any]", resources)):
        raise StateError(f"{source} is not the exported state of a stack", advice=_EXPORT)
    return cast("list[dict[str, Any]]", resources)


def read_state_file(path: Path) -> list[dict[str, Any]]:
    """The resources of an exported state in a file. Raises StateError."""
    try:
        return read_state(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise StateError(f"{path} cannot be read: {error.strerror}", advice=_EXPORT) from None
    except UnicodeDecodeError:
        raise StateError(f"{path} is not the exported state of a stack", advice=_EXPORT) from None


def managed_by(states: Iterable[list[dict[str, Any]]]) -> Managed:
    """What the resources of all states manage together.

    Raises:
        StateError: A resource cannot be read. Left out, what it manages would count as unmanaged.
    """
    managed = Managed()
    for resource in (entry for resources in states for entry in resources):
        prefix, _, name = str(resource.get("type", "")).rpartition(":")
        urn = clean(str(resource.get("urn", "")))
        managed.names.add(urn.split("::", 3)[-1])
        if resource.get("delete") or f"{prefix}:" != TYPE_PREFIX or name not in MODELS:
            continue
        if own_provider(resource.get("provider")):
            continue  # its settings may name another tenant, where the same ids and names are other access
        outputs: Any = resource.get("outputs") or resource.get("inputs") or {}
        if not isinstance(outputs, dict):
            raise _unreadable(urn, "its outputs are not an object")
        inputs: Any = resource.get("inputs") or {}
        lines = lines_of(cast("dict[str, Any]", inputs).get(TABLE) if isinstance(inputs, dict) else None)
        try:
            _add(managed, name, cast("dict[str, Any]", outputs), urn, lines)
        except StateValueError as error:
            raise _unreadable(urn, clean(str(error))) from None
    return managed


def _add(managed: Managed, type_name: str, outputs: dict[str, Any], urn: str, lines: Mapping[str, TableLine]) -> None:
    inputs = parse_recorded(MODELS[type_name], outputs)
    held: Mapping[GrantKey | str, Access] = inputs.wanted
    written: dict[GrantKey | str, str] = {}
    if isinstance(inputs, WorkspaceAccessInputs):
        written = {inputs.key_of(who): who for who in inputs.entries}
        managed.complete.update({(str(inputs.workspace_id), kind): urn for kind in inputs.kinds})
    if isinstance(inputs, RoleMappingsInputs):
        managed.all_mappings = urn
    for target, access in held.items():
        managed.owners[target] = urn
        if access.rights and isinstance(target, str):
            managed.mappings[target] = access
        elif access.rights and not isinstance(target, str):
            managed.grants[target] = access
        if (line := lines.get(written.get(target, str(target)))) is not None:
            managed.lines[target] = line
    if WHOLE in lines:
        managed.whole_lines[urn] = lines[WHOLE]


def _unreadable(urn: str, why: str) -> StateError:
    return StateError(
        why,
        subject=f"read {urn or 'a resource'} in the state",
        advice="Export the stack again with `pulumi stack export`.",
    )
