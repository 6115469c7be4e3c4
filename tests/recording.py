"""A program under Pulumi's mocks, and what it declares."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, cast

from pulumi.runtime import mocks, set_mocks


class Recorder(mocks.Mocks):
    """Keeps what is registered."""

    def __init__(self) -> None:
        self.inputs: dict[str, Any] = {}

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        inputs = cast("dict[str, Any]", args.inputs)  # pyright: ignore[reportUnknownMemberType]
        self.inputs[args.name] = dict(inputs)
        return "id", dict(inputs)

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        return {}, None


@contextmanager
def recording() -> Generator[Recorder]:
    """Resources that are declared within the block are registered with mocks, in an event loop of their own."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    found = Recorder()
    set_mocks(found, preview=False)
    try:
        yield found
    finally:
        asyncio.set_event_loop(None)
        loop.close()
