"""What is taken from the SDK's dynamic host: the URN, its thread pool, its tracebacks; without one, everything goes on."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import traceback
import types
from collections.abc import Callable, Iterator
from concurrent import futures
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from pulumi_talend.dynamic_host import (
    EngineLog,
    OneLineError,
    current_urn,
    making_room,
    show_errors_in_one_line,
    widen_thread_pool,
)

URN = "urn:pulumi:dev::lab::pulumi-python:dynamic/talend:RoleMapping::crew"


@dataclass
class Request:
    urn: Any


class Servicer:
    """Calls a provider as the host's does: from a method of that name, with the request in it."""

    def Update(self, request: Request, work: Callable[[], str]) -> str:  # noqa: N802 - as in the host
        """`request` is found in this frame."""
        return work()


def test_the_urn_is_that_of_the_request_of_this_thread() -> None:
    servicer = Servicer()
    assert servicer.Update(Request(URN), current_urn) == URN
    assert servicer.Update(Request(None), current_urn) == ""
    assert current_urn() == ""
    found: list[str] = []
    thread = threading.Thread(target=lambda: found.append(current_urn()))
    servicer.Update(Request(URN), lambda: str(thread.start()))
    thread.join()
    assert found == [""], "a thread of its own serves no request"


@pytest.fixture
def main(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """The main module of the process, as in the host."""
    module = types.ModuleType("__main__")
    module.__spec__ = types.SimpleNamespace(name="pulumi.dynamic.__main__")  # pyright: ignore[reportAttributeAccessIssue]
    module.__dict__["traceback"] = traceback
    monkeypatch.setitem(sys.modules, "__main__", module)
    return module


def formatted(module: Any, error: Exception) -> str:
    try:
        raise error
    except Exception:  # noqa: BLE001 - as the host does
        return module.traceback.format_exc()


def test_errors_that_are_one_line_are_shown_so_and_others_with_their_traceback(main: types.ModuleType) -> None:
    assert show_errors_in_one_line()
    assert show_errors_in_one_line(), "once more changes nothing"
    assert formatted(main, OneLineError("it did not work")) == "it did not work"
    assert formatted(main, KeyError("a bug")).startswith("Traceback (most recent call last):")
    assert main.__dict__["traceback"].print_exc is traceback.print_exc


def test_no_other_process_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("__main__")
    module.__dict__["traceback"] = traceback
    monkeypatch.setitem(sys.modules, "__main__", module)
    assert not show_errors_in_one_line()
    assert module.__dict__["traceback"] is traceback


@pytest.mark.parametrize(
    ("setting", "at_once"), [("", 12), ("8", 8), ("0", 2), ("many", 12)], ids=["unset", "8", "off", "no number"]
)
def test_the_pool_grows_to_what_is_asked_for_also_for_calls_that_wait_already(
    monkeypatch: pytest.MonkeyPatch, setting: str, at_once: int
) -> None:
    monkeypatch.setenv("TALEND_HOST_THREADS", setting)
    release, running, grown = threading.Event(), threading.Semaphore(0), threading.Event()

    def call(first: bool) -> None:
        if first:
            grown.wait(60)
            widen_thread_pool()
        running.release()
        release.wait(60)

    with futures.ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(call, number == 0) for number in range(12)]
        grown.set()
        started = sum(running.acquire(timeout=60) for _ in range(at_once))
        assert started == at_once
        assert running.acquire(timeout=0.05) is False, "no more than that"
        release.set()
        for each in calls:
            each.result(60)


def test_an_operation_that_waits_for_others_leaves_its_place_to_one_of_them() -> None:
    came = threading.Semaphore(0)

    def waits() -> bool:
        with making_room():
            return came.acquire(timeout=60)

    def comes() -> None:
        came.release(2)

    with futures.ThreadPoolExecutor(2) as pool:
        for _ in range(2):  # a second time too: the pool takes busy threads for idle ones then, up to Python 3.11
            calls = [pool.submit(waits), pool.submit(waits), pool.submit(comes)]
            assert [call.result() for call in calls] == [True, True, None]
        assert pool._max_workers == 2  # pyright: ignore[reportPrivateUsage, reportUnknownMemberType, reportAttributeAccessIssue]


def test_outside_of_a_pool_there_is_nothing_to_widen() -> None:
    with making_room():
        pass
    assert not widen_thread_pool(64)


class Engine(engine_pb2_grpc.EngineServicer):
    """Takes log lines, as the engine does."""

    def __init__(self) -> None:
        self.lines: list[tuple[int, str, str]] = []

    def Log(self, request: Any, context: Any) -> Any:  # noqa: N802 - as in the protocol
        del context
        self.lines.append((request.severity, request.message, request.urn))
        return Empty()


@pytest.fixture
def engine() -> Iterator[tuple[Engine, str]]:
    server: Any = grpc.server(futures.ThreadPoolExecutor(2))  # pyright: ignore[reportUnknownMemberType]
    engine = Engine()
    engine_pb2_grpc.add_EngineServicer_to_server(engine, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield engine, f"127.0.0.1:{port}"
    server.stop(None)


def test_lines_go_to_the_row_of_the_resource(engine: tuple[Engine, str], capsys: pytest.CaptureFixture[str]) -> None:
    taken, address = engine
    log = EngineLog(address)
    log.say("anna gains VIEW", urn=URN)
    log.say("a setting is odd", severity="warning")
    assert taken.lines == [
        (engine_pb2.INFO, "anna gains VIEW", URN),
        (engine_pb2.WARNING, "a setting is odd", ""),
    ]
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("address", ["", "127.0.0.1:9"])
def test_without_an_engine_lines_are_printed(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    EngineLog(address).say("anna gains VIEW", urn=URN)
    assert capsys.readouterr().out == "talend: anna gains VIEW\n"


def test_the_address_is_the_argument_of_the_host(
    engine: tuple[Engine, str], main: types.ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main
    taken, address = engine
    monkeypatch.setattr(sys, "argv", ["pulumi.dynamic", address])
    EngineLog().say("it works")
    assert [message for _, message, _ in taken.lines] == ["it works"]


_HOST = """
import sys, threading, types
sys.argv = ["pulumi.dynamic", sys.argv[1]]
sys.modules["__main__"].__spec__ = types.SimpleNamespace(name="pulumi.dynamic.__main__")
from pulumi_talend.dynamic_host import end_with_engine
print(end_with_engine(), end_with_engine(), flush=True)
threading.Event().wait()
"""


def test_the_host_ends_once_its_engine_is_gone_and_no_sooner() -> None:
    with socket.create_server(("127.0.0.1", 0)) as engine:
        engine.settimeout(60)
        command = [sys.executable, "-c", _HOST, f"127.0.0.1:{engine.getsockname()[1]}"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as host:
            assert host.stdout is not None
            assert host.stdout.readline() == b"True False\n", "one watch is enough"
            assert host.stdin is not None
            host.stdin.close()
            for _ in range(2):  # asked, the engine is there: its input alone has ended
                engine.accept()[0].close()
            assert host.poll() is None
            engine.close()
            assert host.wait(60) == 1


def test_a_host_whose_input_is_no_pipe_of_an_engine_stays() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _HOST.replace("threading.Event().wait()", ""), "127.0.0.1:1"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
    )
    assert done.stdout == b"False False\n"
