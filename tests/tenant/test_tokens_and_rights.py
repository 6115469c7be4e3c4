"""Who is let in (401) and who may do what (403)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from pulumi_talend_sandbox.tenant import Tenant

TOKEN = "/security/oauth/token"


def with_token(tenant: Tenant, token: str | None, method: str, path: str, **more: Any) -> httpx.Response:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return httpx.request(method, tenant.url + path, headers=headers, **more)


def new_token(tenant: Tenant, **changes: Any) -> httpx.Response:
    body = {"audience": tenant.url, "grant_type": "client_credentials", **changes}
    return httpx.post(tenant.url + TOKEN, auth=(tenant.client_id, tenant.client_secret), json=body)


CALLS = [
    ("GET", "/security/permissions"),
    ("POST", "/security/permissions/batch"),
    ("PUT", "/security/permissions/batch"),
    ("DELETE", "/security/permissions/batch"),
    ("POST", "/security/service-accounts/permissions/batch"),
    ("GET", "/security/workspaces/w/users/u/permissions"),
    ("DELETE", "/security/workspaces/w/service-accounts/u/permissions"),
    ("GET", "/security/role-mappings"),
    ("POST", "/security/role-mappings"),
    ("DELETE", "/security/role-mappings"),
    ("GET", "/security/role-mappings/x"),
    ("GET", "/orchestration/workspaces"),
    ("GET", "/account/users"),
    ("GET", "/account/service-accounts"),
    ("GET", "/account/roles"),
    ("GET", "/account/groups"),
]


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_no_call_is_answered_without_a_good_token(tenant: Tenant, method: str, path: str) -> None:
    before = tenant.snapshot()
    for headers in [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer"},
        {"Authorization": tenant.token},
        {"Authorization": f"Basic {tenant.token}"},
    ]:
        answer = httpx.request(method, tenant.url + path, headers=headers)
        assert answer.status_code == 401
        assert answer.json()["code"] == "UNAUTHORIZED"
        assert tenant.token not in answer.text
    assert tenant.snapshot() == before
    assert {call.token_name for call in tenant.calls} == {None}


RIGHTS = {
    "/security/permissions": {"admin", "workspaces-only"},
    "/security/workspaces/{w}/users/{u}/permissions": {"admin", "workspaces-only"},
    "/security/workspaces/{w}/service-accounts/{s}/permissions": {"admin"},
    "/security/role-mappings": {"admin", "sso-only"},
    "/security/role-mappings/nordlicht-platform": {"admin", "sso-only"},
    "/orchestration/workspaces": {"admin", "viewer", "sso-only", "workspaces-only"},
    "/account/users": {"admin", "viewer", "sso-only", "workspaces-only"},
    "/account/roles": {"admin", "viewer", "sso-only", "workspaces-only"},
}


@pytest.mark.parametrize("path", RIGHTS)
def test_each_call_needs_its_right(tenant: Tenant, workspace: str, user: str, service_account: str, path: str) -> None:
    tenant.grant(workspace, user, ["VIEW"])
    tenant.grant(workspace, service_account_id=service_account, permissions=["VIEW"])
    place = path.format(w=workspace, u=user, s=service_account)
    for name, token in tenant.tokens.items():
        answer = with_token(tenant, token, "GET", place)
        assert answer.status_code == (200 if name in RIGHTS[path] else 403)
        assert tenant.calls[-1].token_name == name
        if answer.status_code == 403:
            assert "TMC_" in answer.json()["message"]


def test_a_refused_write_changes_nothing(tenant: Tenant, workspace: str, user: str) -> None:
    before = tenant.snapshot()
    place = f"/security/workspaces/{workspace}/users/{user}/permissions"
    assert with_token(tenant, tenant.tokens["sso-only"], "POST", place, json=["VIEW"]).status_code == 403
    assert with_token(tenant, tenant.tokens["viewer"], "DELETE", "/security/role-mappings").status_code == 403
    assert with_token(tenant, tenant.tokens["viewer"], "POST", "/security/role-mappings", json=[]).status_code == 403
    assert tenant.snapshot() == before


def test_look_ups_can_need_the_documented_rights(tenant: Tenant) -> None:
    tenant.set_behaviour(lookup_rights="documented")
    for path in ("/account/users", "/account/service-accounts", "/account/roles"):
        assert with_token(tenant, tenant.tokens["viewer"], "GET", path).status_code == 403
        assert with_token(tenant, tenant.token, "GET", path).status_code == 200
    assert with_token(tenant, tenant.tokens["viewer"], "GET", "/orchestration/workspaces").status_code == 200


def test_the_admin_token_can_be_another() -> None:
    with Tenant.start(seed="empty", token="another-one") as tenant:
        assert tenant.token == "another-one"
        assert with_token(tenant, "another-one", "GET", "/security/permissions").json() == []
        assert "another-one" not in repr(tenant)
        assert "another-one" not in repr(tenant.calls)


# --- service accounts


def test_a_service_account_signs_in(tenant: Tenant) -> None:
    answer = new_token(tenant)
    assert answer.status_code == 200
    assert set(answer.json()) == {"access_token", "token_type", "expires_in"}
    assert answer.json()["token_type"] == "Bearer"
    assert answer.json()["expires_in"] == 1800
    token = answer.json()["access_token"]
    assert token.count(".") == 2
    assert with_token(tenant, token, "GET", "/security/permissions").status_code == 200
    assert tenant.calls[-1].token_name == "access-automation"
    assert new_token(tenant).json()["access_token"] != token


def test_a_service_account_has_its_own_rights_only(tenant: Tenant) -> None:
    account = tenant.add_service_account("sso-robot", permissions=["TMC_SSO_MANAGEMENT"], secret="s:e:c")
    body = {"audience": tenant.url, "grant_type": "client_credentials"}
    token = httpx.post(tenant.url + TOKEN, auth=(account, "s:e:c"), json=body).json()["access_token"]
    assert with_token(tenant, token, "GET", "/security/role-mappings").status_code == 200
    assert with_token(tenant, token, "GET", "/security/permissions").status_code == 403


def test_its_token_expires(clocked: Tenant, clock: Any) -> None:
    token = new_token(clocked).json()["access_token"]
    clock.now += 1799
    assert with_token(clocked, token, "GET", "/account/roles").status_code == 200
    clock.now += 1
    assert with_token(clocked, token, "GET", "/account/roles").status_code == 401
    clocked.set_behaviour(token_lifetime=5)
    token = new_token(clocked).json()["access_token"]
    clock.now += 5
    assert with_token(clocked, token, "GET", "/account/roles").status_code == 401
    assert with_token(clocked, clocked.token, "GET", "/account/roles").status_code == 200


def test_its_tokens_can_be_ended_at_once(tenant: Tenant) -> None:
    token = new_token(tenant).json()["access_token"]
    tenant.expire_tokens()
    assert with_token(tenant, token, "GET", "/account/roles").status_code == 401


WRONG_CREDENTIALS: list[Callable[[Tenant], dict[str, Any]]] = [
    lambda tenant: {"auth": (tenant.client_id, "wrong")},
    lambda tenant: {"auth": (tenant.client_id, "")},
    lambda tenant: {"auth": ("nobody", tenant.client_secret)},
    lambda _: {"auth": ("", "")},
    lambda _: {},
    lambda _: {"headers": {"Authorization": "Basic %%%"}},
    lambda _: {"headers": {"Authorization": "Basic /w=="}},
    lambda tenant: {"headers": {"Authorization": f"Bearer {tenant.token}"}},
]


@pytest.mark.parametrize("how", WRONG_CREDENTIALS)
def test_wrong_credentials_are_401(tenant: Tenant, how: Callable[[Tenant], dict[str, Any]]) -> None:
    body = {"audience": tenant.url, "grant_type": "client_credentials"}
    answer = httpx.post(tenant.url + TOKEN, json=body, **how(tenant))
    assert answer.status_code == 401
    assert tenant.client_secret not in answer.text


@pytest.mark.parametrize(
    "changes", [{"grant_type": "password"}, {"grant_type": ""}, {"audience": ""}, {"audience": None}]
)
def test_a_token_call_that_does_not_validate_is_400(tenant: Tenant, changes: dict[str, Any]) -> None:
    assert new_token(tenant, **changes).status_code == 400


def test_the_audience_can_be_checked(tenant: Tenant) -> None:
    assert new_token(tenant, audience="https://anything").status_code == 200
    tenant.set_behaviour(expected_audience="url")
    assert new_token(tenant, audience="https://anything").status_code == 400
    assert new_token(tenant).status_code == 200
    tenant.set_behaviour(expected_audience="https://api.eu.cloud.talend.com")
    assert new_token(tenant).status_code == 400
    assert new_token(tenant, audience="https://api.eu.cloud.talend.com").status_code == 200


def test_the_answer_can_lack_expires_in(tenant: Tenant) -> None:
    tenant.set_behaviour(token_response_has_expires_in=False)
    assert set(new_token(tenant).json()) == {"access_token", "token_type"}
