"""The file for `pulumi import --file`, after which the next preview of the program says unchanged.

Dynamic resources cannot be imported by type and id: the engine has no provider to read them with. Given `inputs` and `outputs`
with the serialised provider in them, it takes them over as they stand (tried on the Pulumi CLI).
"""

from __future__ import annotations

import json
from typing import Any

from pulumi.dynamic import ResourceProvider
from pulumi.dynamic.dynamic import PROVIDER_KEY, serialize_provider  # pyright: ignore[reportUnknownVariableType]

from ..resources.role_mapping import RoleMappingProvider
from ..resources.workspace_permission import WorkspacePermissionProvider
from .live import LiveGrant
from .program import Adopted, target

_TYPES = "pulumi-python:dynamic/access:"


def import_file(adopted: Adopted) -> str:
    """The import file's JSON for everything in `adopted`."""
    resources = [grant_entry(name, grant) for name, grant in adopted.grants]
    resources.extend(mapping_entry(name, role, roles) for name, role, roles in adopted.mappings)
    return json.dumps({"resources": resources}, indent=2, ensure_ascii=True) + "\n"


def grant_entry(name: str, grant: LiveGrant) -> dict[str, Any]:
    """One grant, as the resource named `name` would have it in state."""
    principal = "user_id" if grant.who.is_user else "service_account_id"
    properties: dict[str, Any] = {
        **target(grant.place, grant.who),
        "workspace_id": grant.place.id,
        principal: grant.who.principal.id,
        "permissions": sorted(grant.permissions),
        "adopt_existing": False,
    }
    return entry("WorkspacePermission", name, grant.key.resource_id, properties, WorkspacePermissionProvider())


def mapping_entry(name: str, customer_role: str, roles: frozenset[str]) -> dict[str, Any]:
    """One role mapping, as the resource named `name` would have it in state."""
    properties: dict[str, Any] = {"role_name": customer_role, "roles": sorted(roles), "adopt_existing": False}
    return entry("RoleMapping", name, customer_role, properties, RoleMappingProvider())


def entry(kind: str, name: str, id_: str, properties: dict[str, Any], provider: ResourceProvider) -> dict[str, Any]:
    """One resource of the import file, with its provider in it."""
    held = {**properties, PROVIDER_KEY: serialize_provider(provider)}
    return {"type": f"{_TYPES}{kind}", "name": name, "id": id_, "inputs": held, "outputs": held}
