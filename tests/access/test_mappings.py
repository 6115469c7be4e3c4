"""Role mappings on an API that can only replace all of them: nothing is lost that somebody else wrote."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import support
from access.conftest import NewAccess
from pulumi_talend import (
    AlreadyExistsError,
    BadRequestError,
    IncompleteListingError,
    NoResponseError,
    NotReviewedError,
    NotVerifiedError,
    OverwrittenError,
    RateLimitedError,
)
from pulumi_talend.access import TenantAccess, mapping_list, mappings
from pulumi_talend.access.mapping_write import merged, roles_by_name, without_empty
from pulumi_talend.api import RoleMapping
from pulumi_talend.model.planning import NOTHING, Action, Change
from pulumi_talend_sandbox.tenant import Call, Fault, Tenant

OPERATOR = frozenset({"Operator"})
MOST_WRITES = mappings._MOST_WRITES  # pyright: ignore[reportPrivateUsage]
STEWARD = frozenset({"Data Steward"})
Roles = frozenset[str]


def put(name: str, roles: Roles = OPERATOR, action: Action = "grant", before: Roles = NOTHING) -> Change[str]:
    return Change(name, action, before, roles)


def remove(name: str) -> Change[str]:
    return Change(name, "revoke", None, NOTHING)


def posts(tenant: Tenant) -> list[Call]:
    return [call for call in tenant.calls.writes() if call.method == "POST"]


NAMES = st.sampled_from(["a", "b", "c", "Köln", "x/y", "e f"])
ROLES = st.lists(st.sampled_from(["Operator", "Data Steward", "Assets Manager"]), max_size=4)
EXTRAS = st.dictionaries(st.sampled_from(["description", "createdBy"]), st.text(max_size=5), max_size=2)


def mapping_of(name: str, roles: list[str], extra: dict[str, str]) -> RoleMapping:
    return RoleMapping.model_validate({"name": name, "roles": roles, **extra})


LISTINGS = st.lists(st.builds(mapping_of, NAMES, ROLES, EXTRAS), unique_by=lambda mapping: mapping.name)
PUTS = st.dictionaries(NAMES, ROLES.map(lambda roles: frozenset(roles)))


@given(LISTINGS, PUTS)
def test_a_merge_changes_nothing_else(current: Sequence[RoleMapping], puts: dict[str, Roles]) -> None:
    result = merged(current, puts)
    assert roles_by_name(result) == {**roles_by_name(current), **puts}
    assert [one.name for one in result[: len(current)]] == [one.name for one in current]
    for before, after in zip(current, result, strict=False):
        assert {**after.as_json(), "roles": []} == {**before.as_json(), "roles": []}
        if frozenset(before.roles) == puts.get(before.name, frozenset(before.roles)):
            assert after == before  # the order of roles too
    assert merged(result, puts) == result


def test_the_life_of_a_mapping(tenant: Tenant, access: TenantAccess) -> None:
    before = tenant.role_mappings()
    assert access.mappings.find_unmanaged("ours") is None
    assert access.mappings.apply([put("ours")]) == {}
    assert access.mappings.read("ours") == OPERATOR
    assert access.mappings.apply([put("ours", STEWARD, "change", OPERATOR)]) == {}
    assert tenant.role_mappings() == {**before, "ours": ["Data Steward"]}
    assert access.mappings.apply([remove("ours")]) == {}
    assert access.mappings.apply([remove("ours")]) == {}
    assert tenant.role_mappings() == before
    assert support.collection_deletes(tenant) == []


def test_many_threads_share_writes_and_lose_nothing(tenant: Tenant, access: TenantAccess) -> None:
    before = tenant.role_mappings()
    names = [f"role {number}" for number in range(30)]
    assert support.in_threads([lambda name=name: access.mappings.apply([put(name)]) for name in names]) == [{}] * 30
    assert tenant.role_mappings() == {**before, **{name: ["Operator"] for name in names}}
    assert len(posts(tenant)) < 10


def test_what_exists_is_never_taken_over_unasked(tenant: Tenant, access: TenantAccess) -> None:
    name, roles = next(iter(tenant.role_mappings().items()))
    for wanted in (OPERATOR | STEWARD, frozenset(roles)):
        (error,) = access.mappings.apply([put(name, wanted)]).values()
        assert isinstance(error, AlreadyExistsError)
    assert tenant.calls.writes() == []
    assert access.mappings.apply([put(name, STEWARD, "adopt", frozenset(roles))]) == {}
    assert tenant.role_mappings()[name] == ["Data Steward"]


def test_one_that_is_refused_does_not_stop_the_others(tenant: Tenant, access: TenantAccess) -> None:
    failed = access.mappings.apply([put("good"), put("bad", frozenset({"No Such Role"})), put("fine")])
    assert set(failed) == {"bad"}
    assert isinstance(failed["bad"], BadRequestError)
    assert {"good", "fine"} <= tenant.role_mappings().keys()
    assert "bad" not in tenant.role_mappings()


@pytest.mark.parametrize("kind", ["drop-before", "drop-after", "truncated"])
def test_a_lost_answer_is_looked_up(tenant: Tenant, access: TenantAccess, kind: Any) -> None:
    before = tenant.role_mappings()
    tenant.inject(Fault(kind=kind, method="POST"))
    assert access.mappings.apply([put("ours")]) == {}
    assert tenant.role_mappings() == {**before, "ours": ["Operator"]}


def test_a_writer_that_overwrites_ours_is_told_of_and_ours_is_written_again(
    tenant: Tenant, new_access: NewAccess, during: support.During
) -> None:
    access = new_access()
    struck: list[bool] = []

    def undo(call: Call) -> None:
        if call.method == "POST" and not struck:
            struck.append(True)
            tenant.unmap_role("ours")
            tenant.map_role("theirs", ["Operator"])

    during(undo, after=True)
    assert access.mappings.apply([put("ours")]) == {}
    assert struck
    assert tenant.role_mappings()["ours"] == tenant.role_mappings()["theirs"] == ["Operator"]


def test_what_is_overwritten_after_it_was_seen_is_written_again(
    tenant: Tenant, access: TenantAccess, during: support.During
) -> None:
    struck: list[bool] = []

    def undo(call: Call) -> None:
        if call.method == "GET" and "ours" in tenant.role_mappings() and not struck:
            struck.append(True)
            tenant.unmap_role("ours")

    during(undo, after=True)
    assert access.mappings.apply([put("ours")]) == {}
    assert struck
    assert tenant.role_mappings()["ours"] == ["Operator"]


def test_a_later_write_puts_back_what_an_earlier_one_of_the_same_update_wrote(
    tenant: Tenant, new_access: NewAccess
) -> None:
    said: list[str] = []
    access = new_access(said=said)
    assert access.mappings.apply([put("first")]) == {}
    tenant.unmap_role("first")
    assert access.mappings.apply([put("second")]) == {}
    assert tenant.role_mappings()["first"] == tenant.role_mappings()["second"] == ["Operator"]
    (line,) = said
    assert "another writer has overwritten it" in line


def test_a_partial_listing_is_never_written_back(tenant: Tenant, access: TenantAccess) -> None:
    before = tenant.role_mappings()
    access.mappings.listing()
    tenant.inject(Fault(kind="partial-listing", method="GET", path="/role-mappings$", times=None))
    (error,) = access.mappings.apply([put("ours")]).values()
    assert isinstance(error, IncompleteListingError)
    assert tenant.role_mappings() == before


def test_an_api_that_normalises_names_is_named(tenant: Tenant, access: TenantAccess) -> None:
    tenant.set_behaviour(mapping_names="lowercased")
    before = {name.lower(): roles for name, roles in tenant.role_mappings().items()}
    (error,) = access.mappings.apply([put("Ours")]).values()
    assert isinstance(error, NotVerifiedError)
    support.readable(error, "lists 'Ours' as 'ours'", "Write 'ours' in the program")
    assert len(posts(tenant)) == 1
    # Nothing is left that no state knows, and nothing is written again by what comes later.
    assert tenant.role_mappings() == before
    assert access.mappings.apply([put("later")]) == {}
    assert tenant.role_mappings() == {**before, "later": ["Operator"]}


def test_a_whole_list_whose_names_the_api_normalises_is_named(tenant: Tenant, access: TenantAccess) -> None:
    tenant.set_behaviour(mapping_names="lowercased")
    with pytest.raises(NotVerifiedError) as raised:
        access.mappings.replace_all({"Ours": OPERATOR}, reviewed=tenant.role_mappings())
    support.readable(raised.value, "lists 'Ours' as 'ours'", "Write 'ours' in the program")


def test_what_is_seen_is_said_where_the_api_confirms_and_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else may be at work, or nobody: both look the same."""
    monkeypatch.setattr(mapping_list, "MOST_LAG_SECONDS", 0.05)

    def api(request: httpx.Request) -> httpx.Response:
        if request.method == "GET" and not request.url.path.endswith("/role-mappings"):
            return httpx.Response(404, json={})
        return httpx.Response(200, json=[{"name": "theirs", "roles": ["Operator"]}])

    said: list[str] = []
    with support.mocked_client(api) as client:
        (error,) = TenantAccess(client, notify=said.append).mappings.apply([put("ours")]).values()
    assert isinstance(error, OverwrittenError)
    support.readable(error, "the API confirmed it each time, but never listed it", "or the API did not do it")
    assert all("or the API did not do it" in line for line in said)


