"""The snapshot of grants: emptiness is not absence, whatever a listing lacks or refuses."""

from __future__ import annotations

import pytest

import support
from pulumi_talend.access.directory import Directory
from pulumi_talend.access.snapshot import MAX_AGE_SECONDS, PROOF_SECONDS, GrantSnapshot
from pulumi_talend.api import TalendClient
from pulumi_talend.errors import BadRequestError, ForbiddenError, NotFoundError
from pulumi_talend.model.grants import GrantKey
from pulumi_talend_sandbox.tenant import Fault, Tenant

VIEW = frozenset({"VIEW"})
LISTING = "/security/permissions"


@pytest.fixture
def key(tenant: Tenant) -> GrantKey:
    """A grant that exists."""
    key = support.user_key(tenant)
    support.grant_by_hand(tenant, key, "VIEW")
    return key


@pytest.fixture
def snapshot(client: TalendClient, clock: support.VirtualClock) -> GrantSnapshot:
    return GrantSnapshot(client, Directory(client), clock=clock)


def lines(tenant: Tenant) -> list[str]:
    """The paths that were read since the last look."""
    found = [call.target for call in tenant.calls]
    tenant.calls.clear()
    return found


def test_one_listing_serves_all_threads_and_what_is_not_expected(
    tenant: Tenant, snapshot: GrantSnapshot, key: GrantKey
) -> None:
    tenant.set_behaviour(latency=0.02)
    none = support.user_key(tenant, user=11)
    found = support.in_threads(
        [lambda each=each: snapshot.lookup(each, expected=False) for each in (key, none) for _ in range(6)]
    )
    assert found == [VIEW] * 6 + [None] * 6
    assert lines(tenant) == [LISTING]


def test_a_listing_that_fails_fails_all_that_wait_for_it_and_is_read_again_later(
    tenant: Tenant, snapshot: GrantSnapshot, key: GrantKey, clock: support.VirtualClock
) -> None:
    tenant.inject(Fault(kind="status", status=400, path=LISTING, times=1))
    found = support.in_threads([lambda: snapshot.lookup(key, expected=True)] * 6)
    assert [type(each) for each in found] == [BadRequestError] * 6
    assert lines(tenant) == [LISTING]
    clock.sleep(31)
    assert snapshot.lookup(key, expected=True) == VIEW


def test_what_state_has_and_the_listing_lacks_is_read_by_itself(
    tenant: Tenant, snapshot: GrantSnapshot, key: GrantKey
) -> None:
    tenant.inject(Fault(kind="partial-listing", path=LISTING, times=None))
    keys = [key, *(support.user_key(tenant, user=user) for user in range(20, 30))]
    for each in keys:
        support.grant_by_hand(tenant, each, "VIEW")
    assert [snapshot.lookup(each, expected=True) for each in keys] == [VIEW] * len(keys)
    read = lines(tenant)
    assert len(read) == len(set(read)), "each once"


def test_an_empty_listing_is_listed_again_before_anything_is_read_by_itself(
    tenant: Tenant, snapshot: GrantSnapshot, key: GrantKey
) -> None:
    tenant.inject(Fault(kind="empty-listing", path=LISTING))
    assert snapshot.lookup(key, expected=True) == VIEW
    assert lines(tenant) == [LISTING, LISTING]


def test_a_404_is_believed_only_of_an_api_that_answers_a_listing(
    tenant: Tenant, snapshot: GrantSnapshot, clock: support.VirtualClock, key: GrantKey
) -> None:
    snapshot.lookup(support.user_key(tenant, user=11), expected=False)
    support.revoke_by_hand(tenant, key)
    clock.sleep(MAX_AGE_SECONDS + 1)
    tenant.inject(Fault(kind="empty-listing", path=LISTING, times=2))
    lines(tenant)
    assert snapshot.lookup(key, expected=True) is None
    assert lines(tenant) == [LISTING, LISTING, support.permissions_path(key), LISTING]
    snapshot.confirm_api_is_reachable()
    assert lines(tenant) == [], "proven a moment ago"
    clock.sleep(PROOF_SECONDS)
    tenant.inject(Fault(kind="status", status=404, times=None))  # a gateway with no API behind it
    with pytest.raises(NotFoundError):
        snapshot.confirm_api_is_reachable()


def test_where_not_all_may_be_listed_workspaces_are(tenant: Tenant, snapshot: GrantSnapshot, key: GrantKey) -> None:
    tenant.inject(Fault(kind="status", status=403, path=LISTING + "$", times=1))
    assert snapshot.lookup(key, expected=True) == VIEW
    assert lines(tenant) == [LISTING, f"{LISTING}?workspaceId={key.workspace_id}"]
    assert snapshot.on_workspace(key.workspace_id, ["users"])[key] == VIEW
    assert lines(tenant) == [], "not tried again"


def test_a_whole_workspace_that_may_not_be_listed_is_an_error(
    tenant: Tenant, snapshot: GrantSnapshot, key: GrantKey
) -> None:
    tenant.inject(Fault(kind="status", status=403, path=LISTING, times=None))
    with pytest.raises(ForbiddenError):
        snapshot.on_workspace(key.workspace_id, ["users"])
    assert snapshot.lookup(key, expected=True) == VIEW, "by itself"


def test_what_this_process_has_written_counts_before_what_was_listed(
    tenant: Tenant, snapshot: GrantSnapshot, clock: support.VirtualClock, key: GrantKey
) -> None:
    assert snapshot.on_workspace(key.workspace_id, ["users"])[key] == VIEW
    snapshot.record(key, None)
    assert key not in snapshot.on_workspace(key.workspace_id, ["users"])
    assert snapshot.lookup(key, expected=True) is None
    snapshot.record(key, frozenset({"MANAGE"}))
    assert snapshot.on_workspace(key.workspace_id, ["users"])[key] == {"MANAGE"}
    clock.sleep(MAX_AGE_SECONDS + 1)
    assert snapshot.lookup(key, expected=True) == VIEW, "read anew"


def test_verifying_costs_one_call_for_one_grant_and_one_listing_for_many(
    tenant: Tenant, snapshot: GrantSnapshot, key: GrantKey
) -> None:
    other, elsewhere = support.user_key(tenant, user=11), support.user_key(tenant, workspace=1, user=11)
    for keys, read in (
        ([key], [support.permissions_path(key)]),
        ([key, other], [f"{LISTING}?workspaceId={key.workspace_id}"]),
        ([other, elsewhere], [f"{LISTING}?userId={other.principal.id}"]),
        ([key, elsewhere], [LISTING]),
    ):
        assert snapshot.read_again(keys) == {each: VIEW if each == key else None for each in keys}
        assert lines(tenant) == read


def test_an_error_of_a_read_names_people_and_places(tenant: Tenant, snapshot: GrantSnapshot, key: GrantKey) -> None:
    tenant.inject(Fault(kind="status", status=403, path="/security/", times=None))
    with pytest.raises(ForbiddenError) as caught:
        snapshot.lookup(key, expected=True)
    support.readable(caught.value, "Could not read the permissions of user '", "on workspace '")
