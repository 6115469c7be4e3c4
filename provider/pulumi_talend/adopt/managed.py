"""What stacks manage, read from their exported state (`pulumi stack export`, a version-3 deployment)."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ..api import GrantKey, Permissions, TalendError
from ..api.text import clean

_TYPES = "pulumi-python:dynamic/access:"
_KINDS = ("WorkspacePermission", "RoleMapping", "WorkspaceAccess", "RoleMappings")


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
    except (ValueError, RecursionError, KeyError, AttributeError, TypeError):
        raise StateError(
            f"{source} is no exported state of a stack; make one with `pulumi stack export --file FILE`."
        ) from None
    if not isinstance(resources, list) or not all(isinstance(entry, dict) for entry in cast("list[Any]", resources)):
        raise StateError(
            f"{source} is no exported state of a stack: its resources are no list of objects. Make one with "
            "`pulumi stack export --file FILE`."
        )
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
    """What the resources of all `states` manage together. Raises StateError where one of them cannot be read."""
    grants: dict[GrantKey, tuple[Permissions, str]] = {}
    mappings: dict[str, tuple[frozenset[str], str]] = {}
    whole_workspaces: dict[str, str] = {}
    whole_mappings: str | None = None
    users_only: set[str] = set()
    for resource in (entry for resources in states for entry in resources):
        kind = str(resource.get("type", "")).removeprefix(_TYPES)
        urn = str(resource.get("urn", ""))
        if resource.get("delete") or kind not in _KINDS:
            continue
        outputs = _object(resource.get("outputs") or resource.get("inputs"), urn, "outputs")
        id_ = resource.get("id")
        if not isinstance(id_, str) or not id_:
            raise _unreadable(urn, "its id is not there")
        if kind == "WorkspacePermission":
            grants[_grant_key(id_, urn)] = (_texts(outputs.get("permissions"), urn), urn)
        elif kind == "RoleMapping":
            mappings[id_] = (_texts(outputs.get("roles"), urn), urn)
        elif kind == "WorkspaceAccess":
            workspace_id = str(outputs.get("workspace_id") or id_)
            grants.update((key, (permissions, urn)) for key, permissions in _set_grants(workspace_id, outputs, urn))
            if outputs.get("exclusive", True):
                whole_workspaces[workspace_id] = urn
                if outputs.get("exclusive") == "users":
                    users_only.add(workspace_id)
        else:
            whole_mappings = urn
            held = _object(outputs.get("mappings"), urn, "mappings")
            mappings.update((name, (_texts(roles, urn), urn)) for name, roles in held.items())
    return Managed(grants, mappings, whole_workspaces, whole_mappings, frozenset(users_only))


def _unreadable(urn: str, why: str) -> StateError:
    # Passed over, what the resource manages would count as managed by nobody.
    return StateError(
        f"The state of {clean(urn) or 'a resource'} cannot be read: {why}. Export the stack again with `pulumi stack export`."
    )


def _grant_key(id_: str, urn: str) -> GrantKey:
    try:
        return GrantKey.from_resource_id(id_)
    except ValueError as error:
        raise _unreadable(urn, clean(str(error))) from None


def _object(value: Any, urn: str, what: str) -> dict[str, Any]:
    """`value` as an object, none for null."""
    if value is not None and not isinstance(value, dict):
        raise _unreadable(urn, f"its {what} are no object")
    return cast("dict[str, Any]", value or {})


def _texts(value: Any, urn: str) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in cast("list[Any]", value)):
        raise _unreadable(urn, "it has permissions or roles that are no list of names")
    return frozenset(cast("list[str]", value))


def _set_grants(workspace_id: str, outputs: Mapping[str, Any], urn: str) -> Iterable[tuple[GrantKey, Permissions]]:
    """The grants of a WorkspaceAccess, by the ids that it keeps beside the names."""
    table = _object(outputs.get("grants"), urn, "grants")
    for who, kept in _object(outputs.get("principals"), urn, "principals").items():
        entry: Any = table.get(who)
        permissions: Any = cast("dict[str, Any]", entry).get("permissions") if isinstance(entry, dict) else entry
        yield _grant_key(f"{workspace_id}/{kept}", urn), _texts(permissions, urn)
