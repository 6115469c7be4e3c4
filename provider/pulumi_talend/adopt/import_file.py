"""The file for `pulumi import --file`, after which the next preview of the program reports everything as unchanged.

Dynamic resources cannot be imported by type and id: the engine has no provider to read them with. Given `inputs` and `outputs`
with the provider in them, it takes them as they are (tried on the Pulumi CLI).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from pulumi.dynamic.dynamic import PROVIDER_KEY

from ..loader import TABLE_TYPE, TYPE_PREFIX, pickled
from ..model.inputs import (
    MODELS,
    Inputs,
    RoleMappingInputs,
    RoleMappingsInputs,
    WorkspaceAccessInputs,
    WorkspacePermissionInputs,
)
from ..model.named import Who
from ..provider.base import PLAN_NUMBER
from ..provider.role_mappings import RESOURCE_ID
from .live import LiveGrant
from .program import Adopted, target
from .sets import AdoptedSets, written
from .table import written_in_table


def import_file(adopted: Adopted) -> str:
    """The import file's JSON for single grants and mappings."""
    resources = [_grant(name, grant) for name, grant in adopted.grants]
    for name, customer_role, roles in adopted.mappings:
        inputs = RoleMappingInputs(role_name=customer_role, roles=sorted(roles))
        resources.append(_entry(name, customer_role, inputs))
    return _file(resources)


def sets_import_file(adopted: AdoptedSets) -> str:
    """The import file's JSON for whole workspaces and all role mappings; of a table with its component around them."""
    resources = _sets(adopted, written_in_table if adopted.table else written)
    if adopted.table:
        component = {"type": TABLE_TYPE, "name": adopted.table, "component": True}
        resources = [component, *({**entry, "parent": adopted.table} for entry in resources)]
    return _file(resources)


def _sets(adopted: AdoptedSets, write: Callable[[Who], str]) -> list[dict[str, Any]]:
    resources: list[dict[str, Any]] = []
    for name, place, grants in adopted.workspaces:
        where = {"workspace": place.name, "environment": place.environment} if place.by_name else {}
        rights = tuple(right for grant in grants for right in grant.permissions)
        given = {
            **where,
            "workspace_id": place.id,
            "grants": {write(grant.who): sorted(grant.permissions) for grant in grants},
            "principals": {write(grant.who): grant.who.principal.path for grant in grants},
            "exclusive": adopted.exclusive,
        }
        resources.append(_entry(name, place.id, _valid(WorkspaceAccessInputs, given, rights)))
    if adopted.mappings:
        mappings: dict[str, Any] = {name: sorted(roles) for name, roles in adopted.mappings.items()}
        resources.append(_entry(adopted.mappings_name, RESOURCE_ID, RoleMappingsInputs(mappings=mappings)))
    return resources


def _grant(name: str, grant: LiveGrant) -> dict[str, Any]:
    principal = "user_id" if grant.who.is_user else "service_account_id"
    given = {
        **target(grant.place, grant.who),
        "workspace_id": grant.place.id,
        principal: grant.who.principal.id,
        "permissions": sorted(grant.permissions),
    }
    return _entry(name, grant.key.resource_id, _valid(WorkspacePermissionInputs, given, tuple(grant.permissions)))


def _valid(model: type[Inputs], given: dict[str, Any], rights: tuple[str, ...]) -> Inputs:
    # What the tenant grants is valid, also a permission that no document names.
    return model.model_validate(given, context={"extra_permissions": rights})


def _entry(name: str, id_: str, inputs: Inputs) -> dict[str, Any]:
    """One resource, as a check and an update would leave it in state."""
    type_name = next(name for name, model in MODELS.items() if type(inputs) is model)
    properties = {**inputs.as_properties(), PROVIDER_KEY: pickled(type_name)}
    if inputs.planned:
        properties[PLAN_NUMBER] = 0
    return {"type": f"{TYPE_PREFIX}{type_name}", "name": name, "id": id_, "inputs": properties, "outputs": properties}


def _file(resources: list[dict[str, Any]]) -> str:
    return json.dumps({"resources": resources}, indent=2, ensure_ascii=True) + "\n"
