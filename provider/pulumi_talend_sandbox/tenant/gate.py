"""What stands before the API's routes: the log of calls, rate limits, tokens and rights, latency and faults."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import parse_qsl

import anyio.to_thread
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .admin import PREFIX
from .auth import Identity, rights_needed
from .calls import TOKEN_PATH, Call, HangUp
from .core import Core
from .errors import error_body
from .faults import Fault, distort
from .routes_mappings import PREFIX as MAPPINGS

OWN_PATHS = ("/", "/docs", "/openapi.json")
OWN_PREFIX = PREFIX + "/"
"""What is the sandbox's own: its pages and its admin calls. Everything else is the API's."""
ONE_MAPPING = MAPPINGS + "/"
LOOPBACK_HOSTS = ("127.0.0.1", "localhost")
_PAGE = "<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
_CHUNK = 1 << 16


@dataclass
class Answer:
    """A whole answer, before it is sent."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict[str, str])

    @staticmethod
    def refusal(status: int, message: str) -> Answer:
        """An ErrorResponse."""
        body = json.dumps(error_body(status, message)).encode()
        return Answer(status, body, {"content-type": "application/json"})


class Gate:
    """Every call of the API goes through here; the tenant's own pages and its admin calls pass by."""

    def __init__(self, app: ASGIApp, core: Core) -> None:
        """Stand before `app`, for the tenant `core`."""
        self._app = app
        self._core = core
        self._closing = asyncio.Event()

    def close(self) -> None:
        """End all waiting (latency, slow faults): the tenant stops. Call in the server's event loop."""
        self._closing.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request: the server is set up for nothing else."""
        if scope["path"] in OWN_PATHS or cast("str", scope["path"]).startswith(OWN_PREFIX):
            await self._pass_by(scope, receive, send)
        else:
            await self._serve(scope, receive, send)

    async def _pass_by(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The pages and admin calls ask for no token, so they answer to this machine's own names only: a page
        of the web that had its name resolved to loopback, or that calls from elsewhere, gets nothing."""
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        if _host(headers.get("host", "")) not in LOOPBACK_HOSTS or (
            origin is not None and _host(origin.rpartition("/")[2]) not in LOOPBACK_HOSTS
        ):
            message = "The sandbox's own pages and calls answer on 127.0.0.1 and localhost only, and to no other page"
            await _send(send, Answer.refusal(403, message))
            return
        await self._app(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        core = self._core
        body = await _read(receive)
        identity = core.tokens.who(Headers(scope=scope).get("authorization"))
        call = _call_of(scope, body, core.clock(), identity)
        number = core.calls.begin(call)
        limits: dict[str, str] = {}
        over = False
        rate = core.behaviour.rate_limit
        if rate is not None:
            verdict = core.limiter.hit(rate)
            limits = verdict.headers(core.behaviour.reset_as, core.behaviour.retry_after)
            over = not verdict.allowed
        # A call over the limit is turned away at the door: it uses up no fault.
        fault = None if over else core.faults.take(call)
        await self._pause(core.behaviour.latency + (fault.delay if fault else 0.0))
        if fault is not None and fault.kind == "drop-before":
            core.calls.finish(number, 0)
            await _drop(scope, receive)
            return
        if over:
            answer = Answer.refusal(429, "Too many requests were sent")
        elif fault is not None and fault.kind in ("status", "html", "redirect") and not fault.work_done:
            answer = _made_up(fault)
        else:
            done = await self._work(scope, call, body, identity)
            if done is None:
                core.calls.finish(number, 0)
                await _drop(scope, receive)
                return
            answer = done if fault is None else _changed(fault, done)
        if fault is not None and fault.kind == "drop-after":
            core.calls.finish(number, 0)
            await _drop(scope, receive)
            return
        answer.headers.update(limits)
        # The tenant's own clock: whoever waits for an epoch time of its rate limit may compare the two.
        answer.headers.setdefault("date", formatdate(core.clock(), usegmt=True))
        core.calls.finish(number, answer.status)
        if fault is not None and fault.kind == "truncated":
            await _send_half(send, answer)
            await _drop(scope, receive, flush=True)
        elif fault is not None and fault.kind == "huge":
            await _send(send, answer, padding=fault.size)
        else:
            await _send(send, answer)

    async def _work(self, scope: Scope, call: Call, body: bytes, identity: Identity | None) -> Answer | None:
        """What the API itself answers: 401, 403, or what the route says. None where a callback hangs up."""
        path = cast("str", scope["path"])
        if path != TOKEN_PATH:
            if identity is None:
                return Answer.refusal(401, "Unauthorized: the token is missing, wrong or expired")
            lacking = rights_needed(path, self._core.behaviour) - identity.rights
            if lacking:
                return Answer.refusal(403, f"Not authorized: the account lacks {', '.join(sorted(lacking))}")
        if path.endswith("\n") and not path.startswith(ONE_MAPPING):
            # Starlette's routes would overlook the line break, and so take this for another path.
            return Answer.refusal(404, "No such path")
        try:
            for callback in self._core.callbacks():
                await anyio.to_thread.run_sync(callback, call)
            answer = await self._ask_app(scope, body)
            for callback in self._core.callbacks(after=True):
                await anyio.to_thread.run_sync(callback, call)
            return answer
        except HangUp:
            return None
        except Exception as error:  # noqa: BLE001 - kept, and raised again when the tenant is stopped
            self._core.failures.append(error)
            return Answer.refusal(500, "The server encountered an unexpected condition")

    async def _ask_app(self, scope: Scope, body: bytes) -> Answer:
        answer = Answer(500)

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in message["headers"]}
            elif message["type"] == "http.response.body":
                answer.body += message.get("body", b"")

        await self._app(scope, receive, send)
        return answer

    async def _pause(self, seconds: float) -> None:
        if seconds > 0:
            try:
                await asyncio.wait_for(self._closing.wait(), seconds)
            except asyncio.TimeoutError:
                return


