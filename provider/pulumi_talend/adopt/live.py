"""What a tenant grants now, read in the fewest calls: one listing for each kind of principal.

What the credential may not read is reported as unread, and never taken for absent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from ..access import TenantAccess
from ..access.mapping_write import without_empty
from ..access.names import ServiceAccountNames, UserNames, environment_of
from ..api import Workspace
from ..errors import ForbiddenError, NotFoundError, TalendError
from ..model.grants import KIND_NOUNS, PRINCIPAL_KINDS, GrantKey, Permissions, Principal, PrincipalKind, Roles
from ..model.named import Place, Who

Part = Literal["permissions", "role-mappings"]

PARTS: tuple[Part, ...] = ("permissions", "role-mappings")


class SelectionError(TalendError):
    """An environment, a workspace or a part that was asked for does not exist."""


@dataclass(frozen=True)
class Unread:
    """Something that the credential may not read.

    Attributes:
        what: Grants of a kind of principal, or role mappings.
        error: Why not.
    """

    what: PrincipalKind | Literal["role-mappings"]
    error: TalendError

    def __str__(self) -> str:
        what = self.what if self.what == "role-mappings" else f"permissions of {KIND_NOUNS[self.what]}s"
        return f"{what.replace('-', ' ')}: {self.error}"


@dataclass(frozen=True)
class LiveGrant:
    """What one principal may do on one workspace."""

    place: Place
    who: Who
    permissions: Permissions

    @property
    def key(self) -> GrantKey:
        """What identifies the grant."""
        return GrantKey(self.place.id, self.who.principal)


@dataclass(frozen=True)
class LiveAccess:
    """The access of a tenant, or of a part of it.

    Attributes:
        places: The workspaces that were asked for.
        grants: The grants on them, by place, users first.
        mappings: Customer role → Talend roles, without those that give no role.
        unread: What could not be read.
        parts: What was asked for.
        notes: Lists of names that could not be read, so that ids are shown.
    """

    places: tuple[Place, ...]
    grants: tuple[LiveGrant, ...]
    mappings: Mapping[str, Roles]
    unread: tuple[Unread, ...] = ()
    parts: frozenset[Part] = frozenset(PARTS)
    notes: tuple[str, ...] = ()

    def was_read(self, what: PrincipalKind | Literal["role-mappings"]) -> bool:
        """Whether the tenant has shown all of this."""
        return all(each.what != what for each in self.unread)


def parts_of(text: str) -> frozenset[Part]:
    """The parts that `--what` names. Raises SelectionError."""
    given = {name.strip() for name in text.split(",") if name.strip()}
    if not given or not given <= set(PARTS):
        raise SelectionError(
            f"'{text}' is not a value of --what", advice=f"Write {' or '.join(PARTS)}, or both with a comma."
        )
    return frozenset(part for part in PARTS if part in given)


def read_live(
    tenant: TenantAccess,
    *,
    environments: Collection[str] = (),
    workspaces: Collection[str] = (),
    parts: Collection[Part] = PARTS,
) -> LiveAccess:
    """Reads what the tenant grants, in the environments and workspaces of these names (none named: all).

    Raises:
        SelectionError: A name does not exist.
        TalendError: As the API client raises; a missing right is `unread` instead.
    """
    unread: list[Unread] = []
    names = Namer(tenant)
    places: dict[str, Place] = {}
    grants: list[LiveGrant] = []
    if "permissions" in parts:
        try:
            chosen = _choose(tenant, environments, workspaces)
        except ForbiddenError as error:
            unread += [Unread(kind, error) for kind in PRINCIPAL_KINDS]
        else:
            every = tenant.directory.workspaces.get()
            places = {workspace.id: every.place(workspace.id) for workspace in chosen}
            for kind in PRINCIPAL_KINDS:
                found = _listings(tenant, kind, chosen, every=len(chosen) == len(every.all), unread=unread)
                grants += [
                    LiveGrant(places[key.workspace_id], names.who(key.principal), permissions)
                    for key, permissions in found.items()
                    if key.workspace_id in places
                ]
    mappings: Mapping[str, Roles] = {}
    if "role-mappings" in parts:
        try:
            mappings = without_empty(tenant.mappings.listing())
        except ForbiddenError as error:
            unread.append(Unread("role-mappings", error))
    return LiveAccess(
        tuple(sorted(places.values())),
        tuple(
            sorted(grants, key=lambda each: (each.place, not each.who.is_user, each.who.written, each.who.principal))
        ),
        mappings,
        tuple(unread),
        frozenset(parts),
        tuple(names.notes),
    )


def _choose(tenant: TenantAccess, environments: Collection[str], workspaces: Collection[str]) -> list[Workspace]:
    found = tenant.directory.workspaces.get()
    chosen = found.all
    if environments:
        for name in environments:
            if name not in found.environments:
                there = ", ".join(found.environments) or "none"
                raise SelectionError(f"no environment '{name}' in the tenant", advice=f"Name one of these: {there}.")
        chosen = [workspace for workspace in chosen if environment_of(workspace) in environments]
    for name in workspaces:
        if not any(name in {workspace.name, workspace.id} for workspace in chosen):
            where = f" in {', '.join(environments)}" if environments else ""
            raise SelectionError(f"no workspace '{name}'{where}", advice="Check the name, or give the id.")
    return [each for each in chosen if not workspaces or each.name in workspaces or each.id in workspaces]


def _listings(
    tenant: TenantAccess, kind: PrincipalKind, chosen: list[Workspace], *, every: bool, unread: list[Unread]
) -> dict[GrantKey, Permissions]:
    """The grants of one kind of principal: of the tenant in one call, else of each environment in one."""
    api = tenant.client.permissions
    environments = sorted({each.environment.id for each in chosen if each.environment})
    try:
        if len(chosen) == 1:
            return api.list(kind, workspace_id=chosen[0].id)
        if every or not all(each.environment for each in chosen):
            return api.list(kind)
    except (ForbiddenError, NotFoundError) as error:
        if len(environments) < 2:
            unread.append(Unread(kind, error))
            return {}
    found: dict[GrantKey, Permissions] = {}
    for environment in environments:  # the credential may administer some of them only
        try:
            found.update(api.list(kind, environment_id=environment))
        except (ForbiddenError, NotFoundError) as error:
            unread.append(Unread(kind, error))
    return found


class Namer:
    """How a program names principals; a list that may not be read is noted."""

    def __init__(self, tenant: TenantAccess) -> None:
        self._directory = tenant.directory
        self.notes: list[str] = []

    def who(self, principal: Principal) -> Who:
        """A principal, by name where that leads to it."""
        names = self._readable(principal.kind)
        return names.who(principal.id) if names else Who(principal)

    def _readable(self, kind: PrincipalKind) -> UserNames | ServiceAccountNames | None:
        try:
            return self._directory.accounts(kind).get()
        except (ForbiddenError, NotFoundError) as error:
            note = f"{KIND_NOUNS[kind]}s are named by id: {error}"
            self.notes += [] if note in self.notes else [note]
            return None


def lines_of(unread: Iterable[Unread]) -> list[str]:
    """What could not be read, a line each; the same reason once."""
    return list(dict.fromkeys(str(each) for each in unread))
