"""Parts of the language host that a run on the CLI does not show."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import grpc
import psutil
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import language_pb2, language_pb2_grpc

from pulumi_talend_sandbox.language_host import WARM, WARM_CLIENT
from pulumi_talend_sandbox.language_host.service import plugin_of
from pulumi_talend_sandbox.language_host.toolchains import ToolchainError, toolchain_of


def test_which_packages_have_a_plugin() -> None:
    def plugin(name: str, said: dict[str, object] | None) -> tuple[str, str] | None:
        found = plugin_of({"name": name, "version": "1.2.3", "plugin": said})
        return (found["name"], found["version"]) if found else None

    assert plugin("pulumi-aws", None) == ("aws", "v1.2.3")
    assert plugin("pulumi_aws", None) == ("aws", "v1.2.3")
    assert plugin("pulumi-talend", {"resource": False, "name": "talend"}) is None
    assert plugin("someones", {"resource": True, "name": "thing", "version": "v9.0.0"}) == ("thing", "v9.0.0")
    assert plugin("pulumi-policy", None) is None
    assert plugin("pulumi", None) is None
    assert plugin("httpx", None) is None


def test_which_virtual_environment_a_project_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "program"
    program.mkdir()
    assert toolchain_of({"virtualenv": "venv"}, tmp_path, program).virtualenv == tmp_path / "venv"
    assert toolchain_of({}, tmp_path, program).virtualenv is None
    assert toolchain_of({"toolchain": "uv"}, tmp_path, program).virtualenv == program / ".venv"
    (tmp_path / "uv.lock").touch()
    assert toolchain_of({}, tmp_path, program).name == "uv"
    assert toolchain_of({}, tmp_path, program).virtualenv == tmp_path / ".venv"
    with pytest.raises(ToolchainError, match="'conda'"):
        toolchain_of({"toolchain": "conda"}, tmp_path, program)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolchainError, match="`poetry` is not on PATH"):
        toolchain_of({"toolchain": "poetry"}, tmp_path, program)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, None])
def test_a_signal_and_the_end_of_the_cli_end_the_host_and_its_program(
    number: signal.Signals | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    sleeper = tmp_path / "python"
    sleeper.write_text("#!/bin/sh\nexec sleep 600\n")
    sleeper.chmod(0o755)
    monkeypatch.setenv("PULUMI_PYTHON_CMD", str(sleeper))
    host = subprocess.Popen(
        [sys.executable, "-m", "pulumi_talend_sandbox.language_host", "127.0.0.1:1"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    request.addfinalizer(host.kill)
    assert host.stdout is not None
    channel = grpc.insecure_channel(f"127.0.0.1:{host.stdout.readline().strip()}")
    stub = language_pb2_grpc.LanguageRuntimeStub(channel)
    stub.GetPluginInfo(empty_pb2.Empty())
    info = language_pb2.ProgramInfo(root_directory=str(tmp_path), program_directory=str(tmp_path), entry_point=".")
    running = stub.Run.future(language_pb2.RunRequest(pwd=str(tmp_path), info=info, monitor_address=""))
    # Seen as early as possible: a program that has only just been started is ended too.
    while not (children := psutil.Process(host.pid).children()):
        assert not running.done()
    assert host.stdin is not None
    if number is None:
        host.stdin.close()
    else:
        host.send_signal(number)
    assert host.wait(timeout=60) == 0
    assert psutil.wait_procs(children, timeout=60)[1] == []
    assert running.exception() is not None
    channel.close()
    host.stdout.close()
    host.stdin.close()


@contextmanager
def warm_server(directory: Path) -> Generator[tuple[subprocess.Popen[bytes], subprocess.Popen[bytes]]]:
    """A server, and a client of it in `directory`, whose script prints the number of its process and sleeps."""
    sleeper = directory / "sleeper.py"
    sleeper.write_text("import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(600)\n")
    address = directory / "address"
    with subprocess.Popen(
        [sys.executable, "-I", "-m", "pulumi_talend_sandbox.language_host.warm", str(address)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"ready\n"
        with subprocess.Popen(
            [sys.executable, "-I", "-S", str(WARM_CLIENT), str(sleeper)],
            cwd=directory,
            env={WARM: str(address)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        ) as client:
            try:
                yield server, client
            finally:
                client.kill()
                server.kill()


@pytest.mark.parametrize("ended", ["client", "server"])
def test_a_fork_ends_with_its_client_and_with_its_server(ended: str, tmp_path: Path) -> None:
    with warm_server(tmp_path) as (server, client):
        assert client.stdout is not None
        fork = psutil.Process(int(client.stdout.readline()))
        assert fork.ppid() == server.pid
        (client if ended == "client" else server).kill()
        assert psutil.wait_procs([fork], timeout=60)[1] == []


def test_a_project_that_hides_an_imported_module_is_not_forked(tmp_path: Path) -> None:
    (tmp_path / "calendar.py").touch()
    with warm_server(tmp_path) as (_, client):
        assert client.stdout is not None
        assert int(client.stdout.readline()) == client.pid


@pytest.mark.parametrize("sent", [b"", b'{"arguments"', b"all of a task that is not forked"])
def test_a_client_that_is_killed_early_leaves_the_server_to_the_others(sent: bytes, tmp_path: Path) -> None:
    with warm_server(tmp_path) as (_, client):
        assert client.stdout is not None
        assert client.stdout.readline()
        if sent.startswith(b"all"):
            (tmp_path / "hiding").mkdir()
            (tmp_path / "hiding" / "calendar.py").touch()
            sent = json.dumps({"arguments": [], "environment": {}, "cwd": str(tmp_path / "hiding")}).encode() + b"\n"
        with socket.socket(socket.AF_UNIX) as killed:
            killed.connect(str(tmp_path / "address"))
            killed.sendall(sent)
        (tmp_path / "quick.py").write_text("print('forked')")
        command = [sys.executable, "-I", "-S", str(WARM_CLIENT), str(tmp_path / "quick.py")]
        environment = {WARM: str(tmp_path / "address")}
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=True,
        )
        assert done.stdout == b"forked\n"
