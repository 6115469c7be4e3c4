"""The sandbox's own calls, and the tenant of another process held by them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

import support
from pulumi_talend_sandbox.tenant import Behaviour, Fault, RemoteTenant, Tenant

MAPPINGS = "/security/role-mappings"


@pytest.fixture
def remote(tenant: Tenant) -> Iterator[RemoteTenant]:
    held = RemoteTenant(tenant.url)
    yield held
    held.close()


def public(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")}


def test_it_offers_what_the_tenant_does() -> None:
    of_one_process = {"start", "stop", "on_call"}
    attributes = {"url", "token", "tokens", "client_id", "client_secret", "calls"}
    assert public(Tenant) - of_one_process - attributes == public(RemoteTenant) - {"close", "ask"}


def test_it_knows_how_to_connect(tenant: Tenant, remote: RemoteTenant) -> None:
    for name in ("url", "token", "tokens", "client_id", "client_secret"):
        assert getattr(remote, name) == getattr(tenant, name)
    assert tenant.token not in repr(remote)


def test_it_sees_the_calls_and_its_own_are_not_among_them(
    tenant: Tenant, api: httpx.Client, remote: RemoteTenant
) -> None:
    api.get(MAPPINGS)
    api.post(MAPPINGS, json=[])
    assert remote.calls.lines() == tenant.calls.lines() == [f"GET {MAPPINGS} 200", f"POST {MAPPINGS} 200"]
    assert list(remote.calls) == list(tenant.calls)
    assert remote.calls.writes() == [tenant.calls[1]]
    assert remote.calls[-1] == tenant.calls[1]
    assert len(remote.calls) == 2
    remote.calls.clear()
    assert len(tenant.calls) == 0


def test_it_changes_behaviour_and_injects_faults(tenant: Tenant, api: httpx.Client, remote: RemoteTenant) -> None:
    assert remote.behaviour == Behaviour()
    changed = remote.set_behaviour(post_on_existing="merge", rate_limit=(100, 5))
    assert changed == remote.behaviour == tenant.behaviour == Behaviour(post_on_existing="merge", rate_limit=(100, 5))
    fault = Fault(kind="status", status=503, headers={"Retry-After": "1"}, body={"a": 1}, times=2)
    remote.inject(fault)
    assert remote.pending_faults() == tenant.pending_faults() == [fault]
    assert api.get(MAPPINGS).status_code == 503
    remote.clear_faults()
    assert api.get(MAPPINGS).status_code == 200


def test_it_puts_all_back_to_the_start(tenant: Tenant, api: httpx.Client, remote: RemoteTenant) -> None:
    def all_there_is() -> list[Any]:
        listings = (tenant.users, tenant.workspaces, tenant.service_accounts, tenant.roles, tenant.groups)
        return [tenant.snapshot(), tenant.client_id, tenant.client_secret, *(listing() for listing in listings)]

    start, hooked = all_there_is(), list[str]()
    tenant.on_call(lambda call: hooked.append(call.path))
    tenant.set_behaviour(rate_limit=(1, 3600))
    tenant.inject(Fault(kind="status", times=None))
    tenant.delete_user(tenant.users()[2]["id"])
    tenant.delete_workspace(tenant.workspaces()[0]["id"])
    tenant.add_service_account("robot")
    tenant.map_role("new", ["Operator"])
    assert [api.get(MAPPINGS).status_code for _ in range(2)] == [500, 429]
    remote.reset()
    assert all_there_is() == start
    assert tenant.behaviour == Behaviour()
    assert len(tenant.calls) == 0
    tenant.set_behaviour(rate_limit=(1, 3600))
    assert api.get(MAPPINGS).status_code == 200
    assert hooked == []


def test_it_ends_tokens(tenant: Tenant, remote: RemoteTenant) -> None:
    body = {"audience": "a", "grant_type": "client_credentials"}
    credentials = (remote.client_id, remote.client_secret)
    token = support.fetch("POST", remote.url + "/security/oauth/token", auth=credentials, json=body).json()[
        "access_token"
    ]
    headers = {"Authorization": f"Bearer {token}"}
    assert support.fetch("GET", remote.url + MAPPINGS, headers=headers).status_code == 200
    remote.expire_tokens()
    assert support.fetch("GET", remote.url + MAPPINGS, headers=headers).status_code == 401


def test_it_plays_the_console(
    tenant: Tenant, remote: RemoteTenant, workspace: str, user: str, service_account: str
) -> None:
    before = tenant.snapshot()
    assert remote.snapshot() == before
    remote.grant(workspace, user, ["VIEW"])
    remote.grant(workspace, service_account_id=service_account, permissions=["EXECUTE"])
    remote.map_role("a/b", ["Operator"])
    assert remote.grants() == tenant.grants()
    assert tenant.grants()[workspace, "users", user] == ["VIEW"]
    assert tenant.grants()[workspace, "service-accounts", service_account] == ["EXECUTE"]
    assert remote.role_mappings() == tenant.role_mappings()
    assert remote.role_mappings_enabled() is True
    remote.revoke(workspace, user)
    remote.revoke(workspace, service_account_id=service_account)
    remote.unmap_role("a/b")
    assert tenant.snapshot() == before
    assert len(tenant.calls) == 0


def test_it_adds_and_deletes(tenant: Tenant, remote: RemoteTenant) -> None:
    before = {what: getattr(tenant, what)() for what in ("users", "workspaces", "service_accounts")}
    for what in (*before, "roles", "groups", "environments"):
        assert getattr(remote, what)() == getattr(tenant, what)()
    user = remote.add_user("n@nordlicht-retail.example", first_name="N", last_name="E", roles=["Operator"])
    workspace = remote.add_workspace("New", environment="prod", owner="o", description="d", type="shared")
    account = remote.add_service_account("robot", permissions=["TMC_OPERATOR"])
    assert tenant.users()[-1]["id"] == user
    assert tenant.users()[-1]["firstName"] == "N"
    assert next(each for each in tenant.workspaces() if each["id"] == workspace)["environment"]["name"] == "prod"
    assert (tenant.service_accounts()[-1]["id"], tenant.service_accounts()[-1]["name"]) == (account, "robot")
    remote.set_user_active(user, active=False)
    assert tenant.users()[-1]["active"] is False
    remote.rename_role("Engine User", "Engines")
    assert "Engines" in [role["name"] for role in tenant.roles()]
    remote.rename_role("Engines", "Engine User")
    remote.grant(workspace, user, ["VIEW"])
    remote.delete_user(user, leave_grants=True)
    assert (workspace, "users", user) in tenant.grants()
    remote.delete_workspace(workspace)
    remote.delete_service_account(account)
    assert {what: getattr(tenant, what)() for what in before} == before


def test_what_the_tenant_refuses(tenant: Tenant, remote: RemoteTenant) -> None:
    before = tenant.snapshot()
    for deed in (
        lambda: remote.set_behaviour(nope=1),
        lambda: remote.set_behaviour(latency="long"),
        lambda: remote.grant("nowhere", "nobody", ["VIEW"]),
        lambda: remote.add_user(remote.users()[0]["login"]),
        lambda: remote.ask("POST", "/faults", {"kind": "nope"}),
        lambda: remote.ask("POST", "/hand/add_user", {"login": "a", "nope": 1}),
        lambda: remote.ask("POST", "/hand/_delete_account", {}),
        lambda: remote.ask("POST", "/hand/add_user", []),
    ):
        with pytest.raises(ValueError, match=r"."):
            deed()
    assert (tenant.snapshot(), tenant.behaviour) == (before, Behaviour())


def test_they_cost_no_rate_limit_and_meet_no_fault(tenant: Tenant, remote: RemoteTenant) -> None:
    tenant.set_behaviour(rate_limit=(1, 3600))
    tenant.inject(Fault(kind="drop-before", times=None))
    for _ in range(3):
        assert remote.behaviour.rate_limit == (1, 3600)
    assert tenant.pending_faults() != []
