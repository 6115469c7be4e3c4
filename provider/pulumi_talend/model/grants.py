"""Principals, workspace permissions, and the key under which a grant is held.

The permission names are the complete enumeration of the vendor's "Workspace Permissions" API document.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

PermissionName = Literal["VIEW", "EXECUTE", "AUTHOR", "PUBLISH", "MANAGE"]

PERMISSIONS: tuple[PermissionName, ...] = ("VIEW", "EXECUTE", "AUTHOR", "PUBLISH", "MANAGE")
"""All workspace permissions of the API, from weak to strong. `talend:extraPermissions` allows others."""

CONSOLE_WORDS: dict[str, str] = {"VIEW": "Viewer", "EXECUTE": "Operator", "AUTHOR": "Editor", "PUBLISH": "Publisher"}
"""What the Talend console calls a permission. MANAGE has no name there since R2025-09."""

MANAGE = "MANAGE"
MANAGE_INSTEAD = "grant AUTHOR, and give the account the role Assets Manager (TMC_CONNECTION_RESOURCE_EDIT)"
"""What takes the place of MANAGE, which the API may accept, refuse, or drop without a word."""

ENGINE_USE_PERMISSIONS: tuple[PermissionName, ...] = ("EXECUTE", "VIEW")
"""What an account that holds TMC_ENGINE_USE alone may be granted."""

Permissions = frozenset[str]
"""The permissions of one principal on one workspace. A grant has at least one."""

Roles = frozenset[str]
"""The Talend roles of one customer role."""

PrincipalKind = Literal["users", "service-accounts"]
"""The kinds of principals, spelled as in the API's paths."""

PRINCIPAL_KINDS: tuple[PrincipalKind, ...] = ("users", "service-accounts")

KIND_NOUNS: dict[PrincipalKind, str] = {"users": "user", "service-accounts": "service account"}
"""What people call a principal of a kind."""


def in_usual_order(permissions: Iterable[str], usual: Sequence[str] = PERMISSIONS) -> tuple[str, ...]:
    """Permissions from weak to strong; those that are not in `usual` come last, by name."""
    order = {permission: number for number, permission in enumerate(usual)}
    return tuple(sorted(permissions, key=lambda permission: (order.get(permission, len(order)), permission)))


def permission_list(permissions: Iterable[str]) -> str:
    """Permissions (or other names) as a reader sees them: sorted, separated by commas; `nothing` where there are none."""
    return ", ".join(sorted(permissions)) or "nothing"


@dataclass(frozen=True, order=True)
class Principal:
    """Who holds a grant: a user or a service account, by id."""

    kind: PrincipalKind
    id: str

    def __str__(self) -> str:
        return f"{KIND_NOUNS[self.kind]} {self.id}"

    @property
    def path(self) -> str:
        """`users/ID` or `service-accounts/ID`, as in state."""
        return f"{self.kind}/{self.id}"


@dataclass(frozen=True, order=True)
class GrantKey:
    """What identifies a grant: a principal on a workspace."""

    workspace_id: str
    principal: Principal

    _PATTERN = re.compile(r"([^/]+)/(users|service-accounts)/([^/]+)")

    def __str__(self) -> str:
        return f"{self.principal} on workspace {self.workspace_id}"

    @property
    def resource_id(self) -> str:
        """`<workspaceId>/users/<userId>` or `<workspaceId>/service-accounts/<serviceAccountId>`."""
        return f"{self.workspace_id}/{self.principal.path}"

    @classmethod
    def on(cls, workspace_id: str, path: str) -> GrantKey:
        """The grant on a workspace of a principal as written in state (`Principal.path`). Raises ValueError."""
        return cls.from_resource_id(f"{workspace_id}/{path}")

    @classmethod
    def from_resource_id(cls, resource_id: str) -> GrantKey:
        """Parses a resource id.

        Raises:
            ValueError: `resource_id` has another form.
        """
        match = cls._PATTERN.fullmatch(resource_id)
        if match is None:
            raise ValueError(
                f"{ascii(resource_id)[:100]} is not the id of a grant; write <workspaceId>/users/<userId> "
                "or <workspaceId>/service-accounts/<serviceAccountId>"
            )
        kind: PrincipalKind = "users" if match[2] == "users" else "service-accounts"
        return cls(match[1], Principal(kind, match[3]))
