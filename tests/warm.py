"""Processes that are forked from a Python which has imported everything already: a tenth of a second instead of a whole one."""

from __future__ import annotations

import functools
import subprocess
import sys
import tempfile
from pathlib import Path

from pulumi_talend_sandbox.language_host import WARM, WARM_CLIENT


def command(*arguments: str) -> tuple[str, ...]:
    """`python ARGUMENTS`, forked where `environment()` is in its environment."""
    return (sys.executable, "-I", "-S", str(WARM_CLIENT), *arguments)


@functools.cache
def environment() -> dict[str, str]:
    """Names the server of this test process, which ends with it. The CLI's processes that `make cli` built fork there too."""
    address = Path(tempfile.mkdtemp(prefix="talend-warm-")) / "socket"
    server = subprocess.Popen(
        [sys.executable, "-I", "-m", "pulumi_talend_sandbox.language_host.warm", str(address)],
        stdin=subprocess.PIPE,  # its end, with this process, ends the server
        stdout=subprocess.PIPE,
    )
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n"
    _SERVERS.append(server)
    return {WARM: str(address)}


_SERVERS: list[subprocess.Popen[bytes]] = []
