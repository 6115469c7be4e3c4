"""Access from a table that people write: one component for the workspaces and role mappings in it."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi

from ..loader import TABLE_TYPE, missing_package
from .program import InvalidArgumentError, refuse_options
from .role_mapping import RoleMapping
from .role_mappings import RoleMappings
from .workspace_access import GrantArgs, WorkspaceAccess

if TYPE_CHECKING:
    from ..table import Declared, DeclaredAccess, DeclaredMappings, DeclaredSet, ReadTable

_Read = Callable[[Any], "ReadTable"]
"""Reads the table with the module `table`, once that is imported."""


class _Set(WorkspaceAccess):
    """A workspace's access, which knows its lines in the table."""

    def __init__(self, name: str, declared: DeclaredSet, opts: pulumi.ResourceOptions) -> None:
        self._lines = _lines(declared.grants, declared)
        by_id = declared.workspace_id is not None
        super().__init__(
            name,
            workspace=None if by_id else declared.label,
            environment=None if by_id else declared.environment,
            workspace_id=declared.workspace_id,
            grants={
                who: GrantArgs(access.rights, access.expires_at) if access.expires_at is not None else access.rights
                for who, access in declared.grants.items()
            },
            exclusive=declared.exclusive,
            adopt_existing=declared.adopt_existing,
            max_removals=declared.max_removals,
            opts=opts,
        )


class _Mappings(RoleMappings):
    """All role mappings, which know their lines in the table."""

    def __init__(self, name: str, declared: DeclaredMappings, opts: pulumi.ResourceOptions) -> None:
        self._lines = _lines(declared.mappings, declared)
        super().__init__(
            name,
            mappings={role: mapping.rights for role, mapping in declared.mappings.items()},
            allow_empty=declared.allow_empty,
            max_removals=declared.max_removals,
            opts=opts,
        )


class _Mapping(RoleMapping):
    """One role mapping, which knows its line in the table."""

    def __init__(
        self, name: str, role: str, declared: DeclaredAccess, *, adopt: bool, opts: pulumi.ResourceOptions
    ) -> None:
        self._lines = {"": declared.line.as_property()}
        super().__init__(
            name,
            role_name=role,
            roles=declared.rights,
            expires_at=declared.expires_at,
            adopt_existing=adopt,
            opts=opts,
        )


class AccessTable(pulumi.ComponentResource):
    """Access as a table in YAML: a `WorkspaceAccess` for each workspace in it, and the role mappings.

    The table's format: docs/access-table.md. Everything that is wrong with it fails the preview at once, each with
    `file:line:column`. The resources carry the lines of the table, and a preview and `talend-access review` name them.

    Attributes:
        workspaces: The sets, by environment and how the table calls the workspace.
        role_mappings: The role mappings: one `RoleMappings`, or a `RoleMapping` each; empty where another stack manages them.
    """

    workspaces: Mapping[tuple[str, str], WorkspaceAccess]
    role_mappings: Sequence[RoleMapping | RoleMappings]

    def __init__(
        self,
        name: str,
        *,
        file: str | os.PathLike[str] = "access.yaml",
        environment: str | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares what a file says.

        Args:
            name: The name in the program; the resources' names begin with it.
            file: The file, or a folder whose YAML files together are the table. From the program's directory on.
            environment: The environment to declare; without it, all in the table.
            opts: Pulumi's resource options.

        Raises:
            InvalidArgumentError: The table is not valid; lists all that is wrong.
        """
        self._declare(name, lambda table: table.read_table(Path(file)), environment, opts)

    @classmethod
    def from_dict(
        cls,
        name: str,
        table: Mapping[str, Any],
        *,
        environment: str | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> AccessTable:
        """Declares what a dictionary says, for tables that a program builds.

        Args:
            name: As for a file; messages name it too.
            table: What a file would hold: texts, truth values, numbers, lists and dictionaries.
            environment: As for a file.
            opts: Pulumi's resource options.

        Raises:
            InvalidArgumentError: The table is not valid; lists all that is wrong.
        """
        made = cls.__new__(cls)
        made._declare(name, lambda room: room.table_from_dict(table, name=name), environment, opts)
        return made

    def _declare(self, name: str, read: _Read, environment: str | None, opts: pulumi.ResourceOptions | None) -> None:
        refuse_options("AccessTable", name, opts)
        declared = _declared(read, environment)
        super().__init__(TABLE_TYPE, name, None, opts)
        inside = pulumi.ResourceOptions(parent=self)
        self.workspaces = {
            (each.environment, each.label): _Set(joined(name, each.environment, each.label), each, inside)
            for each in declared.sets
        }
        self.role_mappings = list(_mappings(name, declared.mappings, inside))
        self.register_outputs({})


def _declared(read: _Read, environment: str | None) -> Declared:
    try:
        # Read by programs with a table alone: pydantic would cost every other one 150 ms.
        room: Any = importlib.import_module("..table", __package__)
    except (ImportError, AttributeError) as error:
        raise missing_package(error) from None
    try:
        return read(room).declared(environment)
    except room.TableError as error:
        raise InvalidArgumentError(str(error)) from None


def _mappings(
    name: str, declared: DeclaredMappings | None, opts: pulumi.ResourceOptions
) -> Iterable[RoleMapping | RoleMappings]:
    if declared is None:
        return
    if declared.exclusive:
        yield _Mappings(joined(name, "role-mappings"), declared, opts)
        return
    for role, mapping in declared.mappings.items():
        yield _Mapping(joined(name, "role", role), role, mapping, adopt=declared.adopt_existing, opts=opts)


def _lines(entries: Mapping[str, DeclaredAccess], whole: DeclaredSet | DeclaredMappings) -> dict[str, list[str]]:
    return {"": whole.line.as_property(), **{who: access.line.as_property() for who, access in entries.items()}}


def joined(*names: str) -> str:
    """The name of a resource in a table: the table's, then what it is about.

    A `/` within one of its parts is escaped, so that names never collide."""
    first, *rest = names
    return "/".join([first, *(name.replace("%", "%25").replace("/", "%2F") for name in rest)])
