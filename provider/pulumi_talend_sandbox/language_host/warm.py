"""A Python that has imported the SDK and this package already, and forks for each process that the tests' commands start.

The language host, the program and the dynamic provider host each import `pulumi` and gRPC, which takes most of the time of a
small command. The tests start one such process for a session:

    python -I -m pulumi_talend_sandbox.language_host.warm SOCKET

and set `PULUMI_TALEND_WARM` to SOCKET for the CLI. `runner/warm_client.py` then hands its arguments, environment, directory and
standard streams over to a fork, and ends with its exit code. A fork ends when its client does. Where the directory or one of
PYTHONPATH has a file or a package of the same name as an imported module, a process of its own could import something else, so
that it is not forked.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import io
import json
import os
import runpy
import selectors
import signal
import socket
import sys
import traceback
from pathlib import Path
from types import FrameType
from typing import TypedDict

_IMPORTED = (
    "pulumi",
    "pulumi.dynamic",
    "pulumi.runtime.proto",
    "grpc",
    "dill",
    "httpx",
    "pydantic",
    "importlib.metadata",
    "pulumi_talend.adopt.command",
    "pulumi_talend.adopt.drift_command",
    "pulumi_talend.doctor.command",
    "pulumi_talend.provider",
    "pulumi_talend.review.command",
    "pulumi_talend.review.report_command",
    "pulumi_talend_sandbox.engine.commands",
    "pulumi_talend_sandbox.language_host.service",
    "pulumi_talend_sandbox.tenant.command",
)
_HERE = {"__main__", "__pycache__"}
"""Names that every project has, and that nothing imports from another place."""
_MOST_BYTES = 1 << 20
_PR_SET_PDEATHSIG = 1  # of prctl(2)


def main() -> None:
    """Serve until standard input ends, which its starter holds open."""
    for name in _IMPORTED:
        importlib.import_module(name)
    gc.freeze()  # a collection in a fork would copy every page
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(sys.argv[1])
    listener.listen(64)
    print("ready", flush=True)
    Server(listener).serve()


class Server:
    """One thread, since it forks: accepts clients, and tells each how its fork ended."""

    def __init__(self, listener: socket.socket) -> None:
        """The forks run until their clients or this process end."""
        self._listener = listener
        self._selector = selectors.DefaultSelector()
        self._clients: dict[int, socket.socket] = {}

    def serve(self) -> None:
        """Serve until standard input ends."""
        ended, teller = socket.socketpair()
        for end in (ended, teller):
            end.setblocking(False)
        signal.set_wakeup_fd(teller.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _noted)
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(ended, selectors.EVENT_READ)
        self._selector.register(0, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select():
                if key.fd == 0:
                    for pid in self._clients:
                        os.kill(pid, signal.SIGTERM)
                    return
                if key.fileobj is self._listener:
                    self._accept()
                elif key.fileobj is ended:
                    ended.recv(4096)
                    self._reap()
                elif key.data in self._clients:  # its client ended
                    os.kill(key.data, signal.SIGTERM)
                    self._selector.unregister(key.fileobj)

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        task, files = _asked(client)
        if task is None or any(_differs(Path(task["cwd"], each)) for each in (".", *_python_path(task))):
            with contextlib.suppress(OSError):  # it may have ended
                client.sendall(b"alone\n")
            client.close()
            for file in files:
                os.close(file)
            return
        pid = os.fork()
        if pid == 0:
            _become(task, files)
        for file in files:
            os.close(file)
        self._clients[pid] = client
        self._selector.register(client, selectors.EVENT_READ, pid)

    def _reap(self) -> None:
        while self._clients:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            client = self._clients.pop(pid)
            if client in self._selector.get_map():
                self._selector.unregister(client)
            with contextlib.suppress(OSError):  # it may have ended first
                client.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
            client.close()


class _Task(TypedDict):
    arguments: list[str]
    environment: dict[str, str]
    cwd: str


def _asked(client: socket.socket) -> tuple[_Task | None, list[int]]:
    """What a client asks for, and its standard streams. None where it was killed before it had said all."""
    data, files, _, _ = socket.recv_fds(client, _MOST_BYTES, 3)
    while not data.endswith(b"\n"):
        more = client.recv(_MOST_BYTES)
        if not more:
            return None, files
        data += more
    return json.loads(data), files


def _python_path(task: _Task) -> list[str]:
    return [each for each in task["environment"].get("PYTHONPATH", "").split(os.pathsep) if each]


def _differs(directory: Path) -> bool:
    """Whether something in a directory could hide a module that this process has imported."""
    if not directory.is_dir():
        return False
    with os.scandir(directory) as entries:
        there = {entry.name.partition(".")[0] for entry in entries if "." in entry.name or entry.is_dir()}
    return not (there - _HERE).isdisjoint({*sys.modules, "sitecustomize", "usercustomize"})


def _noted(_signum: int, _frame: FrameType | None) -> None:
    """Python writes to the wake-up file; nothing else is to do."""


def _become(task: _Task, files: list[int]) -> None:
    """Be the process that the client stands for. Does not return."""
    code = 1
    try:
        code = _run(task, files)
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:  # noqa: BLE001 as the interpreter does
        traceback.print_exc()
    finally:
        os._exit(code)


def _run(task: _Task, files: list[int]) -> int:
    if sys.platform == "linux":  # a server that is killed leaves no fork behind
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    for number, file in enumerate(files):
        os.dup2(file, number)
    os.closerange(3, 256)
    os.setsid()
    os.chdir(task["cwd"])
    os.environ.clear()
    os.environ.update(task["environment"])
    sys.stdin = io.TextIOWrapper(io.FileIO(0, closefd=False), encoding="utf-8", errors="surrogateescape")
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), encoding="utf-8", write_through=True)
    sys.stderr = io.TextIOWrapper(
        io.FileIO(2, "w", closefd=False), encoding="utf-8", errors="backslashreplace", write_through=True
    )
    sys.path[:0] = _python_path(task)
    first, *rest = task["arguments"]
    if first == "-m":
        sys.argv = rest
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv = [first, *rest]
        sys.path.insert(0, str(Path(first).parent))
        runpy.run_path(first, run_name="__main__")
    return 0


if __name__ == "__main__":
    main()
