"""Workspace permissions: unitary calls, the listing, the batch calls [S2, S3, S4, S5]."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import Field

from .access import Target
from .core import Core
from .errors import ApiError
from .models import PermissionNames, ServiceAccountPermission, UserPermission
from .object_bodies import ObjectBodyRoute
from .routing import REFUSALS, CoreOf
from .store import Kind

router = APIRouter(prefix="/security", tags=["Workspace permissions"], responses=REFUSALS, route_class=ObjectBodyRoute)

_UNITARY = "/workspaces/{workspace_id}/{kind}/{account_id}/permissions"
_WRITTEN: dict[int | str, dict[str, Any]] = {
    201: {"model": UserPermission | ServiceAccountPermission, "description": "Written, where the behaviour says so"},
    204: {"description": "Written, where the behaviour says so"},
}
_PARTIAL: dict[int | str, dict[str, Any]] = {
    207: {"model": list[dict[str, Any]], "description": "Each member with its status, where the behaviour is partial"}
}
_BATCH_WRITTEN: dict[int | str, dict[str, Any]] = {
    201: {"model": list[dict[str, Any]], "description": "Written, where the behaviour says so"},
    204: {"description": "Written, where the behaviour says so"},
    **_PARTIAL,
}
_SOME = Field(min_length=1)


def _lists(accounts: str) -> dict[str, Any]:
    """The two lists in the query of a batch removal, for the OpenAPI document: the route reads them itself."""
    described = "Ids with commas between them; may be repeated"
    schema = {"type": "string", "pattern": "[^,]"}
    return {
        "parameters": [
            {"name": name, "in": "query", "required": True, "description": described, "schema": schema}
            for name in ("workspaceIds", accounts)
        ]
    }


_ID_FIELDS: dict[Kind, str] = {"users": "userId", "service-accounts": "serviceAccountId"}


@router.get(_UNITARY, response_model=UserPermission | ServiceAccountPermission)
def read_permissions(core: CoreOf, workspace_id: str, kind: Kind, account_id: str) -> Response:
    """The permissions of a user or service account on a workspace."""
    target = Target(workspace_id, kind, account_id)
    with core.store.transaction():
        return JSONResponse(_shown(target, core.access.read(target)))


@router.post(_UNITARY, response_model=UserPermission | ServiceAccountPermission, responses=_WRITTEN)
def assign_permissions(
    core: CoreOf, workspace_id: str, kind: Kind, account_id: str, permissions: PermissionNames
) -> Response:
    """Assign permissions to a principal who had none on the workspace."""
    target = Target(workspace_id, kind, account_id)
    with core.store.transaction():
        now = core.access.assign(target, permissions, on_existing=core.behaviour.post_on_existing)
    return _written(core, _shown(target, now))


@router.put(_UNITARY, response_model=UserPermission | ServiceAccountPermission, responses=_WRITTEN)
def replace_permissions(
    core: CoreOf, workspace_id: str, kind: Kind, account_id: str, permissions: PermissionNames
) -> Response:
    """Replace the permissions of a principal on the workspace."""
    target = Target(workspace_id, kind, account_id)
    with core.store.transaction():
        now = core.access.replace(target, permissions, on_none=core.behaviour.put_on_none)
    return _written(core, _shown(target, now))


@router.delete(_UNITARY, status_code=204)
def remove_permissions(core: CoreOf, workspace_id: str, kind: Kind, account_id: str) -> Response:
    """Remove all permissions of a principal on the workspace."""
    with core.store.transaction():
        core.access.remove(Target(workspace_id, kind, account_id), on_none=core.behaviour.delete_on_none)
    return Response(status_code=204)


@router.get("/permissions", response_model=list[UserPermission | ServiceAccountPermission])
def list_permissions(
    core: CoreOf,
    workspaceId: str | None = None,  # noqa: N803 - the API's spelling
    userId: str | None = None,  # noqa: N803
    environmentId: str | None = None,  # noqa: N803
) -> Response:
    """All permissions for which the given filters hold. Parameters of other names are ignored."""
    with core.store.transaction():
        directory = core.store.directory
        known = (
            (workspaceId is None or directory.has_workspace(workspaceId))
            and (userId is None or directory.kind_of(userId) is not None)
            and (environmentId is None or directory.has_environment(environmentId))
        )
        if not known and core.behaviour.unknown_filter == "404":
            raise ApiError(404, "Not found: the workspace, user or environment that the query names")
        grants = core.store.grants(
            workspace_id=workspaceId,
            environment_id=environmentId,
            account_id=userId,
            kind=None if core.behaviour.include_service_accounts_in_listing else "users",
        )
    return JSONResponse([_shown(Target(g.workspace_id, g.kind, g.account_id), list(g.permissions)) for g in grants])


@router.post("/permissions/batch", response_model=list[UserPermission], responses=_BATCH_WRITTEN)
def batch_assign(core: CoreOf, members: Annotated[list[UserPermission], _SOME]) -> Response:
    """Create sets of permissions for many users and workspaces."""
    return _batch_write(core, "assign", [_of_user(member) for member in members])


@router.put("/permissions/batch", response_model=list[UserPermission], responses=_BATCH_WRITTEN)
def batch_replace(core: CoreOf, members: Annotated[list[UserPermission], _SOME]) -> Response:
    """Replace sets of permissions of many users and workspaces."""
    return _batch_write(core, "replace", [_of_user(member) for member in members])


@router.delete("/permissions/batch", status_code=204, responses=_PARTIAL, openapi_extra=_lists("userIds"))
def batch_remove(core: CoreOf, request: Request) -> Response:
    """Remove all permissions of those users on those workspaces: the cross product of `workspaceIds` and `userIds`."""
    return _batch_remove(core, request, "users", "userIds")


@router.post(
    "/service-accounts/permissions/batch", response_model=list[ServiceAccountPermission], responses=_BATCH_WRITTEN
)
def batch_assign_service_accounts(core: CoreOf, members: Annotated[list[ServiceAccountPermission], _SOME]) -> Response:
    """Create sets of permissions for many service accounts and workspaces."""
    return _batch_write(core, "assign", [_of_account(member) for member in members])


@router.put(
    "/service-accounts/permissions/batch", response_model=list[ServiceAccountPermission], responses=_BATCH_WRITTEN
)
def batch_replace_service_accounts(core: CoreOf, members: Annotated[list[ServiceAccountPermission], _SOME]) -> Response:
    """Replace sets of permissions of many service accounts and workspaces."""
    return _batch_write(core, "replace", [_of_account(member) for member in members])


@router.delete(
    "/service-accounts/permissions/batch",
    status_code=204,
    responses=_PARTIAL,
    openapi_extra=_lists("serviceAccountIds"),
)
def batch_remove_service_accounts(core: CoreOf, request: Request) -> Response:
    """Remove permissions of service accounts: the cross product of `workspaceIds` and `serviceAccountIds`."""
    return _batch_remove(core, request, "service-accounts", "serviceAccountIds")


# --- the shared parts

Member = tuple[Target, list[str]]


def _of_user(member: UserPermission) -> Member:
    return Target(member.workspaceId, "users", member.userId), member.permissions


def _of_account(member: ServiceAccountPermission) -> Member:
    return Target(member.workspaceId, "service-accounts", member.serviceAccountId), member.permissions


def _shown(target: Target, permissions: Sequence[str]) -> dict[str, Any]:
    return {
        "workspaceId": target.workspace_id,
        _ID_FIELDS[target.kind]: target.account_id,
        "permissions": list(permissions),
    }


def _written(core: Core, body: Any) -> Response:
    status = int(core.behaviour.write_status)
    return Response(status_code=status) if status == 204 else JSONResponse(body, status_code=status)


def _batch_write(core: Core, what: Literal["assign", "replace"], members: list[Member]) -> Response:
    _check_size(core, len(members))
    access, behaviour = core.access, core.behaviour

    def work(member: Member) -> dict[str, Any]:
        target, permissions = member
        if what == "assign":
            now = access.assign(target, permissions, on_existing=behaviour.batch_post_on_existing)
        else:
            now = access.replace(target, permissions, on_none=behaviour.batch_put_on_none)
        return _shown(target, now)

    done, failed = _each(core, members, work, lambda member: _shown(member[0], member[1]))
    return JSONResponse(done, status_code=207) if failed else _written(core, done)


def _batch_remove(core: Core, request: Request, kind: Kind, accounts_key: str) -> Response:
    workspaces = _ids(request, "workspaceIds")
    accounts = _ids(request, accounts_key)
    targets = [Target(workspace, kind, account) for workspace in workspaces for account in accounts]
    _check_size(core, len(targets))
    access, on_none = core.access, core.behaviour.batch_delete_on_none

    def work(target: Target) -> dict[str, Any]:
        access.remove(target, on_none=on_none)
        return _shown(target, [])

    done, failed = _each(core, targets, work, lambda target: _shown(target, []))
    return JSONResponse(done, status_code=207) if failed else Response(status_code=204)


def _each(
    core: Core,
    members: Sequence[Any],
    work: Callable[[Any], dict[str, Any]],
    show: Callable[[Any], dict[str, Any]],
) -> tuple[list[dict[str, Any]], bool]:
    """Do each member's work in one transaction; what to answer, and whether some (but not the whole call) failed."""
    done: list[dict[str, Any]] = []
    failed = False
    partial = core.behaviour.batch_partial == "partial"
    with core.store.transaction():
        for member in members:
            try:
                done.append({**work(member), **({"status": 200} if partial else {})})
            except ApiError as error:
                if not partial:
                    raise
                failed = True
                done.append({**show(member), "status": error.status, "message": error.message})
    return done, failed


def _ids(request: Request, key: str) -> list[str]:
    """A list in the query: repeated keys or commas, since the documentation shows neither."""
    found = [part for value in request.query_params.getlist(key) for part in value.split(",") if part]
    if not found:
        raise ApiError(400, f"Parameters not valid: {key} is missing")
    return list(dict.fromkeys(found))


def _check_size(core: Core, members: int) -> None:
    limit = core.behaviour.batch_limit
    if members == 0:
        raise ApiError(400, "Parameters not valid: the batch is empty")
    if limit is not None and members > limit:
        raise ApiError(400, f"Parameters not valid: the batch has {members} members, at most {limit} are taken")
