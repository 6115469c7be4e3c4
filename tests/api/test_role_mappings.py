"""The calls on role mappings: the collection and one of it must never be taken for one another."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import support
from pulumi_talend.api import RoleMapping
from pulumi_talend.errors import BadRequestError, NotFoundError, UnexpectedResponseError
from scripted import Script

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
    "a'b",
]


def mapping(name: str, *roles: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "roles": list(roles), **more}


def test_each_call_is_the_documented_one() -> None:
    before = [mapping("a", "Operator", priority=3), mapping("b", origin={"idp": "\ud800"})]
    api = Script((200, before), (200, before), (200, mapping("a", "Operator")), 204, 404)
    with support.mocked_client(api) as client:
        listed = client.role_mappings.list()
        client.role_mappings.replace_all([*listed, RoleMapping(name="new", roles=["Operator"])])
        assert client.role_mappings.get("a") == RoleMapping(name="a", roles=["Operator"])
        client.role_mappings.remove("a")
        assert client.role_mappings.get("a") is None
    assert api.lines == [f"GET {PATH}", f"POST {PATH}", f"GET {PATH}/a", f"DELETE {PATH}/a", f"GET {PATH}/a"]
    assert api.bodies[1] == [*before, mapping("new", "Operator")]  # with every field they came with


def test_a_mapping_with_other_roles_keeps_what_else_it_has() -> None:
    found = RoleMapping.model_validate(mapping("a", "Operator", priority=3))
    assert found.with_roles(["Viewer"]).as_json() == mapping("a", "Viewer", priority=3)


def test_a_mapping_without_roles_is_read() -> None:
    with support.mocked_client(Script((200, [mapping("a")]))) as client:
        assert client.role_mappings.list() == [RoleMapping(name="a", roles=[])]


@pytest.mark.parametrize("name", ODD)
def test_odd_names_arrive_as_they_are(name: str) -> None:
    api = Script((200, mapping(name, "Operator")))
    with support.mocked_client(api) as client:
        assert client.role_mappings.get(name) == RoleMapping(name=name, roles=["Operator"])
        client.role_mappings.remove(name)
    assert api.lines == [f"{method} {PATH}/{quote(name, safe='')}" for method in ("GET", "DELETE")]


@given(st.text(max_size=12))
@example("..")
@example("/")
@example("a/..")
@example("../x")
@example("")
def test_no_name_whatever_leads_to_the_collection(name: str) -> None:
    api = Script(204)
    with support.mocked_client(api) as client:
        try:
            client.role_mappings.remove(name)
        except ValueError:
            steps = {"", ".", ".."}.intersection(name.split("/"))
            assert steps or not any(character.isalnum() for character in name) or not name.isprintable()
            assert api.requests == []
            return
    (path,) = [request.url.raw_path.decode() for request in api.requests]
    prefix, _, segment = path.rpartition("/")
    assert prefix == PATH
    assert segment.strip(".")
    assert not set(segment) & set("?#")


def test_what_is_missing_is_named() -> None:
    with support.mocked_client(Script(404)) as client, pytest.raises(NotFoundError) as caught:
        client.role_mappings.remove("nobody")
    support.readable(caught.value, "remove the role mapping 'nobody'", "404")


def test_a_refused_list_says_what_to_check() -> None:
    api = Script((400, {"message": "no such role: X"}))
    with support.mocked_client(api) as client, pytest.raises(BadRequestError) as caught:
        client.role_mappings.replace_all([RoleMapping(name="a,b", roles=["X"])])
    support.readable(caught.value, "write the tenant's 1 role mappings", "no such role: X", "contains a comma")


def test_a_name_that_is_listed_twice_is_an_error() -> None:
    with (
        support.mocked_client(Script((200, [mapping("a", "X"), mapping("b"), mapping("a", "Y")]))) as client,
        pytest.raises(UnexpectedResponseError) as caught,
    ):
        client.role_mappings.list()
    support.readable(caught.value, "'a' twice", "in the console")


@pytest.mark.parametrize("lost", ["name", "roles"])
def test_an_entry_that_lacks_a_field_is_an_error(lost: str) -> None:
    broken = mapping("a", "X")
    del broken[lost]
    with support.mocked_client(Script((200, [broken]))) as client, pytest.raises(UnexpectedResponseError) as caught:
        client.role_mappings.list()
    support.readable(caught.value, f"0.{lost}", "talend:endpoint")


@pytest.mark.parametrize("body", [{"mappings": []}, None, 7, "null", [None], [mapping("a") | {"roles": None}]])
def test_another_form_is_never_an_empty_list(body: object) -> None:
    with support.mocked_client(Script((200, body))) as client, pytest.raises(UnexpectedResponseError):
        client.role_mappings.list()
