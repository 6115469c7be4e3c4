"""The rule for accounts that are there to use engines: EXECUTE and VIEW only.

API user guide, "Setting workspace permissions for a user": a user whose account has the TMC_ENGINE_USE permission may be
granted EXECUTE and VIEW only. Where the API's answers tell which permissions an account has is UNDOCUMENTED: wherever they
do (on the user, on the user's roles, on the service account) the rule is checked here, before anything is written; where they
do not, the API's own refusal speaks.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..api import ENGINE_USE_PERMISSIONS, Permissions, Principal
from ..api.permissions import words
from .directory import Directory
from .names import role_names_and_ids

ENGINE_USE = "TMC_ENGINE_USE"


def engine_use_refusal(directory: Directory, principal: Principal, permissions: Permissions) -> str | None:
    """Why `principal` may not be granted `permissions`; None where it may, or where nothing tells.

    No call is made for permissions that every account may have. Raises what the API client raises, except that a list which
    the credential may not read tells nothing.
    """
    beyond = permissions - set(ENGINE_USE_PERMISSIONS)
    if not beyond or not _is_bound(directory, principal):
        return None
    return (
        f"{directory.principal_label(principal)} has {ENGINE_USE}, and such an account may have EXECUTE and VIEW only: "
        f"take {words(beyond)} out, or change the account's roles in the console"
    )


def _is_bound(directory: Directory, principal: Principal) -> bool:
    if principal.kind == "service-accounts":
        accounts = directory.service_accounts.get_if_readable()
        account = accounts.by_id.get(principal.id) if accounts else None
        return account is not None and _binds(account.permissions or ())
    roles = directory.roles.get_if_readable() or []
    engine_roles = {name for role in roles if _binds(role.permissions or ()) for name in (role.id, role.name)}
    if not engine_roles and any(role.permissions for role in roles):
        return False  # the roles tell, and none of them has it: the users need not be listed
    users = directory.users.get_if_readable()
    user = users.by_id.get(principal.id) if users else None
    return user is not None and (
        _binds(user.permissions or ()) or not engine_roles.isdisjoint(role_names_and_ids(user))
    )


def _binds(account_permissions: Iterable[str]) -> bool:
    """Decided here (UNDOCUMENTED which of two readings holds): the rule binds whoever has the permission.

    The "Roles" page of the Management Console user guide speaks of users who have *only* that permission.
    """
    return ENGINE_USE in account_permissions
