"""What somebody at the console sees and does: straight in the store, past the API and its log of calls."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any

from .company import ServiceAccount, User, Workspace
from .directory import Record, new_account_id, new_workspace_id
from .store import GrantKey, Kind, Store

BY_HAND = (
    "role_mappings",
    "role_mappings_enabled",
    "snapshot",
    "grant",
    "revoke",
    "map_role",
    "unmap_role",
    "environments",
    "workspaces",
    "users",
    "service_accounts",
    "roles",
    "groups",
    "add_user",
    "add_workspace",
    "add_service_account",
    "set_user_active",
    "rename_role",
    "delete_user",
    "delete_service_account",
    "delete_workspace",
)
"""The methods of `ByHand` that another process can call (admin.py, remote.py); `grants` is made from `snapshot` there."""


class ByHand:
    """Reads and changes a tenant's store directly. Raises `ValueError` where an id or name is not in the tenant."""

    def __init__(self, store: Store) -> None:
        """Work on this store."""
        self._store = store

    # --- who may do what

    def grants(self) -> dict[GrantKey, list[str]]:
        """All permissions: (workspace id, "users" or "service-accounts", principal id) -> sorted names."""
        return {(g.workspace_id, g.kind, g.account_id): list(g.permissions) for g in self._store.grants()}

    def role_mappings(self) -> dict[str, list[str]]:
        """All role mappings: name -> sorted roles."""
        return {name: sorted(roles) for name, roles in self._store.mappings().items()}

    def role_mappings_enabled(self) -> bool:
        """Whether the tenant's role mapping feature is on: where there is at least one mapping."""
        return self._store.mappings_enabled()

    def snapshot(self) -> dict[str, Any]:
        """All access there is, to compare with `==`."""
        return self._store.snapshot()

    def grant(
        self,
        workspace_id: str,
        user_id: str | None = None,
        permissions: Iterable[str] = (),
        *,
        service_account_id: str | None = None,
    ) -> None:
        """Set the permissions of a user (or service account) on a workspace, whatever they were; none removes them."""
        account = _one_of(user_id, service_account_id)
        wanted = tuple(permissions)
        try:
            if wanted:
                self._store.put_grant(workspace_id, account, wanted)
            else:
                self._store.drop_grant(workspace_id, account)
        except sqlite3.IntegrityError as error:
            raise ValueError(f"no workspace {workspace_id!r} or no account {account!r} in this tenant") from error

    def revoke(self, workspace_id: str, user_id: str | None = None, *, service_account_id: str | None = None) -> None:
        """Remove all permissions of a user (or service account) on a workspace."""
        account = _one_of(user_id, service_account_id)
        if not self._store.drop_grant(workspace_id, account):
            raise ValueError(f"account {account!r} has no permissions on workspace {workspace_id!r}")

    def map_role(self, name: str, roles: Iterable[str]) -> None:
        """Set one role mapping, leaving the others alone; its `roles` may be empty here."""
        wanted = tuple(roles)
        unknown = self._store.directory.unknown_roles(wanted)
        if unknown:
            raise ValueError(f"no role {unknown[0]!r} in this tenant")
        self._store.put_mapping(name, wanted)

    def unmap_role(self, name: str) -> None:
        """Remove one role mapping."""
        if not self._store.drop_mapping(name):
            raise ValueError(f"no role mapping {name!r} in this tenant")

    # --- people and places

    def environments(self) -> list[Record]:
        """All environments as the API shows them."""
        return self._store.directory.environments()

    def workspaces(self) -> list[Record]:
        """All workspaces as the API shows them."""
        return self._store.directory.workspaces()

    def users(self) -> list[Record]:
        """All users; their roles as objects with `id`, `name` and `permissions`."""
        return self._store.directory.users()

    def service_accounts(self) -> list[Record]:
        """All service accounts with their TMC permissions."""
        return self._store.directory.service_accounts()

    def roles(self) -> list[Record]:
        """All Talend roles with their TMC permissions."""
        return self._store.directory.roles()

    def groups(self) -> list[Record]:
        """All groups with the ids of their users."""
        return self._store.directory.groups()

    def add_user(
        self,
        login: str,
        *,
        first_name: str = "",
        last_name: str = "",
        email: str | None = None,
        roles: Iterable[str] = (),
        active: bool = True,
    ) -> str:
        """Add a user; the new id."""
        user = User(new_account_id(), login, email or login, first_name, last_name, tuple(roles), active)
        _add(lambda: self._store.directory.put_user(user), f"login {login!r}")
        return user.id

    def add_workspace(
        self, name: str, *, environment: str = "dev", type: str = "custom", owner: str = "", description: str = ""
    ) -> str:
        """Add a workspace to the environment of this name or id; the new id."""
        environment_id = self._store.directory.environment_named(environment)
        workspace = Workspace(new_workspace_id(), name, environment_id, owner, type, description)
        _add(lambda: self._store.directory.put_workspace(workspace), f"workspace {name!r} in {environment!r}")
        return workspace.id

    def add_service_account(self, name: str, *, permissions: Iterable[str] = (), secret: str = "") -> str:
        """Add a service account with these TMC permissions; the new id. No secret: a random one."""
        account = ServiceAccount(new_account_id(), name, tuple(permissions), secret)
        _add(lambda: self._store.directory.put_service_account(account), f"service account {name!r}")
        return account.id

    def set_user_active(self, id: str, active: bool) -> None:
        """Activate or deactivate a user."""
        if not self._store.directory.set_active(id, active):
            raise ValueError(f"no user {id!r} in this tenant")

    def rename_role(self, name: str, new_name: str) -> None:
        """Rename a Talend role, as the vendor does: role mappings go on naming the old one."""
        if not self._store.directory.rename_role(name, new_name):
            raise ValueError(f"no role {name!r} in this tenant")

    def delete_user(self, id: str, *, leave_grants: bool = False) -> None:
        """Remove a user and all their grants; or leave rows in the listings that no DELETE can remove."""
        self._delete_account(id, "users", leave_grants)

    def delete_service_account(self, id: str, *, leave_grants: bool = False) -> None:
        """Remove a service account and all its grants; or leave rows in the listings that no DELETE can remove."""
        self._delete_account(id, "service-accounts", leave_grants)

    def delete_workspace(self, id: str) -> None:
        """Remove a workspace and all grants on it."""
        if not self._store.directory.drop_workspace(id):
            raise ValueError(f"no workspace {id!r} in this tenant")

    def _delete_account(self, account_id: str, kind: Kind, leave_grants: bool) -> None:
        if self._store.directory.kind_of(account_id) != kind:
            raise ValueError(f"no account {account_id!r} among the {kind} of this tenant")
        self._store.directory.drop_account(account_id, leave_grants=leave_grants)


def _one_of(user_id: str | None, service_account_id: str | None) -> str:
    given = [one for one in (user_id, service_account_id) if one is not None]
    if len(given) != 1:
        raise ValueError("name a user or a service account, and only one of them")
    return given[0]


def _add(put: Any, what: str) -> None:
    try:
        put()
    except sqlite3.IntegrityError as error:
        raise ValueError(f"{what} is in this tenant already") from error
