"""TALEND_DEBUG: a file with all that the terminal is spared, for its owner alone, and no secret in it."""

from __future__ import annotations

import base64
import logging
import re
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from pulumi.dynamic import Config, ConfigureRequest

import support
from hosting import Lab, Refused
from pulumi_talend import debuglog
from pulumi_talend.api import Settings, TalendClient, TokenCredential
from pulumi_talend.errors import NoResponseError, TalendError
from pulumi_talend.provider.single import RoleMappingProvider
from pulumi_talend_sandbox.tenant import Fault, Tenant

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (host|program|talend-access|writer-\d+)\[\d+\] \S+ \S")


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "details.log"
    monkeypatch.setenv("TALEND_DEBUG", str(file))
    return file


def test_off_means_off(tenant: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    said: list[str] = []
    for value in (None, "", "0", "false", "No", " off "):
        if value is not None:
            monkeypatch.setenv("TALEND_DEBUG", value)
        debuglog.start("host", said.append)
        Lab(tenant).run().up(RoleMappingProvider, "crew", role_name="crew", roles=["Operator"])
        tenant.unmap_role("crew")
        assert debuglog.current_file() is None
        assert not debuglog.logger.isEnabledFor(logging.DEBUG)
    assert said == []
    assert list(tmp_path.rglob("*.log")) == []


@pytest.mark.parametrize("value", ["1", "true", "YES", "on"])
def test_on_means_a_file_where_the_work_is_done(value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TALEND_DEBUG", value)
    said: list[str] = []
    for _ in range(2):
        debuglog.start("host", said.append)
    assert said == [f"the debug log of this run is {tmp_path / 'talend-debug.log'} (TALEND_DEBUG)"]
    assert stat.S_IMODE((tmp_path / "talend-debug.log").stat().st_mode) == 0o600


def test_a_directory_takes_the_file_too(tmp_path: Path) -> None:
    assert debuglog.wanted_file({"TALEND_DEBUG": str(tmp_path)}) == tmp_path / "talend-debug.log"
    assert debuglog.wanted_file({"TALEND_DEBUG": str(tmp_path / "other")}) == tmp_path / "other"
    assert debuglog.wanted_file({"TALEND_DEBUG": "~/it"}) == Path.home() / "it"


def test_a_file_that_cannot_be_written_is_said_and_stops_nothing(
    tenant: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TALEND_DEBUG", str(tmp_path / "nowhere" / "x.log"))
    Lab(tenant).run().up(RoleMappingProvider, "crew", role_name="crew", roles=["Operator"])
    assert tenant.role_mappings()["crew"] == ["Operator"]
    (line,) = capsys.readouterr().out.splitlines()
    support.readable(line, "nowhere/x.log", "No such file or directory", "set TALEND_DEBUG=FILE")


def test_calls_retries_operations_and_versions_are_in_it(tenant: Tenant, log: Path) -> None:
    tenant.set_behaviour(rate_limit=(500, 60.0))
    tenant.inject(Fault(kind="status", status=503, method="GET", path="/security/role-mappings"))
    run = Lab(tenant).run()
    run.up(RoleMappingProvider, "crew", role_name="crew", roles=["Operator"])
    text = log.read_text()
    for line in text.splitlines():
        assert LINE.match(line) or line.startswith("    "), line
    assert re.search(r"begins: pulumi-talend \S+, pulumi \S+, httpx \S+, pydantic \S+, grpcio \S+, Python 3\.", text)
    assert "check RoleMapping crew begins" in text
    assert "create RoleMapping crew is done" in text
    assert re.search(r"GET http://\S+/security/role-mappings -> 503 .*in \d\.\d{3} s", text)
    assert re.search(r"GET /security/role-mappings, failed 1 times of 5: tries again in [\d.]+ s \(Could not", text)
    sent = re.search(r"POST http://\S+/security/role-mappings (\[.*\]) -> 200 (.*) in", text)
    assert sent
    assert '"crew"' in sent[1]
    assert "x-ratelimit-remaining=" in sent[2]


def test_the_history_of_an_error_is_in_it(tenant: Tenant, log: Path) -> None:
    lab = Lab(tenant)
    run = lab.run()
    run.up(RoleMappingProvider, "crew", role_name="crew", roles=["Operator"])
    tenant.inject(Fault(kind="status", status=403, path=r"/security/role-mappings.*", times=None))
    with pytest.raises(TalendError) as caught:
        lab.run().destroy("crew")
    assert caught.value.__context__ is None
    assert "Traceback" not in str(caught.value)
    text = log.read_text()
    assert "delete RoleMapping crew crew failed: Traceback (most recent call last):" in text
    assert "provider/single.py" in text


class Broken(RoleMappingProvider):
    """A provider with a bug that has a secret in its text."""

    def _delete(self, urn: str, id_: str, kept: Mapping[str, Any]) -> None:
        try:
            raise KeyError("first")
        except KeyError:
            raise RuntimeError(f"went wrong with {kept['of']}") from None


STATE = {"role_name": "x", "roles": ["Operator"]}


def broken(tenant: Tenant) -> Broken:
    provider = Broken()
    config = {"talend:endpoint": tenant.url, "talend:token": tenant.token}
    provider.configure(ConfigureRequest(Config(config, "project")))
    return provider


def test_a_bug_is_one_line_and_its_traceback_is_in_the_file(tenant: Tenant, log: Path) -> None:
    provider = broken(tenant)
    with pytest.raises(TalendError) as caught:
        provider.delete("x", {**STATE, "of": tenant.token})
    message = support.readable(caught.value, "RuntimeError", str(log), "please report it", secrets=[tenant.token])
    assert "went wrong" not in message
    text = log.read_text()
    assert "RuntimeError: went wrong with [secure]" in text
    assert "KeyError: 'first'" in text
    assert "test_debug_log.py" in text
    assert tenant.token not in text


def test_without_it_a_bug_says_how_to_get_it(tenant: Tenant) -> None:
    provider = broken(tenant)
    with pytest.raises(TalendError) as caught:
        provider.delete("x", {**STATE, "of": "it"})
    support.readable(caught.value, "RuntimeError", "TALEND_DEBUG=1", "talend-debug.log", "please report it")


def echoing(request: httpx.Request) -> httpx.Response:
    """A gateway that repeats all it got, in several spellings."""
    authorization = request.headers["authorization"]
    said = {"message": f"{authorization} {base64.b64encode(authorization.encode()).decode()}"}
    return httpx.Response(400, json=said, headers={"location": f"https://x/?token={authorization}"})


def test_no_secret_is_in_it(log: Path, tenant: Tenant) -> None:
    debuglog.start("host", lambda _line: None)
    token = "pat-Planted-7f3a/9c+1="
    settings = Settings("https://talend.test", TokenCredential(token), "https://talend.test")
    with TalendClient(settings, transport=httpx.MockTransport(echoing)) as client, pytest.raises(TalendError) as caught:
        client.role_mappings.list()
    debuglog.log_error("it", caught.value)
    bad = TokenCredential("pat-with-\u00fc-in-it")  # what httpx cannot send: its exception holds the header
    with TalendClient(Settings(tenant.url, bad, tenant.url)) as client, pytest.raises(UnicodeEncodeError) as odd:
        client.role_mappings.list()
    debuglog.log_error("it", odd.value)
    with support.client_of(support.service_account_settings(tenant)) as client:
        client.role_mappings.list()
    text = log.read_text()
    pair = base64.b64encode(f"{tenant.client_id}:{tenant.client_secret}".encode()).decode()
    for secret in (token, bad.token, tenant.client_secret, pair, base64.b64encode(token.encode()).decode(), "eyJ"):
        assert secret not in text
    assert "POST http" in text
    assert "/security/oauth/token" in text
    assert f"got a token of service account {tenant.client_id} for 1800 s" in text
    assert text.count("[secure]") >= 3


def test_environment_secrets_are_known_from_the_beginning(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TALEND_TOKEN", "planted-in-the-shell")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "planted-pass-phrase")
    debuglog.start("program", lambda _line: None)
    debuglog.log_error("it", ValueError("planted-in-the-shell", "planted-pass-phrase"))
    assert "ValueError: ('[secure]', '[secure]')" in log.read_text()


_WRITER = """
import sys, threading
from pulumi_talend import debuglog
from pulumi_talend.access import TenantAccess
debuglog.start("writer-" + sys.argv[1], lambda line: None)
def write():
    for number in range(200):
        debuglog.logger.debug("%s", f"record {number} " + sys.argv[1] * 3000)
threads = [threading.Thread(target=write) for _ in range(3)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""


def test_processes_write_one_file_without_mixing_lines(log: Path) -> None:
    writers = [subprocess.Popen([sys.executable, "-c", _WRITER, str(number)]) for number in range(3)]
    assert [writer.wait(120) for writer in writers] == [0, 0, 0]
    lines = [line for line in log.read_text().splitlines() if "record" in line]
    assert len(lines) == 3 * 3 * 200
    for line in lines:
        assert re.fullmatch(r"\S+ writer-(\d)\[\d+\] \S+ \S+ record \d+ (\1{3000})", line) or LINE.match(line)
        assert re.search(r"record \d+ (\d)\1{2999}$", line)


def test_a_response_that_never_came_is_in_it(log: Path) -> None:
    debuglog.start("host", lambda _line: None)

    def silent(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("too late", request=request)

    with support.mocked_client(silent) as client, pytest.raises(NoResponseError):
        client.role_mappings.list()
    text = log.read_text()
    assert text.count("-> no response in") == 5
    assert "failed 5 times of 5: gives up" in text


def test_a_refused_check_is_in_it_with_its_reasons(tenant: Tenant, log: Path) -> None:
    lab = Lab(tenant)
    with pytest.raises(Refused):
        lab.run().check(RoleMappingProvider, "crew", role_name="crew", roles=["Operater"])
    with pytest.raises(Refused):
        lab.run(endpoint="http://127.0.0.1:9").check(RoleMappingProvider, "crew", role_name="crew", roles=["Operator"])
    text = log.read_text()
    assert "check RoleMapping crew is refused: roles: no Talend role 'Operater'; did you mean 'Operator'?" in text
    assert "check RoleMapping crew failed: Traceback (most recent call last):" in text
    assert re.search(r"check RoleMapping crew is refused: all: Could not .*: no connection to 127\.0\.0\.1:9", text)
    assert "check RoleMapping crew is done" not in text
