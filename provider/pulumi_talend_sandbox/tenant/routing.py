"""What the routes share."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request

from .core import Core
from .models import ErrorResponse


def core_of(request: Request) -> Core:
    """The tenant a request is for."""
    core: Core = request.app.state.core
    return core


CoreOf = Annotated[Core, Depends(core_of)]

REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorResponse, "description": text}
    for status, text in {
        400: "Parameters not valid",
        401: "Unauthorized",
        403: "Not authorized",
        404: "Not found",
        429: "Too many requests were sent",
    }.items()
}
"""What every call of the API may answer beside its success."""

OWN_REFUSALS: dict[int | str, dict[str, Any]] = {status: REFUSALS[status] for status in (400, 403)}
"""What the sandbox's own calls may answer: they ask for no token, but answer this machine's own names only."""
