"""The usual variables for proxies and certificates work, or are named in one line that shows no password."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import support
from pulumi_talend.api import Settings, TalendClient, TokenCredential
from pulumi_talend.api.network import Deadline, network_transport, proxy_of
from pulumi_talend.errors import ConfigurationError, NotSentError
from review.test_command import run

CLOUD = "https://api.eu.cloud.talend.com"
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize(
    ("variables", "proxy"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
        ({"https_proxy": "http://p:1", "HTTPS_PROXY": "http://q:1"}, "http://p:1"),
        ({"https_proxy": " ", "HTTPS_PROXY": "http://q:1"}, "http://q:1"),
        ({"HTTP_PROXY": "http://p:1"}, None),
        ({"ALL_PROXY": "http://p:1"}, "http://p:1"),
        ({"ALL_PROXY": "http://p:1", "HTTPS_PROXY": "http://q:1"}, "http://q:1"),
        ({"HTTPS_PROXY": "proxy.example:8080"}, "http://proxy.example:8080"),
        ({"HTTPS_PROXY": "user:p%23w@proxy.example"}, "http://proxy.example"),
        ({"ALL_PROXY": "socks5://p:1"}, "socks5://p:1"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "talend.com"}, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "x, .talend.com"}, None),
        ({"HTTPS_PROXY": "http://p:1", "no_proxy": "api.eu.cloud.talend.com"}, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "eu.example,us"}, "http://p:1"),
        # Ranges match no name; httpx alone fails on them.
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "10.0.0.0/8,fd00::/8,[::1]/128,192.168.*"}, "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "10.0.0.0/8,.talend.com"}, None),
    ],
)
def test_a_proxy_is_found_as_usual(variables: Mapping[str, str], proxy: str | None) -> None:
    found = proxy_of(CLOUD, variables)
    assert (None if found is None else str(found[1].url)) == proxy
    for local in ("http://127.0.0.1:8400", "https://localhost", "http://[::1]:1"):
        assert proxy_of(local, variables) is None


def test_without_a_variable_the_settings_of_the_system_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("urllib.request.getproxies", lambda: {"https": "http://system:1", "http": "ftp://system"})
    found = proxy_of(CLOUD, {})
    assert found is not None
    assert str(found[1].url) == "http://system:1"
    assert proxy_of(CLOUD, {"NO_PROXY": "talend.com"}) is None
    with pytest.raises(ConfigurationError, match="the system's proxy settings: is not a valid proxy URL"):
        proxy_of("http://tenant.example", {})
    monkeypatch.setattr("urllib.request.proxy_bypass", CLOUD.endswith)
    assert proxy_of(CLOUD, {}) is None


BAD_PROXIES = [
    "http://user:pa#ss4711@proxy:8080",
    "http://us#er:pass4711@proxy",
    "http://user:pa?ss4711@proxy",
    "ftp://user:pass4711@proxy",
    "http://user:pass4711@[::1",
    "http://user:pass4711@proxy:port",
    "http://",
    "https://user:pass4711@",
    "://pass4711",
]


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("value", BAD_PROXIES)
def test_a_proxy_that_is_not_valid_is_named_without_its_value(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError) as caught:
        TalendClient(Settings(CLOUD, TokenCredential("t"), CLOUD))
    assert [problem.where for problem in caught.value.problems] == [variable]
    support.readable(caught.value, "is not a valid proxy URL", "%23", secrets=["4711", "us#er"])


def test_a_socks_proxy_without_its_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://user:pass4711@proxy:1080")
    monkeypatch.setitem(__import__("sys").modules, "socksio", None)
    with pytest.raises(ConfigurationError) as caught:
        TalendClient(Settings(CLOUD, TokenCredential("t"), CLOUD))
    assert [problem.where for problem in caught.value.problems] == ["ALL_PROXY"]
    support.readable(caught.value, "httpx[socks]", secrets=["4711"])


@pytest.mark.parametrize(
    ("variable", "value"),
    [("HTTPS_PROXY", "http://user:pa#ss4711@proxy:8080"), ("SSL_CERT_FILE", "/no/such/pass4711.pem")],
)
def test_the_doctor_names_the_variable_and_no_password(variable: str, value: str, tmp_path: Path) -> None:
    env = {"TALEND_REGION": "eu", "TALEND_TOKEN": "t", variable: value}
    done = run("doctor", cwd=tmp_path, env=env)
    assert done.returncode == 3, done.stdout + done.stderr
    assert variable in done.stdout
    assert "4711" not in done.stdout + done.stderr
    assert "bug" not in done.stdout + done.stderr


def test_the_password_of_a_proxy_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:pass4711@127.0.0.1:{closed.getsockname()[1]}")
        clock = support.VirtualClock()
        settings = Settings(CLOUD, TokenCredential("t"), CLOUD)
        with (
            TalendClient(settings, pacer=support.pacer_on(clock), sleep=clock.sleep) as client,
            pytest.raises(NotSentError) as caught,
        ):
            client.role_mappings.list()
    support.readable(caught.value, "no connection to api.eu.cloud.talend.com", secrets=["4711"])


def bad_files(directory: Path) -> dict[str, Path]:
    (directory / "empty.pem").touch()
    (directory / "text.pem").write_text("not a certificate")
    return {
        "missing": directory / "no.pem",
        "empty": directory / "empty.pem",
        "text": directory / "text.pem",
        "folder": directory,
    }


@pytest.mark.parametrize("what", ["missing", "empty", "text", "folder"])
def test_a_certificate_file_that_is_not_usable_is_named(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(bad_files(tmp_path)[what]))
    with pytest.raises(ConfigurationError) as caught:
        TalendClient(Settings(CLOUD, TokenCredential("t"), CLOUD))
    assert [problem.where for problem in caught.value.problems] == ["SSL_CERT_FILE"]
    support.readable(caught.value, "certificates (PEM)")


def test_a_certificate_directory_that_does_not_exist_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "no"))
    with pytest.raises(ConfigurationError) as caught:
        network_transport(CLOUD, Deadline())
    assert [problem.where for problem in caught.value.problems] == ["SSL_CERT_DIR"]


def test_an_empty_value_counts_as_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.setenv(name, "")
    network_transport(CLOUD, Deadline()).close()


@pytest.fixture
def contexts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Each time that certificates are loaded."""
    loaded: list[str] = []
    real: Callable[..., None] = ssl.SSLContext.load_verify_locations

    def count(context: ssl.SSLContext, *args: object, **options: object) -> None:
        loaded.append(str(options))
        real(context, *args, **options)

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", count)
    return loaded


def test_plain_http_loads_no_certificates(contexts: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere")
    network_transport("http://127.0.0.1:8400", Deadline()).close()
    assert contexts == []
    monkeypatch.delenv("SSL_CERT_FILE")
    network_transport(CLOUD, Deadline()).close()
    assert len(contexts) == 1
