"""Ctrl-C while threads of a pool make calls, as in the dynamic host: the process does not wait for the API."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys

import pytest

_PROCESS = """
import signal, sys
from concurrent.futures import ThreadPoolExecutor
from pulumi_talend.api import Settings, TalendClient, TokenCredential
from pulumi_talend.errors import TalendError

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts what is in the background without
client = TalendClient(Settings(sys.argv[1], TokenCredential("a-token"), sys.argv[1]))

def call():
    try:
        client.role_mappings.list()
    except TalendError as error:
        print(error, flush=True)

try:
    ThreadPoolExecutor(1).submit(call).result()
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 800\r\ncontent-length: 0\r\n\r\n"],
    ids=["an API that does not answer", "a rate limit"],
)
def test_an_interrupt_does_not_wait_for(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as api:
        api.settimeout(60)
        url = f"http://127.0.0.1:{api.getsockname()[1]}"
        with subprocess.Popen([sys.executable, "-c", _PROCESS, url], stdout=subprocess.PIPE, text=True) as process:
            try:
                with api.accept()[0] as connection:
                    connection.recv(65536)
                    connection.sendall(answer)
                    process.send_signal(signal.SIGINT)
                    assert process.wait(60) == 0
                assert process.stdout is not None
                interrupted, error = process.stdout.read().splitlines()
                assert interrupted == "interrupted"
                assert "the process is shutting down" in error
            finally:
                process.kill()
