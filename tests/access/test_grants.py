"""Grants: the tenant ends as planned, or the error says how it stands, whatever the API leaves open."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

import support
from access.conftest import NewAccess
from pulumi_talend import (
    AlreadyExistsError,
    ForbiddenError,
    NotFoundError,
    NotVerifiedError,
    ServerError,
    UnauthorizedError,
)
from pulumi_talend.access import TenantAccess
from pulumi_talend.access import grants as grants_module
from pulumi_talend.model.grants import GrantKey
from pulumi_talend.model.planning import NOTHING, Action, Change, Rights
from pulumi_talend_sandbox.tenant import Fault, Tenant

VIEW = frozenset({"VIEW"})
BOTH = frozenset({"VIEW", "EXECUTE"})


def grant(key: GrantKey, rights: Rights = VIEW) -> Change[GrantKey]:
    return Change(key, "grant", NOTHING, rights)


def change(key: GrantKey, before: Rights, after: Rights, action: Action = "change") -> Change[GrantKey]:
    return Change(key, action, before, after)


def revoke(key: GrantKey) -> Change[GrantKey]:
    return Change(key, "revoke", None, NOTHING)


def keys_of(tenant: Tenant, count: int, workspaces: int = 1) -> list[GrantKey]:
    """Grants that do not exist."""
    found = [support.user_key(tenant, w, u) for w in range(workspaces) for u in range(55)]
    return [key for key in found if support.standing(tenant, key) is None][:count]


def writes(tenant: Tenant) -> list[str]:
    return [f"{call.method} {'batch' if 'batch' in call.path else 'one'}" for call in tenant.calls.writes()]


CHOICES = {
    "post_on_existing": ("409", "400", "merge", "replace"),
    "put_on_none": ("404", "done"),
    "delete_on_none": ("404", "done"),
    "get_of_none": ("404", "empty"),
}
WAYS = [dict(zip(CHOICES, values, strict=True)) for values in itertools.product(*CHOICES.values())]


@pytest.mark.parametrize("ways", WAYS, ids=lambda ways: "-".join(ways.values()))
@pytest.mark.parametrize("key_of", [support.user_key, support.service_account_key])
def test_the_life_of_a_grant(
    tenant: Tenant, access: TenantAccess, ways: dict[str, str], key_of: Callable[[Tenant], GrantKey]
) -> None:
    tenant.set_behaviour(**ways)
    key, before = key_of(tenant), tenant.snapshot()
    assert access.grants.find_unmanaged(key) is None
    for step in (grant(key), change(key, VIEW, BOTH), change(key, BOTH, frozenset({"AUTHOR"}))):
        assert access.grants.apply([step]) == {}
        assert access.grants.read(key) == support.standing(tenant, key) == step.after
    support.revoke_by_hand(tenant, key)
    assert access.grants.apply([change(key, frozenset({"AUTHOR"}), VIEW)]) == {}, "gone meanwhile: granted anew"
    assert support.standing(tenant, key) == VIEW
    assert access.grants.apply([revoke(key)]) == {}
    assert access.grants.apply([revoke(key)]) == {}, "gone already is fine"
    assert tenant.snapshot() == before


def test_many_threads_share_batches_and_lose_nothing(tenant: Tenant, access: TenantAccess) -> None:
    tenant.set_behaviour(latency=0.01)
    keys = keys_of(tenant, 60, workspaces=2)
    before = tenant.snapshot()
    results = support.in_threads([lambda key=key: access.grants.apply([grant(key)]) for key in keys])
    assert results == [{}] * len(keys)
    assert all(support.standing(tenant, key) == VIEW for key in keys)
    assert len(writes(tenant)) <= 12
    assert support.in_threads([lambda key=key: access.grants.apply([revoke(key)]) for key in keys]) == [{}] * len(keys)
    assert tenant.snapshot() == before


def test_a_batch_reports_each_refusal_to_its_own(tenant: Tenant, access: TenantAccess) -> None:
    """207: those that exist already are refused, the others are done."""
    keys = keys_of(tenant, 6)
    for key in keys[:2]:
        support.grant_by_hand(tenant, key, "AUTHOR")
    failed = access.grants.apply([grant(key) for key in keys])
    assert set(failed) == set(keys[:2])
    for key in keys[:2]:
        assert isinstance(failed[key], AlreadyExistsError)
        support.readable(failed[key], "already has AUTHOR", "adopt_existing=True")
        assert support.standing(tenant, key) == {"AUTHOR"}
    assert all(support.standing(tenant, key) == VIEW for key in keys[2:])
    assert writes(tenant) == ["POST batch"]


@pytest.mark.parametrize("refusals", ["each", "all-rows", "whole"])
@pytest.mark.parametrize("unknown", ["404", "each"])
def test_one_wrong_member_does_not_stop_the_others(
    tenant: Tenant, access: TenantAccess, refusals: str, unknown: str
) -> None:
    tenant.set_behaviour(batch_refusals=refusals, batch_unknown_id=unknown)
    keys = keys_of(tenant, 7)
    wrong = GrantKey(keys[0].workspace_id, type(keys[0].principal)("users", "nobody-of-this-tenant"))
    failed = access.grants.apply([grant(key) for key in (*keys, wrong)])
    assert set(failed) == {wrong}
    assert all(support.standing(tenant, key) == VIEW for key in keys)


@pytest.mark.parametrize(
    "limits", [{"batch_limit": 5}, {"gateway_body_limit": 700}, {"gateway_url_limit": 260},
               {"gateway_url_limit": 260, "gateway_url_status": "431"}],
    ids=str,
)  # fmt: skip
def test_what_is_too_large_is_split(tenant: Tenant, access: TenantAccess, limits: dict[str, Any]) -> None:
    before = tenant.snapshot()
    tenant.set_behaviour(**limits)
    keys = keys_of(tenant, 24)
    assert access.grants.apply([grant(key) for key in keys]) == {}
    assert all(support.standing(tenant, key) == VIEW for key in keys)
    assert access.grants.apply([revoke(key) for key in keys]) == {}
    assert tenant.snapshot() == before


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("kind", ["drop-before", "drop-after", "truncated"])
@pytest.mark.parametrize("count", [1, 5])
def test_a_lost_answer_is_looked_up(tenant: Tenant, access: TenantAccess, method: str, kind: Any, count: int) -> None:
    keys = keys_of(tenant, count)
    if method != "POST":
        for key in keys:
            support.grant_by_hand(tenant, key, "VIEW")
    tenant.inject(Fault(kind=kind, method=method))
    steps = {"POST": [grant(key) for key in keys], "PUT": [change(key, VIEW, BOTH) for key in keys],
             "DELETE": [revoke(key) for key in keys]}  # fmt: skip
    assert access.grants.apply(steps[method]) == {}
    wanted = {"POST": VIEW, "PUT": BOTH, "DELETE": None}[method]
    assert all(support.standing(tenant, key) == wanted for key in keys)


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("only", [0, 2])
def test_a_lying_batch_is_never_a_success_that_does_not_stand(
    tenant: Tenant, access: TenantAccess, method: str, only: int
) -> None:
    tenant.set_behaviour(batch_only_first=only)
    keys = keys_of(tenant, 5)
    if method == "PUT":
        for key in keys:
            support.grant_by_hand(tenant, key, "AUTHOR")
    author = frozenset({"AUTHOR"})
    failed = access.grants.apply([grant(key) if method == "POST" else change(key, author, VIEW) for key in keys])
    assert failed == {}
    assert all(support.standing(tenant, key) == VIEW for key in keys)


def test_an_api_that_adds_a_permission_is_named_and_cleaned_up(tenant: Tenant, access: TenantAccess) -> None:
    tenant.set_behaviour(adds_view=True)
    (key,) = keys_of(tenant, 1)
    (error,) = access.grants.apply([grant(key, frozenset({"AUTHOR"}))]).values()
    assert isinstance(error, NotVerifiedError)
    support.readable(error, "The API adds VIEW", "write AUTHOR, VIEW in the program")
    assert support.standing(tenant, key) is None
    assert access.grants.apply([grant(key, frozenset({"AUTHOR", "VIEW"}))]) == {}


def test_an_api_that_drops_manage_is_named_and_cleaned_up(tenant: Tenant, access: TenantAccess) -> None:
    tenant.set_behaviour(manage="dropped")
    (key,) = keys_of(tenant, 1)
    (error,) = access.grants.apply([grant(key, frozenset({"MANAGE", "VIEW"}))]).values()
    assert isinstance(error, NotVerifiedError)
    support.readable(error, "but shows VIEW", "may have dropped MANAGE", "grant AUTHOR", "Assets Manager")
    assert support.standing(tenant, key) is None


def test_an_api_that_drops_manage_leaves_what_was_there(tenant: Tenant, access: TenantAccess) -> None:
    tenant.set_behaviour(manage="dropped")
    (key,) = keys_of(tenant, 1)
    support.grant_by_hand(tenant, key, "VIEW")
    (error,) = access.grants.apply([change(key, VIEW, frozenset({"MANAGE", "VIEW"}))]).values()
    support.readable(error, "but shows VIEW", "may have dropped MANAGE", "Assets Manager")
    assert support.standing(tenant, key) == VIEW


@pytest.mark.parametrize("refused", ["each", "whole"])
def test_an_api_that_refuses_manage_is_told_what_takes_its_place(
    tenant: Tenant, access: TenantAccess, refused: Any
) -> None:
    tenant.set_behaviour(manage="refused", batch_refusals=refused)
    one, two, three = keys_of(tenant, 3)
    failed = access.grants.apply([grant(one, frozenset({"MANAGE", "VIEW"})), grant(two), grant(three)])
    assert failed.keys() == {one}
    support.readable(failed[one], "MANAGE no longer exists", "grant AUTHOR", "Assets Manager")
    assert support.standing(tenant, two) == VIEW


def test_an_emptied_record_is_filled(tenant: Tenant, access: TenantAccess) -> None:
    tenant.set_behaviour(empty_permissions="stays")
    (key,) = keys_of(tenant, 1)
    support.grant_by_hand(tenant, key, "VIEW")
    access.client.permissions.replace(key, NOTHING)
    tenant.calls.clear()
    assert access.grants.apply([grant(key)]) == {}
    assert support.standing(tenant, key) == VIEW
    assert writes(tenant) == ["POST one", "PUT one"]


def test_created_by_others_meanwhile_is_never_overwritten(
    tenant: Tenant, access: TenantAccess, during: support.During
) -> None:
    (key,) = keys_of(tenant, 1)
    during(lambda call: support.grant_by_hand(tenant, key, "AUTHOR") if call.method == "POST" else None)
    (error,) = access.grants.apply([grant(key)]).values()
    assert isinstance(error, AlreadyExistsError)
    assert support.standing(tenant, key) == {"AUTHOR"}


def test_a_workspace_that_is_gone_answers_403_and_removal_passes(tenant: Tenant, new_access: NewAccess) -> None:
    tenant.set_behaviour(gone_workspace="403")
    said: list[str] = []
    access = new_access(said=said)
    (key,) = keys_of(tenant, 1)
    gone = GrantKey("a-workspace-that-is-gone", key.principal)
    assert access.grants.apply([revoke(gone)]) == {}
    assert "no longer exists" in " ".join(said)
    assert access.grants.read(gone) is None


def test_a_403_of_a_workspace_that_exists_is_an_error(tenant: Tenant, access: TenantAccess) -> None:
    (key,) = keys_of(tenant, 1)
    support.grant_by_hand(tenant, key, "VIEW")
    tenant.inject(Fault(kind="status", status=403, method="DELETE"))
    (error,) = access.grants.apply([revoke(key)]).values()
    assert isinstance(error, ForbiddenError)
    assert support.standing(tenant, key) == VIEW


def test_a_row_that_delete_cannot_remove_is_an_error_unless_its_principal_is_gone(
    tenant: Tenant, new_access: NewAccess, monkeypatch: pytest.MonkeyPatch
) -> None:
    (key,) = keys_of(tenant, 1)
    support.grant_by_hand(tenant, key, "VIEW")
    tenant.inject(Fault(kind="status", status=404, method="DELETE", times=None))
    with monkeypatch.context() as patch:
        patch.setattr(grants_module, "VISIBLE_WITHIN_SECONDS", 0.5)
        (error,) = new_access().grants.apply([revoke(key)]).values()
    support.readable(error, "still shows VIEW")
    said: list[str] = []
    access = new_access(said=said)
    monkeypatch.setattr(access.directory, "is_principal_gone", key.principal.__eq__)
    assert access.grants.apply([revoke(key)]) == {}
    assert "cannot remove" in " ".join(said)


def test_an_error_that_concerns_all_is_not_halved(tenant: Tenant, access: TenantAccess) -> None:
    keys = keys_of(tenant, 8)
    tenant.inject(Fault(kind="status", status=401, method="POST", times=None))
    failed = access.grants.apply([grant(key) for key in keys])
    assert set(failed) == set(keys)
    assert all(isinstance(error, UnauthorizedError) for error in failed.values())
    assert len(writes(tenant)) <= 2
    assert not any(support.standing(tenant, key) for key in keys)


def test_a_server_that_keeps_failing_is_an_error_and_few_calls(tenant: Tenant, access: TenantAccess) -> None:
    (key,) = keys_of(tenant, 1)
    tenant.inject(Fault(kind="status", status=500, method="POST", times=None))
    (error,) = access.grants.apply([grant(key)]).values()
    assert isinstance(error, ServerError)
    assert support.standing(tenant, key) is None
    assert len(writes(tenant)) == 3


def test_removing_what_is_gone_already_waits_for_reads_that_lag(tenant: Tenant, access: TenantAccess) -> None:
    (key,) = keys_of(tenant, 1)
    support.grant_by_hand(tenant, key, "VIEW")
    tenant.set_behaviour(read_lag=0.6, listing_lag=0.6)
    support.revoke_by_hand(tenant, key)
    assert access.grants.apply([revoke(key)]) == {}


# --- a 404 means what it says only where the API answers something else at the same time


def nothing_but_404(tenant: Tenant) -> None:
    tenant.inject(Fault(kind="status", status=404, path="^/security/", times=None))


KEYS = pytest.mark.parametrize("key_of", [support.user_key, support.service_account_key])


@KEYS
def test_a_grant_is_not_gone_because_a_gateway_answers_404(
    tenant: Tenant, access: TenantAccess, key_of: Callable[[Tenant], GrantKey]
) -> None:
    key = key_of(tenant)
    support.grant_by_hand(tenant, key, "VIEW")
    nothing_but_404(tenant)
    with pytest.raises(NotFoundError):
        access.grants.read(key)


@KEYS
def test_a_removal_is_not_done_because_a_gateway_answers_404(
    tenant: Tenant, access: TenantAccess, key_of: Callable[[Tenant], GrantKey]
) -> None:
    key = key_of(tenant)
    support.grant_by_hand(tenant, key, "VIEW")
    nothing_but_404(tenant)
    (error,) = access.grants.apply([revoke(key)]).values()
    assert isinstance(error, NotVerifiedError)
    assert error.outcome == "unknown"


@KEYS
def test_a_grant_is_not_created_anew_because_a_gateway_answers_404(
    tenant: Tenant, access: TenantAccess, key_of: Callable[[Tenant], GrantKey]
) -> None:
    key = key_of(tenant)
    support.grant_by_hand(tenant, key, "VIEW")
    nothing_but_404(tenant)
    (error,) = access.grants.apply([change(key, VIEW, BOTH)]).values()
    assert isinstance(error, NotFoundError)
    assert writes(tenant) == ["PUT one"]


def test_what_every_listing_lacks_is_read_by_itself_and_not_written_again(tenant: Tenant, access: TenantAccess) -> None:
    keys = keys_of(tenant, 3)
    tenant.inject(Fault(kind="empty-listing", path="^/security/permissions$", times=None))
    assert access.grants.apply([grant(key) for key in keys]) == {}
    assert writes(tenant) == ["POST batch"]
