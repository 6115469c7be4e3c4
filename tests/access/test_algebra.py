"""What lies between two sets of grants, and what becomes of many grants written at once: as if each had been written alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import support
from fuzz.strange import examples
from pulumi_talend.access import Grants
from pulumi_talend.access.sets import NOTHING, Differences, differences
from pulumi_talend.api import GrantKey, Permissions, Principal
from pulumi_talend_sandbox.tenant import Tenant

KEYS = st.builds(
    GrantKey, st.sampled_from(["w1", "w2"]), st.builds(Principal, st.just("users"), st.sampled_from("abcd"))
)
SOME = st.frozensets(st.sampled_from(["VIEW", "EXECUTE", "MANAGE"]), min_size=1)
SETS = st.dictionaries(KEYS, SOME, max_size=6)
Set = Mapping[GrantKey, Permissions]


def applied(difference: Differences, live: Set, wanted: Set, unchanged: set[GrantKey]) -> Set:
    """`live` once `difference` has come true, and what is new in `wanted` is written."""
    after = {
        key: (live.get(key, NOTHING) - difference.removes.get(key, NOTHING)) | difference.restores.get(key, NOTHING)
        for key in {*live, *wanted}
    }
    after.update((key, wanted[key]) for key in wanted if key not in unchanged)
    return {key: held for key, held in after.items() if held}


@given(SETS)
def test_between_a_set_and_itself_is_nothing(held: Set) -> None:
    assert differences(held, held, held.keys()) == Differences({}, {})


@given(SETS, SETS, st.sets(KEYS))
def test_what_lies_between_leads_from_one_to_the_other(live: Set, wanted: Set, some: set[GrantKey]) -> None:
    unchanged = some & wanted.keys()
    difference = differences(live, wanted, unchanged)
    assert applied(difference, live, wanted, unchanged) == wanted
    for key, lost in difference.removes.items():
        assert lost
        assert lost <= live[key]
        assert not lost & wanted.get(key, NOTHING), "what is wanted would be foretold as taken away"
    for key, given_back in difference.restores.items():
        assert key in unchanged
        assert given_back <= wanted[key]
        assert not given_back & live.get(key, NOTHING)


@given(SETS, SETS)
def test_there_and_back_again(one: Set, other: Set) -> None:
    there, back = differences(one, other, other.keys()), differences(other, one, one.keys())
    assert (there.removes, there.restores) == (back.restores, back.removes)


BEHAVIOURS = st.fixed_dictionaries(
    {},
    optional={
        "batch_limit": st.sampled_from([1, 2, 3]),
        "batch_partial": st.just("partial"),
        "batch_put_on_none": st.just("done"),
        "batch_post_on_existing": st.sampled_from(["merge", "replace"]),
        "batch_delete_on_none": st.just("404"),
        "empty_permissions": st.just("done"),
        "write_status": st.sampled_from(["201", "204"]),
    },
)
# Who: a user without access, with it, one bound to EXECUTE and VIEW, and one who does not exist. What: with a name unknown there.
MEMBERS = st.dictionaries(
    st.tuples(st.integers(0, 2), st.sampled_from(["new", "newer", "held", "engine", "nobody"])),
    st.sampled_from([None, ["VIEW"], ["EXECUTE", "VIEW"], ["MANAGE"], ["FLY"]]),
    min_size=1,
    max_size=8,
)


def key_of(tenant: Tenant, place: int, who: str) -> GrantKey:
    workspace = support.workspaces_of(tenant)[place]
    if who == "engine":
        return GrantKey(workspace, Principal("users", support.engine_user_id(tenant)))
    if who == "nobody":
        return GrantKey(workspace, Principal("users", "nobody-at-all"))
    return support.user_key(tenant, place, {"new": 10, "newer": 11, "held": 12}[who])


def outcome(
    running: tuple[Tenant, dict[str, Any]],
    behaviour: dict[str, Any],
    changes: Mapping[GrantKey, Permissions | None],
    *,
    together: bool,
) -> tuple[set[GrantKey], dict[str, Any]]:
    """Which of `changes` failed, and what stands afterwards."""
    tenant, seed = running
    support.reset(tenant, seed)
    for key in changes:
        if key == support.user_key(tenant, support.workspaces_of(tenant).index(key.workspace_id), 12):
            support.grant_by_hand(tenant, key, "AUTHOR")
    tenant.set_behaviour(**behaviour)
    clock = support.VirtualClock()
    failed: set[GrantKey] = set()
    with support.client_of(support.settings_for(tenant), clock=clock) as client:
        for part in [changes] if together else [{key: changes[key]} for key in sorted(changes)]:
            failed |= Grants(client, sleep=clock.sleep).apply(part).keys()
    return failed, tenant.snapshot()["grants"]


@examples(25)
@given(made=MEMBERS, behaviour=BEHAVIOURS)
def test_many_at_once_come_out_as_each_alone(
    running_tenant: tuple[Tenant, dict[str, Any]],
    made: dict[tuple[int, str], list[str] | None],
    behaviour: dict[str, Any],
) -> None:
    """A batch is refused whole for one bad member: each still gets its own verdict, and the good ones are done."""
    tenant, seed = running_tenant
    changes = {
        key_of(tenant, place, who): None if wanted is None else frozenset(wanted)
        for (place, who), wanted in made.items()
    }
    together = outcome(running_tenant, behaviour, changes, together=True)
    assert together == outcome(running_tenant, behaviour, changes, together=False)
    failed, _ = together
    for (place, who), wanted in made.items():
        bad = wanted is not None and (
            wanted == ["FLY"] or who == "nobody" or (who == "engine" and wanted == ["MANAGE"])
        )
        assert (key_of(tenant, place, who) in failed) == bad, (place, who, wanted)
    support.reset(tenant, seed)
