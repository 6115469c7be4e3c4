"""How many API calls 100 grants take, from the first `up` to `destroy`, on the Pulumi CLI. Counts only, never seconds.

The tenant takes 400 ms for a call, eight times as long as in the tables, and longer on a busy machine: what is gathered into one
call then hardly depends on how long the engine needs to hand over the next operations.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

import warm
from benchmarks.contenders import NAIVE, REST, SETS, SINGLE, SINGLE_WIDE, Contender
from benchmarks.engines import STEPS, Engine, PulumiEngine, Step
from benchmarks.measuring import Case, Measurement, measure
from benchmarks.tenancy import Conditions
from benchmarks.terraform import find_terraform

N = 100
LATENCY, MOST_LATENCY = 0.4, 3.0

# A limit that is stated and never reached: calls count then, not seconds.
STATED = (1000, 1.0)

# What the Pulumi CLI runs at once on two cores, whatever this machine has.
AT_ONCE = 8
# The most writing calls for 100 single grants: 8 at once in one call are 13 calls, and more where the engine hands over late.
MOST = 20
# A batch DELETE takes the product of two lists, and the Pulumi CLI deletes in random order: of 8 pairs on 4 workspaces the
# largest product holds 3.5 on average, so 29 calls and those of a busy machine. The more it runs at once the fewer they are.
MOST_TO_DESTROY, MOST_TO_DESTROY_WIDE = 40, 27


class Forked(PulumiEngine):
    """An engine whose processes are forked: what is counted are calls, no seconds."""

    @property
    def command(self) -> tuple[str, ...]:
        return super().command if self.binary else warm.command("-m", "pulumi_talend_sandbox.cli")

    def environment(self) -> dict[str, str]:
        return {**super().environment(), **warm.environment()}


@pytest.fixture
def pulumi(pulumi_cli: Path, pulumi_home: Path) -> Engine:
    return Forked(pulumi_cli, pulumi_home)


@pytest.fixture
def offline(tmp_path: Path) -> Engine:
    return Forked(None, tmp_path)


def latency(engine: Engine) -> float:
    """Seconds that the tenant takes for a call: by how long this machine needs to start the engine, which is 0.1 s of work."""
    starts: list[float] = []
    for _ in range(3):  # the first may read the engine from the disk
        began = time.perf_counter()
        engine.version()
        starts.append(time.perf_counter() - began)
    return min(max(LATENCY, 2 * min(starts)), MOST_LATENCY)


def taken(contender: Contender, engine: Engine, conditions: Conditions, number: int = N) -> Mapping[Step, Measurement]:
    """All steps, each of which did what it should, without a single 429."""
    found: dict[Step, Measurement] = {
        each.step: each for each in measure(Case(contender, engine, "grants", number, conditions))
    }
    for each in found.values():
        assert each.whole, f"{each.step}: {each.done} of {number}; {each.problem}"
        assert each.calls.refused == 0, each
    assert tuple(found) == STEPS
    return found


def test_single_grants_are_gathered_where_the_api_states_a_rate_limit(pulumi: Engine) -> None:
    steps = taken(replace(SINGLE, parallel=AT_ONCE), pulumi, Conditions(latency=latency(pulumi), rate_limit=STATED))
    up, change, destroy = steps["up"].calls, steps["change"].calls, steps["destroy"].calls

    assert up.writes <= MOST
    assert up.reads <= up.writes + 3  # one listing verifies all that was written before it
    assert up.lookups <= 2  # one page of roles and one of users: some of the grants are more than VIEW and EXECUTE
    assert steps["preview"].calls.total == 0
    assert 1 <= steps["refresh"].calls.total <= 2
    assert change.writes <= N // 10
    assert change.reads <= change.writes + 5
    assert destroy.writes <= MOST_TO_DESTROY


def test_without_a_limit_only_removals_take_more_calls(offline: Engine) -> None:
    steps = taken(SINGLE, offline, Conditions(latency=LATENCY))
    assert steps["up"].calls.writes <= MOST
    assert steps["up"].calls.reads <= steps["up"].calls.writes + 3
    assert steps["destroy"].calls.writes < N


def test_the_more_the_engine_runs_at_once_the_fewer_calls(pulumi: Engine) -> None:
    steps = taken(SINGLE_WIDE, pulumi, Conditions(latency=latency(pulumi), rate_limit=STATED))
    assert steps["up"].calls.writes < MOST
    assert steps["destroy"].calls.writes <= MOST_TO_DESTROY_WIDE


def test_sets_take_a_call_or_two_a_workspace_at_most(pulumi: Engine) -> None:
    steps = taken(SETS, pulumi, Conditions(latency=latency(pulumi)))
    for step in ("up", "change", "destroy"):
        calls = steps[step].calls
        assert 1 <= calls.writes <= 4, step
        assert calls.reads <= calls.writes + 3, step  # a listing before the first, and one after each
        assert calls.lookups <= 3, step
    assert steps["preview"].calls.total == 0
    assert 1 <= steps["refresh"].calls.total <= 2


@pytest.mark.parametrize("contender", [SINGLE, SETS], ids=lambda each: each.name)
def test_everything_is_applied_at_the_rate_limit_without_a_429(offline: Engine, contender: Contender) -> None:
    taken(contender, offline, Conditions(rate_limit=(30, 1.5)))


def test_the_yardstick_makes_one_call_for_each_operation(offline: Engine) -> None:
    steps = taken(NAIVE, offline, Conditions(latency=0), number=20)
    counted = {step: (each.calls.reads, each.calls.writes) for step, each in steps.items()}
    assert counted == {"up": (0, 20), "preview": (0, 0), "refresh": (20, 0), "change": (0, 2), "destroy": (0, 20)}


def test_a_429_is_seen_and_what_it_leaves_undone_is_counted(offline: Engine) -> None:
    conditions = Conditions(latency=0.05, rate_limit=(5, 60.0))
    (up,) = measure(Case(NAIVE, offline, "grants", 20, conditions))
    assert not up.whole
    assert up.calls.refused >= 1
    assert up.done == 5
    assert "429" in up.problem
    assert up.calls.total == up.done + up.calls.refused
    assert up.least_seconds == 0.0  # five calls fit into one window


def test_the_generic_rest_provider_makes_a_call_for_each_object() -> None:
    terraform = find_terraform()
    if terraform is None:
        pytest.skip("no generic REST provider: name terraform's in TERRAFORM_PROVIDER_RESTAPI to count its calls too")
    steps = taken(REST, terraform, Conditions(latency=0), number=20)
    counted = {step: (each.calls.reads, each.calls.writes) for step, each in steps.items()}
    assert counted == {"up": (0, 20), "preview": (20, 0), "refresh": (20, 0), "change": (20, 2), "destroy": (20, 20)}
