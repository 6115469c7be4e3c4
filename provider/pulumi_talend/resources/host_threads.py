"""How many operations the dynamic host runs at once.

Pulumi's dynamic host serves at most 4 operations at a time, whatever `--parallel` says, and offers no setting for it. Every
operation waits for its API call, so what gathers into one batch is 4 grants at most, and most of the time nobody works. The
host is an ordinary Python process with an ordinary thread pool: the pool that a provider is called from may grow. Where it
does not look as expected (another Python, another host), it stays as it is and everything works the same, in smaller batches.
"""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from weakref import ReferenceType

THREADS = 64
"""The engine's own limit (`--parallel`, 4 for each core unless said otherwise) is what counts then."""


def widen_host(threads: int | None = None) -> bool:
    """Lets the thread pool that this is called from grow to `threads`; returns whether it did.

    TALEND_HOST_THREADS sets the number; 0 leaves the host as it is.
    """
    wanted = threads if threads is not None else _wanted()
    pool = _own_pool()
    if pool is None or not wanted:
        return False
    current: object = getattr(pool, "_max_workers", None)
    if not isinstance(current, int) or current >= wanted:
        return False
    pool._max_workers = wanted  # pyright: ignore[reportPrivateUsage]
    _serve_who_waits(pool)
    return True


def _serve_who_waits(pool: ThreadPoolExecutor) -> None:
    """A thread for each operation that came while the pool was full.

    They wait already, and no later one makes a thread for them. Up to Python 3.11 the pool would even count their threads as
    idle for good, and never grow: a destroy, whose first calls all come at once, would stay at 4.
    """
    waiting: object = getattr(pool, "_work_queue", None)
    grow: object = getattr(pool, "_adjust_thread_count", None)
    if isinstance(waiting, SimpleQueue) and callable(grow):
        for _ in range(waiting.qsize()):
            grow()


def _wanted() -> int:
    value = os.environ.get("TALEND_HOST_THREADS", "").strip()
    return int(value) if value.isdigit() else THREADS


def _own_pool() -> ThreadPoolExecutor | None:
    """The pool whose worker runs this: a worker's first argument is a weak reference to its pool."""
    arguments: object = getattr(threading.current_thread(), "_args", None)
    if not isinstance(arguments, tuple) or not arguments:
        return None
    reference: object = arguments[0]  # pyright: ignore[reportUnknownVariableType]
    pool: object = reference() if isinstance(reference, ReferenceType) else None  # pyright: ignore[reportUnknownVariableType]
    return pool if isinstance(pool, ThreadPoolExecutor) else None
