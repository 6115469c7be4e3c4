"""SSO role mappings [S1, S8]."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from starlette.convertors import Convertor, register_url_convertor

from .core import Core
from .errors import ApiError
from .models import RoleMapping
from .routing import REFUSALS, CoreOf

PREFIX = "/security/role-mappings"


class _Anything(Convertor[str]):
    """A part of a path that holds any text at all. Starlette's own `path` stops at a line break, and so would
    take the name "a\\n" for "a"."""

    regex = r"[\s\S]*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("anything", _Anything())

router = APIRouter(prefix=PREFIX, tags=["SSO role mapping"], responses=REFUSALS)


@router.get("", response_model=list[RoleMapping])
def list_mappings(core: CoreOf) -> Response:
    """All role mappings of the tenant."""
    with core.store.transaction():
        if not core.store.mappings_enabled() and core.behaviour.mappings_when_disabled == "404":
            raise ApiError(404, "Role mapping is not enabled for this tenant")
        return _shown(core.store.mappings())


@router.post("", response_model=list[RoleMapping])
def replace_mappings(core: CoreOf, mappings: list[RoleMapping]) -> Response:
    """Create or replace **all** role mappings of the tenant: what the body does not have is gone."""
    wanted: dict[str, tuple[str, ...]] = {}
    for mapping in mappings:
        if "," in mapping.name:
            raise ApiError(400, f"Parameters not valid: a comma in the role mapping name {mapping.name!r}")
        if not mapping.roles and core.behaviour.empty_roles == "400":
            raise ApiError(400, f"Parameters not valid: role mapping {mapping.name!r} has no roles")
        if mapping.name in wanted and core.behaviour.duplicate_mapping_names == "400":
            raise ApiError(400, f"Parameters not valid: role mapping {mapping.name!r} stands there twice")
        wanted[mapping.name] = tuple(mapping.roles)
    with core.store.transaction():
        for name, roles in wanted.items():
            unknown = core.store.directory.unknown_roles(roles)
            if unknown:
                raise ApiError(400, f"Parameters not valid: no role {unknown[0]!r} (role mapping {name!r})")
        core.store.replace_mappings(wanted)
        return _shown(core.store.mappings())


@router.delete("", status_code=204)
def delete_mappings(core: CoreOf) -> Response:
    """Delete all role mappings; **switches the role mapping feature off for the tenant**."""
    core.store.disable_mappings()
    return Response(status_code=204)


@router.get("/{name:anything}", response_model=RoleMapping)
def read_mapping(core: CoreOf, request: Request, name: str) -> Response:
    """One role mapping."""
    roles = core.store.mappings().get(_one(request, name))
    if roles is None:
        raise _missing(name)
    return JSONResponse({"name": name, "roles": roles})


@router.delete("/{name:anything}", status_code=204)
def delete_mapping(core: CoreOf, request: Request, name: str) -> Response:
    """Delete one role mapping."""
    _delete(core, _one(request, name))
    return Response(status_code=204)


def _delete(core: Core, name: str) -> None:
    if not core.store.drop_mapping(name):
        raise _missing(name)


def _one(request: Request, name: str) -> str:
    """The name, where it is one segment of the path: a slash within it has to come as %2F, else there is no such path."""
    raw: bytes = request.scope["raw_path"]
    if not name or b"/" in raw[len(PREFIX) + 1 :]:
        raise ApiError(404, "No such path")
    return name


def _missing(name: str) -> ApiError:
    return ApiError(404, f"Role mapping not found: {name}")


def _shown(mappings: dict[str, list[str]]) -> Response:
    return JSONResponse([{"name": name, "roles": roles} for name, roles in mappings.items()])
