"""The table of operations says what the vendor's documents say."""

from __future__ import annotations

import pytest

from contract.documents import Documented
from pulumi_talend.api.operations import ALL_OPERATIONS, OPERATIONS, PAGE_HEADERS, Operation

by_name = pytest.mark.parametrize("operation", ALL_OPERATIONS, ids=lambda operation: operation.name)
VERSION = "talendVersion"
"""The version may go into the query as well; it is sent as a header."""


@by_name
def test_a_row_is_as_documented(operation: Operation) -> None:
    documented = Documented.of(operation)
    assert documented.raw.get("operationId") == operation.operation_id
    assert documented.statuses == operation.success | operation.refusals
    query = {name: array for name, array in documented.query().items() if name != VERSION}
    assert {each.name: each.array for each in operation.query} == query
    if operation.name != "replace_role_mappings":  # the document describes its body in words only
        assert (operation.body is not None) == ("requestBody" in documented.raw)
    headers = documented.response(min(operation.success)).get("headers", {})
    assert set(headers) == (set(PAGE_HEADERS) if operation.paged else set())


def test_each_name_is_there_once() -> None:
    assert len(OPERATIONS) == len(ALL_OPERATIONS)
