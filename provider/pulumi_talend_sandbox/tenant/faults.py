"""What can go wrong between a client and a tenant, on demand."""

from __future__ import annotations

import re
import threading
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, field_validator

from .calls import Call

Kind = Literal[
    "status",
    "slow",
    "drop-before",
    "drop-after",
    "truncated",
    "html",
    "redirect",
    "missing-field",
    "extra-field",
    "huge",
    "empty-listing",
    "partial-listing",
    "error-in-200",
    "drip",
    "encoded-twice",
    "page-repeats",
    "row-moves",
]


class Fault(BaseModel):
    """One thing that goes wrong with the calls it matches.

    - `status`: answers `status` (default 500) with `headers` and `body` (default: an ErrorResponse).
    - `slow`: waits `delay` seconds, then does as asked.
    - `drop-before`, `drop-after`: closes the connection without an answer, before the work or after it.
    - `truncated`: does the work, then cuts the answer's body in half and closes the connection.
    - `html`: answers `status` (default 200) with an HTML page, as a proxy or a login page would.
    - `redirect`: answers `status` (default 302) with `Location: location`.
    - `missing-field`, `extra-field`: does the work and takes `field` from (or puts it into) each object of the answer.
    - `huge`: does the work and pads the answer with `size` bytes of white space: still the same JSON.
    - `empty-listing`, `partial-listing`: does the work and answers an empty list, or the first half of the list.
    - `error-in-200`: answers 200 with an error body (or `body`), without the work.
    - `drip`: does the work and sends the answer byte by byte, one every `every` seconds.
    - `encoded-twice`: does the work and sends the answer gzipped twice, with two `Content-Encoding` headers; a `size`
      that is set pads it first, as `huge` does.
    - `page-repeats`, `row-moves`: of a paged listing, gives the page before once more, or a page as it is after one of
      its rows has moved to the first page; meant for pages after the first (`path=r"page=2"`).

    Any kind may have a `delay`. Raises pydantic's `ValidationError` for values that make no sense.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    kind: Kind
    method: str | None = None
    """Only calls with this method. None: any."""
    path: str | None = None
    """A regular expression, searched in the path as sent and in path?query as `Call.target` has it. None: any."""
    times: Annotated[int, Field(ge=1)] | None = 1
    """How many matching calls it strikes. None: all."""
    after: Annotated[int, Field(ge=0)] = 0
    """How many matching calls pass before it strikes."""
    status: Annotated[int, Field(ge=200, le=599)] | None = None
    """The status of `status`, `html` and `redirect`."""
    headers: dict[str, str] = Field(default_factory=dict[str, str])
    """More headers for the answer."""
    body: Any = None
    """The body of `status` and `html`: a text as it is, anything else as JSON."""
    delay: Annotated[float, Field(ge=0)] = 0.0
    """Seconds to wait before anything else."""
    work_done: bool = False
    """For `status`, `html`, `redirect` and `error-in-200`: whether the call's work is done before it is answered so."""
    location: str = "http://127.0.0.1:9/elsewhere"
    """Where `redirect` points."""
    field: str | None = None
    """The field of `missing-field` (default: the first of each object) and `extra-field` (default: "unheardOf")."""
    size: Annotated[int, Field(ge=1)] = 50_000_000
    """The bytes of padding of `huge` and `encoded-twice`."""
    every: Annotated[float, Field(ge=0)] = 2.0
    """The seconds between two bytes of `drip`."""

    @field_validator("path")
    @classmethod
    def _is_a_pattern(cls, path: str | None) -> str | None:
        if path is not None:
            try:
                re.compile(path)
            except re.error as error:
                raise ValueError(f"no regular expression: {error}") from error
        return path

    def matches(self, call: Call) -> bool:
        """Whether the fault is meant for this call."""
        if self.method is not None and self.method.upper() != call.method:
            return False
        return self.path is None or bool(re.search(self.path, call.path) or re.search(self.path, call.target))


class FaultBook:
    """The faults still to come, in the order they were injected. Thread-safe."""

    def __init__(self) -> None:
        """Start without any."""
        self._lock = threading.Lock()
        self._faults: list[tuple[Fault, list[int]]] = []

    def add(self, fault: Fault) -> None:
        """Add one."""
        with self._lock:
            self._faults.append((fault, [0]))

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._faults.clear()

    def pending(self) -> list[Fault]:
        """The faults that can still strike."""
        with self._lock:
            return [fault for fault, seen in self._faults if not _spent(fault, seen[0])]

    def take(self, call: Call) -> Fault | None:
        """The fault that strikes this call: the first injected that matches and is due. Counts it as struck."""
        with self._lock:
            for fault, seen in self._faults:
                if _spent(fault, seen[0]) or not fault.matches(call):
                    continue
                seen[0] += 1
                if seen[0] > fault.after:
                    return fault
        return None


def _spent(fault: Fault, seen: int) -> bool:
    return fault.times is not None and seen >= fault.after + fault.times


def distort(fault: Fault, answer: object) -> object:
    """The JSON of an answer as a fault of a content kind changes it. Other kinds leave it as it is."""
    if isinstance(answer, list):
        items = cast("list[object]", answer)
        if fault.kind == "empty-listing":
            return []
        if fault.kind == "partial-listing":
            return items[: len(items) // 2]
        return [distort(fault, each) for each in items]
    if not isinstance(answer, dict):
        return answer
    record = dict(cast("dict[str, object]", answer))
    if fault.kind == "extra-field":
        record[fault.field or "unheardOf"] = {"since": "tomorrow"}
    elif fault.kind == "missing-field":
        record.pop(fault.field or next(iter(record), ""), None)
    return record