def test_a_200_that_carries_an_error_is_said_as_it_is() -> None:
    def api(request: httpx.Request) -> httpx.Response:
        refused = {"status": 500, "message": "Internal trouble", "requestId": "r1"}
        return httpx.Response(200, json=refused if request.method == "POST" else [])

    with support.mocked_client(api) as client:
        (error,) = TenantAccess(client).mappings.apply([put("ours")]).values()
    support.readable(error, "Could not map customer role 'ours' to Operator", "Internal trouble", "request r1")


def test_a_mapping_without_roles_is_kept_and_counts_as_none(tenant: Tenant, access: TenantAccess) -> None:
    tenant.set_behaviour(empty_roles="done")
    tenant.map_role("empty", [])
    before = tenant.role_mappings()
    assert without_empty(access.mappings.listing()).keys() == before.keys() - {"empty"}
    assert access.mappings.find_unmanaged("empty") is None
    access.mappings.replace_all({"ours": OPERATOR}, reviewed=before)
    assert tenant.role_mappings() == {"ours": ["Operator"], "empty": []}
    access.mappings.replace_all({"empty": STEWARD}, reviewed=["ours"])
    assert tenant.role_mappings() == {"empty": ["Data Steward"]}


def test_mappings_without_roles_that_the_api_takes_in_no_write_go_and_are_named(
    tenant: Tenant, new_access: NewAccess
) -> None:
    tenant.set_behaviour(empty_roles="400")
    tenant.map_role("empty", [])
    before = tenant.role_mappings()
    said: list[str] = []
    access = new_access(said=said)
    failed = access.mappings.apply([put("bad", frozenset({"No Such Role"})), put("ours"), put("ours too")])
    assert set(failed) == {"bad"}
    after = {**{name: roles for name, roles in before.items() if roles}, "ours": ["Operator"], "ours too": ["Operator"]}
    assert tenant.role_mappings() == after
    (line,) = said
    assert "(empty)" in line


