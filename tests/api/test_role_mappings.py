"""The calls on role mappings: the collection and one of it must never be taken for one another."""

from __future__ import annotations

from urllib.parse import quote

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import support
from pulumi_talend.api import BadRequestError, NotFoundError, RoleMapping, TalendClient, UnexpectedAnswerError
from pulumi_talend_sandbox.tenant import Fault, Tenant

PATH = "/security/role-mappings"
ODD = [
    "Data & Analytics/Developers",
    'quo"te',
    "per%cent",
    "%2F",
    "Köln",
    "a+b",
    "what?",
    "a#b",
    "a;b",
    "日本 語",
    "é",
    "a'b",
]


def test_each_call_is_the_documented_one(tenant: Tenant, client: TalendClient) -> None:
    before = tenant.role_mappings()
    listed = client.role_mappings.list()
    assert {mapping.name: sorted(mapping.roles) for mapping in listed} == before
    client.role_mappings.replace_all([*listed, RoleMapping(name="new", roles=["Operator"])])
    assert tenant.role_mappings() == {**before, "new": ["Operator"]}
    assert client.role_mappings.get("new") == RoleMapping(name="new", roles=["Operator"])
    client.role_mappings.remove("new")
    assert client.role_mappings.get("new") is None
    assert tenant.role_mappings() == before

    assert [f"{call.method} {call.path} {call.status}" for call in tenant.calls] == [
        f"GET {PATH} 200",
        f"POST {PATH} 200",
        f"GET {PATH}/new 200",
        f"DELETE {PATH}/new 204",
        f"GET {PATH}/new 404",
    ]
    assert tenant.calls[1].body == [
        *({"name": mapping.name, "roles": mapping.roles} for mapping in listed),
        {"name": "new", "roles": ["Operator"]},
    ]


def test_the_loud_one_disables_the_feature(tenant: Tenant, client: TalendClient) -> None:
    client.role_mappings.remove_all_and_disable()
    assert tenant.role_mappings() == {}
    assert not tenant.role_mappings_enabled()
    assert support.requests(tenant) == [f"DELETE {PATH}"]


@pytest.mark.parametrize("name", ODD)
def test_odd_names_arrive_as_they_are(tenant: Tenant, client: TalendClient, name: str) -> None:
    tenant.map_role(name, ["Operator"])
    tenant.map_role("bystander", ["Operator"])
    assert client.role_mappings.get(name) == RoleMapping(name=name, roles=["Operator"])
    client.role_mappings.remove(name)
    assert name not in tenant.role_mappings()
    assert "bystander" in tenant.role_mappings()
    assert [call.path for call in tenant.calls] == [f"{PATH}/{quote(name, safe='')}"] * 2


@given(st.text(max_size=12))
@example("..")
@example("/")
@example("a/..")
@example("../x")
@example("")
def test_no_name_whatever_leads_to_the_collection(name: str) -> None:
    paths: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.raw_path.decode())
        return httpx.Response(204)

    with support.mocked_client(answer) as client:
        try:
            client.role_mappings.remove(name)
        except ValueError:
            steps = {"", ".", ".."}.intersection(name.split("/"))
            assert steps or not any(character.isalnum() for character in name)
            assert paths == []
            return
    (path,) = paths
    prefix, _, segment = path.rpartition("/")
    assert prefix == PATH
    assert segment.strip(".")
    assert not set(segment) & set("?#")


def test_what_is_missing_is_named(client: TalendClient) -> None:
    with pytest.raises(NotFoundError) as caught:
        client.role_mappings.remove("nobody")
    support.readable(caught.value, "remove the role mapping 'nobody'", "404")


def test_a_refused_list_says_what_to_check(tenant: Tenant, client: TalendClient) -> None:
    before = tenant.snapshot()
    with pytest.raises(BadRequestError) as caught:
        client.role_mappings.replace_all([RoleMapping(name="new", roles=["Emperor"])])
    support.readable(caught.value, "Emperor", "Check the names of the Talend roles")
    assert tenant.snapshot() == before


def test_fields_that_nobody_knows_are_kept(tenant: Tenant, client: TalendClient) -> None:
    kept = {"name": "a", "roles": ["Operator"], "description": "by hand", "nested": {"n": [1, None]}}
    tenant.inject(Fault(kind="status", status=200, body=[kept]))
    (mapping,) = client.role_mappings.list()
    assert mapping.as_json() == kept
    assert mapping.with_roles(["Assets Manager"]).as_json() == {**kept, "roles": ["Assets Manager"]}


def test_a_list_with_a_name_twice_is_no_list_to_write_back(tenant: Tenant, client: TalendClient) -> None:
    names = ["a", "b", "a"]
    twice = [{"name": name, "roles": ["Operator"]} for name in names]
    tenant.inject(Fault(kind="status", status=200, body=twice))
    with pytest.raises(UnexpectedAnswerError) as caught:
        client.role_mappings.list()
    support.readable(caught.value, "'a' twice", "Nothing was changed")


@pytest.mark.parametrize("lost", ["name", "roles"])
def test_an_entry_that_lacks_a_field_is_an_error(tenant: Tenant, client: TalendClient, lost: str) -> None:
    tenant.inject(Fault(kind="missing-field", field=lost))
    with pytest.raises(UnexpectedAnswerError) as caught:
        client.role_mappings.list()
    support.readable(caught.value, f"0.{lost}", "talend:endpoint")


@pytest.mark.parametrize("body", [{"mappings": []}, None, "[]x", 7])
def test_another_form_is_never_an_empty_list(tenant: Tenant, client: TalendClient, body: object) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200) if body is None else httpx.Response(200, json=body)

    with support.mocked_client(answer) as other, pytest.raises(UnexpectedAnswerError):
        other.role_mappings.list()
