"""The command, in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import support
import warm
from pulumi_talend_sandbox.tenant import Behaviour, RemoteTenant, Tenant

Start = Callable[..., tuple[dict[str, Any], "subprocess.Popen[str]"]]


def command(*arguments: str) -> tuple[str, ...]:
    return warm.command("-m", "pulumi_talend_sandbox.cli", "tenant", *arguments)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **warm.environment()}
    return subprocess.run(
        command(*arguments), env=environment, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture
def ready_file(tmp_path: Path) -> Path:
    return tmp_path / "ready.json"


@pytest.fixture
def start(ready_file: Path) -> Iterator[Start]:
    """Start the command on a free port; what its ready file says, and the process."""
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str) -> tuple[dict[str, Any], subprocess.Popen[str]]:
        process = subprocess.Popen(
            command("--port", "0", "--ready-file", str(ready_file), *arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        started.append(process)
        while not ready_file.exists():
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
        return json.loads(ready_file.read_text()), process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def end(process: subprocess.Popen[str], how: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
    process.send_signal(how)
    out, err = process.communicate(timeout=300)
    return process.returncode, out, err


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_says_how_to_connect_and_ends_cleanly(start: Start, ready_file: Path, how: signal.Signals) -> None:
    ready, process = start()
    assert set(ready) == {"url", "token", "clientId", "clientSecret", "pid"}
    assert ready["pid"] == process.pid
    assert ready_file.stat().st_mode & 0o077 == 0
    headers = {"Authorization": f"Bearer {ready['token']}"}
    assert support.fetch("GET", ready["url"] + "/security/permissions", headers=headers).status_code == 200
    remote = RemoteTenant(ready["url"])
    assert remote.calls.lines() == ["GET /security/permissions 200"]
    remote.close()
    code, out, err = end(process, how)
    assert (code, err) == (0, "")
    assert f"export TALEND_ENDPOINT={ready['url']}\n" in out
    assert f"export TALEND_TOKEN={ready['token']}\n" in out
    assert "GET /security/permissions 200  admin" in out
    assert not ready_file.exists()


def test_quiet_is_quiet(start: Start) -> None:
    ready, process = start("--quiet")
    support.fetch("GET", ready["url"] + "/security/permissions")
    assert end(process) == (0, "", "")


def test_its_options_reach_the_tenant(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "tenant.db"
    ready, process = start(
        *(
            "--seed",
            "empty",
            "--database",
            str(file),
            "--token",
            "mine",
            "--latency",
            "0.01",
            "--rate-limit",
            "300/2.5",
        ),
        *("-b", "post_on_existing=merge", "-b", "page_headers=none", "-b", "batch_limit=7", "-b", "retry_after=true"),
        *("-b", "expected_audience=url", "-b", 'permission_names=["VIEW"]', "-b", "write_status=204"),
    )
    assert ready["token"] == "mine"
    remote = RemoteTenant(ready["url"])
    assert remote.behaviour == Behaviour(
        latency=0.01,
        rate_limit=(300, 2.5),
        post_on_existing="merge",
        batch_limit=7,
        page_headers="none",
        retry_after=True,
        expected_audience="url",
        permission_names=("VIEW",),
        write_status="204",
    )
    assert remote.grants() == {}
    remote.map_role("kept", ["Operator"])
    remote.close()
    assert end(process)[0] == 0
    with Tenant.start(database=file) as tenant:
        assert tenant.role_mappings() == {"kept": ["Operator"]}


def test_the_choices_are_listed() -> None:
    done = run("--list-behaviours")
    for name in Behaviour.model_fields:
        assert f"\n{name} = " in "\n" + done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--seed", "nope"], "no seed 'nope'"),
        (["--rate-limit", "30"], "CALLS/SECONDS"),
        (["--rate-limit", "0/5"], "rate_limit"),
        (["-b", "nope=1"], "nope: there is no such choice"),
        (["-b", "post_on_existing"], "NAME=VALUE"),
        (["-b", "post_on_existing=maybe"], "post_on_existing"),
        (["--database", "/nowhere/x.db"], "cannot be used"),
        (["--ready-file", "/nowhere/ready"], "no directory /nowhere"),
    ],
)
def test_what_it_cannot_do_is_one_line(arguments: list[str], says: str) -> None:
    done = run("--port", "0", *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert says in done.stderr


def test_a_port_that_is_taken_is_one_line(tenant: Tenant) -> None:
    port = tenant.url.rpartition(":")[2]
    done = run("--port", port)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"port {port}" in done.stderr
    assert "--port" in done.stderr
