"""The API's error answer."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import Any


class ApiError(Exception):
    """A refusal the API answers with `status` and an ErrorResponse. Never leaves the server as a traceback."""

    def __init__(self, status: int, message: str) -> None:
        """Take the HTTP status (400..599) and one plain sentence."""
        super().__init__(message)
        self.status = status
        self.message = message


def error_body(status: int, message: str) -> dict[str, Any]:
    """The ErrorResponse (its fields are undocumented): status, code, message and a fresh request id."""
    try:
        code = HTTPStatus(status).name
    except ValueError:
        code = f"HTTP_{status}"
    return {"status": status, "code": code, "message": message, "requestId": str(uuid.uuid4())}
