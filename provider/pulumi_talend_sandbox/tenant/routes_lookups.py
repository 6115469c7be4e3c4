"""Look-ups: workspaces, users, service accounts, roles, groups [S2, S4, S6].

`GET /account/service-accounts` is named by the vendor's release notes R2022-05; that it is paged like the
users, and its fields, are undocumented.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response

from . import fiql
from .behaviour import Behaviour
from .core import Core
from .directory import Record
from .errors import ApiError
from .models import Listed
from .paging import LARGEST_PAGE, page_of
from .routing import REFUSALS, CoreOf

router = APIRouter(tags=["Look-ups"], responses=REFUSALS)

Page = Annotated[int | None, Query(description="From 1", json_schema_extra={"minimum": 1})]
Size = Annotated[int | None, Query(description="1 to 100", json_schema_extra={"minimum": 1, "maximum": LARGEST_PAGE})]


@router.get("/orchestration/workspaces", response_model=list[Listed])
def list_workspaces(
    core: CoreOf, query: Annotated[str | None, Query(description="FIQL: environment.name==dev;name==Sales")] = None
) -> Response:
    """The workspaces for which the FIQL query holds; all where there is none."""
    found = core.store.directory.workspaces()
    if query is not None:
        wanted = fiql.parse(query)
        found = [workspace for workspace in found if fiql.matches(workspace, wanted)]
    return JSONResponse(found)


@router.get("/account/users", response_model=list[Listed])
def list_users(
    core: CoreOf,
    page: Page = None,
    size: Size = None,
    environment_id: str | None = None,
    workspace_id: str | None = None,
) -> Response:
    """A page of users; filtered: those who have a permission in that environment or on that workspace."""
    directory = core.store.directory
    if core.behaviour.unknown_filter == "404":
        if environment_id is not None and not directory.has_environment(environment_id):
            raise ApiError(404, f"Environment not found: {environment_id}")
        if workspace_id is not None and not directory.has_workspace(workspace_id):
            raise ApiError(404, f"Workspace not found: {workspace_id}")
    users = directory.users(environment_id=environment_id, workspace_id=workspace_id)
    return page_of(_with_roles(core, users, core.behaviour), page, size, core.behaviour)


@router.get("/account/service-accounts", response_model=list[Listed])
def list_service_accounts(core: CoreOf, page: Page = None, size: Size = None) -> Response:
    """A page of service accounts."""
    return page_of(core.store.directory.service_accounts(), page, size, core.behaviour)


@router.get("/account/roles", response_model=list[Listed])
def list_roles(core: CoreOf, page: Page = None, size: Size = None) -> Response:
    """A page of Talend roles."""
    roles = core.store.directory.roles()
    if core.behaviour.account_permissions_told != "roles":
        roles = [{"id": role["id"], "name": role["name"]} for role in roles]
    return page_of(roles, page, size, core.behaviour)


@router.get("/account/groups", response_model=list[Listed])
def list_groups(core: CoreOf, page: Page = None, size: Size = None) -> Response:
    """A page of groups."""
    return page_of(core.store.directory.groups(), page, size, core.behaviour)


def _with_roles(core: Core, users: list[Record], behaviour: Behaviour) -> list[Record]:
    """Users with their roles, and perhaps their permissions, as the behaviour has them."""
    rights = {role["name"]: role["permissions"] for role in core.store.directory.roles()}
    for user in users:
        names: list[str] = [role["name"] for role in user["roles"]]
        if behaviour.account_permissions_told == "users":
            user["permissions"] = sorted({right for name in names for right in rights[name]})
        if behaviour.user_roles_as == "names":
            user["roles"] = names
    return users
