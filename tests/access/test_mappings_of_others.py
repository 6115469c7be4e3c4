"""Role mappings while somebody else writes them too. Every order of two writers' calls: tests/faults/test_two_writers.py."""

from __future__ import annotations

from collections.abc import Callable

import support
from pulumi_talend.access import Mappings
from pulumi_talend.access.others_writes import settling_seconds
from pulumi_talend.api import Pacer, TalendClient
from pulumi_talend_sandbox.tenant import Behaviour, Call, Fault, Tenant

OPERATOR = frozenset({"Operator"})
During = Callable[[Callable[[Call], None]], None]


def test_a_write_that_had_to_wait_begins_with_a_fresh_read(clock: support.VirtualClock) -> None:
    """The list that was read before the wait is out of date after it: written then, it would undo what came meanwhile."""
    with Tenant.start(Behaviour(rate_limit=(3, 60.0)), clock=clock) as tenant:

        def meanwhile(seconds: float) -> None:
            clock.sleep(seconds)
            tenant.map_role("theirs", ["Data Steward"])

        pacer = Pacer(clock=clock, wall=clock, wait=lambda _condition, seconds: meanwhile(seconds))
        with TalendClient(support.settings_for(tenant), pacer=pacer, sleep=clock.sleep) as client:
            mappings = Mappings(client, sleep=clock.sleep)
            assert client.permissions.list()
            assert client.permissions.list()  # the window has one call left: the reading, not the writing
            before = tenant.role_mappings()
            mappings.create("new", OPERATOR, adopt=False)
        assert tenant.role_mappings() == {**before, "new": ["Operator"], "theirs": ["Data Steward"]}
        assert [call.status for call in tenant.calls].count(429) == 0


def test_a_write_that_was_refused_for_the_rate_limit_begins_with_a_fresh_read(
    tenant: Tenant, mappings: Mappings, during: During
) -> None:
    before = tenant.role_mappings()
    tenant.inject(Fault(kind="status", status=429, method="POST", headers={"retry-after": "20"}, times=3))
    during(
        lambda call: (
            tenant.map_role("theirs", ["Data Steward"])
            if sum(one.method == "POST" for one in tenant.calls) == 3
            else None
        )
    )
    mappings.create("new", OPERATOR, adopt=False)
    assert tenant.role_mappings() == {**before, "new": ["Operator"], "theirs": ["Data Steward"]}


def test_what_the_process_made_earlier_is_looked_after_by_its_later_writes(
    tenant: Tenant, client: TalendClient, clock: support.VirtualClock
) -> None:
    said: list[str] = []
    mappings = Mappings(client, sleep=clock.sleep, notify=said.append)
    before = tenant.role_mappings()
    for name in ("kept", "changed", "ended"):
        mappings.create(name, OPERATOR, adopt=False)
    mappings.delete("ended")
    tenant.unmap_role("kept")
    tenant.map_role("changed", ["Data Steward"])
    tenant.map_role("ended", ["Operator"])  # no longer ours: perhaps somebody else's now
    assert said == []
    mappings.create("new", OPERATOR, adopt=False)
    ours = {"kept": ["Operator"], "changed": ["Operator"], "new": ["Operator"]}
    assert tenant.role_mappings() == {**before, **ours, "ended": ["Operator"]}
    assert len(said) == 2
    for line, name in zip(said, ("changed", "kept"), strict=True):
        support.readable(line, f"'{name}'", "somebody else writes role mappings", "put back")


def test_what_cannot_be_put_back_does_not_stop_others(tenant: Tenant, mappings: Mappings) -> None:
    mappings.create("earlier", OPERATOR, adopt=False)
    tenant.unmap_role("earlier")
    tenant.inject(Fault(kind="status", status=400, method="POST"))
    mappings.create("new", OPERATOR, adopt=False)
    assert tenant.role_mappings()["new"] == ["Operator"]
    assert "earlier" not in tenant.role_mappings()


def test_looking_comes_later_than_whoever_had_read_before_writes() -> None:
    assert all(0.25 <= settling_seconds(0.0) <= 0.5 for _ in range(50))
    assert all(3.0 <= settling_seconds(1.0) <= 4.5 for _ in range(50))
    assert max(settling_seconds(1000.0) for _ in range(50)) <= 15.0
