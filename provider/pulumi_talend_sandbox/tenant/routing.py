"""How the table of operations becomes routes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from starlette.convertors import Convertor, register_url_convertor

from pulumi_talend.api.operations import ALL_OPERATIONS, OPERATIONS, Operation

from .core import Core
from .errors import phrase
from .models import ErrorResponse

Handler = TypeVar("Handler", bound=Callable[..., Any])


class _Anything(Convertor[str]):
    """A parameter that holds any text, decoded: a name may have a slash or a line break in it, sent as %2F and %0A.

    Starlette's own convertors stop at those. That it is one segment as sent is checked by `operation_for`.
    """

    regex = r"[\s\S]*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("anything", _Anything())

_PATHS: list[tuple[re.Pattern[str], dict[str, Operation]]] = []
for _operation in ALL_OPERATIONS:
    _pattern = re.compile(re.sub(r"\{\w+\}", "[^/]+", _operation.path))
    _PATHS.append((_pattern, {o.method: o for o in ALL_OPERATIONS if o.path == _operation.path}))


def operations_at(raw_path: str) -> dict[str, Operation] | None:
    """The operations on a path as it was sent, by method; None where the API has no such path."""
    return next((methods for pattern, methods in _PATHS if pattern.fullmatch(raw_path)), None)


def serves(router: APIRouter, name: str) -> Callable[[Handler], Handler]:
    """Make a function the handler of an operation, with the path, method, statuses and parameters of the table."""
    operation = OPERATIONS[name]
    statuses = sorted(operation.success) + sorted(operation.refusals | {400})
    parameters: list[dict[str, Any]] = [
        {"name": each, "in": "path", "required": True, "schema": {"type": "string"}}
        for each in re.findall(r"\{(\w+)\}", operation.path)
    ]
    for query in operation.query:
        schema: dict[str, Any] = {"type": "integer" if query.name in ("page", "size") else "string"}
        schema = {"type": "array", "items": schema} if query.array else schema
        parameters.append({"name": query.name, "in": "query", "required": False, "schema": schema})
    return router.api_route(
        operation.path.replace("{customerRoleName}", "{customerRoleName:anything}"),
        methods=[operation.method],
        operation_id=name,
        status_code=statuses[0],
        response_model=None,
        response_class=JSONResponse if 200 in operation.success else Response,
        responses={s: {"description": phrase(s), **({"model": ErrorResponse} if s >= 400 else {})} for s in statuses},
        openapi_extra={"parameters": parameters},
    )


def core_of(request: Request) -> Core:
    """The tenant a request is for."""
    core: Core = request.app.state.core
    return core


CoreOf = Annotated[Core, Depends(core_of)]

OWN_REFUSALS: dict[int | str, dict[str, Any]] = {
    s: {"model": ErrorResponse, "description": phrase(s)} for s in (400, 403)
}
"""What the sandbox's own calls may answer: they ask for no token, but answer this machine's own names only."""
