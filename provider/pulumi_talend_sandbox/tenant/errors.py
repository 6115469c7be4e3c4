"""The API's refusals."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import Any


class ApiError(Exception):
    """A refusal that the API answers with `status` and an error body. Never leaves the server as a traceback."""

    def __init__(self, status: int, detail: str) -> None:
        """Take the HTTP status (400..599) and one plain sentence."""
        super().__init__(detail)
        self.status = status
        self.detail = detail


def error_body(status: int, detail: str, *, path: str = "") -> dict[str, Any]:
    """The error body of a call on `path`: `status`, `message` (for the user), `detail` (for the developer), `requestId`.

    The service account calls document `status` and `detail` only.
    """
    if path.startswith("/account/service-accounts"):
        return {"status": status, "detail": detail}
    return {"status": status, "message": phrase(status), "detail": detail, "requestId": str(uuid.uuid4())}


def phrase(status: int) -> str:
    """The standard phrase of a status, such as "Not Found"."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"
