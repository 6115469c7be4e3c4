"""The sandbox's own calls: what a test of this process does by `Tenant`, a test of another does over HTTP.

They ask for no token (the tenant listens on loopback only, and the gate refuses other origins), are in no log of calls and
count for no limit.
"""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any

from fastapi import APIRouter, Body
from pydantic import ValidationError, validate_call

from .behaviour import Behaviour
from .byhand import BY_HAND, ByHand
from .errors import ApiError
from .faults import Fault
from .models import ErrorResponse
from .routing import OWN_REFUSALS, CoreOf

PREFIX = "/_sandbox"
router = APIRouter(prefix=PREFIX, tags=["The sandbox's own calls"], responses=OWN_REFUSALS)

_METHODS = {name: validate_call(getattr(ByHand, name)) for name in BY_HAND}


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
    """Change some switches."""
    try:
        return core.set_behaviour(**changes)
    except ValidationError as error:
        raise ApiError(400, f"Behaviour not valid: {_first_of(error)}") from error


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


@router.post("/hand/{name}", responses={404: {"model": ErrorResponse, "description": "No such path"}})
def by_hand(core: CoreOf, name: str, arguments: Annotated[dict[str, Any], Body()]) -> Any:
    """Call one of the methods of `ByHand` by its name and with its arguments; what it returns."""
    if name not in _METHODS:
        raise ApiError(400, f"There is no method {name!r}; use one of {', '.join(BY_HAND)}")
    try:
        return _METHODS[name](ByHand(core.store), **arguments)
    except ValidationError as error:
        raise ApiError(400, f"{name}: {_first_of(error)}") from error
    except ValueError as error:
        raise ApiError(400, str(error)) from error


def _first_of(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
