"""What stacks manage, read from their exported state (`pulumi stack export`, a version-3 deployment)."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ..api import GrantKey, Permissions, Principal, TalendError

_TYPES = "pulumi-python:dynamic/access:"


class StateError(TalendError):
    """A stack's state could not be had, or is not one."""


@dataclass(frozen=True)
class Managed:
    """What stacks manage: grants and role mappings as state has them, each with the URN of the resource that holds it.

    `whole_workspaces` and `whole_mappings` are held by authoritative sets: nothing in there counts as unmanaged, except service
    accounts on those of `users_only`.
    """

    grants: Mapping[GrantKey, tuple[Permissions, str]]
    mappings: Mapping[str, tuple[frozenset[str], str]]
    whole_workspaces: Mapping[str, str]
    whole_mappings: str | None = None
    users_only: frozenset[str] = frozenset()

    def holder_of_all(self, key: GrantKey) -> str | None:
        """The URN of the set that says it knows every grant like `key`, if there is one."""
        if key.principal.kind == "service-accounts" and key.workspace_id in self.users_only:
            return None
        return self.whole_workspaces.get(key.workspace_id)


def read_state(text: str, source: str) -> list[dict[str, Any]]:
    """The resources of an exported state. `source` names it in messages. Raises StateError."""
    try:
        document: Any = json.loads(text)
        deployment: Any = document.get("deployment") or document["checkpoint"]["latest"]
        resources: Any = (deployment.get("resources") if deployment else None) or []
    except (ValueError, KeyError, AttributeError, TypeError):
        raise StateError(
            f"{source} is no exported state of a stack; make one with `pulumi stack export --file FILE`."
        ) from None
    if not isinstance(resources, list) or not all(isinstance(entry, dict) for entry in cast("list[Any]", resources)):
        raise StateError(f"{source} is no exported state of a stack: its resources are no list of objects.")
    return cast("list[dict[str, Any]]", resources)


def export_state(stack: str, cwd: Path) -> str:
    """The exported state of `stack`, by the Pulumi CLI, or the offline engine where there is none. Raises StateError."""
    for program in ("pulumi", "talend-sandbox"):
        executable = shutil.which(program)
        if executable is None:
            continue
        done = subprocess.run(  # noqa: S603 - a fixed program, arguments passed as a list
            [executable, "stack", "export", "--stack", stack, "--cwd", str(cwd)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise StateError(
                f"Could not export stack '{stack}' with {program}: {said[-1] if said else 'it says nothing'}"
            )
        return done.stdout
    raise StateError(
        "Neither `pulumi` nor `talend-sandbox` is on PATH; give the exported state itself with --state FILE."
    )


def managed_by(states: Iterable[list[dict[str, Any]]]) -> Managed:
    """What the resources of all `states` manage together."""
    grants: dict[GrantKey, tuple[Permissions, str]] = {}
    mappings: dict[str, tuple[frozenset[str], str]] = {}
    whole_workspaces: dict[str, str] = {}
    whole_mappings: str | None = None
    users_only: set[str] = set()
    for resource in (entry for resources in states for entry in resources):
        kind = str(resource.get("type", "")).removeprefix(_TYPES)
        outputs: dict[str, Any] = resource.get("outputs") or resource.get("inputs") or {}
        urn = str(resource.get("urn", ""))
        if resource.get("delete"):
            continue
        if kind == "WorkspacePermission":
            grants[GrantKey.from_resource_id(str(resource["id"]))] = (_texts(outputs.get("permissions")), urn)
        elif kind == "RoleMapping":
            mappings[str(resource["id"])] = (_texts(outputs.get("roles")), urn)
        elif kind == "WorkspaceAccess":
            workspace_id = str(outputs.get("workspace_id") or resource.get("id", ""))
            grants.update((key, (permissions, urn)) for key, permissions in _set_grants(workspace_id, outputs))
            if outputs.get("exclusive", True):
                whole_workspaces[workspace_id] = urn
                if outputs.get("exclusive") == "users":
                    users_only.add(workspace_id)
        elif kind == "RoleMappings":
            whole_mappings = urn
            held: dict[str, Any] = outputs.get("mappings") or {}
            mappings.update((name, (_texts(roles), urn)) for name, roles in held.items())
    return Managed(grants, mappings, whole_workspaces, whole_mappings, frozenset(users_only))


def _texts(value: Any) -> frozenset[str]:
    return frozenset(str(item) for item in cast("list[Any]", value)) if isinstance(value, list) else frozenset()


def _set_grants(workspace_id: str, outputs: Mapping[str, Any]) -> Iterable[tuple[GrantKey, Permissions]]:
    """The grants of a WorkspaceAccess, by the ids that it keeps beside the names."""
    table: dict[str, Any] = outputs.get("grants") or {}
    principals: dict[str, Any] = outputs.get("principals") or {}
    for who, kept in principals.items():
        kind, _, id_ = str(kept).partition("/")
        entry: Any = table.get(who)
        permissions: Any = cast("dict[str, Any]", entry).get("permissions") if isinstance(entry, dict) else entry
        principal = Principal("users" if kind == "users" else "service-accounts", id_)
        yield GrantKey(workspace_id, principal), _texts(permissions)
