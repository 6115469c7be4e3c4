"""A server made of the vendor's documents: checks each request, and gives each documented answer in turn."""

from __future__ import annotations

import copy
import json
from typing import Any

import httpx

from contract.documents import Documented, operation_of, request_problems, sample
from pulumi_talend.api.operations import OPERATIONS, Operation

RATE_LIMIT_HEADERS = {"X-RateLimit-Limit": "10", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"}
TOKEN = {"access_token": "a-token-of-the-documents", "token_type": "Bearer", "expires_in": "3600"}


class DocumentedServer:
    """The handler of an `httpx.MockTransport`.

    Attributes:
        statuses: What to answer to an operation, by its name, one after the other, the last again and again; without an
            entry, its first documented success.
        sent: The operations that were called, in order.
        problems: How the requests broke the documents.
    """

    def __init__(self) -> None:
        self.statuses: dict[str, list[int]] = {}
        self.sent: list[Operation] = []
        self.problems: list[str] = []
        self.versions: set[str | None] = set()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        target = request.url.raw_path.decode()
        operation = operation_of(request.method, target.partition("?")[0])
        self.problems += request_problems(request.method, target, dict(request.headers), request.content)
        self.versions.add(request.headers.get("talend-version"))
        if operation is None:
            return httpx.Response(404)
        self.sent.append(operation)
        planned = self.statuses.get(operation.name, [min(operation.success)])
        status = planned.pop(0) if len(planned) > 1 else planned[0]
        headers = dict(RATE_LIMIT_HEADERS) if status == 429 else {}
        body = body_of(operation, status)
        if operation.paged and status == 200:
            headers |= {"page-first": "true", "page-last": "true", "page-number": "1", "total-pages": "1"}
            headers |= {"total-elements": str(len(body)), "page-total-elements": str(len(body))}
        content = b"" if body is None else json.dumps(body).encode()
        if content:
            headers["content-type"] = "application/json"
        return httpx.Response(status, content=content, headers=headers)


def body_of(operation: Operation, status: int) -> Any:
    """The documented body of an answer, made of its schema; None where it has none."""
    documented = Documented.of(operation)
    schema = documented.schema_of(documented.response(status).get("content", {}))
    if schema is None:
        return None
    made = copy.deepcopy(sample(schema))
    if operation == OPERATIONS["replace_role_mappings"]:
        return [made]  # the document's example is a list, its schema one of them
    if operation == OPERATIONS["create_token"]:
        assert set(made) == set(TOKEN)
        return TOKEN
    if status == 207:
        for row in made:
            row["status"] = 409
    if status >= 400 and "status" in made:
        made["status"] = status
    return made
