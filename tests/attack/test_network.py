"""The network itself: every call has an end, however slowly a server answers, and with the process."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

import support
from pulumi_talend.api.network import Deadline, network_transport
from pulumi_talend.api.operations import OPERATIONS
from pulumi_talend.api.requests import Request
from pulumi_talend.api.transport import Transport
from pulumi_talend.errors import CancelledError, NoResponseError

LIST = Request(OPERATIONS["list_role_mappings"], "read the mappings")
WRITE = Request(OPERATIONS["replace_role_mappings"], "write the mappings", body=[])


class Dripping:
    """A server that sends `start`, then `drop` again and again, until its peer closes the connection."""

    def __init__(self, start: bytes, drop: bytes, context: ssl.SSLContext | None = None) -> None:
        self._start, self._drop, self._context = start, drop, context
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.connections = 0
        self.asked, self.closed = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        scheme = "http" if context is None else "https"
        self.url = f"{scheme}://localhost:{self._listening.getsockname()[1]}"

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            try:
                if self._context is not None:
                    peer = self._context.wrap_socket(peer, server_side=True)
                with peer:
                    peer.recv(65536)
                    self.asked.set()
                    peer.sendall(self._start)
                    peer.settimeout(0.02)
                    while True:
                        peer.sendall(self._drop)
                        try:
                            if not peer.recv(1):
                                raise ConnectionResetError
                        except TimeoutError:
                            continue
            except OSError:
                self.closed.set()

    def close(self) -> None:
        self._listening.close()


OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
SLOW = {
    "headers": (b"HTTP/1.1 200 OK\r\nx-slow: ", b"a"),
    "body": (OK + b"content-length: 999999\r\n\r\n", b" "),
    "chunks": (OK + b"transfer-encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "nothing": (b"", b""),
}


def transport_to(url: str, seconds: float) -> Transport:
    return Transport(url, redact=str, deadline_seconds=seconds)


def ending_once_asked(server: Dripping) -> Transport:
    """A transport for which two minutes pass once the server has the request, however long it takes to get there."""
    transport = transport_to(server.url, 120)
    transport._deadline._clock = lambda: 120.0 if server.asked.is_set() else 0.0  # pyright: ignore[reportPrivateUsage]
    return transport


def send(transport: Transport, request: Request = LIST) -> object:
    return transport.send(request, httpx.Headers(), lambda _: None).data


@pytest.mark.parametrize("what", SLOW)
def test_a_response_that_drips_for_ever_is_given_up(what: str) -> None:
    server = Dripping(*SLOW[what])
    transport = ending_once_asked(server)
    try:
        with pytest.raises(NoResponseError) as caught:
            send(transport)
        support.readable(caught.value, "did not answer completely within 120 seconds")
        assert caught.value.outcome == "not done"
        server.asked.clear()
        with pytest.raises(NoResponseError) as caught:
            send(transport, WRITE)
        assert caught.value.outcome == "unknown"
        assert server.connections == 2  # neither is used again
        if what != "nothing":
            assert server.closed.wait(60)
    finally:
        transport.close()
        server.close()


def untrusted() -> tuple[trustme.CA, ssl.SSLContext]:
    """An authority that nobody knows, and a server's context with its certificate for localhost."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate: Any = authority.issue_cert("localhost")
    certificate.configure_cert(context)
    return authority, context


def test_so_is_one_over_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority, context = untrusted()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    server = Dripping(*SLOW["body"], context)
    transport = ending_once_asked(server)
    try:
        with pytest.raises(NoResponseError):
            send(transport)
    finally:
        transport.close()
        server.close()


def test_a_slow_response_within_the_deadline_is_read() -> None:
    body = b"[" + b" " * 20 + b"]"
    pieces = iter([body[at : at + 1] for at in range(len(body))])

    class Slow(Dripping):
        def _serve(self) -> None:
            peer, _ = self._listening.accept()
            with peer:
                peer.recv(65536)
                peer.sendall(OK + f"content-length: {len(body)}\r\n\r\n".encode())
                for piece in pieces:
                    time.sleep(0.02)
                    peer.sendall(piece)

    server = Slow(b"", b"")
    transport = transport_to(server.url, 60)
    assert send(transport) == []
    transport.close()
    server.close()


def test_the_end_of_the_process_ends_a_read(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ended:
        def is_alive(self) -> bool:
            return False

    server = Dripping(*SLOW["nothing"])
    transport = transport_to(server.url, 600)
    results: list[object] = []

    def work() -> None:
        try:
            results.append(send(transport, WRITE))
        except CancelledError as error:
            results.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    while server.connections == 0:
        time.sleep(0.01)
    with monkeypatch.context() as patch:
        patch.setattr(threading, "main_thread", Ended)
        thread.join(60)
        assert not thread.is_alive()
    (error,) = results
    assert isinstance(error, CancelledError)
    assert error.outcome == "unknown"  # it may have been sent
    transport.close()
    server.close()


def test_after_the_end_of_the_process_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ended:
        def is_alive(self) -> bool:
            return False

    def answer(request: httpx.Request) -> httpx.Response:
        raise AssertionError(request)

    with support.mocked_client(answer) as client, monkeypatch.context() as patch:
        patch.setattr(threading, "main_thread", Ended)
        with pytest.raises(CancelledError) as caught:
            client.role_mappings.list()
    support.readable(caught.value, "Could not read the tenant's role mappings: the process is shutting down")


def test_a_server_that_uses_up_the_deadline_is_not_asked_five_times() -> None:
    clock = support.VirtualClock()
    seen: list[str] = []

    class Endless(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            while True:
                clock.sleep(2)
                yield b" "

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.method)
        return httpx.Response(200, stream=Endless())

    with support.mocked_client(answer) as client:
        client._transport._deadline = Deadline(clock)  # pyright: ignore[reportPrivateUsage]
        with pytest.raises(NoResponseError) as caught:
            client.role_mappings.list()
    support.readable(caught.value, "did not answer completely within 120 seconds")
    assert seen == ["GET"]
    assert 118 <= sum(clock.waited) <= 122


def test_connections_are_kept_open_between_calls() -> None:
    class Twice(Dripping):
        def _serve(self) -> None:
            peer, _ = self._listening.accept()
            self.connections += 1
            with peer:
                for _ in range(2):
                    peer.recv(65536)
                    self.asked.set()
                    peer.sendall(OK + b"content-length: 2\r\n\r\n[]")

    server = Twice(b"", b"")
    transport = transport_to(server.url, 60)
    assert [send(transport), send(transport)] == [[], []]
    assert server.connections == 1
    transport.close()
    server.close()


def test_without_certificates_nobody_is_trusted() -> None:
    _, context = untrusted()
    server = Dripping(*SLOW["body"], context)
    transport = network_transport("http://localhost", Deadline())
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        transport.handle_request(httpx.Request("GET", server.url))
    transport.close()
    server.close()
