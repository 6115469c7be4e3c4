"""The dynamic host, the program or the engine killed (-9) at the calls of an update, on each engine.

The host at every call, the others at every write (with the provider in the test's own process, every call of every resource:
test_crashes.py).

The next `up` ends as asked, without anybody's help. Only the lock of a killed engine has to be given back: that is the engine's
own rule (`cancel`), which the offline engine shares with the Pulumi CLI on a `file://` backend.
"""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import psutil
import pytest

import support
from e2e.company import AUDIT, FELIX, FINANCE, GRETA, LOGISTICS, NADINE, OSKAR, SALES, mapping, program
from e2e.company import permission as grant
from e2e.company import service_permission as account_grant
from e2e.conftest import on_both_engines
from e2e.stack import Engine, Stack
from pulumi_talend_sandbox.tenant import Call, HangUp, Tenant

Victim = Literal["host", "program", "engine", "all"]
MARKS: dict[str, tuple[str, ...]] = {
    "host": ("run_host.py", "pulumi.dynamic"),
    "program": ("run_program.py", "pulumi-language-python-exec"),
    "engine": (),
    "all": (),
}
SETS = "from pulumi_talend import RoleMappings, WorkspaceAccess\n"


def members(workspace: str, **people: list[str]) -> str:
    table = {f"user-id:{PEOPLE[name]}": permissions for name, permissions in people.items()}
    return f"{SETS}WorkspaceAccess('set', workspace_id={workspace!r}, grants={table!r}, exclusive=False)"


def all_mappings(**mapped: str) -> str:
    table = {name: [role] for name, role in mapped.items()}
    return f"{SETS}RoleMappings('all', mappings={table!r}, max_removals={'all'!r})"


PEOPLE = {"oskar": OSKAR, "felix": FELIX, "nadine": NADINE, "greta": GRETA}
NOTHING = "pulumi.export('nothing', 1)"
FORMS: dict[str, tuple[str, str, str]] = {
    # first, changed, as other objects
    "singles": (
        program(
            grant("oskar", SALES, OSKAR, ["VIEW"]),
            account_grant("audit", SALES, AUDIT, ["VIEW"]),
            mapping("crew", "crew", ["Operator"]),
        ),
        program(
            grant("oskar", SALES, OSKAR, ["EXECUTE", "VIEW"]),
            account_grant("audit", SALES, AUDIT, ["EXECUTE", "VIEW"]),
            mapping("crew", "crew", ["Data Steward"]),
        ),
        program(
            grant("oskar", FINANCE, OSKAR, ["VIEW"]),
            account_grant("audit", FINANCE, AUDIT, ["VIEW"]),
            mapping("crew", "crew two", ["Operator"]),
        ),
    ),
    "set of grants": (
        members(LOGISTICS, oskar=["VIEW"], felix=["VIEW"], nadine=["VIEW"]),
        members(LOGISTICS, felix=["EXECUTE"], nadine=["VIEW"], greta=["VIEW"]),
        members(FINANCE, oskar=["VIEW"], felix=["VIEW"]),
    ),
    "set of mappings": (
        all_mappings(crew="Operator", watch="Data Steward"),
        all_mappings(watch="Operator", deck="Operator"),
        all_mappings(crew="Operator"),
    ),
}
OPERATIONS = {"create": (NOTHING, 0), "update": (0, 1), "replace": (0, 2), "delete": (0, NOTHING)}


def body(forms: str, which: int | str) -> str:
    return which if isinstance(which, str) else FORMS[forms][which]


class Strike:
    """Kills `victim` at call `at` of an update under way: before the tenant does its work, or after it and before the answer."""

    def __init__(self, tenant: Tenant, victim: Victim, at: int | None, *, after: bool) -> None:
        self._victim = victim
        self._at = at
        self._lock = threading.Lock()
        self.calls = 0
        self.struck: list[str] = []
        self.family: list[psutil.Process] = []  # all that the engine had started by then
        self.engine: psutil.Process | None = None
        self.ready = threading.Event()
        self._undo = tenant.on_call(self._called, after=after)

    def _called(self, _call: Call) -> None:
        with self._lock:
            self.calls += 1
            strikes = self.calls == self._at
        if strikes:
            assert self.ready.wait(300)
            assert self.engine is not None
            self.family = self.engine.children(recursive=True)
            victims = self._victims(self.engine)
            self.struck += [support.command_of(process) for process in victims]
            for process in victims:
                with contextlib.suppress(psutil.NoSuchProcess):  # one of those before was its parent
                    process.kill()
            raise HangUp

    def _victims(self, engine: psutil.Process) -> list[psutil.Process]:
        if self._victim == "engine":
            return [engine]
        if self._victim == "all":
            return [engine, *self.family]
        marks = MARKS[self._victim]
        return [one for one in self.family if any(mark in support.command_of(one) for mark in marks)]

    def over(self) -> None:
        self._undo()


def cut_off(stack: Stack, strike: Strike) -> str:
    """An update with that strike, after which nothing of it is left; its output."""
    process = stack.start_up()
    strike.engine = psutil.Process(process.pid)
    strike.ready.set()
    process.wait()
    assert psutil.wait_procs(strike.family, timeout=60)[1] == [], "something has outlived the engine"
    output, _ = process.communicate()
    strike.over()
    return output


