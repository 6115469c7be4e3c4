"""Reads that lag behind writes: no storm of calls, nothing lost, and what is not visible yet is finished by the next run."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import support
from access.conftest import NewAccess
from pulumi_talend import NotVerifiedError
from pulumi_talend.access import TenantAccess, mapping_write
from pulumi_talend.access import grants as grants_module
from pulumi_talend.access.journal import Journal
from pulumi_talend.model.grants import GrantKey
from pulumi_talend.model.planning import NOTHING, Change
from pulumi_talend_sandbox.tenant import Call, Tenant

VIEW = frozenset({"VIEW"})
OPERATOR = frozenset({"Operator"})
STEWARD = frozenset({"Data Steward"})


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    """One of its own: reads that lag would show what the test before has written."""
    with Tenant.start() as tenant:
        yield tenant


def journal_in(directory: Path, tenant: Tenant) -> Journal:
    return Journal(directory, tenant.url, owner_of=lambda _target: "resource a", notify=pytest.fail)


def grant(key: GrantKey) -> Change[GrantKey]:
    return Change(key, "grant", NOTHING, VIEW)


@pytest.mark.parametrize("lag", [0.0, 1.0])
def test_grants_are_waited_for_without_a_storm_of_calls(tenant: Tenant, access: TenantAccess, lag: float) -> None:
    tenant.set_behaviour(read_lag=lag, listing_lag=lag)
    keys = [support.user_key(tenant, 0, user) for user in (10, 11, 12)]
    single = support.service_account_key(tenant)
    assert access.grants.apply([grant(key) for key in (*keys, single)]) == {}
    assert all(support.standing(tenant, key) == VIEW for key in (*keys, single))
    posts = [call for call in tenant.calls.writes() if call.method == "POST"]
    assert len(posts) <= 2 + 4, "a batch for people, a call for the account, and each once more by itself at most"
    assert not [call for call in tenant.calls.writes() if call.method != "POST"]


def test_what_is_not_visible_yet_keeps_its_entry_and_the_next_run_finishes_it(
    tenant: Tenant, new_access: NewAccess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grants_module, "VISIBLE_WITHIN_SECONDS", 0.5)
    tenant.set_behaviour(read_lag=3600, listing_lag=3600)
    key = support.user_key(tenant)
    (error,) = new_access(journal=journal_in(tmp_path, tenant)).grants.apply([grant(key)]).values()
    assert isinstance(error, NotVerifiedError)
    support.readable(error, "does not show it yet", "Run again: the next update finishes it.")
    assert support.standing(tenant, key) == VIEW

    tenant.set_behaviour(read_lag=0, listing_lag=0)
    tenant.calls.clear()
    grants = new_access(journal=journal_in(tmp_path, tenant)).grants
    found = grants.find_unmanaged(key)
    assert found == VIEW
    assert grants.is_interrupted(key, VIEW)
    assert tenant.calls.writes() == []


@pytest.mark.parametrize("what", ["grant", "mapping"])
def test_what_is_taken_over_while_it_is_being_removed_is_there_afterwards(
    tenant: Tenant, access: TenantAccess, during: support.During, what: str
) -> None:
    """A resource that ends does not know yet of the one that takes its access over, and reads show it for a while longer."""
    tenant.set_behaviour(read_lag=0.4, listing_lag=0.4, mapping_lag=0.4)
    key = support.user_key(tenant)
    support.grant_by_hand(tenant, key, *VIEW)
    tenant.map_role("crew", sorted(OPERATOR))
    time.sleep(0.4)  # what was made by hand is visible: else reads go back to before it
    removed = threading.Event()
    during(lambda call: removed.set() if call.method == "DELETE" else None, after=True)

    def remove() -> object:
        if what == "grant":
            return access.grants.apply([Change(key, "revoke", VIEW, NOTHING)])
        return access.mappings.apply([Change("crew", "revoke", OPERATOR, NOTHING)])

    def take_over() -> object:
        assert removed.wait(20)
        if what == "grant":
            return access.grants.apply([Change(key, "adopt", VIEW, VIEW)])
        return access.mappings.apply([Change("crew", "adopt", OPERATOR, OPERATOR)])

    assert support.in_threads([remove, take_over]) == [{}, {}]
    assert support.standing(tenant, key) == VIEW if what == "grant" else "crew" in tenant.role_mappings()


def put(name: str) -> Change[str]:
    return Change(name, "grant", NOTHING, OPERATOR)


def test_a_mapping_that_somebody_writes_just_after_ours_is_not_lost(
    tenant: Tenant, access: TenantAccess, during: support.During
) -> None:
    tenant.set_behaviour(mapping_lag=0.6)
    seen: list[str] = []

    def by_hand(call: Call) -> None:
        if seen[-1:] == ["POST"]:  # this is the first look after it
            tenant.map_role("by a person", ["Data Steward"])
        seen.append("" if "by a person" in tenant.role_mappings() else call.method)

    during(by_hand, after=True)
    assert access.mappings.apply([put("ours")]) == {}
    assert access.mappings.apply([put("ours too")]) == {}
    found = tenant.role_mappings()
    assert found["by a person"] == ["Data Steward"]
    assert found["ours"] == found["ours too"] == ["Operator"]


ROUNDS = 20
IN_EVERY_RUN = 2


@pytest.mark.parametrize(
    "number", [pytest.param(n, marks=() if n < IN_EVERY_RUN else pytest.mark.faults) for n in range(ROUNDS)]
)
def test_two_stacks_at_once_lose_nothing(
    tenant: Tenant, new_access: NewAccess, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each creates two, changes one and removes one, while reads lag by another time in each round."""
    lag = 0.05 + 0.05 * (number % 5)
    # A writer that has read and then gets no turn for this long overwrites the other, which no longer looks: a busy machine may
    # keep a thread waiting for a quarter of a second.
    monkeypatch.setattr(mapping_write, "_SETTLING_SECONDS", 1.0)
    tenant.set_behaviour(mapping_lag=lag)
    stacks = ("left", "right")
    for who in stacks:
        tenant.map_role(f"{who} changes", ["Operator"])
        tenant.map_role(f"{who} removes", ["Operator"])
    time.sleep(lag)  # what was made by hand is visible
    before = tenant.role_mappings()

    def work(who: str) -> dict[str, Exception]:
        changes = [put(f"{who} 1"), put(f"{who} 2"), Change(f"{who} changes", "change", OPERATOR, STEWARD)]
        return dict(new_access().mappings.apply([*changes, Change(f"{who} removes", "revoke", OPERATOR, NOTHING)]))

    assert support.in_threads([lambda who=who: work(who) for who in stacks]) == [{}, {}]
    expected = {name: roles for name, roles in before.items() if not name.endswith(" removes")}
    for who in stacks:
        expected |= {f"{who} 1": ["Operator"], f"{who} 2": ["Operator"], f"{who} changes": ["Data Steward"]}
    assert tenant.role_mappings() == expected
