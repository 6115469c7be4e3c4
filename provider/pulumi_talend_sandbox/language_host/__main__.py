"""The process that the CLI starts as `pulumi-language-python [flags] ENGINE_ADDRESS`.

It prints the port it serves on as its first line, and ends at SIGINT or SIGTERM: the CLI sends SIGINT at the end of each
command and waits seconds for the process to go. A CLI that is killed sends nothing: then standard input ends, a pipe that it
holds open.
"""

# pyright: reportUnknownMemberType=false

from __future__ import annotations

import os
import select
import signal
import stat
import sys
from concurrent import futures
from types import FrameType

import grpc
from pulumi.runtime.proto import language_pb2_grpc

from .service import LanguageHost

_MAX_MESSAGE_BYTES = 400 * 1024 * 1024


def main() -> None:
    """Serve until a signal or the end of the CLI."""
    # A signal that comes to any thread at any time is a byte in this pipe; `signal.pause` can miss one.
    told, teller = os.pipe()
    os.set_blocking(teller, False)
    signal.set_wakeup_fd(teller)
    signal.signal(signal.SIGINT, _noted)
    signal.signal(signal.SIGTERM, _noted)
    host = LanguageHost(sys.argv[-1])  # flags such as --logtostderr and --tracing come before the address
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=4), options=[("grpc.max_receive_message_length", _MAX_MESSAGE_BYTES)]
    )
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    waits_for = [told, 0] if stat.S_ISFIFO(os.fstat(0).st_mode) else [told]
    while 0 in select.select(waits_for, [], [])[0] and os.read(0, 4096):
        pass
    host.stop()
    os._exit(0)


def _noted(_signum: int, _frame: FrameType | None) -> None:
    """Keep Python's own handlers from ending the process before its programs are ended."""


if __name__ == "__main__":
    main()
