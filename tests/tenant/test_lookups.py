"""Workspaces by FIQL; users, service accounts, roles and groups by pages."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from pulumi_talend_sandbox.tenant import Tenant, fiql
from pulumi_talend_sandbox.tenant.errors import ApiError


def names(api: httpx.Client, query: str | None) -> list[tuple[str, str]]:
    answer = api.get("/orchestration/workspaces", params={} if query is None else {"query": query})
    assert answer.status_code == 200
    return [(each["environment"]["name"], each["name"]) for each in answer.json()]


def test_workspaces_by_query(tenant: Tenant, api: httpx.Client) -> None:
    assert len(names(api, None)) == 13
    assert names(api, "name==Sales") == [("dev", "Sales"), ("staging", "Sales"), ("prod", "Sales")]
    assert names(api, "environment.name==prod;name==Sales") == [("prod", "Sales")]
    assert names(api, "type==custom") == [("dev", "Pricing Lab")]
    assert names(api, "name==Pricing Lab") == names(api, "name=='Pricing Lab'") == names(api, "name==Pricing%20Lab")
    assert names(api, "name==Nowhere") == []
    assert names(api, "name==sales") == []
    assert names(api, "name==Sales;name==Finance") == []
    sales = tenant.workspaces()[0]
    assert names(api, f"id=={sales['id']}") == [("dev", "Sales")]
    assert len(names(api, f"environment.id=={sales['environment']['id']};owner=={sales['owner']}")) == 5


def test_a_workspace_has_the_documented_fields(api: httpx.Client) -> None:
    first = api.get("/orchestration/workspaces").json()[0]
    assert {"id", "name", "environment", "owner", "type"} <= set(first)
    assert set(first["environment"]) == {"id", "name"}
    assert len(first["id"]) == 24


def test_names_with_reserved_characters_are_found(tenant: Tenant, api: httpx.Client) -> None:
    tenant.add_workspace("R&D; (EU), 50%")
    assert names(api, 'name=="R&D; (EU), 50%"') == [("dev", "R&D; (EU), 50%")]
    assert names(api, "name==R&D%3B %28EU%29%2C 50%25") == [("dev", "R&D; (EU), 50%")]


@pytest.mark.parametrize(
    "query",
    ["", "name", "name=Sales", "name=gt=3", "name!=Sales", "nope==1", "name==a,name==b", "name==a;", "(name==a)"],
)
def test_a_query_that_is_no_fiql_is_400(api: httpx.Client, query: str) -> None:
    assert api.get("/orchestration/workspaces", params={"query": query}).status_code == 400


@settings(deadline=None)
@given(st.text())
def test_fiql_parses_or_refuses(query: str) -> None:
    try:
        wanted = fiql.parse(query)
    except ApiError as error:
        refused = error.status
        event(f"refused {refused}")
        wanted = {"name": [query]} if refused == 400 else {}
    assert wanted
    assert set(wanted) <= set(fiql.FIELDS)


# --- pages


def pages(api: httpx.Client, path: str, size: int) -> list[list[dict[str, Any]]]:
    found: list[list[dict[str, Any]]] = []
    while True:
        answer = api.get(path, params={"page": len(found) + 1, "size": size})
        assert answer.headers["page-first"] == ("true" if not found else "false")
        found.append(answer.json())
        if answer.headers["page-last"] == "true":
            assert answer.headers["page-total"] == str(len(found))
            return found


@pytest.mark.parametrize(("size", "lengths"), [(50, [50, 14]), (100, [64]), (32, [32, 32]), (1, [1] * 64)])
def test_users_come_in_pages(tenant: Tenant, api: httpx.Client, size: int, lengths: list[int]) -> None:
    found = pages(api, "/account/users", size)
    assert [len(page) for page in found] == lengths
    assert [user["id"] for page in found for user in page] == [user["id"] for user in tenant.users()]


def test_a_page_beyond_the_last_is_empty(api: httpx.Client) -> None:
    answer = api.get("/account/users", params={"page": 3, "size": 50})
    assert (answer.status_code, answer.json(), answer.headers["page-last"]) == (200, [], "true")


@pytest.mark.parametrize(
    "query", [{"page": 0}, {"page": -1}, {"page": "x"}, {"size": 0}, {"size": 101}, {"size": "all"}, {"size": "1.5"}]
)
@pytest.mark.parametrize("path", ["users", "service-accounts", "roles", "groups"])
def test_pages_there_are_not_are_400(api: httpx.Client, path: str, query: dict[str, Any]) -> None:
    assert api.get(f"/account/{path}", params=query).status_code == 400


def test_users_who_have_access_somewhere(tenant: Tenant, api: httpx.Client, workspace: str) -> None:
    given_here = {key[2] for key in tenant.grants() if key[0] == workspace and key[1] == "users"}
    users = api.get("/account/users", params={"workspace_id": workspace}).json()
    assert {user["id"] for user in users} == given_here != set()
    dev = tenant.environments()[0]["id"]
    in_dev = {each["id"] for each in tenant.workspaces() if each["environment"]["id"] == dev}
    users = api.get("/account/users", params={"environment_id": dev}).json()
    assert {user["id"] for user in users} == {
        key[2] for key in tenant.grants() if key[0] in in_dev and key[1] == "users"
    }
    assert api.get("/account/users", params={"environment_id": "nowhere"}).json() == []
    tenant.set_behaviour(unknown_filter="404")
    assert api.get("/account/users", params={"environment_id": "nowhere"}).status_code == 404
    assert api.get("/account/users", params={"workspace_id": "nowhere"}).status_code == 404


def test_service_accounts_roles_and_groups(tenant: Tenant, api: httpx.Client) -> None:
    accounts = pages(api, "/account/service-accounts", 2)
    assert [len(page) for page in accounts] == [2, 2, 1]
    assert tenant.client_secret not in str(accounts)
    assert any("TMC_ENGINE_USE" in each["permissions"] for page in accounts for each in page)
    roles = api.get("/account/roles").json()
    assert {"Security Administrator", "Environment Administrator", "Operator"} <= {role["name"] for role in roles}
    groups = api.get("/account/groups").json()
    users = {user["id"] for user in tenant.users()}
    assert all(group["name"] and set(group["users"]) <= users for group in groups)


def test_where_an_accounts_permissions_are_told(tenant: Tenant, api: httpx.Client, engine_user: str) -> None:
    def of_user() -> dict[str, Any]:
        return next(user for user in api.get("/account/users?size=100").json() if user["id"] == engine_user)

    def of_role() -> dict[str, Any]:
        return next(role for role in api.get("/account/roles").json() if role["name"] == "Engine User")

    assert of_role()["permissions"] == ["TMC_ENGINE_USE"]
    assert "permissions" not in of_user()
    tenant.set_behaviour(account_permissions_told="users")
    assert "permissions" not in of_role()
    assert of_user()["permissions"] == ["TMC_ENGINE_USE"]
    tenant.set_behaviour(account_permissions_told="nowhere")
    assert "permissions" not in of_role()
    assert "permissions" not in of_user()


def test_how_a_users_roles_are_listed(tenant: Tenant, api: httpx.Client) -> None:
    assert api.get("/account/users?size=1").json()[0]["roles"] == ["Security Administrator"]
    tenant.set_behaviour(user_roles_as="objects")
    role = api.get("/account/users?size=1").json()[0]["roles"][0]
    assert role == {"id": tenant.roles()[0]["id"], "name": "Security Administrator"}


def test_the_page_headers_can_be_others(tenant: Tenant, api: httpx.Client) -> None:
    tenant.set_behaviour(page_headers="numbers", page_total="items", default_page_size=10)
    headers = api.get("/account/users?page=2").headers
    assert [headers[f"page-{each}"] for each in ("first", "last", "total", "size")] == ["1", "7", "64", "10"]
    tenant.set_behaviour(page_headers="none")
    assert not [name for name in api.get("/account/users").headers if name.startswith("page-")]
