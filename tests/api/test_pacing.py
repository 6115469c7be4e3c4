"""Pacing: no call too many and no wait too long, whatever the API means by its headers."""

from __future__ import annotations

import math
import random
import threading
from email.utils import formatdate

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import simulation
import support
from pulumi_talend.api import Pacer
from pulumi_talend.api.pacing import MAX_RATE_LIMIT_WAIT_SECONDS, reset_in_seconds, retry_after_seconds
from pulumi_talend.errors import CancelledError

NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("30", 30),
        ("2.5", 2.5),
        ("999999999", 999_999_999),
        ("1700000030", 30),
        ("1700000030.5", 30.5),
        ("1700000030000", 30),
        ("1699999999", 0),
        ("-1", None),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
        ("Tue, 14 Nov 2023 22:13:50 GMT", None),
    ],
)
def test_reset_is_seconds_or_an_epoch_time(value: str, seconds: float | None) -> None:
    assert reset_in_seconds(value, now=NOW, server_date=None) == seconds


@pytest.mark.parametrize("skew", [-3600, -120, -3, 3, 120, 3600])
def test_an_epoch_time_is_the_server_s(skew: float) -> None:
    date = formatdate(NOW + skew, usegmt=True)
    assert reset_in_seconds(str(NOW + skew + 30), now=NOW, server_date=date) == 30
    assert reset_in_seconds("30", now=NOW, server_date=date) == 30


@pytest.mark.parametrize("skew", [-1, 0, 1, 2])
def test_a_clock_that_agrees_is_finer_than_the_date_header(skew: float) -> None:
    date = formatdate(NOW + skew, usegmt=True)
    assert reset_in_seconds(str(NOW + 30), now=NOW + 0.25, server_date=date) == 29.75


@pytest.mark.parametrize("date", ["", "yesterday", "Tue, 99 Nov 2023 22:13:50 GMT"])
def test_a_date_that_is_none_is_no_matter(date: str) -> None:
    assert reset_in_seconds(str(NOW + 30), now=NOW, server_date=date) == 30


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        ("0", 0),
        ("1.5", 1.5),
        (formatdate(NOW + 9, usegmt=True), 9),
        (formatdate(NOW + 9), 9),
        (formatdate(NOW - 9, usegmt=True), 0),
        ("-1", None),
        ("inf", None),
        ("later", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after_seconds(value, now=NOW, server_date=None) == seconds


def test_a_date_to_wait_for_is_by_the_server_s_clock() -> None:
    there = NOW + 600
    retry = formatdate(there + 9, usegmt=True)
    assert retry_after_seconds(retry, now=NOW, server_date=formatdate(there, usegmt=True)) == 9


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_header_whatever_is_a_crash(value: str, date: str) -> None:
    pacer = support.pacer_on(support.VirtualClock())
    for seconds in (
        reset_in_seconds(value, now=NOW, server_date=date),
        retry_after_seconds(value, now=NOW, server_date=date),
    ):
        assert seconds is None or 0 <= seconds < math.inf
    headers = {
        "x-ratelimit-limit": value,
        "x-ratelimit-remaining": value,
        "x-ratelimit-reset": value,
        "retry-after": value,
        "date": date,
    }
    with pacer.turn():
        pacer.observe(headers)
    assert pacer.refused(headers, fallback=1.0) > 0


def headers_of(*, limit: int | None = None, remaining: int, reset: float) -> dict[str, str]:
    found = {"x-ratelimit-remaining": str(remaining), "x-ratelimit-reset": str(reset)}
    return found if limit is None else {**found, "x-ratelimit-limit": str(limit)}


def spend(pacer: Pacer, headers: dict[str, str] | None = None) -> None:
    with pacer.turn():
        pacer.observe(headers or {})


def test_without_headers_nobody_ever_waits(clock: support.VirtualClock) -> None:
    pacer = support.pacer_on(clock)
    for _ in range(1000):
        spend(pacer)
    assert clock.waited == []


@pytest.mark.parametrize("lost", ["x-ratelimit-remaining", "x-ratelimit-reset"])
def test_half_of_the_headers_says_nothing(clock: support.VirtualClock, lost: str) -> None:
    pacer = support.pacer_on(clock)
    headers = headers_of(limit=1, remaining=0, reset=60)
    del headers[lost]
    for _ in range(3):
        spend(pacer, headers)
    assert clock.waited == []


def test_a_long_wait_is_said_once_to_all_threads(clock: support.VirtualClock) -> None:
    said: list[str] = []
    pacer = support.pacer_on(clock, said)
    spend(pacer, headers_of(limit=5, remaining=0, reset=12))
    started = clock.now
    spend(pacer)
    spend(pacer)
    assert said == ["waiting 12 s for the API's rate limit"]
    assert clock.now - started == pytest.approx(12)


def test_a_short_wait_is_not_said(clock: support.VirtualClock) -> None:
    said: list[str] = []
    pacer = support.pacer_on(clock, said)
    spend(pacer, headers_of(limit=5, remaining=0, reset=1.5))
    spend(pacer)
    assert said == []
    assert sum(clock.waited) == pytest.approx(1.5)


def test_waiting_is_done_in_slices_so_that_its_end_is_seen(clock: support.VirtualClock) -> None:
    pacer = support.pacer_on(clock)
    spend(pacer, headers_of(limit=5, remaining=0, reset=30))
    spend(pacer)
    assert max(clock.waited) <= 0.25


@pytest.mark.parametrize("reset", [999_999_999, NOW + 10**7])
def test_a_reset_in_years_is_not_waited_for(clock: support.VirtualClock, reset: float) -> None:
    pacer = support.pacer_on(clock)
    spend(pacer, headers_of(limit=5, remaining=0, reset=reset))
    spend(pacer)
    assert sum(clock.waited) <= MAX_RATE_LIMIT_WAIT_SECONDS + 1


def test_a_429_closes_the_door_for_everybody(clock: support.VirtualClock) -> None:
    pacer = support.pacer_on(clock)
    assert pacer.refused({"retry-after": "20"}, fallback=1) == 20
    assert pacer.refused({"retry-after": "5"}, fallback=1) == 5  # a shorter word does not open it earlier
    started = clock.now
    spend(pacer)
    assert clock.now - started == pytest.approx(20)


def test_who_is_refused_right_after_waiting_as_told_learns_to_come_later(clock: support.VirtualClock) -> None:
    pacer = support.pacer_on(clock)
    waits: list[float] = []
    for _ in range(8):
        waits.append(pacer.refused({"retry-after": "10"}, fallback=1))
        spend(pacer)
        clock.sleep(0.01)
    assert waits == [10, *(10.25, 10.5, 10.75), *[11.0] * 4]


def test_the_end_of_the_process_ends_the_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ended:
        def is_alive(self) -> bool:
            return False

    clock = support.VirtualClock()
    pacer = support.pacer_on(clock)
    pacer.refused({"retry-after": "600"}, fallback=1)
    monkeypatch.setattr(threading, "main_thread", Ended)
    with pytest.raises(CancelledError) as caught, pacer.turn():
        raise AssertionError("the turn came")
    support.readable(caught.value, "shutting down", "nothing was sent")
    assert sum(clock.waited) <= 0.25


def test_a_late_response_of_the_window_before_does_not_end_this_one(clock: support.VirtualClock) -> None:
    """Whoever believed it would make the calls of one more window, and be refused."""
    pacer = support.pacer_on(clock)
    is_under_way, answered = threading.Event(), threading.Event()
    spend(pacer, headers_of(limit=5, remaining=4, reset=1))

    def late() -> None:
        with pacer.turn():
            is_under_way.set()
            assert answered.wait(60)
            pacer.observe(headers_of(limit=5, remaining=3, reset=0.1))

    thread = threading.Thread(target=late)
    thread.start()
    assert is_under_way.wait(60)
    clock.sleep(2)
    spend(pacer, headers_of(limit=5, remaining=4, reset=10))
    answered.set()
    thread.join(60)
    started = clock.now
    for _ in range(4):
        spend(pacer)
    assert clock.now - started == pytest.approx(10)


def test_a_call_that_fails_gives_its_place_back(clock: support.VirtualClock) -> None:
    pacer = support.pacer_on(clock)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), pacer.turn():
            raise ZeroDivisionError
    spend(pacer, headers_of(limit=2, remaining=1, reset=10))
    spend(pacer)
    assert clock.waited == []


