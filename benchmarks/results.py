"""What was measured, and how one measurement compares with the engine alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.engines import STEPS, Step
from benchmarks.import_time import ImportTimes
from benchmarks.machine import Machine
from benchmarks.measuring import Case, Measurement
from benchmarks.plan import Part
from benchmarks.tenancy import Conditions

_Key = tuple[str, str, str, int, Step]


@dataclass
class Results:
    """All of one run. Not thread-safe."""

    machine: Machine
    measurements: list[Measurement] = field(default_factory=list[Measurement])
    left_out: list[str] = field(default_factory=list[str])
    """What was not measured, and why."""
    imports: ImportTimes | None = None

    def ratio(self, measurement: Measurement) -> float | None:
        """Its time by that of the engine alone with the same stack; None where that was not measured.

        The engine alone makes no call, so its time counts for runs with and without rate limit.
        """
        case = measurement.case
        baseline = case.contender.baseline
        if baseline is None or not measurement.whole:
            return None
        alone = self._alone().get((baseline, case.engine.name, case.objects, case.number, measurement.step))
        return measurement.seconds / alone if alone else None

    def _alone(self) -> dict[_Key, float]:
        found: dict[_Key, float] = {}
        for each in self.measurements:
            if each.case.contender.baseline is None:
                key = (
                    each.case.contender.name,
                    each.case.engine.name,
                    each.case.objects,
                    each.case.number,
                    each.step,
                )
                found[key] = each.seconds
        return found

    def tables(self) -> Iterator[tuple[Part, list[Row]]]:
        """The measurements as tables: one for each number of objects and conditions, a row for each contender and engine."""
        found: dict[tuple[str, int, Conditions], dict[tuple[str, str], Row]] = {}
        for each in self.measurements:
            case = each.case
            rows = found.setdefault((case.objects, case.number, case.conditions), {})
            row = rows.setdefault((case.contender.name, case.engine.name), Row(case))
            row.steps[each.step] = each
        for (_, number, conditions), rows in found.items():
            ordered = sorted(rows.values(), key=lambda row: row.case.engine.name != "pulumi")
            case = ordered[0].case
            yield Part(case.objects, number, conditions, tuple(row.case.contender for row in ordered)), ordered

    def as_json(self) -> dict[str, Any]:
        """All of it, for programs."""
        return {
            "machine": asdict(self.machine),
            "imports": None if self.imports is None else asdict(self.imports),
            "left_out": self.left_out,
            "measurements": [self._record(each) for each in self.measurements],
        }

    def _record(self, each: Measurement) -> dict[str, Any]:
        ratio = self.ratio(each)
        return {
            "contender": each.case.contender.name,
            "engine": each.case.engine.name,
            "objects": each.case.objects,
            "number": each.case.number,
            "latency_seconds": each.case.conditions.latency,
            "rate_limit": each.case.conditions.rate_limit,
            "step": each.step,
            "seconds": round(each.seconds, 3),
            "ratio_to_engine_alone": None if ratio is None else round(ratio, 2),
            "least_seconds_by_rate_limit": each.least_seconds,
            "peak_mib": round(each.peak_bytes / 2**20),
            "calls": {**asdict(each.calls), "total": each.calls.total},
            "done": each.done,
            "exit_code": each.code,
            "problem": each.problem,
        }


@dataclass
class Row:
    """One contender on one engine, through its steps."""

    case: Case
    steps: dict[Step, Measurement] = field(default_factory=dict[Step, Measurement])

    @property
    def peak_bytes(self) -> int:
        """The highest of its steps."""
        return max(each.peak_bytes for each in self.steps.values())

    def __iter__(self) -> Iterator[Measurement | None]:
        """Its measurements in the order of the steps; None for one that was not come to."""
        return (self.steps.get(step) for step in STEPS)


def unexpected(measurements: Iterable[Measurement]) -> list[Measurement]:
    """What must never be: a step of this provider, or of an engine alone, that fails, or that gets a 429."""
    ours = {"single", "single-wide", "sets"}
    return [
        each
        for each in measurements
        if (not each.whole and (each.case.contender.name in ours or each.case.contender.baseline is None))
        or (each.calls.refused and each.case.contender.name in ours)
    ]
