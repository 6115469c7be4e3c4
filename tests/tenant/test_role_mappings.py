"""SSO role mappings: the collection that replaces everything, and the unitary calls."""

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
    assert sorted(answer.json(), key=lambda each: each["name"]) == [wanted[1], wanted[0]]
    assert tenant.role_mappings() == {"a": ["Operator"], "b": ["Data Steward", "Operator"]}
    assert api.get(ALL).json() == answer.json()
    assert api.post(ALL, json=[]).json() == []
    assert tenant.role_mappings() == {}
    assert tenant.role_mappings_enabled()


def test_the_collection_delete_switches_the_feature_off(tenant: Tenant, api: httpx.Client) -> None:
    before = tenant.snapshot()
    assert api.delete(ALL).status_code == 204
    assert tenant.role_mappings() == {}
    assert not tenant.role_mappings_enabled()
    assert tenant.snapshot() != before
    assert api.get(ALL).json() == []
    tenant.set_behaviour(mappings_when_disabled="404")
    assert api.get(ALL).status_code == 404
    assert api.post(ALL, json=[mapping("a", "Operator")]).status_code == 200
    assert tenant.role_mappings_enabled()
    assert api.get(ALL).json() == [mapping("a", "Operator")]


NAMES = [
    "plain",
    "two words",
    "a/b",
    "/a/",
    "a//b",
    "Köln",
    "日本",
    'it\'s "so"',
    "50%",
    "a+b",
    "a?b#c",
    "a&b=c;d",
    "..",
    ".",
    "a\n",
    "\n",
    "a\nb",
    "\t",
    " a ",
]


@pytest.mark.parametrize("name", NAMES)
def test_the_unitary_calls_take_any_name(tenant: Tenant, api: httpx.Client, name: str) -> None:
    tenant.map_role("a", ["Operator"])  # what a server that reads names carelessly would take "a\n" for
    others = tenant.role_mappings()
    tenant.map_role(name, ["Operator"])
    assert api.get(one(name)).json() == mapping(name, "Operator")
    assert api.delete(one(name)).status_code == 204
    assert tenant.role_mappings() == others
    assert api.get(one(name)).status_code == 404
    gone = api.delete(one(name))
    assert gone.status_code == 404
    assert name in gone.json()["message"]


def test_a_slash_that_is_not_encoded_is_another_path(tenant: Tenant, api: httpx.Client) -> None:
    tenant.map_role("a/b", ["Operator"])
    assert api.get(f"{ALL}/a/b").status_code == 404
    assert api.delete(f"{ALL}/a/b").status_code == 404
    assert api.delete(f"{ALL}/").status_code == 404
    assert api.delete(f"{ALL}%0A").status_code == 404
    assert "a/b" in tenant.role_mappings()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(name=st.text(min_size=1).filter(lambda text: "," not in text and text.encode(errors="ignore").decode() == text))
def test_what_is_posted_is_what_is_read(api: httpx.Client, name: str) -> None:
    posted = api.post(ALL, json=[mapping(name, "Operator")])
    assert posted.json() == [mapping(name, "Operator")]
    assert api.get(one(name)).json() == mapping(name, "Operator")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"name": "a", "roles": ["Operator"]}, "list"),
        ([{"name": "a"}], "roles"),
        ([{"roles": ["Operator"]}], "name"),
        ([mapping("", "Operator")], "name"),
        ([mapping("a,b", "Operator")], "comma"),
        ([mapping("a", "No such role")], "'No such role'"),
        ([mapping("a", "operator")], "'operator'"),
        ([mapping("a")], "no roles"),
        ([mapping("a", "")], "roles"),
        ([mapping("a", "Operator"), mapping("a", "Data Steward")], "twice"),
        ([{"name": "a", "roles": "Operator"}], "list"),
        ([{"name": 1, "roles": ["Operator"]}], "string"),
    ],
)
def test_a_body_that_does_not_validate_is_400_and_changes_nothing(
    tenant: Tenant, api: httpx.Client, body: Any, says: str
) -> None:
    before = tenant.snapshot()
    answer = api.post(ALL, json=body)
    assert answer.status_code == 400
    assert says in answer.json()["message"]
    assert tenant.snapshot() == before


def test_empty_roles_and_duplicate_names_can_be_taken(tenant: Tenant, api: httpx.Client) -> None:
    tenant.set_behaviour(empty_roles="done", duplicate_mapping_names="last")
    body = [mapping("a", "Operator"), mapping("b"), mapping("a", "Data Steward")]
    assert api.post(ALL, json=body).status_code == 200
    assert tenant.role_mappings() == {"a": ["Data Steward"], "b": []}
