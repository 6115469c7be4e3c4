"""The sandbox's own calls: what a test of this process does by `Tenant`, a test of another does over HTTP.

They ask for no token (the tenant listens on loopback only), are in no log of calls and count for no limit.
"""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from .behaviour import Behaviour
from .byhand import ByHand
from .errors import ApiError
from .faults import Fault
from .routing import OWN_REFUSALS, CoreOf

PREFIX = "/_sandbox"
router = APIRouter(prefix=PREFIX, tags=["The sandbox's own calls"], responses=OWN_REFUSALS)

Listing = Literal["environments", "workspaces", "users", "service-accounts", "roles", "groups"]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True)


class GrantBody(_Body):
    """Who may do what where, set by hand."""

    workspace_id: str
    user_id: str | None = None
    service_account_id: str | None = None
    permissions: list[str] = Field(default_factory=list[str])


class MappingBody(_Body):
    """A role mapping, set by hand."""

    name: str
    roles: list[str] = Field(default_factory=list[str])


class NewUser(_Body):
    """A user to add."""

    login: str
    first_name: str = ""
    last_name: str = ""
    email: str | None = None
    roles: list[str] = Field(default_factory=list[str])


class NewWorkspace(_Body):
    """A workspace to add."""

    name: str
    environment: str = "dev"
    type: str = "custom"
    owner: str = ""
    description: str = ""


class NewServiceAccount(_Body):
    """A service account to add."""

    name: str
    permissions: list[str] = Field(default_factory=list[str])
    secret: str = ""


@router.get("/tenant")
def about(core: CoreOf) -> dict[str, Any]:
    """How to reach the tenant: its URL and the demo tokens it takes."""
    directory = core.store.directory
    return {
        "company": directory.setting("company"),
        "url": core.url,
        "token": core.pats["admin"],
        "tokens": core.pats,
        "clientId": core.client_id,
        "clientSecret": directory.secret_of(core.client_id),
    }


@router.post("/reset", status_code=204)
def reset(core: CoreOf) -> None:
    """Put the tenant back to how it was started."""
    core.reset()


@router.post("/expire-tokens", status_code=204)
def expire_tokens(core: CoreOf) -> None:
    """End all service account tokens at once."""
    core.tokens.expire_issued()


@router.get("/calls")
def list_calls(core: CoreOf) -> list[dict[str, Any]]:
    """The calls the tenant got, in the order they arrived."""
    return [dataclasses.asdict(call) for call in core.calls]


@router.delete("/calls", status_code=204)
def clear_calls(core: CoreOf) -> None:
    """Forget them."""
    core.calls.clear()


@router.get("/behaviour")
def show_behaviour(core: CoreOf) -> Behaviour:
    """The behaviour in force."""
    return core.behaviour


@router.patch("/behaviour")
def change_behaviour(core: CoreOf, changes: Annotated[dict[str, Any], Body()]) -> Behaviour:
    """Change some choices."""
    try:
        return core.set_behaviour(**changes)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ApiError(400, f"Behaviour not valid: {place}: {first['msg']}") from error


@router.get("/faults")
def list_faults(core: CoreOf) -> list[Fault]:
    """The faults that can still strike."""
    return core.faults.pending()


@router.post("/faults", status_code=201)
def add_fault(core: CoreOf, fault: Fault) -> Fault:
    """Have a fault strike the calls it matches."""
    core.faults.add(fault)
    return fault


@router.delete("/faults", status_code=204)
def clear_faults(core: CoreOf) -> None:
    """Forget all faults."""
    core.faults.clear()


@router.get("/snapshot")
def snapshot(core: CoreOf) -> dict[str, Any]:
    """All access there is."""
    return core.store.snapshot()


@router.put("/grants", status_code=204)
def put_grant(core: CoreOf, grant: GrantBody) -> None:
    """Set permissions as if by hand."""
    with _refusing():
        ByHand(core.store).grant(
            grant.workspace_id, grant.user_id, grant.permissions, service_account_id=grant.service_account_id
        )


@router.delete("/grants", status_code=204)
def drop_grant(core: CoreOf, grant: GrantBody) -> None:
    """Remove permissions as if by hand."""
    with _refusing():
        ByHand(core.store).revoke(grant.workspace_id, grant.user_id, service_account_id=grant.service_account_id)


@router.put("/role-mappings", status_code=204)
def put_mapping(core: CoreOf, mapping: MappingBody) -> None:
    """Set a role mapping as if by hand."""
    with _refusing():
        ByHand(core.store).map_role(mapping.name, mapping.roles)


@router.delete("/role-mappings", status_code=204)
def drop_mapping(core: CoreOf, mapping: MappingBody) -> None:
    """Remove a role mapping as if by hand."""
    with _refusing():
        ByHand(core.store).unmap_role(mapping.name)


@router.post("/users", status_code=201)
def add_user(core: CoreOf, user: NewUser) -> Response:
    """Add a user; its id."""
    with _refusing():
        return JSONResponse({"id": ByHand(core.store).add_user(**user.model_dump())}, 201)


@router.post("/workspaces", status_code=201)
def add_workspace(core: CoreOf, workspace: NewWorkspace) -> Response:
    """Add a workspace; its id."""
    with _refusing():
        return JSONResponse({"id": ByHand(core.store).add_workspace(**workspace.model_dump())}, 201)


@router.post("/service-accounts", status_code=201)
def add_service_account(core: CoreOf, account: NewServiceAccount) -> Response:
    """Add a service account; its id."""
    with _refusing():
        return JSONResponse({"id": ByHand(core.store).add_service_account(**account.model_dump())}, 201)


@router.delete("/users/{id}", status_code=204)
def delete_user(core: CoreOf, id: str) -> None:
    """Remove a user and all their grants."""
    with _refusing():
        ByHand(core.store).delete_user(id)


@router.delete("/workspaces/{id}", status_code=204)
def delete_workspace(core: CoreOf, id: str) -> None:
    """Remove a workspace and all grants on it."""
    with _refusing():
        ByHand(core.store).delete_workspace(id)


@router.delete("/service-accounts/{id}", status_code=204)
def delete_service_account(core: CoreOf, id: str) -> None:
    """Remove a service account and all its grants."""
    with _refusing():
        ByHand(core.store).delete_service_account(id)


@router.get("/directory/{what}")
def list_directory(core: CoreOf, what: Listing) -> list[dict[str, Any]]:
    """All people or places of one sort, unpaged."""
    hand = ByHand(core.store)
    listings = {
        "environments": hand.environments,
        "workspaces": hand.workspaces,
        "users": hand.users,
        "service-accounts": hand.service_accounts,
        "roles": hand.roles,
        "groups": hand.groups,
    }
    return listings[what]()


class _refusing:  # noqa: N801 - reads as a verb
    """What `ByHand` raises, as a refusal of the API's."""

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ValueError):
            raise ApiError(400, str(error)) from error
