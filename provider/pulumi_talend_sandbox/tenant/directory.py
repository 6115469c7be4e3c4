"""The people and places of a tenant: environments, workspaces, users, service accounts, roles, groups."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterable
from typing import Any

from .company import Company, ServiceAccount, User, Workspace
from .database import Database

Record = dict[str, Any]
"""One object as the API shows it (camelCase, JSON)."""

MADE = "2024-05-01T08:00:00.000Z"
"""When all of it was made: the documents require such a date, and nothing depends on it."""


class Directory:
    """Reads and writes of the directory. Ids of new objects are random; those of a seed are stable."""

    def __init__(self, database: Database) -> None:
        """Work on this database."""
        self._database = database

    def fill(self, company: Company) -> None:
        """Put a company's people and places into an empty database."""
        db = self._database
        with db.transaction():
            db.write_many("INSERT INTO environments VALUES (?, ?)", ((e.id, e.name) for e in company.environments))
            db.write_many(
                "INSERT INTO roles VALUES (?, ?, ?)",
                ((r.id, r.name, " ".join(r.permissions)) for r in company.roles),
            )
            for workspace in company.workspaces:
                self.put_workspace(workspace)
            for user in company.users:
                self.put_user(user)
            for account in company.service_accounts:
                self.put_service_account(account)
            for group in company.groups:
                db.write("INSERT INTO groups VALUES (?, ?)", (group.id, group.name))
                db.write_many("INSERT INTO group_users VALUES (?, ?)", ((group.id, user) for user in group.user_ids))
            db.write("INSERT INTO settings VALUES ('automation', ?)", (company.automation,))
            db.write("INSERT INTO settings VALUES ('company', ?)", (company.name,))

    def setting(self, name: str) -> str:
        """A setting that `fill` wrote: "automation" (a service account's id) or "company" (its name)."""
        return self._database.rows("SELECT value FROM settings WHERE name = ?", (name,))[0][0]

    # --- places

    def environments(self) -> list[Record]:
        """All environments, in the order they were made."""
        rows = self._database.rows("SELECT id, name FROM environments ORDER BY rowid")
        return [_environment(i, name) for i, name in rows]

    def workspaces(self) -> list[Record]:
        """All workspaces with their environment, in the order they were made."""
        rows = self._database.rows(
            "SELECT w.id, w.name, w.owner, w.type, w.description, e.id, e.name FROM workspaces w"
            " JOIN environments e ON e.id = w.environment_id ORDER BY w.rowid"
        )
        return [
            {
                "id": i,
                "name": name,
                "description": description,
                "type": type_,
                "owner": owner,
                "environment": _environment(environment_id, environment),
                "protectedArtifactUpdate": False,
            }
            for i, name, owner, type_, description, environment_id, environment in rows
        ]

    def has_workspace(self, workspace_id: str) -> bool:
        """Whether there is such a workspace."""
        return bool(self._database.rows("SELECT 1 FROM workspaces WHERE id = ?", (workspace_id,)))

    def has_environment(self, environment_id: str) -> bool:
        """Whether there is such an environment."""
        return bool(self._database.rows("SELECT 1 FROM environments WHERE id = ?", (environment_id,)))

    def environment_named(self, name: str) -> str:
        """The id of the environment of this name or id. Raises `ValueError` where there is none."""
        rows = self._database.rows("SELECT id FROM environments WHERE name = ? OR id = ?", (name, name))
        if not rows:
            raise ValueError(f"no environment {name!r} in this tenant")
        return rows[0][0]

    def put_workspace(self, workspace: Workspace) -> None:
        """Add one."""
        w = workspace
        self._database.write(
            "INSERT INTO workspaces VALUES (?, ?, ?, ?, ?, ?)",
            (w.id, w.name, w.environment_id, w.owner, w.type, w.description),
        )

    def drop_workspace(self, workspace_id: str) -> bool:
        """Remove a workspace and all grants on it; whether there was one."""
        return self._database.write("DELETE FROM workspaces WHERE id = ?", (workspace_id,)) > 0

    # --- people and their like

    def users(self) -> list[Record]:
        """All users in the order they were made, `roles` as objects with their permissions."""
        rows = self._database.rows(
            "SELECT u.id, a.name, u.email, u.first_name, u.last_name, u.active FROM users u"
            " JOIN accounts a ON a.id = u.id ORDER BY a.rowid"
        )
        roles = self._roles_of_users()
        return [
            {
                "id": i,
                "login": login,
                "email": email,
                "firstName": first,
                "lastName": last,
                "active": bool(active),
                "roles": roles.get(i, []),
            }
            for i, login, email, first, last, active in rows
        ]

    def _roles_of_users(self) -> dict[str, list[Record]]:
        found: dict[str, list[Record]] = {}
        for user, role, name, rights in self._database.rows(
            "SELECT ur.user_id, r.id, r.name, r.permissions FROM user_roles ur JOIN roles r ON r.id = ur.role_id"
            " ORDER BY r.rowid"
        ):
            found.setdefault(user, []).append({"id": role, "name": name, "permissions": rights.split()})
        return found

    def put_user(self, user: User) -> None:
        """Add one. Raises `ValueError` for a role the tenant does not have."""
        known = {role["name"]: role["id"] for role in self.roles()} if user.roles else {}
        missing = [role for role in user.roles if role not in known]
        if missing:
            raise ValueError(f"no role {missing[0]!r} in this tenant")
        with self._database.transaction():
            self._database.write("INSERT INTO accounts VALUES (?, 'users', ?)", (user.id, user.login))
            self._database.write(
                "INSERT INTO users VALUES (?, ?, ?, ?, ?)",
                (user.id, user.email, user.first_name, user.last_name, int(user.active)),
            )
            self._database.write_many(
                "INSERT INTO user_roles VALUES (?, ?)", ((user.id, known[role]) for role in user.roles)
            )

    def service_accounts(self) -> list[Record]:
        """All service accounts with their TMC permissions, never with their secrets."""
        rows = self._database.rows(
            "SELECT s.id, a.name, s.permissions FROM service_accounts s JOIN accounts a ON a.id = s.id ORDER BY a.rowid"
        )
        dates = {"createdDate": MADE, "lastModifiedDate": MADE}
        return [{"id": i, "name": name, "permissions": rights.split(), **dates} for i, name, rights in rows]

    def put_service_account(self, account: ServiceAccount) -> None:
        """Add one."""
        with self._database.transaction():
            self._database.write("INSERT INTO accounts VALUES (?, 'service-accounts', ?)", (account.id, account.name))
            self._database.write(
                "INSERT INTO service_accounts VALUES (?, ?, ?)",
                (account.id, " ".join(account.permissions), account.secret or secrets.token_urlsafe(24)),
            )

    def secret_of(self, account_id: str) -> str | None:
        """The secret of a service account, None where there is no such account."""
        rows = self._database.rows("SELECT secret FROM service_accounts WHERE id = ?", (account_id,))
        return rows[0][0] if rows else None

    def kind_of(self, account_id: str) -> str | None:
        """ "users", "service-accounts", or None where there is no such account."""
        rows = self._database.rows(
            "SELECT kind FROM accounts WHERE id = ?"
            " AND id IN (SELECT id FROM users UNION ALL SELECT id FROM service_accounts)",
            (account_id,),
        )
        return rows[0][0] if rows else None

    def name_of(self, account_id: str) -> str:
        """The login or name of an account. Raises `ValueError` where there is none."""
        rows = self._database.rows("SELECT name FROM accounts WHERE id = ?", (account_id,))
        if not rows:
            raise ValueError(f"no account {account_id!r} in this tenant")
        return rows[0][0]

    def rights_of(self, account_id: str) -> frozenset[str]:
        """The TMC permissions of an account: a user's by its roles, a service account's own."""
        rows = self._database.rows(
            "SELECT r.permissions FROM user_roles ur JOIN roles r ON r.id = ur.role_id WHERE ur.user_id = ?"
            " UNION ALL SELECT permissions FROM service_accounts WHERE id = ?",
            (account_id, account_id),
        )
        return frozenset(right for (rights,) in rows for right in rights.split())

    def drop_account(self, account_id: str, *, leave_grants: bool = False) -> None:
        """Remove a user or service account with its grants, or, with `leave_grants`, leaving the rows of its grants."""
        with self._database.transaction():
            if not leave_grants:
                self._database.write("DELETE FROM accounts WHERE id = ?", (account_id,))
                return
            self._database.write("DELETE FROM users WHERE id = ?", (account_id,))
            self._database.write("DELETE FROM service_accounts WHERE id = ?", (account_id,))
            # Its name may be given to somebody else now.
            self._database.write("UPDATE accounts SET name = 'gone ' || id WHERE id = ?", (account_id,))

    def set_active(self, user_id: str, active: bool) -> bool:
        """Activate or deactivate a user; whether there is such a user."""
        return self._database.write("UPDATE users SET active = ? WHERE id = ?", (int(active), user_id)) > 0

    def roles(self) -> list[Record]:
        """All Talend roles with their TMC permissions."""
        rows = self._database.rows("SELECT id, name, permissions FROM roles ORDER BY rowid")
        return [{"id": i, "name": name, "permissions": rights.split()} for i, name, rights in rows]

    def rename_role(self, name: str, new_name: str) -> bool:
        """Rename a Talend role, leaving the role mappings that name it as they are; whether there is such a role."""
        return self._database.write("UPDATE roles SET name = ? WHERE name = ?", (new_name, name)) > 0

    def unknown_roles(self, names: Iterable[str]) -> list[str]:
        """Which of these are names of no Talend role."""
        known = {role["name"] for role in self.roles()}
        return [name for name in names if name not in known]

    def groups(self) -> list[Record]:
        """All groups with the ids of their users."""
        members: dict[str, list[str]] = {}
        for group, user in self._database.rows("SELECT group_id, user_id FROM group_users"):
            members.setdefault(group, []).append(user)
        rows = self._database.rows("SELECT id, name FROM groups ORDER BY rowid")
        return [{"id": i, "name": name, "userIds": members.get(i, [])} for i, name in rows]


def _environment(environment_id: str, name: str) -> Record:
    return {"id": environment_id, "name": name, "description": "", "default": False}


def new_workspace_id() -> str:
    """A fresh 24-digit hexadecimal id."""
    return secrets.token_hex(12)


def new_account_id() -> str:
    """A fresh UUID."""
    return str(uuid.uuid4())
