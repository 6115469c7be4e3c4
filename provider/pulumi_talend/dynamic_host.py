"""What Pulumi's dynamic host does not hand on to a provider, and where it shows errors as tracebacks.

The host (`python -m pulumi.dynamic ENGINE_ADDRESS`) gives a provider the properties alone. The request it serves names the
resource (URN), and the engine's address takes log lines for that resource. Where the host does not look as expected (another
SDK, a test), each function says so by its result and everything else works.
"""

from __future__ import annotations

import os
import socket
import stat
import sys
import threading
import time
import traceback
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any, Literal, cast
from weakref import ReferenceType

_OPERATIONS = frozenset({"Check", "Diff", "Create", "Read", "Update", "Delete"})
_MODULE = "pulumi.dynamic.__main__"

Severity = Literal["info", "warning"]


def current_urn() -> str:
    """The URN of the resource that the host is serving in this thread; empty where that cannot be told."""
    urn: object = getattr(_current_request(), "urn", None)
    return urn if isinstance(urn, str) else ""


def current_inputs() -> dict[str, Any]:
    """The inputs in state of the resource that the host is reading in this thread; empty where that cannot be told."""
    from pulumi.runtime import rpc  # not where a program imports this module

    inputs: Any = getattr(_current_request(), "inputs", None)
    return rpc.deserialize_properties(inputs) if inputs is not None else {}


def _current_request() -> object:
    frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    while frame is not None:
        if frame.f_code.co_name in _OPERATIONS:
            request: object = frame.f_locals.get("request")
            if isinstance(getattr(request, "urn", None), str):
                return request
        frame = frame.f_back
    return None


class OneLineError(Exception):
    """Base of errors that users see as their text alone, without a traceback."""


def show_errors_in_one_line() -> bool:
    """Makes the host show a `OneLineError` as its text; tracebacks of all other errors, of any provider, stay as they are.

    Returns:
        Whether this process is such a host.
    """
    main: Any = sys.modules.get("__main__")
    spec: Any = getattr(main, "__spec__", None)
    if getattr(spec, "name", None) != _MODULE or not hasattr(main, "traceback"):
        return False
    if main.traceback is traceback:
        main.traceback = _Tracebacks()
    return True


class _Tracebacks:
    """The module `traceback` as the host uses it."""

    def __getattr__(self, name: str) -> Any:
        return getattr(traceback, name)

    def format_exc(self) -> str:
        """As `traceback.format_exc`, of a OneLineError its text."""
        error = sys.exc_info()[1]
        return str(error) if isinstance(error, OneLineError) else traceback.format_exc()


class EngineLog:
    """Lines for the user, on the row of a resource where the engine takes them."""

    def __init__(self, address: str | None = None) -> None:
        self._address = address if address is not None else _engine_address()
        self._lock = threading.Lock()
        self._log: Callable[..., object] | None = None

    def say(self, message: str, *, urn: str = "", severity: Severity = "info") -> None:
        """Shows a line. Without an engine it goes to standard output, which the engine shows too."""
        if self._address and self._send(message, urn, severity):
            return
        print(f"talend: {message}", flush=True)

    def _send(self, message: str, urn: str, severity: Severity) -> bool:
        import grpc  # loaded in every host; not where the package is imported by a program or a command
        from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

        with self._lock:
            if self._log is None:
                engine: Any = engine_pb2_grpc.EngineStub(grpc.insecure_channel(self._address or ""))
                self._log = cast("Callable[..., object]", engine.Log)
        level = engine_pb2.WARNING if severity == "warning" else engine_pb2.INFO
        try:
            self._log(engine_pb2.LogRequest(severity=level, message=message, urn=urn), timeout=5)
        except grpc.RpcError:
            return False
        return True


def _engine_address() -> str:
    main: Any = sys.modules.get("__main__")
    spec: Any = getattr(main, "__spec__", None)
    return sys.argv[1] if getattr(spec, "name", None) == _MODULE and len(sys.argv) > 1 else ""