@settings(max_examples=60, deadline=None)
@given(
    threads=st.integers(1, 8),
    calls=st.integers(1, 12),
    limit=st.integers(1, 12),
    window=st.sampled_from([1.0, 5.0, 7.3]),
    latency=st.sampled_from([0.0, 0.05, 0.9]),
    reset_as=st.sampled_from(["seconds", "epoch", "milliseconds"]),
    skew=st.sampled_from([0.0, -300.0, 300.0]),
    seed=st.integers(0, 9),
)
def test_alone_on_a_tenant_no_call_is_refused_after_the_first_answer(
    threads: int, calls: int, limit: int, window: float, latency: float, reset_as: str, skew: float, seed: int
) -> None:
    time = simulation.VirtualTime(NOW)
    api = simulation.LimitedApi(time, calls=limit, seconds=window, reset_as=reset_as, skew=skew)
    pacer = Pacer(clock=time, wall=time, wait=time.wait)
    assume(latency < window / 4)  # an answer that outlives its window tells of the past
    draw = random.Random(seed)
    answers = 0
    needless: list[float] = []

    def work() -> None:
        nonlocal answers
        for _ in range(calls):
            taken = False
            while not taken:
                with pacer.turn():
                    told = answers > 0
                    time.sleep(latency * draw.random())
                    taken, headers = api.call()
                    time.sleep(latency * draw.random())
                    pacer.observe(headers)
                    answers += 1
                if not taken:
                    needless.extend([time()] if told else [])
                    pacer.refused(headers, fallback=0.5)

    time.run([work] * threads)

    total = threads * calls
    assert len(api.taken) == total
    # What is sent before the first answer cannot know of a limit; from then on nothing is refused.
    assert needless == []
    # And nobody waits longer than the windows that these calls need; a window costs up to a second for the rounding of its
    # reset, the coarse Date header another, and a call under way at its end.
    windows = math.ceil(total / limit) + (1 if api.refused else 0)
    assert time() - NOW <= windows * (window + 2.5 + 2 * latency) + (calls + 1) * 2 * latency
