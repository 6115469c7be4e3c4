"""SQLite, for many threads: one connection, one lock, each write a transaction."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

SCHEMA_VERSION = 2

_SCHEMA = """
CREATE TABLE environments (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE workspaces (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, environment_id TEXT NOT NULL REFERENCES environments(id),
    owner TEXT NOT NULL, type TEXT NOT NULL, description TEXT NOT NULL, UNIQUE (environment_id, name));
CREATE TABLE roles (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, permissions TEXT NOT NULL);
CREATE TABLE accounts (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('users', 'service-accounts')), name TEXT NOT NULL UNIQUE);
CREATE TABLE users (
    id TEXT PRIMARY KEY REFERENCES accounts(id) ON DELETE CASCADE, email TEXT NOT NULL,
    first_name TEXT NOT NULL, last_name TEXT NOT NULL, active INTEGER NOT NULL);
CREATE TABLE user_roles (
    user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    role_id TEXT NOT NULL REFERENCES roles(id) ON DELETE CASCADE, PRIMARY KEY (user_id, role_id)) WITHOUT ROWID;
CREATE TABLE service_accounts (
    id TEXT PRIMARY KEY REFERENCES accounts(id) ON DELETE CASCADE, permissions TEXT NOT NULL, secret TEXT NOT NULL);
CREATE TABLE groups (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE group_users (
    group_id TEXT NOT NULL REFERENCES groups(id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE, PRIMARY KEY (group_id, user_id)) WITHOUT ROWID;
CREATE TABLE grants (
    workspace_id TEXT NOT NULL REFERENCES workspaces(id) ON DELETE CASCADE,
    account_id TEXT NOT NULL REFERENCES accounts(id) ON DELETE CASCADE,
    permissions TEXT NOT NULL, PRIMARY KEY (workspace_id, account_id)) WITHOUT ROWID;
CREATE INDEX grants_of_account ON grants (account_id);
CREATE TABLE role_mappings (name TEXT PRIMARY KEY, roles TEXT NOT NULL);
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class Database:
    """A tenant's database: in memory, or in a file that outlives the process."""

    def __init__(self, path: Path | None = None) -> None:
        """Open or create it. Raises `ValueError` where the file is no database of this tenant's."""
        self._lock = threading.RLock()
        self._depth = 0
        try:
            self._connection = sqlite3.connect(
                ":memory:" if path is None else path, check_same_thread=False, isolation_level=None
            )
        except sqlite3.OperationalError as error:
            raise ValueError(f"{path} cannot be used as the tenant's database: {error}") from error
        try:
            self.fresh = self._prepare()
            """Whether nothing was in it when it was opened."""
        except (sqlite3.DatabaseError, ValueError) as error:
            self._connection.close()
            raise ValueError(f"{path} cannot be used as the tenant's database: {error}") from error

    def _prepare(self) -> bool:
        self._connection.execute("PRAGMA foreign_keys = ON")
        version = int(self._connection.execute("PRAGMA user_version").fetchone()[0])
        tables = int(self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
        if version == 0 and tables == 0:
            self._connection.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
            return True
        if version != SCHEMA_VERSION:
            raise ValueError("it holds something else, or a tenant of another version; name another file")
        return False

    @contextmanager
    def transaction(self) -> Generator[None, None, None]:
        """All reads and writes in the block happen at once, or, where it raises, the writes not at all."""
        with self._lock:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._connection.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._connection.execute("COMMIT")

    def rows(self, sql: str, parameters: Sequence[str | int] | Mapping[str, str] = ()) -> list[tuple[str, ...]]:
        """The rows of a SELECT, each a tuple of texts."""
        with self._lock:
            return self._connection.execute(sql, parameters).fetchall()

    def write(self, sql: str, parameters: Sequence[str | int] = ()) -> int:
        """Do one INSERT, UPDATE or DELETE; the number of rows it changed."""
        with self.transaction():
            return self._connection.execute(sql, parameters).rowcount

    def write_many(self, sql: str, parameters: Iterable[Sequence[str | int]]) -> None:
        """Do one statement for each set of parameters."""
        with self.transaction():
            self._connection.executemany(sql, parameters)

    def close(self) -> None:
        """Close it; a database in memory is gone then."""
        with self._lock:
            self._connection.close()
