"""Permissions sent as an object, `{"permissions": [...]}`, where the documented body is the bare list.

Not the API's: a tenant takes it only where `Behaviour.accept_object_bodies` says so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any, cast

from fastapi import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute

from .routing import core_of


class _Unwrapped(Request):
    """A request whose body is the list that its object holds; any other body stays as it is, to be refused."""

    async def body(self) -> bytes:
        """The body as the route is to see it."""
        sent = await super().body()
        try:
            parsed: object = json.loads(sent)
        except (ValueError, RecursionError):
            return sent
        if not isinstance(parsed, dict):
            return sent
        held = cast("dict[str, Any]", parsed)
        return json.dumps(held["permissions"]).encode() if "permissions" in held else sent


class ObjectBodyRoute(APIRoute):
    """A route that takes both forms where the tenant's behaviour says so."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, given the request it understands."""
        handle = super().get_route_handler()

        async def unwrapped(request: Request) -> Response:
            if core_of(request).behaviour.accept_object_bodies:
                request = _Unwrapped(request.scope, request.receive)
            return await handle(request)

        return unwrapped