def test_what_is_refused_for_another_reason_leaves_mappings_without_roles_alone(
    tenant: Tenant, access: TenantAccess
) -> None:
    tenant.set_behaviour(empty_roles="done")
    tenant.map_role("empty", [])
    before = tenant.role_mappings()
    assert set(access.mappings.apply([put("bad", frozenset({"No Such Role"})), put("ours")])) == {"bad"}
    assert tenant.role_mappings() == {**before, "ours": ["Operator"]}


def test_what_no_preview_has_shown_is_not_removed(tenant: Tenant, access: TenantAccess, during: support.During) -> None:
    reviewed = list(tenant.role_mappings())
    tenant.map_role("since the preview", ["Operator"])
    with pytest.raises(NotReviewedError, match="'since the preview'"):
        access.mappings.replace_all({"ours": OPERATOR}, reviewed=reviewed)
    assert tenant.calls.writes() == []
    assert access.mappings.replace_all({"ours": OPERATOR}, reviewed=[*reviewed, "since the preview"]) is None
    assert tenant.role_mappings() == {"ours": ["Operator"]}


def test_nothing_to_do_is_no_write(tenant: Tenant, access: TenantAccess) -> None:
    table = {name: frozenset(roles) for name, roles in tenant.role_mappings().items()}
    access.mappings.replace_all(table, reviewed=[])
    assert tenant.calls.writes() == []


