"""SSO role mappings: the collection that replaces everything, and the calls on one."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pulumi_talend_sandbox.tenant import Tenant

ALL = "/security/role-mappings"


def one(name: str) -> str:
    # "." and ".." have to be encoded too: clients resolve dots in a path, and what is left of /role-mappings/.
    # is the collection, whose DELETE takes all mappings.
    return f"{ALL}/{quote(name, safe='').replace('.', '%2E')}"


def mapping(name: str, *roles: str) -> dict[str, Any]:
    return {"name": name, "roles": list(roles)}


def test_the_post_replaces_all(tenant: Tenant, api: httpx.Client) -> None:
    assert len(api.get(ALL).json()) == len(tenant.role_mappings()) > 1
    wanted = [mapping("b", "Operator", "Data Steward"), mapping("a", "Operator")]
    answer = api.post(ALL, json=wanted)
    assert answer.status_code == 200
    assert api.get(ALL).json() == answer.json() == [wanted[1], wanted[0]]
    assert tenant.role_mappings() == {"a": ["Operator"], "b": ["Data Steward", "Operator"]}


def test_the_feature_is_on_where_there_is_a_mapping(tenant: Tenant, api: httpx.Client) -> None:
    assert tenant.role_mappings_enabled()
    assert api.delete(ALL).status_code == 204
    assert (tenant.role_mappings(), tenant.role_mappings_enabled()) == ({}, False)
    assert api.get(ALL).json() == []
    api.post(ALL, json=[mapping("a", "Operator")]).raise_for_status()
    assert tenant.role_mappings_enabled()
    api.post(ALL, json=[]).raise_for_status()
    assert not tenant.role_mappings_enabled()


@pytest.mark.parametrize(
    "name", ["two words", "/a//b/", "日本", "50%", "a+b", "a?b#c&d=e;f", "..", ".", "a\n", "\t", " a "]
)
def test_one_can_have_any_name(tenant: Tenant, api: httpx.Client, name: str) -> None:
    tenant.map_role("a", ["Operator"])  # what a server that reads names carelessly would take "a\n" for
    others = tenant.role_mappings()
    tenant.map_role(name, ["Operator"])
    assert api.get(one(name)).json() == mapping(name, "Operator")
    assert api.delete(one(name)).status_code == 204
    assert tenant.role_mappings() == others
    assert (api.get(one(name)).status_code, api.delete(one(name)).status_code) == (404, 404)


def test_a_slash_that_is_not_encoded_is_another_path(tenant: Tenant, api: httpx.Client) -> None:
    tenant.map_role("a/b", ["Operator"])
    for method, path in (("GET", "/a/b"), ("DELETE", "/a/b"), ("DELETE", "/"), ("DELETE", "%0A")):
        assert api.request(method, ALL + path).status_code == 404
    assert "a/b" in tenant.role_mappings()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(name=st.text(min_size=1).filter(lambda text: "," not in text and text.encode(errors="ignore").decode() == text))
def test_what_is_posted_is_what_is_read(api: httpx.Client, name: str) -> None:
    assert api.post(ALL, json=[mapping(name, "Operator")]).json() == [mapping(name, "Operator")]
    assert api.get(one(name)).json() == mapping(name, "Operator")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"name": "a", "roles": ["Operator"]}, "list"),
        ([{"name": "a"}], "roles"),
        ([{"roles": ["Operator"]}], "name"),
        ([mapping("", "Operator")], "name"),
        ([mapping("a,b", "Operator")], "comma"),
        ([mapping("a", "operator")], "'operator'"),
        ([mapping("a")], "no roles"),
        ([mapping("a", "")], "roles"),
        ([mapping("a", "Operator"), mapping("a", "Data Steward")], "twice"),
        ([{"name": 1, "roles": ["Operator"]}], "string"),
    ],
)
def test_a_body_that_is_not_valid_is_400_and_changes_nothing(
    tenant: Tenant, api: httpx.Client, body: Any, says: str
) -> None:
    before = tenant.snapshot()
    answer = api.post(ALL, json=body)
    assert answer.status_code == 400
    assert says in answer.json()["detail"]
    assert tenant.snapshot() == before


def test_a_role_renamed_by_the_vendor_orphans_its_mappings(tenant: Tenant, api: httpx.Client) -> None:
    before = api.get(ALL).json()
    tenant.rename_role("Operator", "Job Operator")
    assert api.get(ALL).json() == before
    assert api.post(ALL, json=before).status_code == 400
    assert api.post(ALL, json=[mapping("a", "Job Operator")]).status_code == 200
