"""Who may do what: grants and role mappings, in the tenant's database."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from .company import Company
from .database import Database
from .directory import Directory

Kind = Literal["users", "service-accounts"]
GrantKey = tuple[str, str, str]
"""(workspace id, "users" or "service-accounts", principal id)."""


@dataclass(frozen=True)
class StoredGrant:
    """Permissions of one account on one workspace; `permissions` sorted, each once."""

    workspace_id: str
    kind: Kind
    account_id: str
    permissions: tuple[str, ...]


class Store:
    """Grants and role mappings; the people and places they speak of are in `directory`."""

    def __init__(self, path: Path | None = None) -> None:
        """Open the database at `path`, or one in memory."""
        self.database = Database(path)
        self.directory = Directory(self.database)
        self.transaction = self.database.transaction

    def fill(self, company: Company) -> None:
        """Put a whole company into an empty store."""
        with self.transaction():
            self.directory.fill(company)
            self.database.write_many(
                "INSERT INTO grants VALUES (?, ?, ?)",
                ((g.workspace_id, g.account_id, _joined(g.permissions)) for g in company.grants),
            )
            self._write_mappings({m.name: m.roles for m in company.mappings})
            self._enable(True)

    def refill(self, company: Company) -> None:
        """Make a company all there is, whatever was there."""
        with self.transaction():
            # What refers to others goes before them; users, roles of users and the like go with their accounts.
            for table in ("role_mappings", "settings", "groups", "accounts", "roles", "workspaces", "environments"):
                self.database.write(f"DELETE FROM {table}")  # noqa: S608 - names from the line above
            self.fill(company)

    # --- grants

    def grants(
        self,
        *,
        workspace_id: str | None = None,
        environment_id: str | None = None,
        account_id: str | None = None,
        kind: Kind | None = None,
    ) -> list[StoredGrant]:
        """The grants for which all of the given hold, ordered by workspace and account."""
        wanted = {
            "g.workspace_id": workspace_id,
            "w.environment_id": environment_id,
            "g.account_id": account_id,
            "a.kind": kind,
        }
        asked = {column: value for column, value in wanted.items() if value is not None}
        where = "".join(f" AND {column} = ?" for column in asked)
        rows = self.database.rows(
            "SELECT g.workspace_id, a.kind, g.account_id, g.permissions FROM grants g"  # noqa: S608
            " JOIN accounts a ON a.id = g.account_id JOIN workspaces w ON w.id = g.workspace_id"
            f" WHERE true{where} ORDER BY g.workspace_id, g.account_id",
            list(asked.values()),
        )
        return [StoredGrant(w, cast("Kind", k), a, tuple(p.split())) for w, k, a, p in rows]

    def grant(self, workspace_id: str, account_id: str) -> tuple[str, ...] | None:
        """The permissions of one account on one workspace; None where it has none."""
        rows = self.database.rows(
            "SELECT permissions FROM grants WHERE workspace_id = ? AND account_id = ?", (workspace_id, account_id)
        )
        return tuple(rows[0][0].split()) if rows else None

    def put_grant(self, workspace_id: str, account_id: str, permissions: Iterable[str]) -> tuple[str, ...]:
        """Set the permissions of an account on a workspace (none: remove them); what is stored now.

        Raises `sqlite3.IntegrityError` where the workspace or the account does not exist.
        """
        text = _joined(permissions)
        if not text:
            self.drop_grant(workspace_id, account_id)
        else:
            self.database.write("REPLACE INTO grants VALUES (?, ?, ?)", (workspace_id, account_id, text))
        return tuple(text.split())

    def drop_grant(self, workspace_id: str, account_id: str) -> bool:
        """Remove all permissions of an account on a workspace; whether there were any."""
        return (
            self.database.write(
                "DELETE FROM grants WHERE workspace_id = ? AND account_id = ?", (workspace_id, account_id)
            )
            > 0
        )

    # --- role mappings

    def mappings(self) -> dict[str, list[str]]:
        """All role mappings, name -> roles as they were written, ordered by name."""
        rows = self.database.rows("SELECT name, roles FROM role_mappings ORDER BY name")
        return {name: cast("list[str]", json.loads(roles)) for name, roles in rows}

    def mappings_enabled(self) -> bool:
        """Whether the tenant's role mapping feature is on."""
        return self.database.rows("SELECT value FROM settings WHERE name = 'role mappings'") == [("on",)]

    def replace_mappings(self, mappings: dict[str, tuple[str, ...]]) -> None:
        """Make these all the role mappings there are; switches the feature on."""
        with self.transaction():
            self.database.write("DELETE FROM role_mappings")
            self._write_mappings(mappings)
            self._enable(True)

    def put_mapping(self, name: str, roles: Iterable[str]) -> None:
        """Set one mapping, leaving the others alone."""
        with self.transaction():
            self._write_mappings({name: tuple(roles)})
            self._enable(True)

    def drop_mapping(self, name: str) -> bool:
        """Remove one mapping; whether there was one."""
        return self.database.write("DELETE FROM role_mappings WHERE name = ?", (name,)) > 0

    def disable_mappings(self) -> None:
        """Remove all mappings and switch the feature off."""
        with self.transaction():
            self.database.write("DELETE FROM role_mappings")
            self._enable(False)

    def _write_mappings(self, mappings: dict[str, tuple[str, ...]]) -> None:
        rows = ((name, json.dumps(list(dict.fromkeys(roles)))) for name, roles in mappings.items())
        self.database.write_many("REPLACE INTO role_mappings VALUES (?, ?)", rows)

    def _enable(self, on: bool) -> None:
        self.database.write("REPLACE INTO settings VALUES ('role mappings', ?)", ("on" if on else "off",))

    # --- all of it

    def snapshot(self) -> dict[str, Any]:
        """All access there is, to compare with `==`: grants, role mappings, and whether those are on.

        It is plain JSON, so that it is the same seen from inside and over HTTP.
        """
        with self.transaction():
            return {
                "grants": {f"{g.workspace_id}/{g.kind}/{g.account_id}": list(g.permissions) for g in self.grants()},
                "role_mappings": {name: sorted(roles) for name, roles in self.mappings().items()},
                "role_mappings_enabled": self.mappings_enabled(),
            }


def _joined(permissions: Iterable[str]) -> str:
    """Permission names hold no space, so a line of words is enough of a list."""
    return " ".join(sorted(set(permissions)))
