"""How many API calls 100 grants take, from the first `up` to `destroy`, on each engine found. Counts only, never seconds.

The tenant takes 200 ms for a call, four times as long as in the tables: what is gathered into one call then hardly depends on
how busy the machine is.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from benchmarks.contenders import NAIVE, REST, SETS, SINGLE, SINGLE_WIDE, Contender
from benchmarks.engines import STEPS, Engine, Step, find_pulumi, offline_engine
from benchmarks.measuring import Case, Measurement, measure
from benchmarks.tenancy import RATE_LIMIT, Conditions
from benchmarks.terraform import find_terraform

N = 100
LATENCY = 0.2

# The most writing calls for 100 single grants.
MOST = 27
# A batch DELETE takes the product of two lists, and the Pulumi CLI deletes in random order, 8 at a time on two cores: of 8
# pairs on 4 workspaces the largest product holds 3.5 on average, so 29 calls and those of a busy machine. The more it runs at
# once the fewer they are.
DESTROY_BY_PRODUCTS = {"offline": MOST, "pulumi": 40}


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the Pulumi CLI keeps its own files."""
    return tmp_path_factory.mktemp("pulumi-home")


@pytest.fixture(params=["offline", "pulumi"])
def engine(request: pytest.FixtureRequest, home: Path) -> Engine:
    """Each engine in turn; skips where there is no Pulumi CLI."""
    if request.param == "offline":
        return offline_engine(home)
    found = find_pulumi(home)
    if found is None:
        pytest.skip("no Pulumi CLI: put `pulumi` on PATH, or name it in PULUMI_BIN, to count its calls too")
    return found


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


def test_single_grants_are_gathered(engine: Engine) -> None:
    steps = taken(SINGLE, engine, Conditions(latency=LATENCY))
    up, change, destroy = steps["up"].calls, steps["change"].calls, steps["destroy"].calls

    assert up.writes <= MOST
    assert up.reads <= 3
    assert up.lookups <= 2  # one page of roles and one of users: some of the grants are more than VIEW and EXECUTE
    assert steps["preview"].calls.total == 0
    assert 1 <= steps["refresh"].calls.total <= 2
    assert change.writes <= N // 10
    assert change.reads <= 5
    assert destroy.writes <= DESTROY_BY_PRODUCTS[engine.name]


def test_the_more_the_engine_runs_at_once_the_fewer_calls(engine: Engine) -> None:
    steps = taken(SINGLE_WIDE, engine, Conditions(latency=LATENCY))
    assert steps["up"].calls.writes <= MOST / 2
    assert steps["destroy"].calls.writes <= MOST


def test_single_grants_are_destroyed_in_fewer_calls_where_the_api_takes_empty_lists(engine: Engine) -> None:
    destroy = taken(SINGLE, engine, Conditions(latency=LATENCY, empties=True))["destroy"].calls
    assert destroy.writes <= MOST
    assert destroy.reads <= 3


def test_sets_take_a_call_or_two_a_workspace_at_most(engine: Engine) -> None:
    steps = taken(SETS, engine, Conditions(latency=LATENCY))
    for step in ("up", "change", "destroy"):
        calls = steps[step].calls
        assert 1 <= calls.writes <= 4, step
        assert calls.reads <= 3, step
        assert calls.lookups <= 3, step
    assert steps["preview"].calls.total == 0
    assert 1 <= steps["refresh"].calls.total <= 2


@pytest.mark.parametrize("contender", [SINGLE, SETS], ids=lambda each: each.name)
def test_everything_is_applied_at_the_rate_limit_without_a_429(home: Path, contender: Contender) -> None:
    taken(contender, offline_engine(home), Conditions(rate_limit=RATE_LIMIT))


def test_the_yardstick_makes_one_call_for_each_operation(home: Path) -> None:
    steps = taken(NAIVE, offline_engine(home), Conditions(latency=0), number=20)
    counted = {step: (each.calls.reads, each.calls.writes) for step, each in steps.items()}
    assert counted == {"up": (0, 20), "preview": (0, 0), "refresh": (20, 0), "change": (0, 2), "destroy": (0, 20)}


def test_a_429_is_seen_and_what_it_leaves_undone_is_counted(home: Path) -> None:
    conditions = Conditions(latency=0.05, rate_limit=(5, 60.0))
    (up,) = measure(Case(NAIVE, offline_engine(home), "grants", 20, conditions))
    assert not up.whole
    assert up.calls.refused >= 1
    assert up.done == 5
    assert "429" in up.problem
    assert up.calls.total == up.done + up.calls.refused
    assert up.least_seconds == 0.0  # five calls fit into one window


def test_the_generic_rest_provider_makes_a_call_for_each_object(home: Path) -> None:
    terraform = find_terraform()
    if terraform is None:
        pytest.skip("no generic REST provider: name terraform's in TERRAFORM_PROVIDER_RESTAPI to count its calls too")
    steps = taken(REST, terraform, Conditions(latency=0), number=20)
    counted = {step: (each.calls.reads, each.calls.writes) for step, each in steps.items()}
    assert counted == {"up": (0, 20), "preview": (20, 0), "refresh": (20, 0), "change": (20, 2), "destroy": (20, 20)}