_watch = threading.Lock()


def end_with_engine() -> bool:
    """Makes this host end once its engine is gone. By itself it would wait for one that was killed for ever.

    Standard input is a pipe that the engine holds open; one that is gone does not answer at its address any more either. What is
    under way is cut off, as where the host itself is killed: the journal has what was begun.

    Returns:
        Whether the host watches its engine from now on.
    """
    host, _, port = _engine_address().rpartition(":")
    if not host or not port.isdigit() or not _is_pipe(0) or not _watch.acquire(blocking=False):
        return False
    threading.Thread(target=_end_after, args=((host, int(port)),), name="end-with-engine", daemon=True).start()
    return True


def _is_pipe(descriptor: int) -> bool:
    try:
        return stat.S_ISFIFO(os.fstat(descriptor).st_mode)
    except OSError:  # closed
        return False


def _end_after(engine: tuple[str, int]) -> None:
    while os.read(0, 4096):
        pass
    while True:
        try:
            socket.create_connection(engine, timeout=5).close()
        except OSError:
            os._exit(1)
        time.sleep(1)


# --- How many operations the host serves at once: 4, whatever `--parallel` says, with no setting for it. Every operation waits
# for its API call, so batches would hold 4 grants at most. The host is an ordinary process with an ordinary thread pool.

THREADS = 64
"""The engine's own limit (`--parallel`) counts then."""


def widen_thread_pool(threads: int | None = None) -> bool:
    """Lets the host's thread pool, from which this is called, grow to `threads`.

    TALEND_HOST_THREADS sets the number; 0 leaves the host as it is.

    Returns:
        Whether it can grow now.
    """
    value = os.environ.get("TALEND_HOST_THREADS", "").strip()
    wanted = threads if threads is not None else int(value) if value.isdigit() else THREADS
    pool = _own_pool()
    if pool is None or not wanted:
        return False
    current: object = getattr(pool, "_max_workers", None)
    if not isinstance(current, int) or current >= wanted:
        return False
    with _growing:
        pool._max_workers = wanted  # pyright: ignore[reportPrivateUsage]
        _serve_waiting_calls(pool)
    return True


_growing = threading.Lock()


@contextmanager
def making_room() -> Generator[None]:
    """Lets the host serve one operation more while the block waits for others, for which there may be no thread left."""
    pool: Any = _own_pool()
    if pool is None:
        yield
        return
    with _growing:
        pool._max_workers += 1
        _serve_waiting_calls(pool)
    try:
        yield
    finally:
        with _growing:
            pool._max_workers -= 1


def _serve_waiting_calls(pool: ThreadPoolExecutor) -> None:
    """A thread for each call that came while the pool was full: no later call makes one for them.

    Up to Python 3.11 the pool would even count their threads as idle for good, and never grow: a destroy, whose first calls
    all come at once, would stay at 4.
    """
    waiting: object = getattr(pool, "_work_queue", None)
    grow: object = getattr(pool, "_adjust_thread_count", None)
    threads: object = getattr(pool, "_threads", None)
    most: object = getattr(pool, "_max_workers", None)
    if isinstance(waiting, SimpleQueue) and callable(grow) and isinstance(threads, set) and isinstance(most, int):
        wanted = min(most, len(cast("set[object]", threads)) + waiting.qsize())
        while waiting.qsize() and len(cast("set[object]", threads)) < wanted:
            grow()


def _own_pool() -> ThreadPoolExecutor | None:
    """The pool whose worker runs this: a worker's first argument is a weak reference to its pool."""
    arguments: object = getattr(threading.current_thread(), "_args", None)
    if not isinstance(arguments, tuple) or not arguments:
        return None
    reference: object = arguments[0]  # pyright: ignore[reportUnknownVariableType]
    pool: object = reference() if isinstance(reference, ReferenceType) else None  # pyright: ignore[reportUnknownVariableType]
    return pool if isinstance(pool, ThreadPoolExecutor) else None
