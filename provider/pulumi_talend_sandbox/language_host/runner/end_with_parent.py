"""Ends a process with the one that started it, however that ends.

A program or provider host whose engine was killed would wait for it for ever. Its standard input is a pipe, whose other end the
parent keeps open until it ends.
"""

from __future__ import annotations

import os
import threading


def end_with_parent() -> None:
    """End this process as soon as standard input breaks. From now on standard input is empty, also for what it starts."""
    parent = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    threading.Thread(target=_wait, args=(parent,), name="end-with-parent", daemon=True).start()


def _wait(parent: int) -> None:
    while os.read(parent, 4096):
        pass
    os._exit(1)
