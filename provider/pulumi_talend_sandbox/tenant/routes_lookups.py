"""Look-ups: workspaces, environments, users, service accounts, roles, groups, and who is asking."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from pulumi_talend.api.operations import SEES_ALL_WORKSPACES

from .auth import Identity
from .company import account_id
from .core import Core
from .directory import MADE, Record
from .fiql import Query
from .paging import page_of
from .routing import CoreOf, serves

router = APIRouter(tags=["Look-ups"])

_ENVIRONMENT_FIELDS = ("id", "name", "description")
_WORKSPACE_FIELDS = (*_ENVIRONMENT_FIELDS, "type", "owner", "environment.id", "environment.name")


@serves(router, "list_workspaces")
def list_workspaces(core: CoreOf, request: Request) -> Response:
    """The workspaces that the caller sees and for which the query holds."""
    return JSONResponse(_queried(core, request, _workspaces_seen(core, request), _WORKSPACE_FIELDS))


@serves(router, "list_environments")
def list_environments(core: CoreOf, request: Request) -> Response:
    """The environments that the caller sees and for which the query holds."""
    seen = {place["environment"]["id"] for place in _workspaces_seen(core, request)}
    sees_all = _sees_all(core, request)
    found = [each for each in core.store.directory.environments() if sees_all or each["id"] in seen]
    return JSONResponse(_queried(core, request, found, _ENVIRONMENT_FIELDS))


@serves(router, "list_users")
def list_users(core: CoreOf, request: Request) -> Response:
    """A page of users."""
    users = core.store.directory.users()
    roles_as = core.behaviour.user_roles_as
    for user in users:
        if roles_as == "names":
            user["roles"] = [role["name"] for role in user["roles"]]
        elif roles_as == "ids":
            user["roleIds"] = [role["id"] for role in user.pop("roles")]
    return page_of(request, users, core.behaviour)


@serves(router, "list_service_accounts")
def list_service_accounts(core: CoreOf) -> Response:
    """All service accounts: this listing has no pages."""
    return JSONResponse(core.store.directory.service_accounts())


@serves(router, "list_roles")
def list_roles(core: CoreOf, request: Request) -> Response:
    """A page of Talend roles."""
    roles = _named(request, core.store.directory.roles())
    if not core.behaviour.role_permissions:
        roles = [{"id": role["id"], "name": role["name"]} for role in roles]
    return page_of(request, roles, core.behaviour)


@serves(router, "list_groups")
def list_groups(core: CoreOf, request: Request) -> Response:
    """A page of groups."""
    return page_of(request, _named(request, core.store.directory.groups()), core.behaviour)


@serves(router, "get_me")
def get_me(request: Request) -> Response:
    """Who is asking, and with which rights: a service account, or a user by a personal access token."""
    identity: Identity = request.state.identity
    about: dict[str, Any] = {"name": identity.name, "createdDate": MADE, "lastModified": MADE}
    rights = sorted(identity.rights)
    if identity.account_id is not None:
        return JSONResponse({**about, "type": "SERVICE_ACCOUNT", "id": identity.account_id, "permissions": rights})
    return JSONResponse(
        {
            **about,
            "type": "USER",
            "id": account_id(f"token/{identity.name}"),
            "login": identity.name,
            "active": True,
            "roles": [{"name": f"Rights of the token {identity.name}", "permissions": rights}],
        }
    )


def _queried(core: Core, request: Request, records: list[Record], fields: tuple[str, ...]) -> list[Record]:
    text = request.query_params.get("query")
    if text is None:
        return records
    query = Query(text, fields, comma_is_and=core.behaviour.fiql_comma == "and")
    return [record for record in records if query.matches(record)]


def _named(request: Request, records: list[Record]) -> list[Record]:
    wanted = request.query_params.get("nameFilter", "").lower()
    return [record for record in records if wanted in record["name"].lower()]


def _sees_all(core: Core, request: Request) -> bool:
    identity: Identity = request.state.identity
    return core.behaviour.lookup_rights == "signed-in" or bool(identity.rights & SEES_ALL_WORKSPACES)


def _workspaces_seen(core: Core, request: Request) -> list[Record]:
    """All workspaces, or, for somebody with TMC_OPERATOR only, those on which they have permissions."""
    places = core.store.directory.workspaces()
    if _sees_all(core, request):
        return places
    identity: Identity = request.state.identity
    own = {grant.workspace_id for grant in core.store.grants(account_id=identity.account_id or "")}
    return [place for place in places if place["id"] in own]
