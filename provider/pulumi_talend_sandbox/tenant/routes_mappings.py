"""SSO role mappings."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from .core import Core
from .errors import ApiError
from .models import RoleMapping
from .routing import CoreOf, serves

router = APIRouter(tags=["SSO role mapping"])


@serves(router, "list_role_mappings")
def list_mappings(core: CoreOf) -> Response:
    """All role mappings of the tenant."""
    return JSONResponse(_shown(core.store.mappings(lag=core.behaviour.mapping_lag)))


@serves(router, "replace_role_mappings")
def replace_mappings(core: CoreOf, mappings: list[RoleMapping]) -> Response:
    """Create or replace **all** role mappings of the tenant: what the body does not have is gone."""
    behaviour = core.behaviour
    wanted: dict[str, tuple[str, ...]] = {}
    for mapping in mappings:
        name = _name(core, mapping.name)
        if "," in name:
            raise ApiError(400, f"The role mapping name {name!r} has a comma in it")
        if not mapping.roles and behaviour.empty_roles == "400":
            raise ApiError(400, f"The role mapping {name!r} has no roles")
        if name in wanted and behaviour.duplicate_mapping_names == "400":
            raise ApiError(400, f"The role mapping {name!r} is in the list twice")
        wanted[name] = tuple(mapping.roles)
    with core.store.transaction():
        for name, roles in wanted.items():
            unknown = core.store.directory.unknown_roles(roles)
            if unknown:
                raise ApiError(400, f"There is no role {unknown[0]!r} (role mapping {name!r})")
        core.store.replace_mappings(wanted)
        shown = _shown(core.store.mappings())
    if behaviour.replace_mappings_answer == "one":
        return JSONResponse(shown[0] if shown else {"name": "", "roles": []})
    return JSONResponse(shown)


@serves(router, "delete_role_mappings")
def delete_mappings(core: CoreOf) -> Response:
    """Delete all role mappings, which **disables the role mapping feature for the tenant**."""
    core.store.replace_mappings({})
    return Response(status_code=204)


@serves(router, "get_role_mapping")
def read_mapping(core: CoreOf, request: Request) -> Response:
    """One role mapping."""
    name = _name(core, request.path_params["customerRoleName"])
    roles = core.store.mappings(lag=core.behaviour.mapping_lag).get(name)
    if roles is None:
        raise ApiError(404, f"Role mapping not found: {name}")
    return JSONResponse({"name": name, "roles": roles})


@serves(router, "delete_role_mapping")
def delete_mapping(core: CoreOf, request: Request) -> Response:
    """Delete one role mapping."""
    name = _name(core, request.path_params["customerRoleName"])
    if not core.store.drop_mapping(name):
        raise ApiError(404, f"Role mapping not found: {name}")
    return Response(status_code=204)


def _name(core: Core, name: str) -> str:
    return name.lower() if core.behaviour.mapping_names == "lowercased" else name


def _shown(mappings: dict[str, list[str]]) -> list[dict[str, object]]:
    return [{"name": name, "roles": roles} for name, roles in mappings.items()]