def _host(authority: str) -> str:
    return authority.partition(":")[0]


def _call_of(scope: Scope, body: bytes, at: float, identity: Identity | None) -> Call:
    query: dict[str, str] = {}
    for key, value in parse_qsl(cast("bytes", scope["query_string"]).decode("latin-1"), keep_blank_values=True):
        query[key] = f"{query[key]},{value}" if key in query else value
    parsed: Any = None
    if body:
        try:
            parsed = json.loads(body)
        except (ValueError, RecursionError):
            parsed = body.decode(errors="replace")
    path = cast("bytes", scope["raw_path"]).decode("latin-1")
    return Call(scope["method"], path, query, 0, parsed, at, identity.name if identity else None)


def _made_up(fault: Fault) -> Answer:
    """The answer of a fault that does not ask the API at all."""
    if fault.kind == "redirect":
        return Answer(fault.status or 302, b"", {"location": fault.location, **fault.headers})
    if fault.kind == "html":
        status = fault.status or 200
        page = fault.body if isinstance(fault.body, str) else _PAGE.format(title=HTTPStatus(status).phrase)
        return Answer(status, page.encode(), {"content-type": "text/html; charset=utf-8", **fault.headers})
    status = fault.status or 500
    if fault.body is None:
        answer = Answer.refusal(status, "A fault that was asked for")
    elif isinstance(fault.body, str):
        answer = Answer(status, fault.body.encode(), {"content-type": "text/plain; charset=utf-8"})
    else:
        answer = Answer(status, json.dumps(fault.body).encode(), {"content-type": "application/json"})
    answer.headers.update(fault.headers)
    return answer


def _changed(fault: Fault, answer: Answer) -> Answer:
    """The API's answer as a fault leaves it; a refusal stays as it is, there is nothing of it to distort."""
    if fault.kind in ("status", "html", "redirect"):
        return _made_up(fault)
    if answer.status >= 300 or not answer.body:
        return answer
    if fault.kind in ("missing-field", "extra-field", "empty-listing", "partial-listing"):
        answer.body = json.dumps(distort(fault, json.loads(answer.body))).encode()
    answer.headers.update(fault.headers)
    return answer


async def _read(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return body


async def _start(send: Send, answer: Answer, length: int) -> None:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    headers.pop("content-length", None)
    if answer.status != 204:
        headers["content-length"] = str(length)
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})


async def _send(send: Send, answer: Answer, *, padding: int = 0) -> None:
    await _start(send, answer, len(answer.body) + padding)
    await send({"type": "http.response.body", "body": answer.body, "more_body": padding > 0})
    while padding > 0:
        chunk = b" " * min(padding, _CHUNK)
        padding -= len(chunk)
        await send({"type": "http.response.body", "body": chunk, "more_body": padding > 0})
        await asyncio.sleep(0)  # so that a client that has hung up is noticed, and others get their turn


async def _send_half(send: Send, answer: Answer) -> None:
    await _start(send, answer, len(answer.body))
    await send({"type": "http.response.body", "body": answer.body[: len(answer.body) // 2], "more_body": True})


async def _drop(scope: Scope, receive: Receive, *, flush: bool = False) -> None:
    """Close the connection under the client, and wait until it is closed, so that nothing more is sent.

    The transport is there because the server's protocol (server.py) puts it into each request's scope.
    """
    transport = cast("asyncio.Transport", scope["state"]["transport"])
    if flush:
        transport.close()
    else:
        transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass
