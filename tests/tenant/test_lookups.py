"""Workspaces and environments by FIQL; users, roles and groups by pages; who is asking."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import support
from pulumi_talend_sandbox.tenant import Fault, Tenant
from pulumi_talend_sandbox.tenant.errors import ApiError
from pulumi_talend_sandbox.tenant.fiql import Query
from tenant.conftest import client_of

WORKSPACES = "/orchestration/workspaces"


def names(api: httpx.Client, query: str | None) -> list[tuple[str, str]]:
    answer = api.get(WORKSPACES, params={} if query is None else {"query": query})
    assert answer.status_code == 200
    return [(each["environment"]["name"], each["name"]) for each in answer.json()]


def test_workspaces_by_query(tenant: Tenant, api: httpx.Client) -> None:
    assert len(names(api, None)) == 13
    assert names(api, "name==Sales") == [("dev", "Sales"), ("staging", "Sales"), ("prod", "Sales")]
    assert names(api, "environment.name==prod;name==Sales") == [("prod", "Sales")]
    assert names(api, "type==custom") == [("dev", "Pricing Lab")]
    assert names(api, "name==Pricing Lab") == names(api, "name=='Pricing Lab'") == names(api, "name==*cing%20L*")
    assert names(api, "name==sales") == names(api, "name==Sales;name==Finance") == []
    assert len(names(api, "environment.name==dev;name!=Sales")) == 4
    assert len(names(api, "name==Sales,name==Finance,type==custom;name!=Sales")) == 7
    tenant.set_behaviour(fiql_comma="and")
    assert names(api, "name==S*,environment.name==prod") == [("prod", "Sales"), ("prod", "Shared")]
    sales = tenant.workspaces()[0]
    assert names(api, f"id=={sales['id']}") == [("dev", "Sales")]


def test_environments_by_query(tenant: Tenant, api: httpx.Client) -> None:
    found = api.get("/orchestration/environments", params={"query": 'name==*d*;description==""'}).json()
    assert found == [each for each in tenant.environments() if each["name"] in ("dev", "prod")]


def test_names_with_reserved_characters_are_found(tenant: Tenant, api: httpx.Client) -> None:
    tenant.add_workspace("R&D; (EU), 50%*")
    assert names(api, "name==R&D%3B %28EU%29%2C 50%25%2A") == [("dev", "R&D; (EU), 50%*")]
    assert names(api, "name==R%2A") == []


@pytest.mark.parametrize("query", ["", "name", "name=Sales", "name=gt=3", "nope==1", "name==a;", "(name==a)"])
def test_a_query_that_is_not_fiql_is_400(api: httpx.Client, query: str) -> None:
    assert api.get(WORKSPACES, params={"query": query}).status_code == 400


@settings(deadline=None)
@given(st.text(), st.text())
def test_a_query_matches_or_is_refused(query: str, name: str) -> None:
    try:
        parsed = Query(query, ("name",))
    except ApiError as error:
        status = error.status
    else:
        status = 200 if parsed.matches({"name": name}) in (True, False) else 500
    assert status in (200, 400)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="*"), min_size=1))
def test_an_encoded_value_finds_its_name(name: str) -> None:
    assert Query(f"name=={quote(name, safe='')}", ("name",)).matches({"name": name})


def test_an_operator_sees_the_workspaces_that_they_have_access_to(tenant: Tenant, workspace: str) -> None:
    def seen(*rights: str) -> list[str] | int:
        account = tenant.add_service_account("-".join(rights) or "none", permissions=rights, secret="s")
        tenant.grant(workspace, service_account_id=account, permissions=["VIEW"])
        tenant.set_behaviour(oauth_rights="none")
        body = {"audience": tenant.url, "grant_type": "client_credentials"}
        answer = support.fetch("POST", tenant.url + "/security/oauth/token", auth=(account, "s"), json=body)
        with client_of(tenant, answer.json()["access_token"]) as api:
            me = api.get("/account/me").json()
            assert (me["type"], me["id"], me["permissions"]) == ("SERVICE_ACCOUNT", account, sorted(rights))
            places, environments = api.get(WORKSPACES), api.get("/orchestration/environments")
        if places.status_code != 200:
            return places.status_code
        assert len(environments.json()) == len({each["environment"]["id"] for each in places.json()})
        return [each["id"] for each in places.json()]

    assert seen("TMC_OPERATOR") == [workspace]
    assert seen("TMC_OPERATOR", "TMC_CLUSTER_MANAGEMENT") == [each["id"] for each in tenant.workspaces()]
    assert seen("TMC_SSO_MANAGEMENT") == 403


def test_a_token_tells_who_it_is(tenant: Tenant) -> None:
    for name, token in tenant.tokens.items():
        with client_of(tenant, token) as api:
            me = api.get("/account/me").json()
        assert (me["type"], me["name"], me["active"]) == ("USER", name, True)
    assert support.fetch("GET", tenant.url + "/account/me").status_code == 401


# --- pages


def pages(api: httpx.Client, path: str, size: int) -> list[list[dict[str, Any]]]:
    found: list[list[dict[str, Any]]] = []
    while True:
        answer = api.get(path, params={"page": len(found) + 1, "size": size})
        found.append(answer.json())
        head = answer.headers
        assert head["page-first"] == ("true" if len(found) == 1 else "false")
        assert (head["page-number"], head["page-total-elements"]) == (str(len(found)), str(len(found[-1])))
        if head["page-last"] == "true":
            assert head["total-pages"] == str(len(found))
            assert head["total-elements"] == str(sum(len(page) for page in found))
            return found


@pytest.mark.parametrize(("size", "lengths"), [(50, [50, 14]), (100, [64]), (32, [32, 32]), (1, [1] * 64)])
def test_users_come_in_pages(tenant: Tenant, api: httpx.Client, size: int, lengths: list[int]) -> None:
    found = pages(api, "/account/users", size)
    assert [len(page) for page in found] == lengths
    assert [user["id"] for page in found for user in page] == [user["id"] for user in tenant.users()]


def test_pages_by_switches(tenant: Tenant, api: httpx.Client) -> None:
    tenant.set_behaviour(default_page_size=10, page_size_at_most=30)
    assert len(api.get("/account/users").json()) == 10
    assert [len(page) for page in pages(api, "/account/users", 100)] == [30, 30, 4]
    tenant.set_behaviour(page_headers="none")
    assert not [name for name in api.get("/account/users").headers if name.startswith(("page-", "total-"))]


@pytest.mark.parametrize("query", ["page=0", "page=-1", "page=x", "size=0", "size=101", "size=1.5", "size="])
def test_pages_that_do_not_exist(api: httpx.Client, query: str) -> None:
    assert [api.get(f"/account/{what}?{query}").status_code for what in ("users", "roles", "groups")] == [400] * 3
    beyond = api.get("/account/users?page=9")
    assert (beyond.status_code, beyond.json(), beyond.headers["page-last"]) == (200, [], "true")


def test_a_page_that_repeats_and_a_row_that_moves(tenant: Tenant, api: httpx.Client) -> None:
    steady = pages(api, "/account/users", 20)
    tenant.inject(Fault(kind="page-repeats", path="page=2"))
    assert pages(api, "/account/users", 20)[1] == steady[0]
    tenant.inject(Fault(kind="row-moves", path="page=2"))
    moved = pages(api, "/account/users", 20)[1]
    assert moved == [steady[0][-1], *steady[1][1:]]  # one is seen twice, and steady[1][0] not at all
    assert pages(api, "/account/users", 20) == steady


# --- people, roles, groups


def test_how_roles_are_listed(tenant: Tenant, api: httpx.Client) -> None:
    def first() -> dict[str, Any]:
        return api.get("/account/users?size=1").json()[0]

    role = tenant.roles()[0]
    assert first()["roles"] == [role]
    assert "TMC_USER_MANAGEMENT" in role["permissions"]
    tenant.set_behaviour(user_roles_as="names", role_permissions=False)
    assert first()["roles"] == [role["name"]]
    assert api.get("/account/roles?size=1").json() == [{"id": role["id"], "name": role["name"]}]
    tenant.set_behaviour(user_roles_as="ids")
    assert (first()["roleIds"], "roles" in first()) == ([role["id"]], False)


def test_service_accounts_come_whole_and_without_secrets(tenant: Tenant, api: httpx.Client) -> None:
    answer = api.get("/account/service-accounts?size=1")
    assert answer.json() == tenant.service_accounts()
    assert {"createdDate", "lastModifiedDate", "permissions"} <= set(answer.json()[0])
    assert tenant.client_secret not in answer.text
    with client_of(tenant, tenant.tokens["viewer"]) as viewer:
        assert set(viewer.get("/account/service-accounts").json()) == {"status", "detail"}


def test_roles_and_groups_by_name(tenant: Tenant, api: httpx.Client) -> None:
    roles = [each["name"] for each in api.get("/account/roles?nameFilter=engine").json()]
    assert roles == ["Engine User"]
    (group,) = api.get("/account/groups?nameFilter=finance").json()
    assert set(group["userIds"]) <= {user["id"] for user in tenant.users()}


def test_a_user_is_deactivated(tenant: Tenant, api: httpx.Client, user: str) -> None:
    def active() -> bool:
        return next(each["active"] for each in api.get("/account/users?size=100").json() if each["id"] == user)

    assert active() is True
    tenant.set_user_active(user, False)
    assert active() is False
    assert tenant.add_user("late@nordlicht-retail.example", active=False)
    assert tenant.users()[-1]["active"] is False


def test_a_row_of_somebody_who_is_gone_stays_and_cannot_be_removed(
    tenant: Tenant, api: httpx.Client, workspace: str, user: str
) -> None:
    login = next(each["login"] for each in tenant.users() if each["id"] == user)
    tenant.grant(workspace, user, ["VIEW"])
    tenant.delete_user(user, leave_grants=True)
    listed = api.get("/security/permissions", params={"workspaceId": workspace}).json()
    assert user in [row["userId"] for row in listed]
    assert user not in [each["id"] for each in tenant.users()]
    assert api.delete(f"/security/workspaces/{workspace}/users/{user}/permissions").status_code == 404
    assert support.fetch("GET", tenant.url).status_code == 200
    assert tenant.add_user(login) != user
