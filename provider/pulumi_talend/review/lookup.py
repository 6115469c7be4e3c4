"""Looking at the live tenant for a review: names, what exists before, who has how much in all. It only ever reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..access import TenantAccess
from ..errors import ForbiddenError, NotFoundError, TalendError
from ..model.grants import KIND_NOUNS, PRINCIPAL_KINDS, GrantKey, Principal, PrincipalKind
from ..model.planning import NOTHING, Rights
from .changes import Standing
from .model import Target
from .names import Names
from .reading import Reading

ADMIN_PERMISSIONS = frozenset(
    {
        "TMC_USER_MANAGEMENT",
        "TMC_ROLE_MANAGEMENT",
        "TMC_GROUP_MANAGEMENT",
        "TMC_SSO_MANAGEMENT",
        "TMC_SERVICE_ACCOUNT_MANAGEMENT",
        "TMC_SUBSCRIPTION_MANAGEMENT",
        "TMC_ENVIRONMENT_MANAGEMENT",
    }
)
"""Account permissions that let their holder hand out access, or rule over whole environments."""


@dataclass
class Live:
    """What a tenant showed.

    Attributes:
        rights: What exists of all that the preview is about.
        listed: The tenant's grants, of the kinds of principals in `whole`.
        whole: The kinds of principals whose grants were listed for the whole tenant.
        admin_roles: Talend roles that hold one of `ADMIN_PERMISSIONS`.
        names: What ids are called.
        notes: What could not be read.
    """

    rights: Mapping[Target, Rights]
    listed: Mapping[GrantKey, Rights] = field(default_factory=dict[GrantKey, Rights])
    whole: frozenset[PrincipalKind] = frozenset()
    admin_roles: frozenset[str] = frozenset()
    names: Names = field(default_factory=Names)
    notes: tuple[str, ...] = ()

    @property
    def standing(self) -> Standing:
        """As the planning takes it."""
        return Standing(self.rights)

    def grants_of(self, principal: Principal) -> dict[GrantKey, Rights] | None:
        """All grants of a principal; None where they were not all read."""
        if principal.kind not in self.whole:
            return None
        return {key: rights for key, rights in self.listed.items() if key.principal == principal}


def read_names(tenant: TenantAccess, names: Names) -> list[str]:
    """Notes what users, service accounts and workspaces are called; returns which names could not be read, and why."""
    directory, notes = tenant.directory, list[str]()
    try:
        workspaces = directory.workspaces.get()
        for workspace in workspaces.all:
            names.note_workspace(workspaces.place(workspace.id))
    except TalendError as error:
        notes.append(f"Workspaces are shown by id. {error}")
    for kind in PRINCIPAL_KINDS:
        try:
            accounts = directory.accounts(kind).get()
            for id_ in accounts.by_id:
                names.note(accounts.who(id_))
        except TalendError as error:
            notes.append(f"{KIND_NOUNS[kind].capitalize()}s are shown by id. {error}")
    return notes


def read_access(tenant: TenantAccess, reading: Reading) -> Live:
    """Reads what the resources of a preview are about, in a few listings.

    A target that state has and a listing lacks is read by itself. Raises TalendError where access cannot be read.
    """
    held: dict[Target, bool] = {}
    reach: set[tuple[str, PrincipalKind] | str] = set()
    for resource in reading.resources:
        for target in (*resource.new.access, *resource.new.removes):
            held.setdefault(target, False)
        held.update(dict.fromkeys(resource.old.access, True))
        reach |= resource.new.whole
    rights: dict[Target, Rights] = {}
    mapped = any(isinstance(target, str) for target in held) or "mappings" in reach
    if mapped:
        rights.update(tenant.mappings.listing())
        for name, expected in held.items():
            if isinstance(name, str) and expected and name not in rights:
                rights[name] = tenant.mappings.read(name) or NOTHING
    keys = {key: expected for key, expected in held.items() if isinstance(key, GrantKey)}
    places = {each for each in reach if not isinstance(each, str)}
    live = _read_grants(tenant, keys, places, reading.names)
    rights.update(live.rights)
    admin_roles = _admin_roles(tenant) if mapped else frozenset[str]()
    return Live(rights, live.listed, live.whole, admin_roles, reading.names, live.notes)


def _admin_roles(tenant: TenantAccess) -> frozenset[str]:
    known = tenant.directory.roles.get_if_readable() or ()
    return frozenset(role.name for role in known if ADMIN_PERMISSIONS.intersection(role.permissions or ()))


def _read_grants(
    tenant: TenantAccess, keys: Mapping[GrantKey, bool], places: set[tuple[str, PrincipalKind]], names: Names
) -> Live:
    snapshot = tenant.grants.snapshot
    listed: dict[GrantKey, Rights] = {}
    whole: set[PrincipalKind] = set()
    notes: list[str] = []
    for kind in PRINCIPAL_KINDS:
        if any(key.principal.kind == kind for key in keys) or any(place[1] == kind for place in places):
            try:
                listed.update(snapshot.whole(kind))
                whole.add(kind)
            except (ForbiddenError, NotFoundError):
                notes.append(
                    f"The credential may not list all permissions of {KIND_NOUNS[kind]}s: who loses all access is not known for "
                    "certain."
                )
    rights: dict[Target, Rights] = {}
    for workspace_id, kind in sorted(places):
        for key, found in snapshot.on_workspace(workspace_id, [kind]).items():
            rights[key] = found
    for key in sorted(keys):
        rights[key] = snapshot.lookup(key, expected=keys[key]) or NOTHING
    return Live(rights, listed, frozenset(whole), names=names, notes=tuple(notes))
