"""Grants under every way the API may go where its documentation is silent: the tenant ends as asked, or is untouched."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

import support
from pulumi_talend import (
    AlreadyThereError,
    NotFoundError,
    NotVerifiedError,
    ServerError,
    TalendError,
    UnauthorizedError,
)
from pulumi_talend.access import Grants
from pulumi_talend.api import BadRequestError, ForbiddenError, GrantKey, Principal, TalendClient
from pulumi_talend_sandbox.tenant import Call, Fault, Tenant

VIEW = frozenset({"VIEW"})
BOTH = frozenset({"VIEW", "EXECUTE"})
OTHER = frozenset({"MANAGE"})
UNITARY = r"/(users|service-accounts)/[^/]+/permissions$"

CHOICES = {
    "post_on_existing": ("400", "merge", "replace"),
    "put_on_none": ("404", "done"),
    "delete_on_none": ("404", "done"),
    "get_of_none": ("404", "empty"),
}
COMBINATIONS = [dict(zip(CHOICES, values, strict=True)) for values in itertools.product(*CHOICES.values())]


def named(combination: object) -> str:
    return "-".join(combination.values()) if isinstance(combination, dict) else str(combination)  # pyright: ignore


every_way = pytest.mark.parametrize("ways", COMBINATIONS, ids=named)
each_kind = pytest.mark.parametrize("kind", ["users", "service-accounts"])


def key_of(tenant: Tenant, kind: str) -> GrantKey:
    return support.user_key(tenant) if kind == "users" else support.service_account_key(tenant)


@every_way
@each_kind
def test_the_life_of_a_grant(tenant: Tenant, grants: Grants, ways: dict[str, str], kind: str) -> None:
    tenant.set_behaviour(**ways)
    key = key_of(tenant, kind)
    before = tenant.snapshot()

    assert grants.read(key) is None
    grants.create(key, BOTH, adopt=False)
    assert support.standing(tenant, key) == BOTH
    assert grants.read(key) == BOTH
    grants.update(key, VIEW)
    assert support.standing(tenant, key) == VIEW
    grants.update(key, OTHER)
    assert grants.read(key) == support.standing(tenant, key) == OTHER
    grants.delete(key)
    assert support.standing(tenant, key) is None
    assert grants.read(key) is None
    grants.delete(key)

    assert tenant.snapshot() == before
    assert not any("batch" in call.path for call in tenant.calls)
    assert [call.method for call in tenant.calls.writes()].count("POST") == 1


@every_way
@each_kind
def test_what_exists_is_never_seized(tenant: Tenant, grants: Grants, ways: dict[str, str], kind: str) -> None:
    tenant.set_behaviour(**ways)
    key = key_of(tenant, kind)
    support.grant_by_hand(tenant, key, "VIEW", "EXECUTE")
    before = tenant.snapshot()
    for permissions in (BOTH, OTHER):
        with pytest.raises(AlreadyThereError) as caught:
            grants.create(key, permissions, adopt=False)
        support.readable(caught.value, str(key), "already has EXECUTE, VIEW", "adopt_existing=True")
    assert tenant.snapshot() == before
    assert tenant.calls.writes() == []


@every_way
@each_kind
def test_adopting_the_same_writes_nothing(tenant: Tenant, grants: Grants, ways: dict[str, str], kind: str) -> None:
    tenant.set_behaviour(**ways)
    key = key_of(tenant, kind)
    support.grant_by_hand(tenant, key, "VIEW", "EXECUTE")
    before = tenant.snapshot()
    grants.create(key, BOTH, adopt=True)
    assert tenant.snapshot() == before
    assert tenant.calls.writes() == []


@every_way
@each_kind
def test_adopting_something_else_sets_it(tenant: Tenant, grants: Grants, ways: dict[str, str], kind: str) -> None:
    tenant.set_behaviour(**ways)
    key = key_of(tenant, kind)
    support.grant_by_hand(tenant, key, "MANAGE", "VIEW")
    untouched = support.others(tenant, key)
    grants.create(key, BOTH, adopt=True)
    assert support.standing(tenant, key) == BOTH
    assert [call.method for call in tenant.calls.writes()] == ["PUT"]
    assert support.others(tenant, key) == untouched


@every_way
@each_kind
def test_changing_what_is_gone_gives_it_anew(tenant: Tenant, grants: Grants, ways: dict[str, str], kind: str) -> None:
    """Gone before anything was read, and gone between the reading and the writing."""
    tenant.set_behaviour(**ways)
    key = key_of(tenant, kind)
    grants.update(key, VIEW)
    assert support.standing(tenant, key) == VIEW
    support.revoke_by_hand(tenant, key)  # the process still believes that it is there
    grants.update(key, BOTH)
    assert support.standing(tenant, key) == BOTH


@every_way
@each_kind
def test_removing_what_is_gone_is_fine(tenant: Tenant, grants: Grants, ways: dict[str, str], kind: str) -> None:
    tenant.set_behaviour(**ways)
    key = key_of(tenant, kind)
    before = tenant.snapshot()
    grants.delete(key)
    support.grant_by_hand(tenant, key, "VIEW")
    assert grants.read(key) in (VIEW, None)
    support.revoke_by_hand(tenant, key)
    grants.delete(key)
    assert tenant.snapshot() == before


@every_way
def test_where_workspace_or_user_are_gone_so_is_the_grant(
    tenant: Tenant, client: TalendClient, ways: dict[str, str]
) -> None:
    tenant.set_behaviour(**ways)
    known = support.user_key(tenant)
    for key in (
        GrantKey("0" * 24, known.principal),
        GrantKey(known.workspace_id, Principal("users", "nobody-of-this-name")),
    ):
        grants = Grants(client)
        assert grants.read(key) is None
        grants.delete(key)
        with pytest.raises((NotFoundError, BadRequestError)) as caught:
            grants.create(key, VIEW, adopt=False)
        support.readable(caught.value, str(key), "Check that workspace and principal exist")
        with pytest.raises((NotFoundError, BadRequestError)):
            grants.update(key, VIEW)


@pytest.mark.parametrize(
    "unknown",
    ["empty", "404"],
)
def test_a_deleted_workspace_takes_its_grants_along_also_where_listings_go_by_workspace(
    tenant: Tenant, grants: Grants, unknown: str
) -> None:
    tenant.set_behaviour(unknown_filter=unknown)
    key = GrantKey("0" * 24, support.user_key(tenant).principal)
    tenant.inject(Fault(kind="status", status=403))  # the whole tenant's listing: for administrators of all of it only
    assert grants.read(key) is None


def test_exact_calls_of_one_grant(tenant: Tenant, grants: Grants) -> None:
    key = support.user_key(tenant)
    path = f"/security/workspaces/{key.workspace_id}/users/{key.principal.id}/permissions"
    grants.create(key, BOTH, adopt=False)
    assert tenant.calls[-2].line() == f"POST {path} 200"
    assert tenant.calls[-1].line() == f"GET {path} 200"
    assert len(tenant.calls) <= 4
    tenant.calls.clear()
    grants.update(key, VIEW)
    assert tenant.calls.lines() == [f"PUT {path} 200", f"GET {path} 200"]
    tenant.calls.clear()
    grants.delete(key)
    assert tenant.calls.lines() == [f"DELETE {path} 204", f"GET {path} 404"]


LOST: list[tuple[str, dict[str, Any]]] = [
    ("drop-before", {"kind": "drop-before"}),
    ("drop-after", {"kind": "drop-after"}),
    ("truncated", {"kind": "truncated"}),
    ("500 before", {"kind": "status", "status": 500}),
    ("500 after", {"kind": "status", "status": 500, "work_done": True}),
    ("503 before", {"kind": "status", "status": 503}),
    ("504 after", {"kind": "status", "status": 504, "work_done": True}),
    ("429", {"kind": "status", "status": 429, "headers": {"retry-after": "3"}}),
]


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("post", CHOICES["post_on_existing"])
@pytest.mark.parametrize("lost", [each[1] for each in LOST], ids=[each[0] for each in LOST])
def test_a_lost_answer_to_a_create_is_found_out(
    tenant: Tenant, grants: Grants, lost: dict[str, Any], post: str, times: int
) -> None:
    tenant.set_behaviour(post_on_existing=post)
    key = support.user_key(tenant)
    untouched = support.others(tenant, key)
    tenant.inject(Fault(method="POST", path=UNITARY, times=times, **lost))
    grants.create(key, BOTH, adopt=False)
    assert support.standing(tenant, key) == BOTH
    assert support.others(tenant, key) == untouched
    assert 1 <= len(tenant.calls.writes()) <= times + 1


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("method", ["PUT", "DELETE", "GET"])
@pytest.mark.parametrize("lost", [each[1] for each in LOST], ids=[each[0] for each in LOST])
def test_a_lost_answer_to_another_call_is_no_matter(
    tenant: Tenant, grants: Grants, lost: dict[str, Any], method: str, times: int
) -> None:
    key = support.user_key(tenant)
    support.grant_by_hand(tenant, key, "MANAGE")
    tenant.inject(Fault(method=method, path=UNITARY, times=times, **lost))
    grants.update(key, BOTH)
    assert support.standing(tenant, key) == BOTH
    grants.delete(key)
    assert support.standing(tenant, key) is None


@pytest.mark.parametrize("work_done", [False, True])
def test_an_api_that_stays_broken_is_never_success(tenant: Tenant, grants: Grants, *, work_done: bool) -> None:
    key = support.user_key(tenant)
    tenant.inject(Fault(kind="status", status=503, method="POST", work_done=work_done, times=None))
    if work_done:
        grants.create(key, BOTH, adopt=False)  # the look afterwards shows that it was done
        assert support.standing(tenant, key) == BOTH
        return
    with pytest.raises(ServerError) as caught:
        grants.create(key, BOTH, adopt=False)
    support.readable(caught.value, str(key), "503")
    assert support.standing(tenant, key) is None
    assert len(tenant.calls.writes()) == 3


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_write_that_does_not_take_is_never_success(
    tenant: Tenant,
    grants: Grants,
    during: Callable[[Callable[[Call], None]], None],
    clock: support.VirtualClock,
    method: str,
) -> None:
    """The API says done and the next look shows something else."""
    key = support.user_key(tenant)
    if method != "POST":
        support.grant_by_hand(tenant, key, "MANAGE")

    def undo(call: Call) -> None:
        if call.method == "GET" and call.path.endswith(f"/{key.principal.id}/permissions") and tenant.calls.writes():
            support.grant_by_hand(tenant, key, "AUTHOR")

    during(undo)
    works: dict[str, Callable[[], None]] = {
        "POST": lambda: grants.create(key, BOTH, adopt=False),
        "PUT": lambda: grants.update(key, BOTH),
        "DELETE": lambda: grants.delete(key),
    }
    with pytest.raises(NotVerifiedError) as caught:
        works[method]()
    support.readable(caught.value, str(key), "but shows AUTHOR" if method != "DELETE" else "but still shows AUTHOR")


def test_an_api_that_shows_late_is_given_a_moment(tenant: Tenant, grants: Grants, clock: support.VirtualClock) -> None:
    key = support.user_key(tenant)
    tenant.inject(Fault(kind="status", status=404, method="GET", path=UNITARY, times=2))
    grants.create(key, BOTH, adopt=False)
    assert support.standing(tenant, key) == BOTH
    assert tenant.calls.writes()[0].method == "POST"
    assert len(tenant.calls.writes()) == 1


def test_an_extra_permission_granted_in_the_gap_is_not_taken_for_success(
    tenant: Tenant, grants: Grants, during: Callable[[Callable[[Call], None]], None]
) -> None:
    tenant.set_behaviour(post_on_existing="merge")
    key = support.user_key(tenant)

    def somebody(call: Call) -> None:
        if call.method == "POST":
            support.grant_by_hand(tenant, key, "MANAGE")

    during(somebody)
    with pytest.raises(TalendError) as caught:
        grants.create(key, BOTH, adopt=False)
    support.readable(caught.value, str(key), "MANAGE")


def test_somebody_faster_is_the_news_and_not_the_400(
    tenant: Tenant, grants: Grants, during: Callable[[Callable[[Call], None]], None]
) -> None:
    key = support.user_key(tenant)

    def somebody(call: Call) -> None:
        if call.method == "POST":
            support.grant_by_hand(tenant, key, "MANAGE")

    during(somebody)
    with pytest.raises(AlreadyThereError) as caught:
        grants.create(key, BOTH, adopt=False)
    support.readable(caught.value, "already has MANAGE", "adopt_existing=True")
    assert support.standing(tenant, key) == OTHER


def test_the_engine_use_rule_is_refused_with_its_name(tenant: Tenant, grants: Grants) -> None:
    key = GrantKey(support.workspaces_of(tenant)[0], Principal("users", support.engine_user_id(tenant)))
    before = tenant.snapshot()
    with pytest.raises(BadRequestError) as caught:
        grants.create(key, frozenset({"AUTHOR"}), adopt=False)
    support.readable(caught.value, "TMC_ENGINE_USE")
    assert tenant.snapshot() == before
    grants.create(key, BOTH, adopt=False)
    assert support.standing(tenant, key) == BOTH


@pytest.mark.parametrize(("token", "expected"), [("viewer", ForbiddenError), ("wrong-token", UnauthorizedError)])
def test_without_the_right_nothing_counts_as_gone(tenant: Tenant, token: str, expected: type[TalendError]) -> None:
    key = support.user_key(tenant)
    support.grant_by_hand(tenant, key, "VIEW")
    before = tenant.snapshot()
    with support.client_of(support.settings_for(tenant, token=tenant.tokens.get(token, token))) as client:
        grants = Grants(client)
        works: list[Callable[[], object]] = [
            lambda: grants.read(key),
            lambda: grants.create(key, BOTH, adopt=True),
            lambda: grants.update(key, BOTH),
            lambda: grants.delete(key),
        ]
        for work in works:
            with pytest.raises(expected):
                work()
    assert tenant.snapshot() == before


def test_an_adopted_grant_survives_the_end_of_the_resource_that_held_it(tenant: Tenant, grants: Grants) -> None:
    """A rename without alias: the new name adopts, then the old one is deleted."""
    key = support.user_key(tenant)
    support.grant_by_hand(tenant, key, "VIEW")
    grants.create(key, BOTH, adopt=True)
    grants.delete(key)
    assert support.standing(tenant, key) == BOTH
