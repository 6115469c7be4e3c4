"""Calls side by side: results in order, the first error raised, at most eight at a time."""

from __future__ import annotations

import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_talend.access.side_by_side import AT_ONCE, side_by_side


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers()))
def test_the_results_come_in_order(items: list[int]) -> None:
    assert side_by_side(lambda item: item + 1, items) == [item + 1 for item in items]


def test_so_many_at_once_and_no_more() -> None:
    lock = threading.Lock()
    inside = most = 0
    together = threading.Barrier(AT_ONCE)

    def call(_item: int) -> None:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        together.wait(10)
        with lock:
            inside -= 1

    side_by_side(call, range(3 * AT_ONCE))
    assert most == AT_ONCE


def test_the_first_error_is_raised_and_the_rest_is_left_out() -> None:
    called: list[int] = []

    def call(item: int) -> None:
        called.append(item)
        if item == 1:
            raise KeyError(item)
        time.sleep(0.01)

    with pytest.raises(KeyError):
        side_by_side(call, range(500))
    assert len(called) < 500
