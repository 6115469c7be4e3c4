"""What a call sends, and the guard that no request of this package can bypass."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

from ..errors import UnsafeNameError
from .lean_httpx import httpx
from .operations import ALL_OPERATIONS, OPERATIONS, WORKSPACE_RIGHTS, Operation
from .text import clean

_PARAMETER = re.compile(r"\{\w+\}")


@dataclass(frozen=True)
class Request:
    """One call of an operation, with the words for its errors.

    Attributes:
        operation: What is called: method, path, rights, query parameters.
        subject: Completes "Could not ..." and names the object.
        path_values: The values of the path's parameters, in order, not encoded.
        query: Query parameters. None leaves one out; a sequence is sent as repeated keys.
        body: JSON body; None for none.
        advice: What to do where the API refuses the request as not valid, or does not find the object.
        at_once: Whether the request must not be sent later than now, because its body may be outdated then: it does not wait
            for the rate limit and is never sent again.
    """

    operation: Operation
    subject: str
    path_values: tuple[str, ...] = ()
    query: Mapping[str, str | Sequence[str] | None] = field(default_factory=dict[str, "str | Sequence[str] | None"])
    body: Any = None
    advice: str = ""
    at_once: bool = False

    @property
    def method(self) -> str:
        """HTTP method."""
        return self.operation.method

    @property
    def path(self) -> str:
        """The path below the base URL, encoded.

        Raises:
            UnsafeNameError: A value is not safe in a path.
        """
        values = iter(self.path_values)
        return _PARAMETER.sub(lambda _: path_segment(next(values)), self.operation.path)

    @property
    def params(self) -> list[tuple[str, str]]:
        """The query as names and values, an array as repeated names.

        Raises:
            UnsafeNameError: A value cannot be encoded.
        """
        pairs: list[tuple[str, str]] = []
        for name, value in self.query.items():
            values = [value] if isinstance(value, str) else value or []
            pairs += [(name, one) for one in values]
        for name, value in pairs:
            if not _encodable(value):
                raise UnsafeNameError(f"'{clean(value)}' is not valid Unicode ({name}); nothing was sent")
        return pairs

    @property
    def writes(self) -> bool:
        """Whether the call changes something in the tenant."""
        return self.operation.method != "GET" and not self.operation.basic

    @property
    def repeatable(self) -> bool:
        """Whether sending it twice has the effect of sending it once."""
        return self.operation.method != "POST" or self.operation.basic

    @property
    def rights(self) -> str:
        """The rights that the operation requires, in words; empty where the table names none."""
        names = " and ".join(sorted(self.operation.rights))
        if self.operation.rights == WORKSPACE_RIGHTS:
            return f"the role Environment Administrator ({names})"
        return names or " or ".join(sorted(self.operation.any_right))


@dataclass(frozen=True)
class Response:
    """A successful response: status, headers, parsed JSON (None where there was no body)."""

    status: int
    headers: httpx.Headers
    data: Any


def path_segment(value: str) -> str:
    """Returns `value` as one segment of a path, percent-encoded whole (slashes too).

    Raises:
        UnsafeNameError: `value` has no letter or digit, or has an empty, "." or ".." step between slashes. A server or proxy
            could resolve such steps; then the call would reach the collection above, whose DELETE removes everything.
    """
    steps = value.split("/")
    if (
        not _encodable(value)
        or not any(character.isalnum() for character in value)
        or any(step in {"", ".", ".."} for step in steps)
    ):
        raise UnsafeNameError(
            f"'{clean(value)}' is not safe in the path of a URL; nothing was sent", advice="Rename it in the console."
        )
    return quote(value, safe="")


def _encodable(value: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in value)


def _segments(operation_name: str) -> tuple[str, ...]:
    return tuple(OPERATIONS[operation_name].path.strip("/").split("/"))


_NEVER_DELETED = _segments("delete_role_mappings")
_BATCH_DELETES: Mapping[tuple[str, ...], tuple[str, ...]] = {
    _segments(each.name): tuple(parameter.name for parameter in each.query)
    for each in ALL_OPERATIONS
    if each.method == "DELETE" and each.batch
}


class DeleteGuard:
    """Refuses the DELETE requests that would remove more than anybody named.

    A batch DELETE with an empty list of ids means *everybody* to the API; the DELETE of all role mappings switches the feature
    off. Installed as a request hook of the HTTP client, so that every request passes it, whoever built it.
    """

    def __init__(self, base_url: str) -> None:
        self._base = _resolved(httpx.URL(base_url).raw_path.decode("ascii").split("/"))

    def __call__(self, request: httpx.Request) -> None:
        """Checks a request that is about to be sent.

        Raises:
            UnsafeNameError: The request is refused. It is a ValueError too.
        """
        if request.method.upper() != "DELETE":
            return
        path = request.url.raw_path.decode("ascii").partition("?")[0]
        # Some servers and proxies decode a segment before they split the path, others after.
        for steps in ([unquote(step) for step in path.split("/")], unquote(path).split("/")):
            target = _resolved(steps)
            if target[: len(self._base)] == self._base:
                target = target[len(self._base) :]
            if target == _NEVER_DELETED:
                raise UnsafeNameError("a DELETE of all role mappings would switch the feature off; nothing was sent")
            if target in _BATCH_DELETES:
                _check_lists(request, _BATCH_DELETES[target])


def _check_lists(request: httpx.Request, names: tuple[str, ...]) -> None:
    for name in names:
        values = request.url.params.get_list(name)
        # Some servers split a value at commas: an empty piece is an empty id, and "a,b" would be two ids that nobody named.
        if not values or any("," in value or not any(map(str.isalnum, value)) for value in values):
            raise UnsafeNameError(
                f"a batch DELETE needs ids in {name}, each without a comma: an empty one means everybody; nothing was sent"
            )


def _resolved(steps: Sequence[str]) -> tuple[str, ...]:
    """The steps of a path as a server may resolve them: without empty ones, with "." and ".." followed."""
    found: list[str] = []
    for step in steps:
        if step == "..":
            found[-1:] = []
        elif step not in {"", "."}:
            found.append(step)
    return tuple(found)