def heal(stack: Stack, *, locked: bool) -> None:
    if locked:
        for attributes in (stack.backend / ".pulumi").rglob("*.attrs"):
            if (
                attributes.stat().st_size == 0
            ):  # the CLI was killed while it wrote it; docs/guarantees.md says what to do
                attributes.unlink()
        stack.command("cancel", "--yes", "--stack", stack.name)
    run = stack.up()
    assert run.code == 0, run.output
    run.no_traceback_of_ours()


def cells(
    operations: tuple[str, ...], victims: tuple[tuple[Victim, bool], ...], *forms: str
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return pytest.mark.parametrize(
        ("forms", "operation", "victim", "after"),
        [
            pytest.param(
                form,
                operation,
                victim,
                after,
                id=f"{operation} {form}, {victim} {'after' if after else 'before'} the work",
            )
            for form in forms
            for operation in operations
            for victim, after in victims
        ],
    )


ALL: tuple[tuple[Victim, bool], ...] = (
    ("host", False),
    ("host", True),
    ("engine", False),
    ("engine", True),
    ("all", True),
    ("program", False),
)


@pytest.mark.faults
@on_both_engines
@cells(tuple(OPERATIONS), ALL, "singles")
def test_killed_at_every_call(
    engine: Engine, tmp_path: Path, tenant: Tenant, forms: str, operation: str, victim: Victim, after: bool
) -> None:
    which = _all_calls if victim == "host" and not engine.is_pulumi else _writes
    _killed(engine, tmp_path, tenant, forms, operation, victim, after, which=which)


@pytest.mark.faults
@on_both_engines
@cells(tuple(OPERATIONS), (("host", True), ("all", True)), "set of grants", "set of mappings")
def test_killed_at_every_write_of_a_set(
    engine: Engine, tmp_path: Path, tenant: Tenant, forms: str, operation: str, victim: Victim, after: bool
) -> None:
    _killed(engine, tmp_path, tenant, forms, operation, victim, after, which=_writes)


@cells(("create",), (("host", True), ("all", True)), "singles")
def test_killed_at_a_write(
    engine: Engine, tmp_path: Path, tenant: Tenant, forms: str, operation: str, victim: Victim, after: bool
) -> None:
    """Of all those, the ones after which something stands in the tenant that no state knows."""

    _killed(engine, tmp_path, tenant, forms, operation, victim, after, which=lambda calls: _writes(calls)[-1:])


def _all_calls(calls: Sequence[Call]) -> list[int]:
    return list(range(1, len(calls) + 1))


def _writes(calls: Sequence[Call]) -> list[int]:
    return [number for number, call in enumerate(calls, 1) if call.method != "GET"]


def _killed(
    engine: Engine,
    tmp_path: Path,
    tenant: Tenant,
    forms: str,
    operation: str,
    victim: Victim,
    after: bool,
    *,
    which: Callable[[Sequence[Call]], list[int]],
) -> None:
    before, now = (body(forms, each) for each in OPERATIONS[operation])
    seed = tenant.snapshot()
    stack = Stack(engine, tmp_path / "stack", tenant)
    stack.program(before)
    stack.up().ok()
    begun = tenant.snapshot()
    shutil.copytree(stack.backend, tmp_path / "kept")
    stack.program(now)
    tenant.calls.clear()
    stack.up().ok()
    asked = tenant.snapshot()
    numbers = which(list(tenant.calls))
    assert numbers
    for number in numbers:
        support.reset(tenant, begun)
        shutil.rmtree(stack.backend)
        shutil.copytree(tmp_path / "kept", stack.backend)
        shutil.rmtree(stack.directory / "journal", ignore_errors=True)
        strike = Strike(tenant, victim, number, after=after)
        output = cut_off(stack, strike)
        if not strike.struck:
            # Gathered otherwise, an update may take a call less than the one that was counted; a program may be over by then.
            assert strike.calls < number or victim == "program", output
            continue
        heal(stack, locked=victim in {"engine", "all"})
        assert tenant.snapshot() == asked, f"call {number}: {output}"
        tenant.calls.clear()
        run = stack.preview()
        assert run.code == 0, run.output
        assert set(run.summary) == {"same"}, run.output
        assert tenant.calls.writes() == []
    support.reset(tenant, seed)


@pytest.mark.faults
def test_a_state_whose_attributes_the_killed_cli_has_left_empty_is_whole(
    pulumi_engine: Engine, tmp_path: Path, tenant: Tenant
) -> None:
    stack = Stack(pulumi_engine, tmp_path / "stack", tenant)
    stack.program(grant("one", SALES, OSKAR, ["VIEW"]))
    stack.up().ok()
    (attributes,) = (stack.backend / ".pulumi" / "stacks").rglob(f"{stack.name}.json.attrs")
    attributes.write_bytes(b"")
    assert "failed to load checkpoint: EOF" in stack.up().output
    heal(stack, locked=True)
    assert stack.preview().ok().summary == {"same": 2}
