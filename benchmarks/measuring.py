"""One contender through all steps on one engine: what each step cost, and whether it did what it should."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.contenders import Contender
from benchmarks.engines import STEPS, Engine, Step
from benchmarks.processes import Finished
from benchmarks.tenancy import Conditions, Tenancy, tenancy
from benchmarks.workload import Objects
from pulumi_talend_sandbox.tenant import Call

STEP_SECONDS = 1800.0
"""A step that takes longer is ended and counts as failed."""

_MESSAGE = re.compile(r"(\W*error|[\w.]*(Error|Exception)): ", re.IGNORECASE)
_DATA_PATHS = (
    "/security/permissions",
    "/security/service-accounts/",
    "/security/workspaces/",
    "/security/role-mappings",
)


@dataclass(frozen=True)
class Calls:
    """The API calls of one step. A refused one (429) also counts as what it is."""

    reads: int = 0
    """GETs of permissions and role mappings."""
    lookups: int = 0
    """GETs of workspaces, users, service accounts, roles and groups."""
    writes: int = 0
    refused: int = 0
    """Answers of 429 among all of these."""
    failed: int = 0
    """Other answers of 400 and more, or none at all."""

    @property
    def total(self) -> int:
        return self.reads + self.lookups + self.writes


@dataclass(frozen=True)
class Case:
    """What is measured: so many objects of a kind, by a contender, on an engine, under conditions."""

    contender: Contender
    engine: Engine
    objects: Objects
    number: int
    conditions: Conditions = field(default_factory=Conditions)

    @property
    def text(self) -> str:
        return f"{self.number:,} {self.objects}, {self.conditions.text}: {self.contender.title} on {self.engine.name}"


@dataclass(frozen=True)
class Measurement:
    """One step of a case. `done`: objects that stand as the step was to leave them, of `number`."""

    case: Case
    step: Step
    seconds: float
    peak_bytes: int
    calls: Calls
    done: int
    code: int
    problem: str = ""
    """What it said where it failed, in a line."""

    @property
    def whole(self) -> bool:
        """Whether the step ended well and left every object as it was to."""
        return self.code == 0 and self.done == self.case.number

    @property
    def least_seconds(self) -> float:
        """How long the calls that were let in last at least under the rate limit."""
        return self.case.conditions.least_seconds(self.calls.total - self.calls.refused)


def count(calls: Iterable[Call]) -> Calls:
    """The calls by kind."""
    kinds: Counter[str] = Counter()
    for call in calls:
        if call.method != "GET":
            kinds["writes"] += 1
        else:
            kinds["reads" if call.path.startswith(_DATA_PATHS) else "lookups"] += 1
        if call.status == 429:
            kinds["refused"] += 1
        elif not 200 <= call.status < 300:
            kinds["failed"] += 1
    return Calls(**kinds)


def measure(case: Case, observe: Callable[[Measurement], None] = lambda _: None) -> list[Measurement]:
    """Takes the case through its steps; ends after the first one that fails. `observe` is shown each as it ends.

    Raises RuntimeError where the measurement itself goes wrong, or where access outside the stack has been changed.
    """
    found: list[Measurement] = []
    with tempfile.TemporaryDirectory(prefix="talend-benchmark-") as temporary:
        directory = Path(temporary)
        with tenancy(case.objects, case.number, case.conditions, directory) as tenant:
            project = case.engine.project(case.contender, directory / "stack", tenant.connection)
            for step in STEPS:
                project.write(tenant.workload.changed() if step in ("change", "destroy") else tenant.workload)
                tenant.new_window()
                finished = project.run(step, seconds=STEP_SECONDS)
                measurement = _measured(case, step, finished, tenant)
                found.append(measurement)
                observe(measurement)
                if not measurement.whole:
                    break
    return found


def _measured(case: Case, step: Step, finished: Finished, tenant: Tenancy) -> Measurement:
    harmed = tenant.others_harmed()
    if harmed:
        raise RuntimeError(f"{case.text}, {step}: access outside the stack was changed: {', '.join(harmed[:3])}")
    if case.contender.baseline is None:
        done = case.number  # an engine alone has no objects
    elif step == "destroy":
        done = tenant.gone()
    else:
        done = tenant.standing(tenant.workload.changed() if step == "change" else tenant.workload)
    return Measurement(
        case=case,
        step=step,
        seconds=finished.seconds,
        peak_bytes=finished.peak_bytes,
        calls=count(tenant.calls()),
        done=done,
        code=finished.code,
        problem=_problem(finished.output) if finished.code else "",
    )


def _problem(output: str) -> str:
    """The line of the output that says most: the first that is an error's message."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if _MESSAGE.match(line) and "Traceback" not in line]
    return (telling or lines or ["no output"])[0][:300]
