"""Look-ups: queries as they are sent, pages to the last one."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

import support
from pulumi_talend.api import BadRequestError, TalendClient, UnexpectedAnswerError
from pulumi_talend_sandbox.tenant import Tenant, big


@pytest.fixture(scope="module")
def large() -> Iterator[Tenant]:
    """A company of 250 users."""
    with Tenant.start(seed=big(workspaces=5, users=250, grants=300)) as tenant:
        yield tenant


def test_workspaces_with_their_environment(tenant: Tenant, client: TalendClient) -> None:
    found = client.directory.workspaces()
    assert {(w.id, w.name, w.environment.name if w.environment else "", w.type, w.owner) for w in found} == {
        (w["id"], w["name"], w["environment"]["name"], w["type"], w["owner"]) for w in tenant.workspaces()
    }
    assert tenant.calls[0].query == {}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("environment.name==prod", {"Sales", "Finance", "Logistics", "Shared"}),
        ("environment.name==dev;name==Sales", {"Sales"}),
        ('name=="Pricing Lab"', {"Pricing Lab"}),
        ("name==Nowhere", set[str]()),
    ],
)
def test_a_fiql_query_arrives_as_it_is(tenant: Tenant, client: TalendClient, query: str, names: set[str]) -> None:
    assert {workspace.name for workspace in client.directory.workspaces(query=query)} == names
    assert [call.query for call in tenant.calls] == [{"query": query}]


@pytest.mark.parametrize("name", ["a+b", "a&b=c", "100 %", "Köln", "a#b", "a?b", "a/b"])
def test_odd_characters_of_a_query_are_encoded(tenant: Tenant, client: TalendClient, name: str) -> None:
    workspace = tenant.add_workspace(name)
    try:
        # Percent-encoded once for FIQL by the caller where FIQL needs it; here only '%' does.
        found = client.directory.workspaces(query=f'name=="{name.replace("%", "%25")}"')
        assert [one.id for one in found] == [workspace]
    finally:
        tenant.delete_workspace(workspace)


def test_a_query_that_is_none_is_named(client: TalendClient) -> None:
    with pytest.raises(BadRequestError) as caught:
        client.directory.workspaces(query="name~Sales")
    support.readable(caught.value, "list the workspaces", "name~Sales", "Check the query")


@pytest.mark.parametrize("headers", ["flags", "numbers", "none"])
def test_users_are_read_to_the_last_page(large: Tenant, headers: str) -> None:
    large.set_behaviour(page_headers=headers)
    large.calls.clear()
    with support.client_of(support.settings_for(large)) as client:
        users = client.directory.users()
    assert sorted(user.id for user in users) == sorted(user["id"] for user in large.users())
    assert [call.query for call in large.calls] == [{"page": str(page), "size": "100"} for page in (1, 2, 3)]


def test_users_of_an_environment_or_workspace(large: Tenant) -> None:
    workspace, other = large.workspaces()[0], large.workspaces()[1]
    held = {who for where, _, who in large.grants() if where == workspace["id"]}
    large.calls.clear()
    with support.client_of(support.settings_for(large)) as client:
        assert {user.id for user in client.directory.users(workspace_id=workspace["id"])} == held
        client.directory.users(environment_id=other["environment"]["id"])
    assert large.calls[0].query == {"workspace_id": workspace["id"], "page": "1", "size": "100"}
    assert large.calls[-1].query["environment_id"] == other["environment"]["id"]


def test_a_user_in_full(tenant: Tenant, client: TalendClient) -> None:
    asked = next(user for user in tenant.users() if user["lastName"] == "Krüger")
    (user,) = [one for one in client.directory.users() if one.id == asked["id"]]
    assert (user.login, user.email, user.first_name, user.last_name) == (
        asked["login"],
        asked["email"],
        "Matthias",
        "Krüger",
    )
    assert user.roles == [role["name"] for role in asked["roles"]]


@pytest.mark.parametrize("roles", ["names", "objects"])
@pytest.mark.parametrize("told", ["roles", "users", "nowhere"])
def test_where_an_account_s_permissions_stand_may_differ(
    tenant: Tenant, client: TalendClient, roles: str, told: str
) -> None:
    tenant.set_behaviour(user_roles_as=roles, account_permissions_told=told)
    user = next(one for one in client.directory.users() if one.id == support.engine_user_id(tenant))
    assert user.permissions == (["TMC_ENGINE_USE"] if told == "users" else None)
    role = next(one for one in client.directory.roles() if one.name == "Engine User")
    assert role.permissions == (["TMC_ENGINE_USE"] if told == "roles" else None)


def test_roles_groups_and_service_accounts(tenant: Tenant, client: TalendClient) -> None:
    assert {role.name for role in client.directory.roles()} == {role["name"] for role in tenant.roles()}
    assert {group.name for group in client.directory.groups()} == {group["name"] for group in tenant.groups()}
    accounts = {account.name: account for account in client.directory.service_accounts()}
    assert {a["name"]: a["id"] for a in tenant.service_accounts()} == {name: a.id for name, a in accounts.items()}
    assert accounts["engine-runner"].permissions == ["TMC_ENGINE_USE"]
    assert [call.path for call in tenant.calls] == ["/account/roles", "/account/groups", "/account/service-accounts"]


def test_roles_and_groups_are_read_to_the_last_page_too(tenant: Tenant, client: TalendClient) -> None:
    tenant.set_behaviour(default_page_size=2)
    assert len(client.directory.roles()) == len(tenant.roles()) > 2
    assert len(client.directory.groups()) == len(tenant.groups()) > 2


def test_a_listing_that_knows_no_pages_is_read_once_or_twice() -> None:
    asked: list[str] = []
    everybody = [{"id": str(number), "login": f"user{number}"} for number in range(130)]

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params["page"])
        return httpx.Response(200, json=everybody)

    with support.mocked_client(answer) as client:
        assert len(client.directory.users()) == 130
    assert asked == ["1", "2"]


def test_a_listing_without_end_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pulumi_talend.api.directory._MAX_PAGES", 5)

    def answer(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        return httpx.Response(200, json=[{"id": f"{page}-{number}"} for number in range(100)])

    with support.mocked_client(answer) as client, pytest.raises(UnexpectedAnswerError) as caught:
        client.directory.users()
    support.readable(caught.value, "list the users", "no last page")
