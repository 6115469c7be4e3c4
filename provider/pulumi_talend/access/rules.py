"""What the tenant would refuse, or a reviewer should know, about a grant before it is written.

Sources: the vendor's help pages (engine users; "Manage" since R2025-09) and the "Identities Management" API document.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from ..errors import TalendError
from ..model.grants import (
    ENGINE_USE_PERMISSIONS,
    MANAGE,
    MANAGE_INSTEAD,
    GrantKey,
    Permissions,
    Principal,
    Roles,
    permission_list,
)
from .directory import Directory

ENGINE_USE = "TMC_ENGINE_USE"
WIDER_THAN_ENGINE_USE = frozenset({"TMC_OPERATOR", "TMC_CONNECTION_RESOURCE_EDIT"})
"""An account that holds one of these beside TMC_ENGINE_USE may be granted more than EXECUTE and VIEW."""


def account_permissions(directory: Directory, principal: Principal) -> frozenset[str] | None:
    """The permissions of an account itself (TMC_...); None where the credential may not read them.

    Raises what the API client raises, where the list cannot be read for another reason.
    """
    names = directory.accounts(principal.kind).get_if_readable()
    account = names.by_id.get(principal.id) if names else None
    return account.permissions if account is not None else None


def engine_use_refusal(directory: Directory, principal: Principal, permissions: Permissions) -> str | None:
    """Why a principal may not be granted permissions, by the rule for engine users; None where it may.

    Makes no call for permissions that every account may have.
    """
    beyond = permissions - set(ENGINE_USE_PERMISSIONS)
    if not beyond:
        return None
    held = account_permissions(directory, principal) or frozenset()
    if ENGINE_USE not in held or not WIDER_THAN_ENGINE_USE.isdisjoint(held):
        return None
    return (
        f"{directory.principal_label(principal)} has {ENGINE_USE} without {' or '.join(sorted(WIDER_THAN_ENGINE_USE))}, and such "
        f"an account may have EXECUTE and VIEW only: remove {permission_list(beyond)}, or change its roles in the console"
    )


def engine_use_warning(directory: Directory, principal: Principal, permissions: Permissions) -> str | None:
    """A note where an account holds TMC_ENGINE_USE beside wider rights and gets EXECUTE with VIEW ("Use engines") alone.

    Reads no list for it.
    """
    if sorted(permissions) != sorted(ENGINE_USE_PERMISSIONS):
        return None
    if not directory.accounts(principal.kind).known:
        return None
    held = account_permissions(directory, principal) or frozenset()
    if ENGINE_USE not in held or WIDER_THAN_ENGINE_USE.isdisjoint(held):
        return None
    return (
        f"{directory.principal_label(principal)} holds {permission_list(held & WIDER_THAN_ENGINE_USE)} beside {ENGINE_USE}: "
        "the console cannot give such an account Use engines alone"
    )


def inactive_note(directory: Directory, principal: Principal) -> str | None:
    """A note where a deactivated user gains access. Reads no list for it."""
    if principal.kind != "users" or not directory.users.known:
        return None
    try:
        user = directory.users.get().by_id.get(principal.id)
    except TalendError:
        return None
    if user is None or user.active is not False:
        return None
    return f"{directory.principal_label(principal)} is deactivated: the access counts once the account is active again"


def abolished_note(permissions: Iterable[str]) -> str | None:
    """A note on MANAGE, which the console no longer has since R2025-09."""
    if MANAGE not in set(permissions):
        return None
    return f"MANAGE no longer exists in Talend's console since R2025-09, and the API may refuse or drop it: {MANAGE_INSTEAD}"


def already_exists(
    key: GrantKey, permissions: Permissions, directory: Directory, *, look: bool = False, advice: str = ""
) -> str:
    """The reason where a grant exists that the resource may not adopt, with what to do; `advice` in place of importing it."""
    return (
        f"{directory.label(key, look=look)} already has {permission_list(permissions)}, not granted by this resource. "
        f"{advice or _how_to_adopt(key.resource_id)}"
    )


def already_mapped(name: str, roles: Roles, *, advice: str = "") -> str:
    """The reason where a mapping exists that the resource may not adopt, with what to do; `advice` in place of importing it."""
    return (
        f"customer role '{name}' is already mapped to {permission_list(roles)}, not by this resource. "
        f"{advice or _how_to_adopt(name)}"
    )


def _how_to_adopt(resource_id: str) -> str:
    """What to do where the object of that id exists and the resource may not adopt it."""
    return (
        f"Set adopt_existing=True, or import: talend-access adopt --only {shlex.quote(resource_id)} --name NAME --out DIR && "
        "pulumi import --file DIR/import.json --protect=false --generate-code=false. Renamed? Add an alias"
    )
