"""The algebra of whole sets on one workspace: what stands, what should stand, and what lies between. No Pulumi."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from ..api import ForbiddenError, GrantKey, Permissions, Principal, PrincipalKind
from .directory import Directory
from .errors import AccessError
from .side_by_side import side_by_side
from .tenant import TenantAccess

NOTHING: Permissions = frozenset()


@dataclass(frozen=True)
class Differences:
    """What an update of a set takes away from whom, and what it gives back that was taken away by hand."""

    removes: Mapping[GrantKey, Permissions]
    restores: Mapping[GrantKey, Permissions]


def differences(
    live: Mapping[GrantKey, Permissions],
    wanted: Mapping[GrantKey, Permissions],
    unchanged: Collection[GrantKey],
) -> Differences:
    """Between `live` and `wanted`; `unchanged` are those of `wanted` that state says to stand already."""
    removes = {key: live[key] - wanted.get(key, NOTHING) for key in live}
    restores = {key: wanted[key] - live.get(key, NOTHING) for key in unchanged}
    return Differences(
        {key: lost for key, lost in removes.items() if lost},
        {key: missing for key, missing in restores.items() if missing},
    )


def standing(
    tenant: TenantAccess,
    workspace_id: str,
    kinds: Collection[PrincipalKind],
    *,
    wanted: Iterable[GrantKey],
    held: Collection[GrantKey],
) -> dict[GrantKey, Permissions]:
    """All that stands on a workspace of principals of `kinds`, and what stands under `wanted` and `held`.

    `held` are those that state says to stand: where a listing lacks one it is looked at by itself.

    The API lists the grants of users. Whether it lists those of service accounts is UNDOCUMENTED: where it does not show any
    here, each service account of the tenant is looked at by itself. Raises AccessError where they cannot be listed.
    """
    listed = tenant.grants.snapshot.listing(workspace_id) if kinds else {}
    live = {key: permissions for key, permissions in listed.items() if key.principal.kind in kinds}
    keys = {*wanted, *held}
    if "service-accounts" in kinds and not any(key.principal.kind == "service-accounts" for key in live):
        try:
            accounts = tenant.directory.service_accounts.get().all
        except ForbiddenError:
            raise AccessError(
                "Could not list the service accounts (the credential lacks the right), so that what they may do here is not "
                'known: set exclusive="users" to leave service accounts alone, or give the credential that right.'
            ) from None
        keys |= {GrantKey(workspace_id, Principal("service-accounts", account.id)) for account in accounts}
    unlisted = sorted(keys - set(live))
    found = side_by_side(lambda key: (tenant.grants.read if key in held else tenant.grants.in_the_way)(key), unlisted)
    live.update((key, permissions) for key, permissions in zip(unlisted, found, strict=True) if permissions is not None)
    return live


def written(directory: Directory, principal: Principal) -> str:
    """How `principal` is written in a table of grants: by name where it has one, else by id."""
    name = directory.principal_name(principal, look=True)
    if principal.kind == "users":
        return name or f"user-id:{principal.id}"
    return f"service-account:{name}" if name else f"service-account-id:{principal.id}"
