"""Looking at the live tenant for a review: names, what stands there before, who has how much in all. It only ever reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..api.models import GrantKey, Principal
from .effects import Names, Target
from .model import Rights

if TYPE_CHECKING:
    from ..access import TenantAccess

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
class Looked:
    """What a tenant showed. `grants` are all that its listing shows, `notes` what could not be read."""

    grants: Mapping[GrantKey, Rights] = field(default_factory=dict[GrantKey, Rights])
    found: dict[Target, Rights] = field(default_factory=dict["Target", Rights])
    admin_roles: frozenset[str] = frozenset()
    names: Names = field(default_factory=Names)
    whole: bool = True
    notes: list[str] = field(default_factory=list[str])

    def before(self, target: Target) -> Rights | None:
        """What stands there now; None where it was not looked at or could not be read."""
        return self.found.get(target)

    def lists(self, principal: Principal) -> bool:
        """Whether the listing can be trusted to show all grants of `principal`.

        Undocumented, decided here: listings show service accounts where they show any.
        """
        if not self.whole:
            return False
        return principal.kind == "users" or any(key.principal.kind == principal.kind for key in self.grants)


def look_at_names(tenant: TenantAccess) -> Looked:
    """What users, service accounts and workspaces are called. Names that cannot be read are left out, with a note."""
    looked = Looked()
    _look_at_names(tenant, looked)
    return looked


def look_at_access(tenant: TenantAccess, targets: Mapping[Target, bool], looked: Looked) -> None:
    """Reads into `looked` what a review of `targets` needs: a few listings, and one call for each service account.

    `targets` says for each whether the state knows that something stands there: then a listing that lacks it is not believed,
    and it is looked at by itself. Raises TalendError where access cannot be read.
    """
    wanted = sorted(targets, key=str)
    keys = [target for target in wanted if isinstance(target, GrantKey)]
    if keys:
        _look_at_grants(tenant, {key: targets[key] for key in keys}, looked)
    roles = [target for target in wanted if isinstance(target, str)]
    if roles:
        listing = tenant.mappings.listing()
        looked.found.update((name, listing.get(name, frozenset())) for name in roles)
        known = tenant.directory.roles.get_if_readable()
        looked.admin_roles = frozenset(
            role.name for role in known or () if ADMIN_PERMISSIONS.intersection(role.permissions or ())
        )


def _look_at_grants(tenant: TenantAccess, keys: Mapping[GrantKey, bool], looked: Looked) -> None:
    from ..api import ForbiddenError

    try:
        looked.grants = tenant.client.permissions.list() or tenant.client.permissions.list()
    except ForbiddenError:
        looked.whole = False
        looked.notes.append(
            "The credential may not list the whole tenant's permissions: last accesses are not recognised."
        )
    for key, expected in keys.items():
        found = looked.grants.get(key)
        if found is None and not (looked.whole and key.principal.kind == "users" and not expected):
            found = tenant.grants.read(key)
        looked.found[key] = found or frozenset()


def _look_at_names(tenant: TenantAccess, looked: Looked) -> None:
    from ..access.names import environment_of, user_label
    from ..api import TalendError

    directory = tenant.directory
    try:
        for workspace in directory.workspaces.get().all:
            looked.names.workspace(workspace.id, workspace.name, environment_of(workspace) or None)
    except TalendError as error:
        looked.notes.append(f"Workspaces are shown by id. {error}")
    try:
        looked.names.users.update((user.id, user_label(user)) for user in directory.users.get().all)
        looked.names.all_users = True
    except TalendError as error:
        looked.notes.append(f"Users are shown by id. {error}")
    try:
        accounts = directory.service_accounts.get().all
        looked.names.service_accounts.update((account.id, account.name) for account in accounts)
        looked.names.all_service_accounts = True
    except TalendError as error:
        looked.notes.append(f"Service accounts are shown by id. {error}")
