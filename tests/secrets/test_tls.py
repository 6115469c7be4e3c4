"""TLS is verified, whatever the environment says; a company's own authority is trusted once SSL_CERT_FILE names it."""

from __future__ import annotations

import ast
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

import pulumi_talend
import support
from pulumi_talend.api import ClientCredential, Settings, TalendClient, TokenCredential, resolve_settings
from pulumi_talend.errors import ConfigurationError, NotSentError, UnexpectedResponseError

TOKEN = "pat-4711-geheim"


class Quiet(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that refuses the certificate breaks the handshake off: that is what is tested."""


class Endpoint:
    """An HTTPS server on loopback that answers every call with an empty list, and what reached it."""

    def __init__(self, authority: trustme.CA, name: str = "localhost") -> None:
        self.seen: list[str] = []
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                endpoint.seen.append(self.headers.get("authorization", ""))
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"[]")

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing is printed."""

        self.server = Quiet(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate: Any = authority.issue_cert(name)
        certificate.configure_cert(context)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"https://localhost:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def endpoint(authority: trustme.CA) -> Iterator[Endpoint]:
    endpoint = Endpoint(authority)
    yield endpoint
    endpoint.close()


@pytest.fixture(autouse=True)
def usual_trust(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


def client_of(url: str) -> TalendClient:
    clock = support.VirtualClock()
    return TalendClient(Settings(url, TokenCredential(TOKEN), url), pacer=support.pacer_on(clock), sleep=clock.sleep)


def test_a_certificate_of_nobody_known_is_refused_and_the_message_says_what_to_do(endpoint: Endpoint) -> None:
    with client_of(endpoint.url) as client, pytest.raises(NotSentError) as caught:
        client.permissions.list("users")
    support.readable(caught.value, "is not trusted", "SSL_CERT_FILE", "nothing was sent", secrets=[TOKEN])
    assert endpoint.seen == []


def test_a_company_s_own_authority_is_trusted_where_the_environment_names_it(
    endpoint: Endpoint, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "company.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "company.pem"))
    with client_of(endpoint.url) as client:
        assert client.permissions.list("users") == {}
    assert endpoint.seen == [f"Bearer {TOKEN}"]


def test_a_certificate_of_another_host_is_refused(
    authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "company.pem"
    authority.cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    other = Endpoint(authority, "api.eu.cloud.talend.com")
    try:
        with client_of(other.url) as client, pytest.raises(NotSentError, match="is not trusted"):
            client.permissions.list("users")
        assert other.seen == []
    finally:
        other.close()


SWITCHES = {
    "PYTHONHTTPSVERIFY": "0",
    "CURL_CA_BUNDLE": "",
    "REQUESTS_CA_BUNDLE": "",
    "SSL_VERIFY": "false",
    "NODE_TLS_REJECT_UNAUTHORIZED": "0",
    "GIT_SSL_NO_VERIFY": "1",
    "HTTPX_VERIFY": "0",
    "SSL_NO_VERIFY": "1",
    "TALEND_ALLOW_INSECURE_HTTP": "true",
    "TALEND_INSECURE": "true",
    "TALEND_VERIFY": "false",
}


@pytest.mark.parametrize("name", [*SWITCHES, "all"])
def test_no_variable_switches_it_off(endpoint: Endpoint, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for each, value in SWITCHES.items():
        if name in {each, "all"}:
            monkeypatch.setenv(each, value)
    with client_of(endpoint.url) as client, pytest.raises(NotSentError, match="is not trusted"):
        client.permissions.list("users")
    assert endpoint.seen == []


@pytest.mark.parametrize("url", ["https://api.eu.cloud.talend.com", "https://localhost:1", "https://[::1]:1"])
def test_every_client_verifies_names_and_certificates(url: str) -> None:
    with client_of(url) as client:
        http: httpx.Client = client._transport._http  # pyright: ignore[reportPrivateUsage]
        transports: list[Any] = [http._transport, *(t for t in http._mounts.values() if t is not None)]  # pyright: ignore[reportPrivateUsage]
        for transport in transports:
            context: ssl.SSLContext = transport._pool._ssl_context
            assert context.verify_mode is ssl.CERT_REQUIRED
            assert context.check_hostname
            assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_nothing_in_the_source_could_switch_it_off() -> None:
    """One client, made in one place: no `verify=False`, no unverified context, no certificate that is not asked for."""
    made: list[str] = []
    for path in sorted(Path(pulumi_talend.__file__).parent.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        for words in ("CERT_NONE", "_create_unverified_context", "check_hostname", "verify_mode", "disable_warnings"):
            assert words not in text, f"{path.name}: {words}"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.keyword) and node.arg == "verify":
                made.append(f"{path.name}: {ast.unparse(node.value)}")
            assert not (
                isinstance(node, ast.keyword) and node.arg == "follow_redirects" and ast.unparse(node.value) != "False"
            )
            # Nothing is fetched by the standard library's own client, which would follow redirects.
            assert not (isinstance(node, ast.Attribute) and node.attr in {"urlopen", "build_opener", "HTTPSConnection"})
    assert [each for each in made if "self._verify" not in each] == ["network.py: context"]


@pytest.mark.parametrize(
    "location",
    ["http://api.eu.cloud.talend.com/", "https://evil.example/", "/security/permissions?again", "//evil.example"],
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(status: int, location: str) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(status, headers={"location": location})

    with support.mocked_client(answer, token=TOKEN) as client, pytest.raises(UnexpectedResponseError) as caught:
        client.permissions.list("users")
    assert [url.partition("?")[0] for url in asked] == ["https://talend.test/security/permissions"]
    support.readable(caught.value, "not followed", secrets=[TOKEN])


LOOK_LIKE_LOOPBACK = [
    "http://127.0.0.1.evil.example",
    "http://localhost.evil.example",
    "http://evil.example/localhost",
    "http://127.0.0.1\\.evil.example",
    "http://127.0.0.1\\@evil.example",
    "http://evil.example:80/127.0.0.1",
    "http://localhost@evil.example",
    "http://evil.example#@localhost",
    "http://evil.example?localhost",
    "http://localhostevil.example",
    "http://127.0.0.1.",
    "http://[::ffff:10.0.0.1]",
    "http://[::]",
    "http://0",
    "http://0.0.0.0",
    "http://１２７.0.0.1.evil.example",
    "http://ⓛocalhost.evil.example",
    "http://127。0。0。1。evil.example",
    "http://lоcalhost",  # with a Cyrillic o
    "http://169.254.169.254",
    "HTTP://API.EU.CLOUD.TALEND.COM",
    "http:/api.eu.cloud.talend.com",
    "http://\tlocalhost.evil.example",
    "http:\\\\evil.example",
]


@pytest.mark.parametrize("endpoint", LOOK_LIKE_LOOPBACK, ids=ascii)
@pytest.mark.parametrize("region", [None, "eu"])
def test_what_only_looks_like_this_machine_gets_no_token_in_clear_text(endpoint: str, region: str | None) -> None:
    given = {"talend:endpoint": endpoint, "talend:token": TOKEN, **({"talend:region": region} if region else {})}
    with pytest.raises(ConfigurationError) as caught:
        resolve_settings(given.get, {})
    for problem in caught.value.problems:
        support.readable(str(problem), secrets=[TOKEN])


@pytest.mark.parametrize(
    "endpoint",
    ["http://127.0.0.1:1", "http://127.1.2.3", "http://localhost/", "http://[::1]:8400/x/", "HTTP://LOCALHOST"],
)
def test_this_machine_may_be_asked_in_clear_text(endpoint: str) -> None:
    """And only this machine: what is dialled is what was looked at."""
    given = {"talend:endpoint": endpoint, "talend:token": TOKEN}
    settings = resolve_settings(given.get, {})
    asked: list[httpx.URL] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        return httpx.Response(200, json=[])

    with TalendClient(settings, transport=httpx.MockTransport(answer)) as client:
        client.permissions.list("users")
    assert asked[0].host in {"127.0.0.1", "127.1.2.3", "localhost", "::1"}


def test_a_service_account_s_secret_goes_to_the_endpoint_only() -> None:
    """With both a region and an endpoint, the region only names what the token is for."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        if request.url.path.endswith("token"):
            return httpx.Response(200, json={"access_token": "t-4711"})
        return httpx.Response(200, json=[])

    given = {
        "talend:endpoint": "https://proxy.example",
        "talend:region": "eu",
        "talend:clientId": "i",
        "talend:clientSecret": "s-4711",
    }
    settings = resolve_settings(given.get, {"TALEND_ALLOW_ENDPOINT": "proxy.example"})
    assert isinstance(settings.credential, ClientCredential)
    with TalendClient(settings, transport=httpx.MockTransport(answer)) as client:
        client.permissions.list("users")
    assert set(asked) == {"proxy.example"}
