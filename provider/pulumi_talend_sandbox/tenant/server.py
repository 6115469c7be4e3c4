"""The HTTP server of a tenant: uvicorn on loopback, in a thread of its own or in the foreground."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from .app import build_app
from .core import Core
from .gate import Gate

HOST = "127.0.0.1"
_START_SECONDS = 60.0
_TICK_SECONDS = 0.1
_GRACE_SECONDS = 1.0
_STOP_SECONDS = 60.0
_KEEP_ALIVE_SECONDS = 75
"""Longer than a client keeps an idle connection (httpx: 5 s): it would lose a request that it sends as the server closes."""


class _Protocol(H11Protocol):
    """Uvicorn's own protocol, whose requests know their transport: so a fault can really close the connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class _Uvicorn(uvicorn.Server):
    """Uvicorn that tells when it serves."""

    def __init__(self, config: uvicorn.Config, gate: Gate) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self.on_ready: Callable[[], None] = lambda: None
        self._gate = gate
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def end(self) -> None:
        """Have it stop, from any thread, without waiting for its next tick."""
        self.should_exit = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake.set)

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        ticks = 0
        while not await self.on_tick(ticks):
            ticks += 1
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._wake.wait(), _TICK_SECONDS)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()
        self.on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's own, but at once where nothing is under way: a test suite stops hundreds of tenants."""
        self._gate.close()
        for server in self.servers:
            server.close()
        for each in sockets or []:
            each.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if self.server_state.tasks:
            _, unfinished = await asyncio.wait(self.server_state.tasks, timeout=_GRACE_SECONDS)
            for task in unfinished:
                task.cancel()


class Server:
    """Serves one tenant from `start` (or `run`) to `stop`."""

    def __init__(self, core: Core, *, port: int = 0) -> None:
        """Take the port now (0: any that is free), so that the URL is known. Raises `OSError` where it is taken."""
        # The protocol is named because asyncio switches Nagle's algorithm off only for sockets that name it:
        # with it on, each answer would wait 40 ms for the client's delayed acknowledgement.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((HOST, port))
        except OSError:
            self._socket.close()
            raise
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://{HOST}:{self.port}"
        core.url = self.url
        gate = Gate(build_app(core), core)
        self._uvicorn = _Uvicorn(
            uvicorn.Config(
                gate,
                http=_Protocol,
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="critical",
                access_log=False,
                proxy_headers=False,
                server_header=False,
                date_header=False,  # the gate sets it, by the tenant's clock
                timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            ),
            gate,
        )
        self._thread: threading.Thread | None = None
        self._problem: list[BaseException] = []

    def start(self) -> None:
        """Serve in a thread; returns when calls are answered. Raises `RuntimeError` where that does not come about."""
        self._thread = threading.Thread(target=self._serve, name=f"tenant-{self.port}", daemon=True)
        self._thread.start()
        if not self._uvicorn.ready.wait(_START_SECONDS) or self._problem:
            raise RuntimeError(f"the offline tenant did not start on {self.url}: {self._problem or 'no sign of it'}")

    def run(self, on_ready: Callable[[], None]) -> None:
        """Serve in the main thread until SIGINT or SIGTERM; `on_ready` is called once calls are answered."""
        self._uvicorn.on_ready = on_ready
        self._uvicorn.run(sockets=[self._socket])

    def stop(self) -> None:
        """Stop serving, closing what is open. Raises `RuntimeError` where the thread does not end."""
        self._uvicorn.end()
        if self._thread is not None:
            self._thread.join(_STOP_SECONDS)
            if self._thread.is_alive():
                raise RuntimeError(f"the offline tenant on {self.url} did not stop")
        self._socket.close()

    def _serve(self) -> None:
        try:
            self._uvicorn.run(sockets=[self._socket])
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits in start()
            self._problem.append(error)
            self._uvicorn.ready.set()
