"""The tenant as a FastAPI application: its routes, and its refusals in the API's own form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.security import HTTPBasic, HTTPBearer
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException

from pulumi_talend.api.operations import API_VERSION

from . import admin, page, routes_lookups, routes_mappings, routes_oauth, routes_permissions
from .core import Core
from .errors import ApiError, error_body


def build_app(core: Core) -> FastAPI:
    """The application that serves one tenant. Tokens, rights, limits and faults are the gate's (gate.py)."""
    # The plain FastAPI's /docs loads its scripts from the web; this one brings them.
    app = FastAPIOffline(
        docs_url="/docs",
        redoc_url=None,
        static_url=f"{admin.PREFIX}/static",
        title="Offline Talend tenant",
        summary="The part of the Talend Cloud API that decides who may do what, on this machine alone.",
        version=API_VERSION,
        redirect_slashes=False,
        exception_handlers={
            ApiError: _refuse,
            RequestValidationError: _refuse_body,
            HTTPException: _refuse_path,
        },
    )
    app.state.core = core
    for module in (routes_permissions, routes_mappings, routes_lookups, routes_oauth):
        # Tokens are checked in the gate; this tells the OpenAPI page to ask for one.
        scheme = HTTPBasic(auto_error=False) if module is routes_oauth else HTTPBearer(auto_error=False)
        app.include_router(module.router, dependencies=[Depends(scheme)])
    app.include_router(admin.router)
    app.include_router(page.router)
    app.openapi = lambda: _document(app)
    return app


def _document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document as the tenant answers: FastAPI adds a 422 to each call, and what it means is a 400 here."""
    if app.openapi_schema is None:
        app.openapi_schema = FastAPI.openapi(app)
        for path in app.openapi_schema["paths"].values():
            for operation in path.values():
                operation["responses"].pop("422", None)
        for name in ("HTTPValidationError", "ValidationError"):
            app.openapi_schema["components"]["schemas"].pop(name, None)
    return app.openapi_schema


def _refusal(request: Request, status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse(error_body(status, detail, path=request.url.path), status_code=status, headers=headers)


async def _refuse(request: Request, error: Exception) -> Response:
    refused = cast("ApiError", error)
    return _refusal(request, refused.status, refused.detail)


async def _refuse_body(request: Request, error: Exception) -> Response:
    """A body or parameter that does not validate: the API answers 400, not 422."""
    problems: list[str] = []
    for problem in cast("RequestValidationError", error).errors():
        details = cast("dict[str, Any]", problem)
        place = ".".join(str(part) for part in details["loc"])
        problems.append(f"{place}: {details['msg']}")
    return _refusal(request, 400, "Parameters not valid: " + "; ".join(problems))


async def _refuse_path(request: Request, error: Exception) -> Response:
    problem = cast("HTTPException", error)
    return _refusal(request, problem.status_code, str(problem.detail), problem.headers)
