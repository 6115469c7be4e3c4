"""A Talend API by script: answers each request from a list, and keeps what was sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any, Union

import httpx

Answer = Union[
    int, "tuple[int, Any]", "tuple[int, Any, Mapping[str, str]]", type[Exception], Callable[..., httpx.Response]
]
"""A status; a status, a JSON body (or text, or bytes) and headers; an exception to raise; a function of the request."""


class Script:
    """The handler of an httpx.MockTransport. The last answer is given again for every further request."""

    def __init__(self, *answers: Answer) -> None:
        self.requests: list[httpx.Request] = []
        self._answers = answers or (200,)
        self._lock = threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            self.requests.append(request)
            answer = self._answers[min(len(self.requests), len(self._answers)) - 1]
        if isinstance(answer, type):
            raise answer("it broke: pat-of-a-test")
        if callable(answer):
            return answer(request)
        status, body, headers = answer_parts(answer)
        if body is None:
            return httpx.Response(status, headers=headers)
        if isinstance(body, (str, bytes)):
            return httpx.Response(status, content=body, headers=headers)
        # Escaped, so that a body may contain half a character.
        return httpx.Response(status, content=json.dumps(body), headers={"content-type": "application/json", **headers})

    @property
    def lines(self) -> list[str]:
        """Each request as `METHOD path?query`, as it was encoded."""
        return [f"{request.method} {request.url.raw_path.decode()}" for request in self.requests]

    @property
    def bodies(self) -> list[Any]:
        """The JSON body of each request; None where there was none."""
        return [json.loads(request.content) if request.content else None for request in self.requests]

    def queries(self) -> list[list[tuple[str, str]]]:
        """The query of each request, in order."""
        return [request.url.params.multi_items() for request in self.requests]


def answer_parts(answer: Any) -> tuple[int, Any, Mapping[str, str]]:
    """An answer as status, body and headers."""
    parts = (answer,) if isinstance(answer, int) else answer
    return (parts[0], parts[1] if len(parts) > 1 else None, parts[2] if len(parts) > 2 else {})
