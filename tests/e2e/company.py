"""Who and what of the offline tenant's company the stacks of these tests are about, and the calls that concern them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from pulumi_talend_sandbox.tenant import Call, Tenant
from pulumi_talend_sandbox.tenant.company import account_id, object_id

SALES = object_id("workspace/dev/Sales")
FINANCE = object_id("workspace/dev/Finance")
LOGISTICS = object_id("workspace/dev/Logistics")
SHARED = object_id("workspace/dev/Shared")
WORKSPACES = (SALES, FINANCE, LOGISTICS, SHARED)


TOKEN_PATH = "/security/oauth/token"
LOOKUPS = ("/account/", "/orchestration/")


def person(name: str) -> str:
    return account_id(f"user/{name}@nordlicht-retail.example")


# None of them has access to any of the workspaces above.
OSKAR = person("oskar.berg")
FELIX = person("felix.thomsen")
NADINE = person("nadine.albers")
GRETA = person("greta.mortensen")
LINNEA = person("linnea.holm")
JAN = person("jan.petry")
# Has AUTHOR, EXECUTE and VIEW on SALES, given by hand.
MATTHIAS = person("matthias.krueger")

AUDIT = account_id("service-account/audit-export")
RUNNER = account_id("service-account/engine-runner")
SCHEDULER = account_id("service-account/nightly-scheduler")


def permission(name: str, workspace: str, who: str, permissions: Sequence[str], *, more: str = "") -> str:
    """The line of a program that grants a user `permissions`; `more` are further arguments as written."""
    return _permission(name, workspace, f"user_id={who!r}", permissions, more)


def service_permission(name: str, workspace: str, who: str, permissions: Sequence[str], *, more: str = "") -> str:
    """As `permission`, for a service account."""
    return _permission(name, workspace, f"service_account_id={who!r}", permissions, more)


def _permission(name: str, workspace: str, principal: str, permissions: Sequence[str], more: str) -> str:
    return f"WorkspacePermission({name!r}, workspace_id={workspace!r}, {principal}, permissions={list(permissions)!r}, {more})"


def mapping(name: str, role: str, roles: Sequence[str], *, more: str = "") -> str:
    """The line of a program that maps a customer role."""
    return f"RoleMapping({name!r}, role_name={role!r}, roles={list(roles)!r}, {more})"


def program(*lines: str) -> str:
    return "\n".join(lines)


def grant_path(workspace: str, who: str) -> str:
    """Where one principal's permissions are read and written."""
    kind = "service-accounts" if who in {AUDIT, RUNNER, SCHEDULER} else "users"
    return f"/security/workspaces/{workspace}/{kind}/{who}/permissions"


def taken(tenant: Tenant) -> Counter[str]:
    """The calls on access since the last look, each as `METHOD path?query status`, and how often; the log begins anew.

    What the provider looks up about people and places meanwhile is left out, after checking that no list is read twice.
    """
    calls = [call for call in tenant.calls if call.path != TOKEN_PATH]
    tenant.calls.clear()
    lookups = Counter(call.line() for call in calls if call.path.startswith(LOOKUPS))
    assert all(line.startswith("GET ") and times == 1 for line, times in lookups.items()), lookups
    return Counter(call.line() for call in calls if not call.path.startswith(LOOKUPS))


def written(calls: Iterable[Call]) -> Counter[tuple[str, str]]:
    """What successful calls wrote, whether singly or in a batch: (method, grant's resource id or "role-mappings...")."""
    found: Counter[tuple[str, str]] = Counter()
    for call in calls:
        if call.method != "GET" and 200 <= call.status < 300:
            found.update((call.method, target) for target in _targets(call))
    return found


def _targets(call: Call) -> list[str]:
    if "/role-mappings" in call.path:
        return [call.path.removeprefix("/security/")]
    kind = "service-accounts" if "service-account" in call.path else "users"
    if not call.path.endswith("/batch"):
        return [call.path.removeprefix("/security/workspaces/").removesuffix("/permissions")]
    if call.method == "DELETE":
        who = [value for name, value in call.pairs if name == ("userIds" if kind == "users" else "serviceAccountIds")]
        places = [value for name, value in call.pairs if name == "workspaceIds"]
        return [f"{workspace}/{kind}/{each}" for workspace in places for each in who]
    members: list[dict[str, Any]] = call.body
    return [f"{member['workspaceId']}/{kind}/{member['userId']}" for member in members]
