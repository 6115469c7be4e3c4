"""Look-ups: queries as they are sent, and what accounts, roles and workspaces look like."""

from __future__ import annotations

from typing import Any

import pytest

import support
from pulumi_talend.api import Role
from pulumi_talend.errors import UnexpectedResponseError
from scripted import Script

LAST = {"page-last": "true", "total-elements": "1", "total-pages": "1"}


def test_workspaces_with_their_environment() -> None:
    body = [
        {
            "id": "w",
            "name": "Sales",
            "environment": {"id": "e", "name": "prod", "default": True},
            "type": "shared",
            "owner": "o",
        },
        {"id": "x", "name": "Lab"},
    ]
    api = Script((200, body))
    with support.mocked_client(api) as client:
        sales, lab = client.directory.workspaces()
    assert (sales.id, sales.name, sales.type, sales.owner) == ("w", "Sales", "shared", "o")
    assert sales.environment is not None
    assert (sales.environment.id, sales.environment.name) == ("e", "prod")
    assert lab.environment is None
    assert api.lines == ["GET /orchestration/workspaces"]


def test_each_listing_sends_what_is_documented() -> None:
    api = Script((200, [], LAST | {"total-elements": "0"}))
    with support.mocked_client(api) as client:
        client.directory.users()
        client.directory.roles()
        client.directory.service_accounts()
    assert api.lines == [
        "GET /account/users?page=1&size=100",
        "GET /account/roles?page=1&size=100",
        "GET /account/service-accounts",
    ]


def user(**fields: Any) -> Any:
    with support.mocked_client(Script((200, [{"id": "u", **fields}], LAST))) as client:
        (found,) = client.directory.users()
    return found


def test_a_user_in_full() -> None:
    found = user(
        login="mk@x",
        email="mk@x.example",
        firstName="Matthias",
        lastName="Krüger",
        active=False,
        roles=[{"id": "r1", "name": "Operator", "permissions": ["TMC_OPERATOR", "TMC_ENGINE_USE"]}, {"name": "Other"}],
        permissions=["TMC_OWN"],
    )
    assert (found.login, found.email, found.first_name, found.last_name) == (
        "mk@x",
        "mk@x.example",
        "Matthias",
        "Krüger",
    )
    assert found.active is False
    assert found.roles == (
        Role(id="r1", name="Operator", permissions=frozenset({"TMC_OPERATOR", "TMC_ENGINE_USE"})),
        Role(name="Other"),
    )
    assert found.permissions == {"TMC_OPERATOR", "TMC_ENGINE_USE", "TMC_OWN"}


@pytest.mark.parametrize(
    ("fields", "roles"),
    [
        ({}, ()),
        ({"roles": None}, ()),
        ({"roles": []}, ()),
        ({"roles": ["Operator"]}, (Role(name="Operator"),)),
        ({"roleIds": ["r1", "r2"]}, (Role(id="r1"), Role(id="r2"))),
        ({"roles": [], "roleIds": ["r1"]}, (Role(id="r1"),)),
        ({"roles": [{"id": "r1", "name": "A", "permissions": None}], "roleIds": ["r1"]}, (Role(id="r1", name="A"),)),
    ],
)
def test_roles_come_as_objects_names_or_ids(fields: dict[str, Any], roles: tuple[Role, ...]) -> None:
    found = user(**fields)
    assert found.roles == roles
    assert found.permissions == frozenset()
    assert found.active is None


@pytest.mark.parametrize("fields", [{"roles": "Operator"}, {"roles": [7]}, {"active": "perhaps"}, {"permissions": "X"}])
def test_an_account_of_another_form_is_an_error(fields: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedResponseError) as caught:
        user(**fields)
    support.readable(caught.value, "list the users (page 1)", next(iter(fields)))


def test_service_accounts_with_and_without_rights() -> None:
    body = [
        {"id": "s1", "name": "ci", "permissions": ["TMC_OPERATOR"]},
        {"id": "s2", "name": "old", "permissions": None},
    ]
    with support.mocked_client(Script((200, body))) as client:
        first, second = client.directory.service_accounts()
    assert (first.permissions, second.permissions) == (frozenset({"TMC_OPERATOR"}), frozenset())


@pytest.mark.parametrize(
    ("body", "rights"),
    [
        (
            {
                "type": "USER",
                "id": "u",
                "name": "Ada",
                "roles": [{"name": "R", "permissions": ["A", "B"]}, {"name": "S"}],
            },
            {"A", "B"},
        ),
        ({"type": "SERVICE_ACCOUNT", "id": "s", "name": "ci", "permissions": ["A"]}, {"A"}),
        ({"type": "SERVICE_ACCOUNT", "id": "s", "name": "ci"}, set[str]()),
    ],
)
def test_who_the_credential_belongs_to(body: dict[str, Any], rights: set[str]) -> None:
    api = Script((200, body))
    with support.mocked_client(api) as client:
        account = client.directory.me()
    assert (account.type, account.id, account.name) == (body["type"], body["id"], body["name"])
    assert account.permissions == rights
    assert api.lines == ["GET /account/me"]
