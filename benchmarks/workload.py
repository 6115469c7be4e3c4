"""What a stack is to hold: so many grants, or so many role mappings, before and after a change of 10 %.

The programs that the engines run read it from a file, so this module imports the standard library only.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Objects = Literal["grants", "mappings"]

CHANGED_SHARE = 10
"""Every so many-th object is another after the change: 10 %."""

_PERMISSIONS = (("EXECUTE", "VIEW"), ("AUTHOR", "EXECUTE", "VIEW"))
_CHANGED_PERMISSIONS = ("VIEW",)
_ROLES = (("Operator",), ("Integration Developer", "Operator"))
_CHANGED_ROLES = ("Data Steward",)


@dataclass(frozen=True)
class Grant:
    """One user's permissions on one workspace."""

    workspace_id: str
    user_id: str
    permissions: tuple[str, ...]

    @property
    def name(self) -> str:
        """The resource's name."""
        return f"{self.workspace_id}-{self.user_id}"


@dataclass(frozen=True)
class Mapping:
    """The Talend roles of one customer role."""

    role_name: str
    roles: tuple[str, ...]


@dataclass(frozen=True)
class Workload:
    """What one stack holds: grants or mappings, never both."""

    grants: tuple[Grant, ...] = ()
    mappings: tuple[Mapping, ...] = ()

    @property
    def number(self) -> int:
        """How many objects there are."""
        return len(self.grants) + len(self.mappings)

    def by_workspace(self) -> dict[str, list[Grant]]:
        """The grants of each workspace."""
        found: dict[str, list[Grant]] = {}
        for grant in self.grants:
            found.setdefault(grant.workspace_id, []).append(grant)
        return found

    def changed(self) -> Workload:
        """The same with every tenth object changed."""
        return Workload(
            tuple(
                Grant(each.workspace_id, each.user_id, _CHANGED_PERMISSIONS) if number % CHANGED_SHARE == 0 else each
                for number, each in enumerate(self.grants)
            ),
            tuple(
                Mapping(each.role_name, _CHANGED_ROLES) if number % CHANGED_SHARE == 0 else each
                for number, each in enumerate(self.mappings)
            ),
        )

    def write(self, path: Path) -> None:
        """As JSON, for a program to read."""
        text = {
            "grants": [[each.workspace_id, each.user_id, each.permissions] for each in self.grants],
            "mappings": [[each.role_name, each.roles] for each in self.mappings],
        }
        path.write_text(json.dumps(text), encoding="utf-8")


def read(path: Path) -> Workload:
    """What `Workload.write` wrote."""
    text = json.loads(path.read_text(encoding="utf-8"))
    return Workload(
        tuple(Grant(workspace, user, tuple(permissions)) for workspace, user, permissions in text["grants"]),
        tuple(Mapping(name, tuple(roles)) for name, roles in text["mappings"]),
    )


def shape(number: int) -> tuple[int, int]:
    """On how many workspaces `number` grants are, and of how many users on each: 100 are 4 workspaces of 25 users.

    Raises ValueError where `number` cannot be dealt out evenly.
    """
    workspaces = 4 if number <= 200 else number // 50 if number <= 2000 else number // 100
    if number < 1 or number % workspaces:
        raise ValueError(
            f"{number} grants cannot be dealt out evenly to {workspaces} workspaces: take a multiple of 100"
        )
    return workspaces, number // workspaces


def grants_on(workspaces: list[str], users: list[str]) -> Workload:
    """Each of the users on each of the workspaces."""
    pairs = [(workspace, user) for workspace in workspaces for user in users]
    return Workload(
        tuple(Grant(place, who, _PERMISSIONS[number % len(_PERMISSIONS)]) for number, (place, who) in enumerate(pairs))
    )


def role_mappings(number: int) -> Workload:
    """So many customer roles."""
    return Workload(
        mappings=tuple(Mapping(f"department-{each:04}", _ROLES[each % len(_ROLES)]) for each in range(number))
    )
