"""Answers that are none of the API's, and where the token may go."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

import support
from pulumi_talend.api import (
    NoAnswerError,
    NotFoundError,
    ServerError,
    TalendClient,
    UnauthorizedError,
    UnexpectedAnswerError,
)
from pulumi_talend.api.text import clean
from pulumi_talend.api.transport import MAX_ANSWER_BYTES
from pulumi_talend_sandbox.tenant import Fault, Tenant


class Elsewhere(ThreadingHTTPServer):
    """Another host, that notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append((self.path, dict(self.headers)))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"[]")

            do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:
                """Says nothing."""

        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    server = Elsewhere()
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01))
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(tenant: Tenant, client: TalendClient, elsewhere: Elsewhere, status: int) -> None:
    tenant.inject(Fault(kind="redirect", status=status, location=f"{elsewhere.url}/login?t={tenant.token}", times=None))
    for work in (
        lambda: client.permissions.list(),
        lambda: client.permissions.assign(support.user_key(tenant), frozenset({"VIEW"})),
        lambda: client.role_mappings.remove("nordlicht-platform"),
    ):
        with pytest.raises(UnexpectedAnswerError) as caught:
            work()
        support.readable(caught.value, f"redirects to 127.0.0.1:{elsewhere.server_port}", secrets=[tenant.token])
    assert elsewhere.asked == []


def test_a_redirect_to_nowhere_is_the_same(tenant: Tenant, client: TalendClient) -> None:
    tenant.inject(Fault(kind="redirect", location=""))
    with pytest.raises(UnexpectedAnswerError) as caught:
        client.permissions.list()
    support.readable(caught.value, "another address")


@pytest.mark.parametrize("status", [200, 201, 400, 404, 409])
def test_a_page_is_no_answer_whatever_its_status(tenant: Tenant, client: TalendClient, status: int) -> None:
    tenant.inject(Fault(kind="html", status=status))
    with pytest.raises(UnexpectedAnswerError) as caught:
        client.permissions.get(support.user_key(tenant))  # a 404 in HTML does not mean "none"
    support.readable(caught.value, "HTML", "talend:endpoint")


@pytest.mark.parametrize(("status", "expected"), [(401, UnauthorizedError), (500, ServerError), (502, ServerError)])
def test_a_page_with_a_status_that_proxies_give_keeps_its_meaning(
    tenant: Tenant, client: TalendClient, status: int, expected: type[Exception]
) -> None:
    tenant.inject(Fault(kind="html", status=status, times=None))
    with pytest.raises(expected) as caught:
        client.permissions.list()
    assert "<" not in support.readable(caught.value)


def test_a_page_without_its_content_type_is_seen_too(tenant: Tenant, client: TalendClient) -> None:
    tenant.inject(Fault(kind="status", status=404, body="\n <html>not found</html>"))
    with pytest.raises(UnexpectedAnswerError):
        client.permissions.get(support.user_key(tenant))


def test_a_404_of_the_api_is_one(tenant: Tenant, client: TalendClient) -> None:
    tenant.inject(Fault(kind="status", status=404, body=""))
    assert client.permissions.get(support.user_key(tenant)) is None
    tenant.inject(Fault(kind="status", status=404))
    with pytest.raises(NotFoundError):
        client.permissions.list()


@pytest.mark.parametrize("body", ['{"permissions": ["VIEW"', "VIEW", "{'permissions': []}", '"\\ud800', "[" * 20_000])
def test_what_is_no_json_is_no_answer(tenant: Tenant, client: TalendClient, body: str) -> None:
    tenant.inject(Fault(kind="status", status=200, body=body, times=None))
    with pytest.raises(NoAnswerError) as caught:
        client.permissions.get(support.user_key(tenant))
    support.readable(caught.value, "not whole JSON", "Nothing was changed")
    with pytest.raises(NoAnswerError) as caught:
        client.permissions.replace(support.user_key(tenant), frozenset({"VIEW"}))
    support.readable(caught.value, "It may or may not have been done")


def test_an_answer_without_end_is_given_up() -> None:
    sent = 0

    class Endless(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            nonlocal sent
            while True:
                sent += 1
                yield b" " * 2**20

    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=Endless())

    with (
        support.mocked_client(answer) as client,
        pytest.raises(UnexpectedAnswerError) as caught,
    ):
        client.permissions.list()
    support.readable(caught.value, "larger than 64 MiB")
    assert sent == MAX_ANSWER_BYTES // 2**20 + 1


def test_a_large_answer_is_still_one(tenant: Tenant, client: TalendClient) -> None:
    tenant.inject(Fault(kind="huge", size=2_000_000))
    assert len(client.permissions.list()) == len([key for key in tenant.grants() if key[1] == "users"])


def test_unheard_of_fields_are_no_matter(tenant: Tenant, client: TalendClient) -> None:
    tenant.inject(Fault(kind="extra-field", times=None))
    assert client.permissions.list()
    assert client.directory.users()
    assert client.directory.workspaces()
    assert client.role_mappings.list()


def test_the_token_goes_to_the_endpoint_alone(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    # A proxy in the environment is for the cloud: what is on this machine is asked directly.
    other = Elsewhere()
    try:
        monkeypatch.setenv("HTTP_PROXY", other.url)
        monkeypatch.setenv("ALL_PROXY", other.url)
        with support.client_of(support.settings_for(tenant)) as client:
            assert client.permissions.list()
        assert other.asked == []
    finally:
        other.server_close()


def test_a_base_url_with_a_path_keeps_it() -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(200, json=[])

    with support.mocked_client(answer, base_url="https://proxy.test/talend/eu") as client:
        client.role_mappings.list()
    assert seen == ["https://proxy.test/talend/eu/security/role-mappings"]


def test_every_call_says_what_it_takes() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(204)

    with support.mocked_client(answer, token="the-token") as client:
        client.role_mappings.replace_all([])
    (request,) = seen
    assert request.headers["authorization"] == "Bearer the-token"
    assert request.headers["accept"] == "application/json"
    assert request.headers["content-type"] == "application/json"
    assert request.content == b"[]"


@pytest.mark.parametrize(
    ("text", "line"),
    [("a\nb", "a b"), ("\u202egnp.exe", "gnp.exe"), ("\x1b[2J", "[2J"), ("x" * 241, "x" * 239 + "…"), ("", "")],
)
def test_what_others_wrote_is_shown_in_one_plain_line(text: str, line: str) -> None:
    assert clean(text) == line
