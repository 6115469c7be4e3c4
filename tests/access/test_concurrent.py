"""Concurrent calls: results in order, a failure after what is under way, an interrupt at once."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pulumi_talend.access import concurrent
from pulumi_talend.access.concurrent import MOST_AT_ONCE, map_concurrently


def test_results_are_in_the_order_of_the_items_and_calls_run_at_once() -> None:
    together = threading.Barrier(MOST_AT_ONCE)

    def call(number: int) -> int:
        together.wait(60)
        return -number

    assert map_concurrently(call, range(2 * MOST_AT_ONCE)) == [-number for number in range(2 * MOST_AT_ONCE)]


def test_after_a_failure_what_is_under_way_ends_and_nothing_else_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, ended, shut_down = list[int](), list[int](), threading.Event()

    class Pool(ThreadPoolExecutor):
        def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
            super().shutdown(wait=False, cancel_futures=cancel_futures)
            shut_down.set()
            super().shutdown(wait=wait)

    def call(number: int) -> None:
        begun.append(number)
        if number == 0:
            raise LookupError
        shut_down.wait(60)
        ended.append(number)

    monkeypatch.setattr(concurrent, "ThreadPoolExecutor", Pool)
    with pytest.raises(LookupError):
        map_concurrently(call, range(MOST_AT_ONCE * 2))
    assert len(begun) <= MOST_AT_ONCE + 1
    assert sorted(ended) == sorted(begun)[1:], "a call is still under way"


_INTERRUPTED = """
import signal, sys, threading, time
from pulumi_talend.access.concurrent import map_concurrently
from pulumi_talend.api.network import check_running

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts what is in the background without
begun = threading.Barrier(2)

def call(number):
    begun.wait()
    if number == 0:
        # Python itself may lose a lock to an interrupt that comes while a thread turns to wait: it comes a while after.
        while sys._current_frames()[threading.main_thread().ident].f_code.co_name != "wait":
            time.sleep(0.01)
        time.sleep(0.5)
        print("ready", flush=True)
    while True:
        check_running()
        time.sleep(0.01)

try:
    map_concurrently(call, [0, 1])
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def test_an_interrupt_of_a_command_does_not_wait_for_the_calls_under_way() -> None:
    with subprocess.Popen([sys.executable, "-c", _INTERRUPTED], stdout=subprocess.PIPE, text=True) as command:
        assert command.stdout is not None
        try:
            assert command.stdout.readline() == "ready\n"
            command.send_signal(signal.SIGINT)
            assert command.wait(60) == 0
            assert command.stdout.readline() == "interrupted\n"
        finally:
            command.kill()