def test_an_empty_listing_is_believed_the_second_time_only(tenant: Tenant, access: TenantAccess) -> None:
    before = tenant.role_mappings()
    tenant.inject(Fault(kind="empty-listing", method="GET", path="/role-mappings$"))
    assert access.mappings.apply([put("ours")]) == {}
    assert tenant.role_mappings() == {**before, "ours": ["Operator"]}


def test_what_is_given_goes_before_what_is_removed(tenant: Tenant, access: TenantAccess) -> None:
    tenant.map_role("old", ["Operator"])
    assert access.mappings.apply([remove("old"), put("new")]) == {}
    assert [call.method for call in tenant.calls.writes()] == ["POST", "DELETE"]


def test_a_write_that_would_have_to_wait_for_the_rate_limit_begins_with_a_fresh_read(
    tenant: Tenant, access: TenantAccess
) -> None:
    tenant.inject(Fault(kind="status", status=429, method="POST"))
    assert access.mappings.apply([put("ours")]) == {}
    assert [call.method for call in tenant.calls][:4] == ["GET", "POST", "GET", "POST"]


# --- the last of a limited number of attempts


def test_the_last_attempt_waits_for_the_rate_limit(tenant: Tenant, access: TenantAccess) -> None:
    tenant.inject(Fault(kind="status", status=429, method="POST", times=MOST_WRITES))
    assert access.mappings.apply([put("ours")]) == {}
    assert tenant.role_mappings()["ours"] == ["Operator"]


def test_a_rate_limit_that_stays_is_the_error(tenant: Tenant, access: TenantAccess) -> None:
    tenant.inject(Fault(kind="status", status=429, method="POST", times=None))
    (error,) = access.mappings.apply([put("ours")]).values()
    assert isinstance(error, RateLimitedError)


def test_answers_that_are_all_lost_are_an_error(tenant: Tenant, access: TenantAccess) -> None:
    tenant.inject(Fault(kind="drop-before", method="POST", times=None))
    (error,) = access.mappings.apply([put("ours")]).values()
    assert isinstance(error, NoResponseError)
    assert "ours" not in tenant.role_mappings()


def test_a_writer_that_overwrites_ours_every_time_is_an_error(
    tenant: Tenant,
    new_access: NewAccess,
    monkeypatch: pytest.MonkeyPatch,
    during: support.During,
) -> None:
    access = new_access()
    monkeypatch.setattr(mapping_list, "MOST_LAG_SECONDS", 0.1)
    during(
        lambda call: tenant.unmap_role("ours") if call.method == "GET" and "ours" in tenant.role_mappings() else None
    )
    (error,) = access.mappings.apply([put("ours")]).values()
    assert isinstance(error, OverwrittenError)
    assert len(posts(tenant)) == MOST_WRITES
