"""Stands for a Python process that `warm.py` forks; started as `python -I -S warm_client.py [-m MODULE | FILE] ARGUMENTS`.

Without `PULUMI_TALEND_WARM`, or where a fork would differ from a process of its own, it becomes that process.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys

VARIABLE = "PULUMI_TALEND_WARM"
_HIDING = {"PYTHONHOME", "PYTHONSAFEPATH", "PYTHONSTARTUP"}
"""Variables that can hide a module which `warm.py` has imported."""


def main() -> int:
    """Run the arguments in a fork and give its exit code."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # the fork ends with this process
    environment = dict(os.environ)
    address = environment.get(VARIABLE)
    if not address or _HIDING & environment.keys():
        return _run_alone(environment)
    task = {"arguments": sys.argv[1:], "environment": environment, "cwd": os.getcwd()}
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(address)
        data = json.dumps(task).encode() + b"\n"
        sent = socket.send_fds(server, [data], [0, 1, 2])
        if sent < len(data):
            server.sendall(data[sent:])
        answer = server.makefile().readline()
    if answer == "alone\n":
        return _run_alone(environment)
    return int(answer) if answer else 1


def _run_alone(environment: dict[str, str]) -> int:
    """Become a process of its own; does not return."""
    environment.pop(VARIABLE, None)
    alone = ["-I"] if sys.argv[1] == "-m" else []
    os.execve(sys.executable, [sys.executable, "-u", *alone, *sys.argv[1:]], environment)  # noqa: S606


if __name__ == "__main__":
    code = main()
    sys.exit(code if code >= 0 else 128 - code)
