"""Calls for which the API has no batch, made side by side: their latencies do not add up. The client paces them all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

AT_ONCE = 8
"""As many as an engine runs at once on a small machine."""


def side_by_side(call: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """What `call` returns for each of `items`, in their order. Raises what the first that failed raised.

    After a failure those not yet begun are left out.
    """
    if len(items) < 2:
        return [call(item) for item in items]
    with ThreadPoolExecutor(min(AT_ONCE, len(items)), thread_name_prefix="talend") as threads:
        futures = [threads.submit(call, item) for item in items]
        try:
            return [future.result() for future in futures]
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            raise
