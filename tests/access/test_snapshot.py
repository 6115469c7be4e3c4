"""Bulk reads: few calls, and a listing never makes a grant count as gone."""

from __future__ import annotations

from typing import Any

import pytest

import support
from pulumi_talend.access import Grants
from pulumi_talend.access.snapshot import MAX_AGE_SECONDS, GrantSnapshot
from pulumi_talend.api import GrantKey, ServerError, TalendClient
from pulumi_talend_sandbox.tenant import Fault, Tenant

VIEW = frozenset({"VIEW"})
LISTING = "/security/permissions"


def held_by_users(tenant: Tenant) -> dict[GrantKey, frozenset[str]]:
    return {
        GrantKey.from_resource_id("/".join(key)): frozenset(permissions)
        for key, permissions in tenant.grants().items()
        if key[1] == "users"
    }


def test_all_grants_of_users_cost_one_listing(tenant: Tenant, client: TalendClient) -> None:
    snapshot = GrantSnapshot(client)
    for key, permissions in held_by_users(tenant).items():
        assert snapshot.lookup(key) == permissions
    assert len(tenant.calls) <= 2
    assert {call.path for call in tenant.calls} == {LISTING}


def test_sixteen_threads_share_one_listing(tenant: Tenant, client: TalendClient) -> None:
    snapshot = GrantSnapshot(client)
    held = held_by_users(tenant)
    keys = list(held)[:16]
    found = support.in_threads([lambda key=key: snapshot.lookup(key) for key in keys])
    assert found == [held[key] for key in keys]
    assert len(tenant.calls) <= 2


@pytest.mark.parametrize("kind", ["empty-listing", "partial-listing"])
def test_a_listing_that_lacks_grants_makes_none_of_them_gone(tenant: Tenant, client: TalendClient, kind: Any) -> None:
    tenant.inject(Fault(kind=kind, path=LISTING + "$", times=None))
    snapshot = GrantSnapshot(client)
    for key, permissions in held_by_users(tenant).items():
        assert snapshot.lookup(key) == permissions


@pytest.mark.parametrize("kind", ["empty-listing", "partial-listing"])
def test_a_refresh_through_a_bad_listing_finds_all(tenant: Tenant, grants: Grants, kind: Any) -> None:
    tenant.inject(Fault(kind=kind, path=LISTING + "$", times=None))
    held = held_by_users(tenant)
    assert {key: grants.read(key) for key in held} == held


def test_an_empty_listing_by_mistake_hides_nobody_in_the_way(tenant: Tenant, grants: Grants) -> None:
    tenant.inject(Fault(kind="empty-listing", path=LISTING + "$"))
    for key, permissions in held_by_users(tenant).items():
        assert grants.in_the_way(key) == permissions


def test_what_a_listing_lacks_is_looked_at_once(tenant: Tenant, client: TalendClient) -> None:
    snapshot = GrantSnapshot(client)
    key = support.user_key(tenant)
    for _ in range(3):
        assert snapshot.lookup(key) is None
    assert [call.path for call in tenant.calls].count(support.permissions_path(key)) == 1


def test_without_the_right_to_the_whole_tenant_workspaces_are_listed(tenant: Tenant, client: TalendClient) -> None:
    tenant.inject(Fault(kind="status", status=403, path="^/security/permissions$"))
    held = held_by_users(tenant)
    # The fault strikes the first listing, which is that of the whole tenant.
    snapshot = GrantSnapshot(client)
    assert {key: snapshot.lookup(key) for key in held} == held
    workspaces = {key.workspace_id for key in held}
    listings = [call.query for call in tenant.calls if call.path == LISTING]
    assert len(listings) <= len(workspaces) + 1
    assert {query["workspaceId"] for query in listings if query} == workspaces
    assert {call.path for call in tenant.calls} == {LISTING}


def test_service_accounts_are_read_one_by_one(tenant: Tenant, client: TalendClient) -> None:
    snapshot = GrantSnapshot(client)
    held = {key: permissions for key, permissions in tenant.grants().items() if key[1] == "service-accounts"}
    assert held
    for key, permissions in held.items():
        assert snapshot.lookup(GrantKey.from_resource_id("/".join(key))) == frozenset(permissions)
    assert len(tenant.calls) == len(held)


def test_own_writes_are_seen_without_reading_again(tenant: Tenant, grants: Grants) -> None:
    key = support.user_key(tenant)
    assert grants.read(key) is None
    grants.create(key, VIEW, adopt=False)
    tenant.calls.clear()
    assert grants.read(key) == VIEW
    assert len(tenant.calls) == 0
    grants.delete(key)
    tenant.calls.clear()
    assert grants.read(key) is None
    assert len(tenant.calls) == 0


def test_a_listing_that_comes_late_does_not_undo_own_writes(tenant: Tenant, grants: Grants) -> None:
    first, second = support.user_key(tenant, 0), support.user_key(tenant, 1)
    grants.create(first, VIEW, adopt=False)
    support.revoke_by_hand(tenant, first)
    grants.read(second)
    assert grants.read(first) in (VIEW, None)
    grants.delete(first)
    assert grants.read(first) is None


def test_a_listing_is_not_trusted_for_ever(tenant: Tenant, client: TalendClient, clock: support.VirtualClock) -> None:
    snapshot = GrantSnapshot(client, clock=clock)
    key = next(iter(held_by_users(tenant)))
    assert snapshot.lookup(key) is not None
    support.revoke_by_hand(tenant, key)
    clock.sleep(MAX_AGE_SECONDS - 1)
    assert snapshot.lookup(key) is not None
    clock.sleep(2)
    assert snapshot.lookup(key) is None


def test_reading_again_asks_the_tenant(tenant: Tenant, client: TalendClient) -> None:
    snapshot = GrantSnapshot(client)
    held = held_by_users(tenant)
    one, two, *_ = held
    assert snapshot.lookup(one) == held[one]
    support.grant_by_hand(tenant, one, "VIEW")
    support.revoke_by_hand(tenant, two)
    assert snapshot.read_again([one]) == {one: VIEW}
    assert snapshot.read_again([one, two]) == {one: VIEW, two: None}
    assert snapshot.lookup(one) == VIEW


def test_a_reading_that_fails_is_not_remembered(tenant: Tenant, client: TalendClient) -> None:
    tenant.inject(Fault(kind="status", status=500, times=5))
    snapshot = GrantSnapshot(client)
    key = next(iter(held_by_users(tenant)))
    with pytest.raises(ServerError):
        snapshot.lookup(key)
    assert snapshot.lookup(key) is not None
