"""The tenant as a FastAPI application: its routes, and its refusals in the API's own form."""

from __future__ import annotations

from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from . import routes_lookups, routes_mappings, routes_oauth, routes_permissions
from .core import Core
from .errors import ApiError, error_body


def build_app(core: Core) -> FastAPI:
    """The application that serves one tenant. Tokens, rights, limits and faults are the gate's (gate.py)."""
    app = FastAPI(
        title="Offline Talend tenant",
        summary="The part of the Talend Cloud API that decides who may do what, on this machine alone.",
        version="2021-03",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers={
            ApiError: _refuse,
            RequestValidationError: _refuse_body,
            HTTPException: _refuse_path,
        },
    )
    app.state.core = core
    for module in (routes_permissions, routes_mappings, routes_lookups, routes_oauth):
        app.include_router(module.router)
    return app


def refusal(status: int, message: str) -> Response:
    """An answer that refuses."""
    return JSONResponse(error_body(status, message), status_code=status)


async def _refuse(_: Request, error: Exception) -> Response:
    refused = cast("ApiError", error)
    return refusal(refused.status, refused.message)


async def _refuse_body(_: Request, error: Exception) -> Response:
    """A body or parameter that does not validate: the API answers 400, not 422."""
    problems: list[str] = []
    for problem in cast("RequestValidationError", error).errors():
        details = cast("dict[str, Any]", problem)
        place = ".".join(str(part) for part in details["loc"])
        problems.append(f"{place}: {details['msg']}")
    return refusal(400, "Parameters not valid: " + "; ".join(problems))


async def _refuse_path(_: Request, error: Exception) -> Response:
    problem = cast("HTTPException", error)
    return refusal(problem.status_code, str(problem.detail))
