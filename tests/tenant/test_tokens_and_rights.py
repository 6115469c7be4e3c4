"""Who is let in (401) and who may do what (403), by the table of operations."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

import support
from pulumi_talend.api.operations import ALL_OPERATIONS, OPERATIONS, Operation
from pulumi_talend_sandbox.tenant import Tenant
from tenant.conftest import Clock

TOKEN = OPERATIONS["create_token"].path
ROLES = "/account/roles"


def with_token(tenant: Tenant, token: str | None, method: str, path: str, **more: Any) -> httpx.Response:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return support.fetch(method, tenant.url + path, headers=headers, **more)


def new_token(tenant: Tenant, **changes: Any) -> httpx.Response:
    body = {"audience": tenant.url, "grant_type": "client_credentials", **changes}
    return support.fetch("POST", tenant.url + TOKEN, auth=(tenant.client_id, tenant.client_secret), json=body)


BY_TOKEN = [operation for operation in ALL_OPERATIONS if not operation.basic]


@pytest.mark.parametrize("operation", BY_TOKEN, ids=lambda operation: operation.name)
def test_an_operation_needs_a_token_with_its_rights(tenant: Tenant, operation: Operation) -> None:
    before = tenant.snapshot()
    path = re.sub(r"\{\w+\}", "x", operation.path)
    for authorization in (None, "Bearer wrong", "Bearer", tenant.token, f"Basic {tenant.token}"):
        headers = {} if authorization is None else {"Authorization": authorization}
        answer = support.fetch(operation.method, tenant.url + path, headers=headers)
        assert (answer.status_code, tenant.token in answer.text) == (401, False)
    rights = {"admin": {"TMC_ENVIRONMENT_MANAGEMENT"}, "viewer": set[str](), "sso-only": {"TMC_SSO_MANAGEMENT"}}
    for name, held in rights.items():
        allowed = name == "admin" or (operation.rights <= held and not operation.any_right)
        if allowed and operation.method != "GET":
            continue  # what it does is tested elsewhere
        answer = with_token(tenant, tenant.tokens[name], operation.method, path)
        assert (answer.status_code != 403) is allowed
        if not allowed:
            assert "TMC_" in answer.json()["detail"]
    assert tenant.snapshot() == before
    assert {call.token_name for call in tenant.calls} >= {None, "viewer"}


def test_look_ups_can_be_for_everybody(tenant: Tenant) -> None:
    paths = (ROLES, "/account/service-accounts", "/orchestration/workspaces")
    for way, status in (("documented", 403), ("signed-in", 200)):
        tenant.set_behaviour(lookup_rights=way)
        assert [with_token(tenant, tenant.tokens["viewer"], "GET", path).status_code for path in paths] == [status] * 3


def test_the_version_is_recorded(tenant: Tenant, api: httpx.Client) -> None:
    api.get(ROLES, headers={"talend-version": "2021-03"})
    api.get(ROLES)
    assert [call.version for call in tenant.calls] == ["2021-03", None]


def test_the_admin_token_can_be_another() -> None:
    with Tenant.start(seed="empty", token="another-one") as tenant:
        assert tenant.token == "another-one"
        assert with_token(tenant, "another-one", "GET", "/security/permissions").json() == []
        assert "another-one" not in repr(tenant) + repr(tenant.calls)


# --- service accounts


def test_a_service_account_signs_in(tenant: Tenant) -> None:
    answer = new_token(tenant).json()
    assert (set(answer), answer["token_type"]) == ({"access_token", "token_type", "expires_in"}, "Bearer")
    assert with_token(tenant, answer["access_token"], "GET", "/security/permissions").status_code == 200
    assert tenant.calls[-1].token_name == "access-automation"
    assert new_token(tenant).json()["access_token"] != answer["access_token"]


def test_it_needs_the_documented_right_and_has_its_own_only(tenant: Tenant) -> None:
    account = tenant.add_service_account("sso-robot", permissions=["TMC_SSO_MANAGEMENT"], secret="s:e:c")
    body = {"audience": tenant.url, "grant_type": "client_credentials"}
    refused = support.fetch("POST", tenant.url + TOKEN, auth=(account, "s:e:c"), json=body)
    assert (refused.status_code, "TMC_SERVICE_ACCOUNT_MANAGEMENT" in refused.text) == (403, True)
    tenant.set_behaviour(oauth_rights="none")
    token = support.fetch("POST", tenant.url + TOKEN, auth=(account, "s:e:c"), json=body).json()["access_token"]
    assert with_token(tenant, token, "GET", "/security/role-mappings").status_code == 200
    assert with_token(tenant, token, "GET", "/security/permissions").status_code == 403


def test_its_token_expires(clocked: Tenant, clock: Clock) -> None:
    assert new_token(clocked).json()["expires_in"] == "1800"
    clocked.set_behaviour(expires_in="number", token_lifetime=5)
    answer = new_token(clocked).json()
    assert answer["expires_in"] == 5
    clock.now += 4
    assert with_token(clocked, answer["access_token"], "GET", ROLES).status_code == 200
    clock.now += 1
    assert with_token(clocked, answer["access_token"], "GET", ROLES).status_code == 401
    clocked.set_behaviour(expires_in="none")
    answer = new_token(clocked).json()
    assert "expires_in" not in answer
    clocked.expire_tokens()
    assert with_token(clocked, answer["access_token"], "GET", ROLES).status_code == 401
    assert with_token(clocked, clocked.token, "GET", ROLES).status_code == 200


WRONG_CREDENTIALS: list[Callable[[Tenant], dict[str, Any]]] = [
    lambda tenant: {"auth": (tenant.client_id, "wrong")},
    lambda tenant: {"auth": ("nobody", tenant.client_secret)},
    lambda _: {},
    lambda _: {"headers": {"Authorization": "Basic %%%"}},
    lambda _: {"headers": {"Authorization": "Basic /w=="}},
    lambda tenant: {"headers": {"Authorization": f"Bearer {tenant.token}"}},
]


@pytest.mark.parametrize("how", WRONG_CREDENTIALS)
def test_wrong_credentials_are_401(tenant: Tenant, how: Callable[[Tenant], dict[str, Any]]) -> None:
    body = {"audience": tenant.url, "grant_type": "client_credentials"}
    answer = support.fetch("POST", tenant.url + TOKEN, json=body, **how(tenant))
    assert answer.status_code == 401
    assert tenant.client_secret not in answer.text


def test_what_the_token_call_must_say(tenant: Tenant) -> None:
    for changes in ({"grant_type": "password"}, {"grant_type": ""}, {"audience": ""}, {"audience": None}):
        assert new_token(tenant, **changes).status_code == 400
    for expected, asked, status in [
        (None, "https://anything", 200),
        ("url", "https://anything", 400),
        ("url", tenant.url, 200),
        ("https://api.eu.cloud.talend.com", tenant.url, 400),
    ]:
        tenant.set_behaviour(expected_audience=expected)
        assert new_token(tenant, audience=asked).status_code == status
