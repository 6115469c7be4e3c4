"""What is sent, which responses are believed, how much of one is read, and where the credential may go."""

from __future__ import annotations

import base64
import gzip
import json
import threading
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import support
from pulumi_talend.api import TalendClient
from pulumi_talend.api.responses import decoded
from pulumi_talend.api.text import clean
from pulumi_talend.api.transport import MAX_RESPONSE_BYTES
from pulumi_talend.errors import (
    ApiError,
    NoResponseError,
    NotFoundError,
    PayloadTooLargeError,
    ServerError,
    UnauthorizedError,
    UnexpectedResponseError,
)
from pulumi_talend.model.grants import GrantKey
from scripted import Script

KEY = GrantKey.from_resource_id("w/users/u")
VIEW = frozenset({"VIEW"})
MIB = 2**20


class Elsewhere(ThreadingHTTPServer):
    """Another host, that notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append((self.path, dict(self.headers)))
                self.send_response(200)
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"[]")

            do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:
                """Says nothing."""

        super().__init__(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=lambda: self.serve_forever(poll_interval=0.01))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join()


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    server = Elsewhere()
    yield server
    server.stop()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(elsewhere: Elsewhere, status: int) -> None:
    api = Script((status, None, {"location": f"{elsewhere.url}/login?t=pat-of-a-test"}))
    with support.mocked_client(api) as client:
        for work, outcome in (
            (lambda: client.permissions.list("users"), "not done"),
            (lambda: client.permissions.assign(KEY, VIEW), "unknown"),
            (lambda: client.role_mappings.remove("a"), "unknown"),
        ):
            with pytest.raises(UnexpectedResponseError) as caught:
                work()
            text = support.readable(caught.value, f"redirects to 127.0.0.1:{elsewhere.server_port}")
            assert "pat-of-a-test" not in text
            assert caught.value.outcome == outcome
    assert elsewhere.asked == []


def test_a_redirect_to_nowhere_is_the_same() -> None:
    with (
        support.mocked_client(Script((302, None, {"location": ""}))) as client,
        pytest.raises(UnexpectedResponseError) as caught,
    ):
        client.permissions.list("users")
    support.readable(caught.value, "another address")


HTML: tuple[tuple[str, dict[str, str]], ...] = (
    ("<html>no</html>", {"content-type": "text/html"}),
    ("\n <html>no</html>", {}),
    ("no", {"content-type": "application/xhtml+xml"}),
)


@pytest.mark.parametrize("page", HTML)
@pytest.mark.parametrize("status", [200, 201, 400, 404, 409])
def test_a_page_is_not_the_api_s_whatever_its_status(page: tuple[str, dict[str, str]], status: int) -> None:
    with support.mocked_client(Script((status, *page))) as client, pytest.raises(UnexpectedResponseError) as caught:
        client.permissions.get(KEY)  # a 404 in HTML does not mean "none"
    support.readable(caught.value, "HTML", "talend:endpoint")


@pytest.mark.parametrize("page", HTML)
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, UnauthorizedError),
        (413, PayloadTooLargeError),
        (414, PayloadTooLargeError),
        (431, PayloadTooLargeError),
        (500, ServerError),
        (502, ServerError),
    ],
)
def test_a_page_with_a_status_that_gateways_give_keeps_its_meaning(
    page: tuple[str, dict[str, str]], status: int, expected: type[ApiError]
) -> None:
    with support.mocked_client(Script((status, *page))) as client, pytest.raises(expected) as caught:
        client.permissions.list("users")
    assert caught.value.api_message == ""
    assert "<" not in support.readable(caught.value)


def test_a_404_of_the_api_is_one() -> None:
    with support.mocked_client(Script((404, ""))) as client:
        assert client.permissions.get(KEY) is None
        with pytest.raises(NotFoundError):
            client.permissions.list("users")


@pytest.mark.parametrize(
    "body",
    ['{"permissions": ["VIEW"', "VIEW", "{'permissions': []}", '"', "[" * 20_000, "NaN", '{"a": 1e999}', "\ufeff[]x"],
)
def test_what_is_not_json_is_no_complete_response(body: str) -> None:
    with support.mocked_client(Script((200, body))) as client:
        with pytest.raises(NoResponseError) as caught:
            client.permissions.get(KEY)
        support.readable(caught.value, "not complete JSON", "Check the network")
        with pytest.raises(NoResponseError) as caught:
            client.permissions.replace(KEY, VIEW)
        assert caught.value.outcome == "unknown"


@pytest.mark.parametrize(
    "body",
    [
        '{"permissions": [], "permissions": ["VIEW"]}',
        '[{"name": "a", "roles": [], "roles": ["X"]}]',
        '{"a": {"b": [{"c": 1, "c": 1}]}}',
        '{"permissions": ["VIEW"], "p\\u0065rmissions": []}',
    ],
)
def test_a_key_that_comes_twice_is_refused(body: str) -> None:
    api = Script((200, body))
    with support.mocked_client(api) as client, pytest.raises(UnexpectedResponseError) as caught:
        client.permissions.get(KEY)
    support.readable(caught.value, "repeats a key")
    assert len(api.requests) == 1


class Stream(httpx.SyncByteStream):
    """A body in pieces, and how many were taken."""

    def __init__(self, piece: bytes, count: int = 10**9) -> None:
        self.piece, self.count, self.taken = piece, count, 0

    def __iter__(self) -> Iterator[bytes]:
        while self.taken < self.count:
            self.taken += 1
            yield self.piece


def streamed(stream: httpx.SyncByteStream, coding: str | None = None) -> TalendClient:
    headers = {} if coding is None else {"content-encoding": coding}

    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=stream, headers=headers)

    return support.mocked_client(answer)


def test_a_body_without_end_is_given_up() -> None:
    stream = Stream(b" " * MIB)
    with streamed(stream) as client, pytest.raises(UnexpectedResponseError) as caught:
        client.permissions.list("users")
    support.readable(caught.value, "larger than 64 MiB")
    assert stream.taken == MAX_RESPONSE_BYTES // MIB + 1


def test_a_body_that_announces_too_much_is_not_read() -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=stream, headers={"content-length": str(MAX_RESPONSE_BYTES + 1)})

    stream = Stream(b" ")
    with support.mocked_client(answer) as client, pytest.raises(UnexpectedResponseError):
        client.permissions.list("users")
    assert stream.taken == 0


@pytest.mark.parametrize("coding", ["gzip", "GZIP", " x-gzip", "deflate"])
def test_a_small_body_cannot_unpack_to_a_large_one(coding: str) -> None:
    bomb = zlib.compressobj(9, zlib.DEFLATED, 31 if "gzip" in coding.lower() else 15)
    packed = b"".join(bomb.compress(b" " * MIB) for _ in range(200)) + bomb.flush()
    assert len(packed) < MIB
    stream = Stream(packed, 1)
    with streamed(stream, coding) as client, pytest.raises(UnexpectedResponseError) as caught:
        client.permissions.list("users")
    support.readable(caught.value, "larger than 64 MiB")


def test_unpacking_happens_in_small_pieces_and_ends_at_the_limit() -> None:
    packed = gzip.compress(b" " * 20 * MIB)
    sizes = [len(piece) for piece in decoded([packed], "gzip", limit=5 * MIB)]
    assert max(sizes) <= 256 * 1024
    assert 5 * MIB < sum(sizes) <= 5 * MIB + 256 * 1024


@pytest.mark.parametrize(
    "coding", ["gzip, gzip", "gzip,deflate", "br", "zstd", "identity, gzip", "pack200", "\x1bgzip"]
)
def test_any_other_coding_is_refused(coding: str) -> None:
    with streamed(Stream(gzip.compress(b"[]"), 1), coding) as client, pytest.raises(UnexpectedResponseError) as caught:
        client.permissions.list("users")
    support.readable(caught.value, "Content-Encoding", "only gzip is accepted, once")


@pytest.mark.parametrize("body", [b"[]", b"\x1f", gzip.compress(b"[" + b" " * 10_000 + b"]", mtime=0)[:-9]])
def test_a_packed_body_that_is_broken_is_refused(body: bytes) -> None:
    with streamed(Stream(body, 1), "gzip") as client, pytest.raises(UnexpectedResponseError) as caught:
        client.permissions.list("users")
    support.readable(caught.value, "gzip")


@given(st.binary(max_size=3000), st.sampled_from(["gzip", "deflate", "identity", ""]), st.integers(1, 50))
def test_a_packed_body_is_what_was_packed(content: bytes, coding: str, size: int) -> None:
    packed = {"gzip": gzip.compress, "deflate": zlib.compress}.get(coding, bytes)(content)
    chunks = [packed[at : at + size] for at in range(0, len(packed), size)]
    assert b"".join(decoded(chunks, coding, limit=MAX_RESPONSE_BYTES)) == content


def test_a_response_without_a_body_may_name_a_coding() -> None:
    with support.mocked_client(Script((204, None, {"content-encoding": "gzip"}))) as client:
        client.role_mappings.replace_all([])


def test_what_follows_a_packed_body_is_not_kept() -> None:
    def chunks() -> Iterator[bytes]:
        yield gzip.compress(b"[]")
        raise AssertionError("read on")

    assert b"".join(decoded(chunks(), "gzip", limit=10)) == b"[]"


def test_a_large_response_is_still_one() -> None:
    rows = [{"workspaceId": f"w{n}", "userId": "u" * 60, "permissions": ["VIEW"]} for n in range(20_000)]
    packed = gzip.compress(json.dumps(rows).encode(), 1)
    with streamed(Stream(packed, 1), "gzip") as client:
        assert len(client.permissions.list("users")) == 20_000


@pytest.mark.parametrize("more", [{"unheardOf": 1}, {"unheardOf": {"nested": [None]}}])
def test_unknown_fields_do_not_matter(more: dict[str, Any]) -> None:
    row = {"workspaceId": "w", "userId": "u", "permissions": ["VIEW"], "id": "i", "name": "n", "roles": [], **more}
    with support.mocked_client(Script((200, [row], {"page-last": "true"}))) as client:
        assert client.permissions.list("users")
        assert client.directory.users()
        assert client.directory.workspaces()
        assert client.role_mappings.list()


def test_the_credential_goes_to_the_endpoint_alone(elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch) -> None:
    # A proxy in the environment is for the cloud: what is on this machine is asked directly.
    proxy = Elsewhere()
    try:
        for name in ("HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        settings = support.Settings(elsewhere.url, support.TokenCredential("t"), elsewhere.url)
        with support.client_of(settings) as client:
            assert client.role_mappings.list() == []
        assert proxy.asked == []
        assert [path for path, _ in elsewhere.asked] == ["/security/role-mappings"]
    finally:
        proxy.stop()


def test_a_proxy_gets_the_call_with_its_password(elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", elsewhere.url.replace("http://", "http://me:pa%23ss@"))
    monkeypatch.setenv("NO_PROXY", "10.0.0.0/8,other.example")
    settings = support.Settings("http://tenant.example", support.TokenCredential("t"), "http://tenant.example")
    with support.client_of(settings) as client:
        assert client.role_mappings.list() == []
    ((path, headers),) = [(path, httpx.Headers(headers)) for path, headers in elsewhere.asked]
    assert path == "http://tenant.example/security/role-mappings"
    assert headers["Proxy-Authorization"] == f"Basic {base64.b64encode(b'me:pa#ss').decode()}"
    assert headers["Authorization"] == "Bearer t"


def test_a_base_url_with_a_path_keeps_it() -> None:
    api = Script((200, []))
    with support.mocked_client(api, base_url="https://proxy.test/talend/eu") as client:
        client.role_mappings.list()
    assert str(api.requests[0].url) == "https://proxy.test/talend/eu/security/role-mappings"


def test_every_call_says_what_it_takes_and_which_version() -> None:
    api = Script((200, []), 204)
    with support.mocked_client(api, token="the-token") as client:
        client.role_mappings.list()
        client.role_mappings.replace_all([])
    for request in api.requests:
        assert request.headers["authorization"] == "Bearer the-token"
        assert request.headers["accept"] == "application/json"
        assert request.headers["accept-encoding"] == "gzip"
        assert request.headers["talend-version"] == "2021-03"
    assert "content-type" not in api.requests[0].headers
    assert api.requests[1].headers["content-type"] == "application/json"
    assert api.requests[1].content == b"[]"


@pytest.mark.parametrize(
    ("text", "line"),
    [("a\nb", "a b"), ("\u202egnp.exe", "gnp.exe"), ("\x1b[2J", "[2J"), ("x" * 241, "x" * 239 + "…"), ("", "")],
)
def test_what_others_wrote_is_shown_in_one_plain_line(text: str, line: str) -> None:
    assert clean(text) == line
