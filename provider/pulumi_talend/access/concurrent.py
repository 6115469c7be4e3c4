"""Calls for which the API has no batch, made concurrently. The client paces them all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST_AT_ONCE = 8
"""As many as an engine runs at once on a small machine."""


def map_concurrently(call: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """Calls `call` for each of `items`.

    Returns:
        The results, in the order of `items`.

    Raises:
        Exception: What the first failed call raised, once the calls under way are over; others are not begun any more.
        KeyboardInterrupt: At once. The calls under way end with the main thread (`api.network.check_running`).
    """
    if len(items) < 2:
        return [call(item) for item in items]
    threads = ThreadPoolExecutor(min(MOST_AT_ONCE, len(items)), thread_name_prefix="talend")
    try:
        results = [future.result() for future in [threads.submit(call, item) for item in items]]
    except BaseException as error:
        threads.shutdown(wait=isinstance(error, Exception), cancel_futures=True)
        raise
    threads.shutdown()
    return results
