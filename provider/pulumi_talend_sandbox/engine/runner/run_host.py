"""Runs the SDK's dynamic provider host, and ends it after its engine; started as a file by the program's interpreter.

The host is `pulumi.dynamic`, run as `python -m pulumi.dynamic ADDRESS` runs it. By itself it would wait for ever
for an engine that was killed. Standard input is a pipe that the engine holds open: when it breaks, operations under
way get a while to come to their end.
"""

from __future__ import annotations

import os
import runpy
import sys
import threading
import time

SECONDS_TO_FINISH = 60


def end_after_engine() -> None:
    """Wait for the end of standard input, and then end the process."""
    sys.stdin.buffer.read()
    time.sleep(SECONDS_TO_FINISH)
    os._exit(1)


if __name__ == "__main__":
    sys.path[0] = os.getcwd()  # as with `python -m`: the program's modules hold the provider classes
    threading.Thread(target=end_after_engine, daemon=True).start()
    runpy.run_module("pulumi.dynamic", run_name="__main__", alter_sys=True)
