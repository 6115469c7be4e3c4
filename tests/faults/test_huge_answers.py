"""An answer of 100 MB is refused before it is in memory, whether it says how long it is or not."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator

import httpx
import pytest

import support
from pulumi_talend.api import TalendClient
from pulumi_talend.api.transport import MAX_RESPONSE_BYTES
from pulumi_talend.errors import UnexpectedResponseError
from pulumi_talend_sandbox.tenant import Fault, Tenant

HUGE = 100_000_000
PIECE = 1 << 16


def peak(work: Callable[[], object]) -> int:
    """The most bytes that Python held at once while `work` was refused."""
    tracemalloc.start()
    try:
        with pytest.raises(UnexpectedResponseError, match="larger than 64 MiB") as refused:
            work()
        support.readable(refused.value, "talend:endpoint")
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_one_that_says_how_long_it_is_is_not_even_read(tenant: Tenant, client: TalendClient) -> None:
    client.role_mappings.list()
    tenant.inject(Fault(kind="huge", size=HUGE))
    assert peak(client.role_mappings.list) < 16_000_000  # the tenant's own pieces, in this very process
    assert client.role_mappings.list()


def test_one_that_does_not_say_is_read_up_to_the_limit() -> None:
    sent: list[int] = []

    def pieces() -> Iterator[bytes]:
        for _ in range(HUGE // PIECE):
            sent.append(PIECE)
            yield b" " * PIECE

    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=pieces())

    client = support.mocked_client(answer)
    assert peak(client.role_mappings.list) < MAX_RESPONSE_BYTES + 16_000_000
    assert sum(sent) <= MAX_RESPONSE_BYTES + PIECE
