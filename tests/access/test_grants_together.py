"""Grants that are written at the same time: each has its own verdict, nobody else's is touched, calls are few."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

import support
from pulumi_talend import AlreadyThereError, TalendError
from pulumi_talend.access import Grants
from pulumi_talend.api import BadRequestError, GrantKey, Principal
from pulumi_talend_sandbox.tenant import Fault, Tenant

VIEW = frozenset({"VIEW"})
BOTH = frozenset({"VIEW", "EXECUTE"})
OTHER = frozenset({"AUTHOR", "VIEW"})

CHOICES: dict[str, tuple[Any, ...]] = {
    "batch_post_on_existing": ("400", "merge", "replace"),
    "batch_put_on_none": ("404", "done"),
    "batch_delete_on_none": ("404", "done"),
    "batch_partial": ("all-or-nothing", "partial"),
    "batch_limit": (None, 3),
}
COMBINATIONS = [dict(zip(CHOICES, values, strict=True)) for values in itertools.product(*CHOICES.values())]


def free_keys(tenant: Tenant, workspaces: int = 3, users: int = 4) -> list[GrantKey]:
    """Grants that nobody holds yet."""
    keys = [
        support.user_key(tenant, workspace, user) for workspace in range(workspaces) for user in range(8, 8 + users)
    ]
    for key in keys:
        if support.standing(tenant, key) is not None:
            support.revoke_by_hand(tenant, key)
    return keys


@pytest.mark.parametrize("ways", COMBINATIONS, ids=lambda ways: "-".join(str(way) for way in ways.values()))
def test_a_set_of_changes_comes_out_as_asked(tenant: Tenant, grants: Grants, ways: dict[str, Any]) -> None:
    tenant.set_behaviour(**ways)
    keys = free_keys(tenant)
    for key in keys[4:8]:
        support.grant_by_hand(tenant, key, "MANAGE")
    for key in keys[8:]:
        support.grant_by_hand(tenant, key, "VIEW")
    untouched = support.others(tenant, *keys)
    wanted: dict[GrantKey, frozenset[str] | None] = {
        **dict.fromkeys(keys[:4], BOTH),  # new
        **dict.fromkeys(keys[4:8], OTHER),  # changed
        **dict.fromkeys(keys[8:]),  # removed
    }
    assert grants.apply(wanted) == {}
    assert {key: support.standing(tenant, key) for key in keys} == wanted
    assert support.others(tenant, *keys) == untouched
    assert grants.apply(wanted) == {}
    assert {key: support.standing(tenant, key) for key in keys} == wanted


@pytest.mark.parametrize("ways", COMBINATIONS[::5], ids=lambda ways: "-".join(str(way) for way in ways.values()))
def test_one_bad_member_fails_alone(tenant: Tenant, grants: Grants, ways: dict[str, Any]) -> None:
    tenant.set_behaviour(**ways)
    keys = free_keys(tenant, workspaces=2)
    engine_user = GrantKey(keys[0].workspace_id, Principal("users", support.engine_user_id(tenant)))
    taken = keys.pop()
    support.grant_by_hand(tenant, taken, "MANAGE")
    works: list[Callable[[], None]] = [lambda key=key: grants.create(key, OTHER, adopt=False) for key in keys]
    works += [
        lambda: grants.create(engine_user, OTHER, adopt=False),
        lambda: grants.create(taken, OTHER, adopt=False),
    ]
    untouched = support.others(tenant, *keys)
    *good, refused, seized = support.in_threads(works)
    assert good == [None] * len(keys)
    assert isinstance(refused, TalendError)
    if ways["batch_partial"] == "all-or-nothing":
        assert isinstance(refused, BadRequestError)
        support.readable(refused, "TMC_ENGINE_USE")
    assert isinstance(seized, AlreadyThereError)
    support.readable(seized, "already has MANAGE")
    assert [support.standing(tenant, key) for key in keys] == [OTHER] * len(keys)
    assert support.others(tenant, *keys) == untouched


def test_a_member_that_a_partial_batch_refuses_says_why(tenant: Tenant, grants: Grants) -> None:
    tenant.set_behaviour(batch_partial="partial")
    (key, *_) = free_keys(tenant)
    engine_user = GrantKey(key.workspace_id, Principal("users", support.engine_user_id(tenant)))
    failed = grants.apply({key: OTHER, engine_user: OTHER})
    assert list(failed) == [engine_user]
    support.readable(failed[engine_user], "TMC_ENGINE_USE")


LOST: list[dict[str, Any]] = [
    {"kind": "drop-before"},
    {"kind": "drop-after"},
    {"kind": "truncated"},
    {"kind": "status", "status": 503},
    {"kind": "status", "status": 503, "work_done": True},
    {"kind": "status", "status": 429, "headers": {"retry-after": "1"}},
]


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize(
    "lost", LOST, ids=lambda lost: f"{lost['kind']}{lost.get('status', '')}{'done' * ('work_done' in lost)}"
)
def test_a_lost_answer_to_a_batch_is_found_out(
    tenant: Tenant, grants: Grants, lost: dict[str, Any], method: str, times: int
) -> None:
    keys = free_keys(tenant)
    for key in keys[4:]:
        support.grant_by_hand(tenant, key, "MANAGE")
    untouched = support.others(tenant, *keys)
    wanted: dict[GrantKey, frozenset[str] | None] = {
        **dict.fromkeys(keys[:4], BOTH),
        **dict.fromkeys(keys[4:8], OTHER),
        **dict.fromkeys(keys[8:]),
    }
    tenant.inject(Fault(method=method, path="batch", times=times, **lost))
    assert grants.apply(wanted) == {}
    assert {key: support.standing(tenant, key) for key in keys} == wanted
    assert support.others(tenant, *keys) == untouched


@pytest.mark.parametrize("threads", [4, 16])
def test_parallel_creates_updates_and_deletes(tenant: Tenant, grants: Grants, threads: int) -> None:
    keys = free_keys(tenant, workspaces=4, users=threads)[: 3 * threads]
    new, changed, gone = keys[:threads], keys[threads : 2 * threads], keys[2 * threads :]
    for key in (*changed, *gone):
        support.grant_by_hand(tenant, key, "MANAGE")
    untouched = support.others(tenant, *keys)
    works: list[Callable[[], None]] = []
    for key in new:
        works.append(lambda key=key: grants.create(key, BOTH, adopt=False))
    for key in changed:
        works.append(lambda key=key: grants.update(key, VIEW))
    for key in gone:
        works.append(lambda key=key: grants.delete(key))
    assert support.in_threads(works) == [None] * len(works)
    assert [support.standing(tenant, key) for key in new] == [BOTH] * len(new)
    assert [support.standing(tenant, key) for key in changed] == [VIEW] * len(changed)
    assert [support.standing(tenant, key) for key in gone] == [None] * len(gone)
    assert support.others(tenant, *keys) == untouched
    assert len(tenant.calls.writes()) <= len(works)


def test_a_batch_that_is_always_refused_leaves_nothing_behind_and_says_so(tenant: Tenant, grants: Grants) -> None:
    keys = free_keys(tenant)
    before = tenant.snapshot()
    tenant.inject(Fault(kind="status", status=503, method="POST", times=None))
    failed = grants.apply(dict.fromkeys(keys, BOTH))
    assert set(failed) == set(keys)
    for error in failed.values():
        assert isinstance(error, TalendError)
        support.readable(error, "503")
    assert tenant.snapshot() == before


def test_a_batch_that_says_done_and_is_not_is_never_success(tenant: Tenant, grants: Grants) -> None:
    keys = free_keys(tenant)
    before = tenant.snapshot()
    tenant.inject(Fault(kind="status", status=200, body=[], method="POST", path="permissions", times=None))
    failed = grants.apply(dict.fromkeys(keys, BOTH))
    assert set(failed) == set(keys)
    assert tenant.snapshot() == before


def test_what_a_batch_says_done_and_is_not_is_done_singly(tenant: Tenant, grants: Grants) -> None:
    keys = free_keys(tenant)
    tenant.inject(Fault(kind="status", status=200, body=[], method="POST", path="batch", times=None))
    assert grants.apply(dict.fromkeys(keys, BOTH)) == {}
    assert [support.standing(tenant, key) for key in keys] == [BOTH] * len(keys)


def test_a_grid_of_grants_is_few_calls(tenant: Tenant, grants: Grants) -> None:
    keys = free_keys(tenant, workspaces=4, users=25)
    tenant.calls.clear()
    assert grants.apply(dict.fromkeys(keys, VIEW)) == {}
    assert len(tenant.calls.writes()) == 1
    assert len(tenant.calls) <= 4
    tenant.calls.clear()
    assert grants.apply(dict.fromkeys(keys)) == {}
    assert len(tenant.calls.writes()) == 1
    assert [support.standing(tenant, key) for key in keys] == [None] * len(keys)


def test_the_batch_delete_takes_nobody_along(tenant: Tenant, grants: Grants) -> None:
    """Its two lists are a cross product: the pairs beside the diagonal are somebody else's."""
    keys = free_keys(tenant, workspaces=4, users=4)
    for key in keys:
        support.grant_by_hand(tenant, key, "VIEW")
    diagonal = keys[::5]
    untouched = support.others(tenant, *diagonal)
    assert grants.apply(dict.fromkeys(diagonal)) == {}
    assert [support.standing(tenant, key) for key in diagonal] == [None] * 4
    assert support.others(tenant, *diagonal) == untouched
