"""What stands before the API's routes: the log of calls, limits, tokens and rights, latency and faults."""

from __future__ import annotations

import asyncio
import gzip
import json
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any, cast
from urllib.parse import parse_qsl

import anyio.to_thread
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pulumi_talend.api.operations import VERSION_HEADER, Operation

from .admin import PREFIX
from .auth import Identity, missing_rights
from .behaviour import Behaviour
from .calls import Call, HangUp
from .core import Core
from .errors import error_body, phrase
from .faults import Fault, distort
from .routing import operations_at

OWN_PATHS = ("/", "/docs", "/openapi.json")
OWN_PREFIX = PREFIX + "/"
"""What is the sandbox's own: its pages and its admin calls. Everything else is the API's."""
LOOPBACK_HOSTS = ("127.0.0.1", "localhost")
_PAGE = "<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
_CHUNK = 1 << 16
_MADE_UP = ("status", "html", "redirect", "error-in-200")
"""The faults that answer by themselves."""


@dataclass
class Answer:
    """A whole answer, before it is sent."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict[str, str])

    @staticmethod
    def refusal(status: int, detail: str, *, path: str = "") -> Answer:
        """A refusal with the API's error body."""
        body = json.dumps(error_body(status, detail, path=path)).encode()
        return Answer(status, body, {"content-type": "application/json"})

    @staticmethod
    def html(status: int, page: str | None = None) -> Answer:
        """An HTML page, as a proxy or a login page answers."""
        body = _PAGE.format(title=phrase(status)) if page is None else page
        return Answer(status, body.encode(), {"content-type": "text/html; charset=utf-8"})


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
        """Serve the tenant's own pages and admin calls.

        They ask for no token, so they answer on this machine's own names only, and to no page of another origin
        (scheme, host and port): not to one of the web, nor to one of another server on this machine.
        """
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        foreign = headers.get("origin", f"{scope['scheme']}://{host}") != f"{scope['scheme']}://{host}"
        if host.partition(":")[0] not in LOOPBACK_HOSTS or foreign:
            message = "The sandbox's own pages and calls answer on 127.0.0.1 and localhost only, and to no other page"
            await _send(send, Answer.refusal(403, message))
            return
        await self._app(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        core = self._core
        body = await _read(receive)
        identity = core.tokens.who(Headers(scope=scope).get("authorization"))
        call = _call_of(scope, body, core.clock(), identity)
        operation = (operations_at(call.path) or {}).get(call.method)
        number = core.calls.begin(call)
        limits: dict[str, str] = {}
        over = False
        behaviour = core.behaviour
        rate = behaviour.rate_limit
        if rate is not None and (behaviour.rate_limited == "all" or (operation and operation.rate_limited)):
            decision = core.limiter.hit(rate)
            limits = decision.headers(behaviour.reset_as, behaviour.retry_after)
            over = not decision.allowed
        # A call over the limit is turned away at the door: it uses up no fault.
        fault = None if over else core.faults.take(call)
        await self._pause(behaviour.latency + (fault.delay if fault else 0.0))
        if fault is not None and fault.kind == "drop-before":
            core.calls.finish(number, 0)
            await _drop(scope, receive)
            return
        if over:
            answer = Answer.refusal(429, "Too many requests were sent", path=call.path)
        elif fault is not None and fault.kind in _MADE_UP and not fault.work_done:
            answer = _made_up(fault, call.path)
        else:
            done = _gateway(behaviour, scope, body) or await self._work(scope, call, operation, body, identity, fault)
            if done is None:
                core.calls.finish(number, 0)
                await _drop(scope, receive)
                return
            answer = done if fault is None else _changed(fault, done, call.path)
        if fault is not None and fault.kind == "drop-after":
            core.calls.finish(number, 0)
            await _drop(scope, receive)
            return
        answer.headers.update(limits)
        # The tenant's own clock: whoever waits for an epoch time of its rate limit may compare the two.
        answer.headers.setdefault("date", formatdate(core.clock(), usegmt=True))
        core.calls.finish(number, answer.status)
        if fault is None:
            await _send(send, answer)
        else:
            await self._send_with(fault, answer, scope, receive, send)

    async def _send_with(self, fault: Fault, answer: Answer, scope: Scope, receive: Receive, send: Send) -> None:
        """Send an answer as a fault of the way of sending has it."""
        if fault.kind == "truncated":
            await _start(send, answer, len(answer.body))
            half = answer.body[: len(answer.body) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
            await _drop(scope, receive, flush=True)
        elif fault.kind == "huge":
            await _send(send, answer, padding=fault.size)
        elif fault.kind == "drip":
            await _start(send, answer, len(answer.body))
            for place in range(len(answer.body)):
                await self._pause(fault.every)
                byte = answer.body[place : place + 1]
                await send({"type": "http.response.body", "body": byte, "more_body": True})
            await send({"type": "http.response.body"})
        elif fault.kind == "encoded-twice" and answer.body:
            padding = b" " * fault.size if "size" in fault.model_fields_set else b""
            answer.body = gzip.compress(gzip.compress(answer.body + padding))
            await _start(send, answer, len(answer.body), [(b"content-encoding", b"gzip")] * 2)
            await send({"type": "http.response.body", "body": answer.body})
        else:
            await _send(send, answer)

    async def _work(
        self,
        scope: Scope,
        call: Call,
        operation: Operation | None,
        body: bytes,
        identity: Identity | None,
        fault: Fault | None,
    ) -> Answer | None:
        """What the API itself answers: 404, 405, 401, 403, or what the route says. None where a callback hangs up."""
        if operation is None:
            others = operations_at(call.path)
            if others is None:
                return Answer.refusal(404, "No such path", path=call.path)
            refused = Answer.refusal(405, f"No method {call.method} here", path=call.path)
            refused.headers["allow"] = ", ".join(others)
            return refused
        if not operation.basic:
            if identity is None:
                return Answer.refusal(401, "The token is missing, wrong or expired", path=call.path)
            lacking = missing_rights(operation, identity.rights, self._core.behaviour)
            if lacking:
                return Answer.refusal(403, f"The account lacks {lacking}", path=call.path)
        scope["state"].update(identity=identity, fault=None if fault is None else fault.kind)
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
            return Answer.refusal(500, "The server encountered an unexpected condition", path=call.path)

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


def _call_of(scope: Scope, body: bytes, at: float, identity: Identity | None) -> Call:
    text = cast("bytes", scope["query_string"]).decode("latin-1")
    pairs = tuple(parse_qsl(text, keep_blank_values=True))
    query: dict[str, str] = {}
    for key, value in pairs:
        query[key] = f"{query[key]},{value}" if key in query else value
    parsed: Any = None
    if body:
        try:
            parsed = json.loads(body)
        except (ValueError, RecursionError):
            parsed = body.decode(errors="replace")
    path = cast("bytes", scope["raw_path"]).decode("latin-1")
    name = identity.name if identity else None
    version = Headers(scope=scope).get(VERSION_HEADER)
    return Call(scope["method"], path, query, 0, parsed, at, name, pairs, version)


def _gateway(behaviour: Behaviour, scope: Scope, body: bytes) -> Answer | None:
    """What a gateway before the API answers to a call that is too large for it."""
    if behaviour.gateway_body_limit is not None and len(body) > behaviour.gateway_body_limit:
        return Answer.html(413)
    target = cast("bytes", scope["raw_path"]) + b"?" + cast("bytes", scope["query_string"])
    if behaviour.gateway_url_limit is not None and len(target) > behaviour.gateway_url_limit:
        return Answer.html(int(behaviour.gateway_url_status))
    return None


def _made_up(fault: Fault, path: str) -> Answer:
    """The answer of a fault that does not ask the API at all."""
    if fault.kind == "redirect":
        return Answer(fault.status or 302, b"", {"location": fault.location, **fault.headers})
    if fault.kind == "html":
        answer = Answer.html(fault.status or 200, fault.body if isinstance(fault.body, str) else None)
    elif fault.body is None:
        answer = Answer.refusal(fault.status or 500, "A fault that was asked for", path=path)
    elif isinstance(fault.body, str):
        answer = Answer(fault.status or 500, fault.body.encode(), {"content-type": "text/plain; charset=utf-8"})
    else:
        answer = Answer(fault.status or 500, json.dumps(fault.body).encode(), {"content-type": "application/json"})
    if fault.kind == "error-in-200":
        answer.status = 200
    answer.headers.update(fault.headers)
    return answer


def _changed(fault: Fault, answer: Answer, path: str) -> Answer:
    """The API's answer as a fault leaves it; a refusal stays as it is, there is nothing of it to distort."""
    if fault.kind in _MADE_UP:
        return _made_up(fault, path)
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


async def _start(send: Send, answer: Answer, length: int, more: list[tuple[bytes, bytes]] | None = None) -> None:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    headers.pop("content-length", None)
    if answer.status != 204:
        headers["content-length"] = str(length)
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw + (more or [])})


async def _send(send: Send, answer: Answer, *, padding: int = 0) -> None:
    await _start(send, answer, len(answer.body) + padding)
    await send({"type": "http.response.body", "body": answer.body, "more_body": padding > 0})
    while padding > 0:
        chunk = b" " * min(padding, _CHUNK)
        padding -= len(chunk)
        await send({"type": "http.response.body", "body": chunk, "more_body": padding > 0})
        await asyncio.sleep(0)  # so that a client that has hung up is noticed, and others get their turn


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
