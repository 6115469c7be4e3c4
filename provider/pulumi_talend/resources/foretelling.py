"""What an update of a whole set would do to the tenant, said while previewing and refused where it takes too much."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..access.grants import already_there
from ..access.sets import differences, standing, written
from ..access.tenant import TenantAccess
from ..api import ClientCredential, GrantKey, Permissions, Principal, PrincipalKind, Problem, Settings
from ..api.permissions import words
from .base import finished_note
from .guard import Limit, refusal
from .naming import Unresolved, named
from .set_inputs import RoleMappingsInputs, WorkspaceAccessInputs, entry_of, kept_keys
from .sets import table


def foretold_access(
    tenant: TenantAccess,
    olds: Mapping[str, Any],
    inputs: WorkspaceAccessInputs,
    kinds: Sequence[PrincipalKind],
    *,
    most: Limit,
    settings: Settings,
    ended: Callable[[str | None], bool],
    say: Callable[[str], None],
) -> WorkspaceAccessInputs:
    """`inputs` with what would be removed and restored. Raises Unresolved where that is refused.

    `kinds` are the kinds of principals that the set is complete for; where there are none, only what it holds is looked at.
    """
    wanted = inputs.wanted
    same_place = olds.get("workspace_id") == inputs.workspace_id
    held = kept_keys(olds) if same_place else {}
    live = standing(tenant, str(inputs.workspace_id), kinds, wanted=wanted, held=set(held.values()))
    over = {key for who, key in held.items() if ended(entry_of(olds["grants"][who])[1])}
    problems = [
        *_seizures(tenant, inputs, wanted, held, live, complete=bool(kinds), say=say),
        *_lock_outs(tenant, inputs, wanted, reach=set(live) - over, most=most),
        *_own_access(tenant, inputs, settings, wanted, live),
    ]
    if problems:
        raise Unresolved(problems)
    if not kinds:
        return inputs
    unchanged = {held[who] for who in held if who in inputs.grants and inputs.grants[who] == olds["grants"][who]}
    between = differences(live, wanted, unchanged & set(wanted))
    return inputs.model_copy(
        update={
            "removes": table(tenant.directory, between.removes) or None,
            "restores": table(tenant.directory, between.restores) or None,
        }
    )


def _seizures(
    tenant: TenantAccess,
    inputs: WorkspaceAccessInputs,
    wanted: Mapping[GrantKey, Permissions],
    held: Mapping[str, GrantKey],
    live: Mapping[GrantKey, Permissions],
    *,
    complete: bool,
    say: Callable[[str], None],
) -> list[Problem]:
    """Access that stands already, given outside this resource, where nobody said that it takes over."""
    found = sorted(key for key in set(wanted) - set(held.values()) if key in live)
    half_done = [key for key in found if tenant.grants.is_half_done(key, live[key])]
    if half_done:
        who = ", ".join(written(tenant.directory, key.principal) for key in half_done)
        where = tenant.directory.workspace_label(str(inputs.workspace_id), look=True)
        say(finished_note(f"the access of {who} on {where}"))
        found = [key for key in found if key not in half_done]
    if not found:
        return []
    if complete or inputs.adopt_existing is True:
        who = ", ".join(written(tenant.directory, key.principal) for key in found)
        say(
            f"takes over the access of {who} on {tenant.directory.workspace_label(str(inputs.workspace_id), look=True)}"
        )
        return []
    return [
        Problem("adopt_existing", named(tenant.directory, [key], already_there(key, live[key]), look=True))
        for key in found
    ]


def _lock_outs(
    tenant: TenantAccess,
    inputs: WorkspaceAccessInputs,
    wanted: Mapping[GrantKey, Permissions],
    *,
    reach: set[GrantKey],
    most: Limit,
) -> list[Problem]:
    """`reach` are those that have access now within what the set speaks for, without those whose time is over."""
    removed = reach - set(wanted)
    reason = refusal(
        what=f"all access to {tenant.directory.workspace_label(str(inputs.workspace_id), look=True)}"
        if removed
        else "",
        removed=[written(tenant.directory, key.principal) for key in removed],
        before=len(reach),
        left=len(wanted),
        allowed=_allowance(inputs.allow_removals),
        most=most,
    )
    return [Problem("grants", reason)] if reason else []


def _own_access(
    tenant: TenantAccess,
    inputs: WorkspaceAccessInputs,
    settings: Settings,
    wanted: Mapping[GrantKey, Permissions],
    live: Mapping[GrantKey, Permissions],
) -> list[Problem]:
    """What the credential itself works with. Only a service account's is known: a token does not tell whose it is."""
    if not isinstance(settings.credential, ClientCredential) or inputs.allow_removals is not False:
        return []
    key = GrantKey(str(inputs.workspace_id), Principal("service-accounts", settings.credential.client_id))
    lost = live.get(key, frozenset[str]()) - wanted.get(key, frozenset[str]())
    if not lost:
        return []
    who = tenant.directory.label(key, look=True)
    reason = f"would take {words(lost)} from {who}, with which this very program works: set allow_removals=1 if that is meant"
    return [Problem("grants", reason)]


def foretold_mappings(
    tenant: TenantAccess,
    olds: Mapping[str, Any],
    inputs: RoleMappingsInputs,
    *,
    most: Limit,
    say: Callable[[str], None],
) -> RoleMappingsInputs:
    """`inputs` with what would be removed and restored. Raises Unresolved where that is refused."""
    wanted, live = inputs.wanted, tenant.mappings.listing()
    held: Mapping[str, Sequence[str]] = olds.get("mappings") or {}
    removed = sorted(set(live) - set(wanted))
    problems: list[Problem] = []
    reason = refusal(
        what="the mapping",
        removed=removed,
        before=len(live),
        left=len(wanted),
        allowed=True if not wanted else _allowance(inputs.allow_removals),  # nobody left: allow_disable has said so
        most=most,
    )
    problems.extend([Problem("mappings", reason)] if reason else [])
    problems.extend(_own_role(tenant, inputs, live) if wanted else [])
    if problems:
        raise Unresolved(problems)
    taken = sorted(name for name in wanted if name in live and name not in held)
    if taken:
        say(f"takes over the mapping of customer role {', '.join(taken)}")
    lost = {name: sorted(roles - wanted.get(name, frozenset())) for name, roles in live.items()}
    unchanged = [name for name in wanted if name in held and frozenset(held[name]) == wanted[name]]
    missing = {name: sorted(wanted[name] - live.get(name, frozenset())) for name in unchanged}
    return inputs.model_copy(
        update={
            "removes": {name: roles for name, roles in sorted(lost.items()) if roles} or None,
            "restores": {name: roles for name, roles in sorted(missing.items()) if roles} or None,
        }
    )


SSO_RIGHT = "TMC_SSO_MANAGEMENT"
"""What writing role mappings needs ("Mapping roles between SSO and Talend Cloud")."""


def _own_role(tenant: TenantAccess, inputs: RoleMappingsInputs, live: Mapping[str, frozenset[str]]) -> list[Problem]:
    """The last mapping by which somebody may write role mappings, as far as the tenant tells what its roles may."""
    if inputs.allow_removals is not False:
        return []
    removed_or_less = [name for name, roles in live.items() if roles - inputs.wanted.get(name, frozenset())]
    if not removed_or_less:
        return []
    strong = {
        role.name for role in tenant.directory.roles.get_if_readable() or () if SSO_RIGHT in (role.permissions or ())
    }
    before = sorted(name for name, roles in live.items() if roles & strong)
    if not before or any(roles & strong for roles in inputs.wanted.values()):
        return []
    reason = (
        f"would leave no customer role that may write role mappings ({SSO_RIGHT}; now {', '.join(before)}): "
        "set allow_removals if that is meant"
    )
    return [Problem("mappings", reason)]


def _allowance(allow_removals: object) -> bool | int:
    return allow_removals if isinstance(allow_removals, int) else False
