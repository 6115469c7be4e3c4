"""A page of the web, open beside an offline tenant, gets neither its token nor its data."""

from __future__ import annotations

from typing import Any

import pytest

import support
from pulumi_talend_sandbox.tenant import Tenant


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:1"}, 200),
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1.evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:8400"}, 403),
        ({"Origin": "https://{host}"}, 403),
        ({"Origin": "http://{host}"}, 200),
        ({"Origin": "http://localhost:1", "Host": "localhost:1"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
@pytest.mark.parametrize("path", ["/", "/_sandbox/tenant", "/_sandbox/calls"])
def test_pages_of_the_web_get_nothing(tenant: Tenant, headers: dict[str, str], status: int, path: str) -> None:
    host = tenant.url.removeprefix("http://")
    sent = {name: value.replace("{host}", host) for name, value in headers.items()}
    answer: Any = support.fetch("GET", tenant.url + path, headers=sent)
    assert answer.status_code == status
    assert (tenant.token in answer.text) == (status == 200 and path == "/_sandbox/tenant")
