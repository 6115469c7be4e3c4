"""The planner: no access is lost that somebody else manages, nothing is taken over unasked, and a plan that is done is empty."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_talend.model.planning import NOTHING, Access, Change, Desired, Rights, plan

NO_RIGHTS: dict[str, Rights] = {}
NO_STATE: dict[str, Access] = {}
RIGHTS = st.frozensets(st.sampled_from(["VIEW", "EXECUTE", "AUTHOR"]), min_size=1)
ENDS = st.sampled_from([None, "2027-01-31T18:00:00Z", "2028-01-31T18:00:00+01:00"])
NAMES = st.sampled_from("abcde")
ACCESS = st.dictionaries(NAMES, st.builds(Access, RIGHTS, ENDS))
LIVE = st.dictionaries(NAMES, RIGHTS)
OTHERS = st.frozensets(NAMES)


def after(live: Mapping[str, Rights], changes: list[Change[str]]) -> dict[str, Rights]:
    """The tenant once the changes that write are written."""
    found = dict(live)
    for change in changes:
        if change.writes:
            found[change.target] = change.after or NOTHING
    return {target: rights for target, rights in found.items() if rights}


def desired(program: Mapping[str, Access], *, complete: bool, adopt: bool, others: frozenset[str]) -> Desired[str]:
    """A resource is complete only for what no other resource manages: the check refuses anything else."""
    return Desired(program, is_complete_for=lambda name: complete and name not in others, adopt=adopt)


@given(ACCESS, ACCESS, LIVE, OTHERS, st.booleans(), st.booleans())
def test_what_another_resource_manages_is_never_lost(
    before: dict[str, Access],
    program: dict[str, Access],
    live: dict[str, Rights],
    others: frozenset[str],
    complete: bool,
    adopt: bool,
) -> None:
    program = {name: access for name, access in program.items() if name not in others}
    wanted = desired(program, complete=complete, adopt=adopt, others=others)
    changes = plan(before, wanted, live, managed_elsewhere=others.__contains__)
    done = after(live, changes)
    for name in others & live.keys():
        assert done[name] == live[name]
        assert not any(change.lost for change in changes if change.target == name)


@given(ACCESS, ACCESS, LIVE, st.booleans(), st.booleans())
def test_each_action_only_where_it_is_due(
    before: dict[str, Access], program: dict[str, Access], live: dict[str, Rights], complete: bool, adopt: bool
) -> None:
    changes = plan(before, desired(program, complete=complete, adopt=adopt, others=frozenset()), live)
    assert [change.target for change in changes] == sorted({change.target for change in changes}), "one for a target"
    by_name = {change.target: change.action for change in changes}
    for name in live.keys() | program.keys() | before.keys():
        outside = name in live and name in program and name not in before
        assert (by_name.get(name) == "conflict") == (outside and not adopt and not complete)
        assert (by_name.get(name) == "adopt") == (outside and (adopt or complete))
        assert (by_name.get(name) == "grant") == (name in program and name not in before and name not in live)
        assert (by_name.get(name) == "revoke") == (name in before and name not in program and name in live)
        unknown = name in live and name not in program and name not in before
        assert (by_name.get(name) == "remove") == (unknown and complete)
        if name in before and name in program:
            assert (name in by_name) == (
                live.get(name, NOTHING) != program[name].rights or before[name].until != program[name].until
            )


@given(ACCESS, ACCESS, LIVE, OTHERS, st.booleans())
def test_a_plan_that_is_done_is_empty(
    before: dict[str, Access],
    program: dict[str, Access],
    live: dict[str, Rights],
    others: frozenset[str],
    complete: bool,
) -> None:
    program = {name: access for name, access in program.items() if name not in others}
    wanted = desired(program, complete=complete, adopt=True, others=others)
    done = after(live, plan(before, wanted, live, managed_elsewhere=others.__contains__))
    assert {name: done.get(name) for name in program} == {name: access.rights for name, access in program.items()}
    assert plan(program, wanted, done, managed_elsewhere=others.__contains__) == []


@given(ACCESS, ACCESS, LIVE)
def test_gained_and_lost_are_what_the_tenant_gains_and_loses(
    before: dict[str, Access], program: dict[str, Access], live: dict[str, Rights]
) -> None:
    for change in plan(before, Desired(program, adopt=True), live):
        now = live.get(change.target, NOTHING)
        done = after(live, [change]).get(change.target, NOTHING)
        assert (change.gained, change.lost) == (done - now, now - done)


def test_a_conflict_writes_nothing() -> None:
    view = frozenset({"VIEW"})
    (change,) = plan(NO_STATE, Desired({"a": Access(frozenset({"EXECUTE"}))}), {"a": view})
    assert change.action == "conflict"
    assert not change.writes


def test_rights_that_are_not_known_yet() -> None:
    view = frozenset({"VIEW"})
    (new,) = plan(NO_STATE, Desired({"a": Access(None)}), NO_RIGHTS)
    assert (new.action, new.after) == ("grant", None)
    (kept,) = plan({"a": Access(view)}, Desired({"a": Access(None)}), {"a": view})
    assert (kept.action, kept.lost) == ("change", NOTHING)


def test_a_state_whose_rights_are_not_known_in_the_tenant_is_written() -> None:
    assert Change("a", "revoke", None, NOTHING).writes


@pytest.mark.parametrize(
    ("before", "until", "prolongs"),
    [
        ("2027-01-31T18:00:00Z", "2027-01-31T18:00:01Z", True),
        ("2027-01-31T18:00:00Z", None, True),
        ("2027-01-31T18:00:00Z", "2027-01-31T19:00:00+01:00", False),
        (None, "2027-01-31T18:00:00Z", False),
        (None, None, False),
    ],
)
def test_a_later_end_prolongs_access(before: str | None, until: str | None, prolongs: bool) -> None:
    view = frozenset({"VIEW"})
    assert Change("a", "extend", view, view, before, until).prolongs is prolongs
    assert not Change("a", "extend", view, view, before, until).writes
