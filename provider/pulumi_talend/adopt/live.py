"""What a tenant grants now, with the names that people use, read in the fewest calls.

Whatever the credential may not read is reported as such and never taken for absent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from ..access import roles_by_name
from ..access.directory import Directory
from ..access.names import NameLookupError, environment_of, user_label
from ..access.side_by_side import side_by_side
from ..api import (
    ForbiddenError,
    GrantKey,
    NotFoundError,
    Permissions,
    Principal,
    ServiceAccount,
    TalendClient,
    TalendError,
    Workspace,
)


class SelectionError(TalendError):
    """What was asked for (an environment, a workspace) is not in the tenant."""


@dataclass(frozen=True, order=True)
class Place:
    """A workspace as a program names it: by name and environment, or by id where the name alone does not lead to it."""

    environment: str
    workspace: str
    id: str
    by_name: bool = True

    def __str__(self) -> str:
        return f"{self.environment}/{self.workspace}" if self.by_name else self.id


@dataclass(frozen=True, order=True)
class Who:
    """A principal as a program names it: a user by login or e-mail, a service account by name; by id where that fails."""

    principal: Principal
    name: str
    by_name: bool = True

    @property
    def is_user(self) -> bool:
        """Whether it is a user, not a service account."""
        return self.principal.kind == "users"

    def __str__(self) -> str:
        return self.name if self.by_name else self.principal.id


@dataclass(frozen=True)
class LiveGrant:
    """What one principal may do on one workspace."""

    place: Place
    who: Who
    permissions: Permissions

    @property
    def key(self) -> GrantKey:
        """What the grant is about."""
        return GrantKey(self.place.id, self.who.principal)


@dataclass(frozen=True)
class LiveAccess:
    """The access of a tenant, or of a part of it. `unread` says, a line each, what could not be read and why."""

    places: tuple[Place, ...]
    grants: tuple[LiveGrant, ...]
    mappings: dict[str, frozenset[str]]
    unread: tuple[str, ...] = ()
    what: frozenset[str] = field(default=frozenset({"permissions", "role-mappings"}))


WHAT = frozenset({"permissions", "role-mappings"})


def read_live(
    client: TalendClient,
    *,
    environments: Collection[str] = (),
    workspaces: Collection[str] = (),
    what: Iterable[str] = WHAT,
) -> LiveAccess:
    """Reads what the tenant grants, in the environments and workspaces of these names (none named: all).

    Calls: one for the workspaces, one a page for users and for service accounts, one for the users' permissions, one for each
    workspace and service account (no call lists theirs), one for the role mappings. Raises SelectionError for a name that
    does not exist, TransportError and UnauthorizedError as the client does; a right that is missing ends in `unread`.
    """
    wanted = frozenset(what)
    reader = _Reader(client)
    places: tuple[Place, ...] = ()
    grants: tuple[LiveGrant, ...] = ()
    if "permissions" in wanted:
        chosen = reader.choose(environments, workspaces)
        places = tuple(sorted(reader.place(workspace) for workspace in chosen))
        grants = tuple(reader.grants(chosen))
    mappings = reader.mappings() if "role-mappings" in wanted else {}
    return LiveAccess(places, grants, mappings, tuple(reader.unread), wanted)


class _Reader:
    def __init__(self, client: TalendClient) -> None:
        self._client = client
        self._directory = Directory(client)
        self.unread: list[str] = []

    def choose(self, environments: Collection[str], workspaces: Collection[str]) -> list[Workspace]:
        names = self._directory.workspaces.get()
        everything = list(names.by_id.values())
        for environment in environments:
            if environment not in names.environments():
                there = ", ".join(names.environments())
                raise SelectionError(
                    f"No environment '{environment}' in the tenant. There are: {there}. Name one of these."
                )
        chosen = [w for w in everything if not environments or environment_of(w) in environments]
        for workspace in workspaces:
            if all(workspace not in (w.name, w.id) for w in chosen):
                there = ", ".join(sorted({w.name for w in chosen}))
                raise SelectionError(
                    f"No workspace '{workspace}' in what was asked for. There are: {there}. Name one of these."
                )
        return [w for w in chosen if not workspaces or w.name in workspaces or w.id in workspaces]

    def grants(self, chosen: list[Workspace]) -> list[LiveGrant]:
        by_id = {workspace.id: workspace for workspace in chosen}
        found: dict[GrantKey, Permissions] = {}
        try:
            found.update(self._listing(chosen))
        except ForbiddenError as error:
            self.unread.append(f"permissions of users: {error}")
        accounts = self._service_accounts()
        for workspace in chosen:
            keys = [GrantKey(workspace.id, Principal("service-accounts", account.id)) for account in accounts]
            found.update(self._read_service_accounts(workspace.id, [key for key in keys if key not in found]))
        places = {workspace.id: self.place(workspace) for workspace in chosen}
        grants = [
            LiveGrant(places[key.workspace_id], self._who(key.principal), permissions)
            for key, permissions in found.items()
            if key.workspace_id in by_id
        ]
        return sorted(
            grants, key=lambda grant: (grant.place, not grant.who.is_user, str(grant.who), grant.who.principal)
        )

    def _listing(self, chosen: list[Workspace]) -> dict[GrantKey, Permissions]:
        environments = {workspace.environment.id for workspace in chosen if workspace.environment}
        permissions = self._client.permissions
        if len(chosen) == 1:
            return permissions.list(workspace_id=chosen[0].id)
        if len(environments) == 1 and all(workspace.environment for workspace in chosen):
            return permissions.list(environment_id=next(iter(environments)))
        return permissions.list()

    def _service_accounts(self) -> list[ServiceAccount]:
        try:
            return sorted(self._directory.service_accounts.get().by_id.values(), key=lambda account: account.name)
        except (ForbiddenError, NotFoundError) as error:
            self.unread.append(f"permissions of service accounts: {error}")
            return []

    def _read_service_accounts(self, workspace_id: str, keys: list[GrantKey]) -> dict[GrantKey, Permissions]:
        try:
            standing = side_by_side(self._client.permissions.get, keys)
        except ForbiddenError as error:
            self.unread.append(f"permissions of service accounts on workspace {workspace_id}: {error}")
            return {}
        return {key: permissions for key, permissions in zip(keys, standing, strict=True) if permissions is not None}

    def mappings(self) -> dict[str, frozenset[str]]:
        try:
            return roles_by_name(self._client.role_mappings.list())
        except ForbiddenError as error:
            self.unread.append(f"role mappings: {error}")
            return {}

    def place(self, workspace: Workspace) -> Place:
        environment = environment_of(workspace)
        try:
            found = self._directory.workspaces.get().find(workspace.name, environment or None)
        except NameLookupError:
            found = None
        # A program's text cannot hold every name: what is not printable is named by id.
        by_name = (
            bool(environment)
            and found is not None
            and found.id == workspace.id
            and _writable(workspace.name, environment)
        )
        return Place(environment, workspace.name, workspace.id, by_name)

    def _who(self, principal: Principal) -> Who:
        try:
            if principal.kind == "users":
                users = self._directory.users.get()
                user = users.by_id.get(principal.id)
                name = user_label(user) if user else ""
                found_id = users.find(name).id if name else None
            else:
                accounts = self._directory.service_accounts.get()
                account = accounts.by_id.get(principal.id)
                name = account.name if account else ""
                found_id = accounts.find(name).id if name else None
        except (NameLookupError, ForbiddenError, NotFoundError):
            return Who(principal, principal.id, by_name=False)
        by_name = found_id == principal.id and _writable(name)
        return Who(principal, name if by_name else principal.id, by_name)


def _writable(*names: str) -> bool:
    return all(name.strip() == name != "" and name.isprintable() for name in names)
