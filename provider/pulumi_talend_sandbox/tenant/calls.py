"""What the tenant was asked, in the order it arrived."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, overload

from pulumi_talend.api.operations import OPERATIONS

TOKEN_PATH = OPERATIONS["create_token"].path


@dataclass(frozen=True)
class Call:
    """One call the tenant got."""

    method: str
    path: str
    """The path as it was sent, percent-encoding and all, without the query."""
    query: dict[str, str] = field(default_factory=dict[str, str])
    """The query, decoded; a key that came more than once has its values joined by commas (see `pairs`)."""
    status: int = 0
    """The status that was answered; 0 while under way, and where the connection was closed without an answer."""
    body: Any = None
    """The body as parsed from JSON; as text where it is no JSON; None where there was none."""
    at: float = 0.0
    """When it arrived, seconds since 1970 by the tenant's clock."""
    token_name: str | None = None
    """The name of the token it came with; None where that was missing, wrong or expired."""
    pairs: tuple[tuple[str, str], ...] = ()
    """The query, decoded, as it was sent: a key once for each of its values."""
    version: str | None = None
    """The `talend-version` header."""

    @property
    def target(self) -> str:
        """The path with its query, the query's values decoded for reading."""
        return self.path + ("?" + "&".join(f"{k}={v}" for k, v in self.pairs) if self.pairs else "")

    def line(self) -> str:
        """`"GET /security/permissions?workspaceId=w 200"`."""
        return f"{self.method} {self.target} {self.status}"


class HangUp(Exception):
    """What an `on_call` callback raises to have the connection closed without an answer, as when somebody dies."""


class CallLog(Sequence[Call]):
    """The calls of a tenant, like a list; safe to read while the tenant serves.

    `limit` keeps the newest so many only (None: all), for a tenant that runs for days.
    """

    def __init__(self, limit: int | None = None, observer: Callable[[Call], None] | None = None) -> None:
        """Start empty. `observer` is shown each call as soon as its status is known."""
        self._observer = observer
        self._lock = threading.Lock()
        self._calls: dict[int, Call] = {}
        self._next = 0
        self._limit = limit

    def begin(self, call: Call) -> int:
        """Note a call that has arrived; its number for `finish`."""
        with self._lock:
            number = self._next
            self._next += 1
            self._calls[number] = call
            if self._limit is not None and len(self._calls) > self._limit:
                del self._calls[next(iter(self._calls))]
            return number

    def finish(self, number: int, status: int) -> None:
        """Note the status answered. A call cleared meanwhile stays cleared."""
        with self._lock:
            if number not in self._calls:
                return
            call = self._calls[number] = replace(self._calls[number], status=status)
        if self._observer is not None:
            self._observer(call)

    def clear(self) -> None:
        """Forget all calls."""
        with self._lock:
            self._calls.clear()

    def lines(self) -> list[str]:
        """Each call as `Call.line()`."""
        return [call.line() for call in self._all()]

    def writes(self) -> list[Call]:
        """The calls that can change something: no GET, and not the token endpoint."""
        return [call for call in self._all() if call.method != "GET" and call.path != TOKEN_PATH]

    def matching(self, wanted: Callable[[Call], bool]) -> list[Call]:
        """The calls for which `wanted` is true."""
        return [call for call in self._all() if wanted(call)]

    def _all(self) -> list[Call]:
        with self._lock:
            return list(self._calls.values())

    @overload
    def __getitem__(self, index: int) -> Call: ...
    @overload
    def __getitem__(self, index: slice) -> list[Call]: ...
    def __getitem__(self, index: int | slice) -> Call | list[Call]:
        return self._all()[index]

    def __iter__(self) -> Iterator[Call]:
        return iter(self._all())

    def __len__(self) -> int:
        with self._lock:
            return len(self._calls)

    def __repr__(self) -> str:
        return "CallLog(\n" + "".join(f"  {line}\n" for line in self.lines()) + ")"
