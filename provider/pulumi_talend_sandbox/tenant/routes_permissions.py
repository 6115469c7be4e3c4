"""Workspace permissions: one principal on one workspace, listings, batches; for users and for service accounts alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from .access import Access, Target
from .core import Core
from .errors import ApiError
from .models import Permission, PermissionNames
from .object_bodies import ObjectBodyRoute
from .routing import CoreOf, serves
from .store import Kind

router = APIRouter(tags=["Workspace permissions"], route_class=ObjectBodyRoute)

Write = Literal["create", "update"]
Member = tuple[Target, list[str]]
_CREATED, _DONE, _SOME_REFUSED = 201, 204, 207


def _serve(kind: Kind, label: str, id_name: str) -> None:
    """The eight operations of one kind of principal."""

    def target_of(request: Request) -> Target:
        return Target(request.path_params["workspaceId"], kind, request.path_params[id_name])

    @serves(router, f"get_{label}_permissions")
    def read(core: CoreOf, request: Request) -> Response:
        target = target_of(request)
        with core.store.transaction():
            return JSONResponse(_shown(target, core.access.read(target)))

    def write(core: Core, target: Target, what: Write, permissions: list[str]) -> Response:
        with core.store.transaction():
            now = _write(core.access, what, (target, permissions))
        return _written(core, _CREATED if what == "create" else _DONE, _shown(target, now))

    @serves(router, f"create_{label}_permissions")
    def create(core: CoreOf, request: Request, permissions: PermissionNames) -> Response:
        return write(core, target_of(request), "create", permissions)

    @serves(router, f"update_{label}_permissions")
    def update(core: CoreOf, request: Request, permissions: PermissionNames) -> Response:
        return write(core, target_of(request), "update", permissions)

    @serves(router, f"delete_{label}_permissions")
    def delete(core: CoreOf, request: Request) -> Response:
        with core.store.transaction():
            core.access.remove(target_of(request), none_is_fine=core.behaviour.delete_on_none == "done")
        return Response(status_code=_DONE)

    @serves(router, f"list_{label}_permissions")
    def list_all(core: CoreOf, request: Request) -> Response:
        workspace, environment, account = (
            request.query_params.get(name) for name in ("workspaceId", "environmentId", id_name)
        )
        with core.store.transaction():
            if core.behaviour.unknown_filter == "404":
                if environment is not None and not core.store.directory.has_environment(environment):
                    raise ApiError(404, f"Environment not found: {environment}")
                if workspace is not None:
                    core.access.workspace_must_exist(workspace)
                if account is not None:
                    core.access.account_must_exist(kind, account)
            grants = core.store.grants(
                workspace_id=workspace,
                environment_id=environment,
                account_id=account,
                kind=kind,
                lag=core.behaviour.listing_lag,
            )
        return JSONResponse([_shown(Target(g.workspace_id, kind, g.account_id), g.permissions) for g in grants])

    @serves(router, f"create_{label}_permissions_batch")
    def create_batch(core: CoreOf, members: list[Permission]) -> Response:
        return _batch_write(core, "create", kind, members)

    @serves(router, f"update_{label}_permissions_batch")
    def update_batch(core: CoreOf, members: list[Permission]) -> Response:
        return _batch_write(core, "update", kind, members)

    @serves(router, f"delete_{label}_permissions_batch")
    def delete_batch(core: CoreOf, request: Request) -> Response:
        access = core.access
        with core.store.transaction():
            # An empty list means everybody who has permissions there, and every workspace where somebody has some.
            everything = core.store.grants(kind=kind)
            places = _ids(core, request, "workspaceIds") or sorted({g.workspace_id for g in everything})
            named = _ids(core, request, f"{id_name}s")
            accounts = named or sorted({g.account_id for g in everything})
            both_named = bool(named and _ids(core, request, "workspaceIds"))
            none_is_fine = core.behaviour.batch_delete_on_none == "done" or not both_named
            return _batch(
                core,
                [Target(place, kind, account) for place in places for account in accounts],
                check=access.must_exist if named else lambda target: access.workspace_must_exist(target.workspace_id),
                work=lambda target: access.remove(target, none_is_fine=none_is_fine),
                show=lambda target: {"permissionId": {"workspaceId": target.workspace_id, "userId": target.account_id}},
                done=lambda: Response(status_code=_DONE),
            )


_serve("users", "user", "userId")
_serve("service-accounts", "service_account", "serviceAccountId")


def _shown(target: Target, permissions: Sequence[str]) -> dict[str, Any]:
    return {"workspaceId": target.workspace_id, "userId": target.account_id, "permissions": list(permissions)}


def _written(core: Core, documented: int, body: Any) -> Response:
    chosen = core.behaviour.write_status
    if chosen in ("200", "201"):
        return JSONResponse(body, status_code=int(chosen))
    return Response(status_code=documented if chosen == "documented" else int(chosen))


def _write(access: Access, what: Write, member: Member) -> list[str]:
    return access.create(*member) if what == "create" else access.update(*member)


def _batch_write(core: Core, what: Write, kind: Kind, members: list[Permission]) -> Response:
    access = core.access
    wanted = [(Target(each.workspaceId, kind, each.userId), each.permissions) for each in members]
    for _, permissions in wanted:
        access.names_must_be_known(permissions)  # a name out of the enumeration makes the whole body malformed
    now: list[dict[str, Any]] = []
    with core.store.transaction():
        return _batch(
            core,
            wanted,
            check=lambda member: access.must_exist(member[0]),
            work=lambda member: now.append(_shown(member[0], _write(access, what, member))),
            show=lambda member: {"permission": _shown(*member)},
            done=lambda: _written(core, _DONE, now),
        )


def _batch(
    core: Core,
    members: Sequence[Any],
    *,
    check: Callable[[Any], None],
    work: Callable[[Any], None],
    show: Callable[[Any], dict[str, Any]],
    done: Callable[[], Response],
) -> Response:
    """Do each member's work; the answer, which is 207 where some were refused. Call within a transaction."""
    behaviour = core.behaviour
    limit, only_first = behaviour.batch_limit, behaviour.batch_only_first
    if limit is not None and len(members) > limit:
        raise ApiError(400, f"The batch has {len(members)} members, at most {limit} are taken")
    if behaviour.batch_unknown_id == "404":
        for member in members:
            check(member)
    rows: list[dict[str, Any]] = []
    refused = False
    for member in members if only_first is None else members[:only_first]:
        try:
            work(member)
        except ApiError as error:
            if behaviour.batch_refusals == "whole":
                raise
            refused = True
            rows.append({"status": error.status, "message": error.detail, **show(member)})
        else:
            if behaviour.batch_refusals == "all-rows":
                rows.append({"status": 200, "message": "OK", **show(member)})
    return JSONResponse(rows, status_code=_SOME_REFUSED) if refused else done()


def _ids(core: Core, request: Request, key: str) -> list[str]:
    """A list in the query; empty where the query has none, or an empty text only."""
    found = request.query_params.getlist(key)
    if core.behaviour.query_arrays == "commas":
        found = [part for value in found for part in value.split(",") if part]
    if not any(found):
        if core.behaviour.batch_delete_empty_list == "400":
            raise ApiError(400, f"{key} is missing")
        return []
    return list(dict.fromkeys(found))
