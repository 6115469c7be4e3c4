"""Which writes share a call: never more than is meant, gives before removals, and something wherever nothing is under way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_talend.access.batching import AT_ONCE, MAX_BATCH, Batching
from pulumi_talend.access.grant_write import GrantWrite, Way
from pulumi_talend.model.grants import GrantKey, Principal

VIEW = frozenset({"VIEW"})
WAYS: tuple[Way, ...] = ("assign", "replace", "remove")

keys = st.builds(
    GrantKey,
    st.sampled_from(["w1", "w2", "w3"]),
    st.builds(Principal, st.sampled_from(["users", "service-accounts"]), st.sampled_from("abcd")),
)


@st.composite
def writes(draw: st.DrawFn) -> list[GrantWrite]:
    found: list[GrantWrite] = []
    for key in draw(st.lists(keys, max_size=12)):
        way: Way = draw(st.sampled_from(WAYS))
        write = GrantWrite(key, None if way == "remove" else VIEW, way)
        write.alone = draw(st.sampled_from([False, False, False, True]))
        found.append(write)
    return found


def group(write: GrantWrite) -> tuple[str, str]:
    return write.way, write.key.principal.kind


@settings(max_examples=200)
@given(writes(), st.lists(st.integers(0, 3), max_size=12), st.booleans())
def test_steps_are_taken_until_nothing_is_left(
    to_come: list[GrantWrite], arrivals: list[int], is_limited: bool
) -> None:
    batching = Batching(lambda: is_limited)
    came: list[GrantWrite] = []
    waiting: list[GrantWrite] = []
    written: list[GrantWrite] = []
    under_way: list[Sequence[GrantWrite]] = []
    while len(written) < len(came) or len(came) < len(to_come):
        arrived = to_come[len(came) :][: arrivals.pop() if arrivals else None]
        came += arrived
        waiting += arrived
        ready = first_of_each(waiting, under_way)
        step: Sequence[GrantWrite] = batching.take(ready, under_way) if ready else ()
        if step:
            check_step(batching, step, ready, under_way)
            waiting = [write for write in waiting if write not in step]
            under_way.append(step)
            gives = Counter(group(one[0]) for one in under_way if not one[0].alone and one[0].way != "remove")
            assert max(gives.values(), default=0) <= AT_ONCE
            assert sum(one[0].way == "remove" for one in under_way) <= AT_ONCE
        elif under_way:
            written += under_way.pop(0)
        else:
            assert not waiting, "nothing is under way, and nothing begins"
    assert Counter(map(id, written)) == Counter(map(id, to_come))


def first_of_each(waiting: Sequence[GrantWrite], under_way: Sequence[Sequence[GrantWrite]]) -> list[GrantWrite]:
    """What the pipeline shows: of each grant the first write, where none is under way."""
    busy = {write.key for step in under_way for write in step}
    first: dict[GrantKey, GrantWrite] = {}
    for write in waiting:
        if write.key not in busy:
            first.setdefault(write.key, write)
    return list(first.values())


def check_step(
    batching: Batching, step: Sequence[GrantWrite], ready: Sequence[GrantWrite], under_way: list[Sequence[GrantWrite]]
) -> None:
    assert all(write in ready for write in step)
    if step[0].way != "remove":
        assert len({group(write) for write in step}) == 1
        assert len(step) == 1 or not any(write.alone for write in step)
    else:
        assert all(write.way == "remove" for write in step)
        assert all(write.way == "remove" for write in ready), "a removal goes before a give"
        assert all(one[0].way == "remove" for one in under_way), "a removal goes beside a give"
    calls = batching.calls(step)
    assert Counter(id(write) for call in calls for write in call) == Counter(map(id, step))
    for call in calls:
        assert len({group(write) for write in call}) == 1
        if call[0].way == "remove":
            workspaces = {write.key.workspace_id for write in call}
            assert {write.key for write in call} == {
                GrantKey(workspace, write.key.principal) for workspace in workspaces for write in call
            }, "a batch DELETE removes every pair of its lists"


@given(st.lists(keys, min_size=1, max_size=12, unique=True), st.booleans())
def test_a_refused_call_is_halved_into_calls(some: list[GrantKey], too_large: bool) -> None:
    batching = Batching(lambda: True)
    for way in WAYS:
        for call in batching.calls([GrantWrite(key, None if way == "remove" else VIEW, way) for key in some]):
            if len(call) == 1:
                continue
            halves = batching.halves(call, too_large=too_large)
            assert sorted(write.key for half in halves for write in half) == sorted(write.key for write in call)
            assert all(half for half in halves)


def test_where_calls_count_scattered_removals_wait_for_others_that_fit_beside_them() -> None:
    diagonal = [GrantWrite(GrantKey(f"w{n}", Principal("users", f"u{n}")), None, "remove") for n in range(10)]
    assert len(Batching(lambda: True).take(diagonal, [])) == 4
    assert len(Batching(lambda: False).take(diagonal, [])) == 10


def test_a_full_call_is_one_that_gives_and_a_smaller_one_where_the_api_takes_fewer() -> None:
    def queue(number: int, way: Way) -> list[GrantWrite]:
        return [GrantWrite(GrantKey("w", Principal("users", f"u{n}")), VIEW, way) for n in range(number)]

    batching = Batching(lambda: False)
    assert batching.is_full(queue(MAX_BATCH, "assign"))
    assert not batching.is_full(queue(MAX_BATCH - 1, "assign"))
    assert not batching.is_full(queue(MAX_BATCH, "remove")), "which of them fit into a call is not known"
    batching.halves(queue(20, "assign"), too_large=True)
    assert batching.is_full(queue(10, "assign"))
