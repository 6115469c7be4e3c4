"""The page at / and the API's own page at /docs."""

from __future__ import annotations

import re

import httpx
import pytest

import support
from pulumi_talend.api.operations import ALL_OPERATIONS
from pulumi_talend_sandbox.tenant import Fault, Tenant


def test_it_shows_who_may_do_what(tenant: Tenant, workspace: str, user: str) -> None:
    tenant.grant(workspace, user, ["MANAGE", "VIEW"])
    page = support.fetch("GET", tenant.url + "/").text
    assert "Nordlicht Retail" in page
    row = re.search(r"<tr><th[^>]*>Paul Jansen.*?</tr>", page, re.DOTALL)
    assert row is not None
    assert re.findall(r'class="chip (\w+)"', row[0]) == ["MANAGE", "VIEW"]
    assert "service account" in page
    assert "engine use" in page
    assert "Data &amp; Analytics/Developers" in page


def test_it_lives(tenant: Tenant, api: httpx.Client, workspace: str, user: str) -> None:
    path = re.search(r'fetch\("([^"]+)"\)', support.fetch("GET", tenant.url + "/").text)
    assert path is not None
    before = support.fetch("GET", tenant.url + path[1]).text
    assert "Paul Jansen" not in before
    assert before in support.fetch("GET", tenant.url + "/").text
    api.post(f"/security/workspaces/{workspace}/users/{user}/permissions", json=["VIEW"])
    api.delete("/security/role-mappings")
    tenant.set_behaviour(post_on_existing="merge")
    tenant.inject(Fault(kind="slow", delay=1))
    after = support.fetch("GET", tenant.url + path[1]).text
    assert "Paul Jansen" in after
    assert "off for this tenant" in after
    assert "post_on_existing = merge" in after
    assert "Fault to come" in after
    assert re.findall(r"<code>((?:POST|DELETE) /[^<]*)</code>", after) == [
        "DELETE /security/role-mappings",
        f"POST /security/workspaces/{workspace}/users/{user}/permissions",
    ]


def test_names_are_text_never_markup(tenant: Tenant, api: httpx.Client, workspace: str) -> None:
    evil = "<script>alert('x')</script>"
    person = tenant.add_user(evil, first_name=evil)
    tenant.grant(workspace, person, ["VIEW"])
    tenant.add_workspace(evil, environment="dev")
    api.post("/security/role-mappings", json=[{"name": evil, "roles": ["Operator"]}])
    api.get("/account/users", params={"page": evil})
    page = support.fetch("GET", tenant.url + "/").text
    assert page.count("<script") == 1  # the page's own
    assert page.count("&lt;script&gt;") >= 4


def test_an_empty_tenant_has_a_page_too() -> None:
    with Tenant.start(seed="empty") as tenant:
        page = support.fetch("GET", tenant.url + "/").text
    assert page.count("Nobody has access") == 3
    assert "No customer role is mapped" in page


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_nothing_comes_from_elsewhere(tenant: Tenant, path: str) -> None:
    answer = support.fetch("GET", tenant.url + path)
    assert answer.status_code == 200
    found: list[str] = re.findall(r"""(?:src|href)=["']([^"']+)["']""", answer.text)
    for url in found:
        assert url.startswith(("/", "data:"))
        if url.startswith("/") and path == "/docs":
            assert support.fetch("GET", tenant.url + url).status_code == 200
    assert (path == "/docs") or "default-src 'none'" in answer.headers["content-security-policy"]


def test_the_openapi_document_has_every_operation(tenant: Tenant) -> None:
    paths = support.fetch("GET", tenant.url + "/openapi.json").json()["paths"]
    for operation in ALL_OPERATIONS:
        assert paths[operation.path][operation.method.lower()]["operationId"] == operation.name


def test_looking_at_it_is_no_call(tenant: Tenant) -> None:
    for path in ("/", "/docs", "/openapi.json", "/_sandbox/page"):
        assert support.fetch("GET", tenant.url + path).status_code == 200
    assert len(tenant.calls) == 0
