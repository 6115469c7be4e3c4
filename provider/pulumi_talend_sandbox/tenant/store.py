"""Who may do what: grants and role mappings, in the tenant's database, now and as a lagging read sees them."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from .company import Company
from .database import Database
from .directory import Directory

Kind = Literal["users", "service-accounts"]
GrantKey = tuple[str, str, str]
"""(workspace id, "users" or "service-accounts", principal id)."""

HISTORY_SECONDS = 60.0
"""How far a read can lag behind."""


@dataclass(frozen=True)
class StoredGrant:
    """Permissions of one account on one workspace; `permissions` sorted, each once; empty for an emptied record."""

    workspace_id: str
    kind: Kind
    account_id: str
    permissions: tuple[str, ...]


@dataclass(frozen=True)
class _Change:
    """What a write found: the permissions of one pair (None: no record), or all role mappings."""

    at: float
    key: tuple[str, str] | None
    before: Any


class Store:
    """Grants and role mappings; the people and places they speak of are in `directory`."""

    def __init__(self, path: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        """Open the database at `path`, or one in memory. `clock`: seconds since 1970."""
        self.database = Database(path)
        self.directory = Directory(self.database)
        self.transaction = self.database.transaction
        self._clock = clock
        self._changes: deque[_Change] = deque()

    def fill(self, company: Company) -> None:
        """Put a whole company into an empty store."""
        with self.transaction():
            self._changes.clear()
            self.directory.fill(company)
            self.database.write_many(
                "INSERT INTO grants VALUES (?, ?, ?)",
                ((g.workspace_id, g.account_id, _joined(g.permissions)) for g in company.grants),
            )
            self._write_mappings({m.name: m.roles for m in company.mappings})

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
        lag: float = 0.0,
    ) -> list[StoredGrant]:
        """The grants for which all of the given hold, as they were `lag` seconds ago, ordered by workspace and account."""
        wanted = {"w.id": workspace_id, "w.environment_id": environment_id, "a.id": account_id, "a.kind": kind}
        asked = {column: value for column, value in wanted.items() if value is not None}
        where = "".join(f" AND {column} = ?" for column in asked)
        values = list(asked.values())
        with self.transaction():
            rows = self.database.rows(
                "SELECT w.id, a.id, a.kind, g.permissions FROM grants g JOIN accounts a ON a.id = g.account_id"  # noqa: S608
                f" JOIN workspaces w ON w.id = g.workspace_id WHERE true{where}",
                values,
            )
            found = {(workspace, account): (kind_, text) for workspace, account, kind_, text in rows}
            for change in self._since(lag, of_grants=True):
                key = cast("tuple[str, str]", change.key)
                # What went with its workspace or account is gone from a lagging read as well.
                here = self.database.rows(
                    f"SELECT a.kind FROM workspaces w, accounts a WHERE w.id = ? AND a.id = ?{where}",  # noqa: S608
                    [*key, *values],
                )
                found.pop(key, None)
                if here and change.before is not None:
                    found[key] = (here[0][0], change.before)
        return [
            StoredGrant(workspace, cast("Kind", kind_), account, tuple(text.split()))
            for (workspace, account), (kind_, text) in sorted(found.items())
        ]

    def grant(self, workspace_id: str, account_id: str, *, lag: float = 0.0) -> tuple[str, ...] | None:
        """The permissions of one account on one workspace, as they were `lag` seconds ago; None where it had none."""
        with self.transaction():
            text = self._grant(workspace_id, account_id)
            for change in self._since(lag, of_grants=True):
                if change.key == (workspace_id, account_id):
                    text = change.before
        return None if text is None else tuple(text.split())

    def put_grant(self, workspace_id: str, account_id: str, permissions: Iterable[str]) -> tuple[str, ...]:
        """Set the permissions of an account on a workspace (none: an empty record stays); what is stored now.

        Raises `sqlite3.IntegrityError` where the workspace or the account does not exist.
        """
        text = _joined(permissions)
        with self.transaction():
            self._remember((workspace_id, account_id), self._grant(workspace_id, account_id))
            self.database.write("REPLACE INTO grants VALUES (?, ?, ?)", (workspace_id, account_id, text))
        return tuple(text.split())

    def drop_grant(self, workspace_id: str, account_id: str) -> bool:
        """Remove all permissions of an account on a workspace; whether there was a record."""
        with self.transaction():
            self._remember((workspace_id, account_id), self._grant(workspace_id, account_id))
            found = self.database.write(
                "DELETE FROM grants WHERE workspace_id = ? AND account_id = ?", (workspace_id, account_id)
            )
        return found > 0

    def _grant(self, workspace_id: str, account_id: str) -> str | None:
        rows = self.database.rows(
            "SELECT permissions FROM grants WHERE workspace_id = ? AND account_id = ?", (workspace_id, account_id)
        )
        return rows[0][0] if rows else None

    # --- role mappings

    def mappings(self, *, lag: float = 0.0) -> dict[str, list[str]]:
        """All role mappings as they were `lag` seconds ago, name -> roles as they were written, ordered by name."""
        with self.transaction():
            rows = self.database.rows("SELECT name, roles FROM role_mappings ORDER BY name")
            found = {name: cast("list[str]", json.loads(roles)) for name, roles in rows}
            for change in self._since(lag, of_grants=False):
                found = change.before
        return found

    def mappings_enabled(self) -> bool:
        """Whether the tenant's role mapping feature is on: where there is at least one mapping."""
        return bool(self.database.rows("SELECT 1 FROM role_mappings LIMIT 1"))

    def replace_mappings(self, mappings: Mapping[str, Iterable[str]]) -> None:
        """Make these all the role mappings there are."""
        with self.transaction():
            self._remember(None, self.mappings())
            self.database.write("DELETE FROM role_mappings")
            self._write_mappings(mappings)

    def put_mapping(self, name: str, roles: Iterable[str]) -> None:
        """Set one mapping, leaving the others alone."""
        with self.transaction():
            self._remember(None, self.mappings())
            self._write_mappings({name: roles})

    def drop_mapping(self, name: str) -> bool:
        """Remove one mapping; whether there was one."""
        with self.transaction():
            self._remember(None, self.mappings())
            return self.database.write("DELETE FROM role_mappings WHERE name = ?", (name,)) > 0

    def _write_mappings(self, mappings: Mapping[str, Iterable[str]]) -> None:
        rows = ((name, json.dumps(list(dict.fromkeys(roles)))) for name, roles in mappings.items())
        self.database.write_many("REPLACE INTO role_mappings VALUES (?, ?)", rows)

    # --- the past

    def _remember(self, key: tuple[str, str] | None, before: Any) -> None:
        # A write that is rolled back leaves an entry that says what still stands: harmless.
        now = self._clock()
        self._changes.append(_Change(now, key, before))
        while self._changes[0].at < now - HISTORY_SECONDS:
            self._changes.popleft()

    def _since(self, lag: float, *, of_grants: bool) -> list[_Change]:
        """The changes of the last `lag` seconds, the newest first, to be taken back one by one."""
        if lag == 0:
            return []
        start = self._clock() - lag
        return [c for c in reversed(self._changes) if c.at > start and (c.key is not None) == of_grants]

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
