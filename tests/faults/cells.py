"""One cell of the matrix: an operation meets a fault, then runs once more without it; and the judge of both."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast

import support
from faults.kinds import Asked, Declared, Kind, Place, claimed, kinds
from faults.stage import Seen, Stage, Target, World, copied
from faults.steps import Failures, NotPlanned, Planned, apply, destroy, plan, refresh
from faults.strikes import STRIKES, WINDOW_SECONDS, Strike
from hosting import Run, State

Operation = Literal["preview", "create", "read", "update", "delete"]
OPERATIONS: tuple[Operation, ...] = ("preview", "create", "read", "update", "delete")
When = Literal["first", "middle", "always"]
WHENS: tuple[When, ...] = ("first", "middle", "always")

MIDDLE = 5
"""How many of the calls after the first are struck, each in a run of its own."""

OUTCOMES = ("none", "done", "again", "less", "refused", "part", "word", "red")
"""From harmless to wrong: none (it cannot strike there), done at once, done after trying again, done as far as was seen,
refused with nothing changed, failed with some done, failed and then a word is needed, red."""

_NEXT = re.compile(
    r"\b(run again|look |check |set |give |write |ask |remove|rename|preview again|needs |take |import|use |say |is written|"
    r"did you mean)",
    re.I,
)


@dataclass
class Verdict:
    """What became of a cell: the worst of its attempts. `reds` say what is wrong, `said` what people were told."""

    outcome: str = "none"
    reds: list[str] = field(default_factory=list[str])
    said: list[str] = field(default_factory=list[str])

    def add(self, outcome: str) -> None:
        self.outcome = max(self.outcome, outcome, key=OUTCOMES.index)

    def red(self, why: str) -> None:
        self.add("red")
        self.reds.append(why)


@dataclass(frozen=True)
class Scene:
    """What stands before an operation, what state says, what is run, and what is asked for by it."""

    kind: Kind
    operation: Operation
    world: World
    states: Mapping[str, State]
    declared: Sequence[Declared]
    asked: Asked
    rehearsed: Mapping[bool, Sequence[Seen]]  # by: as a service account
    plan: Mapping[str, Any]


class Matrix:
    """All cells on one stage."""

    def __init__(self, stage: Stage) -> None:
        self.stage = self._stage = stage
        self._place = Place(stage)
        self._seed = stage.world()
        self.kinds = kinds(self._place)
        self._scenes: dict[tuple[str, Operation], Scene] = {}

    def cell(self, kind: str, operation: Operation, strike: str, when: When) -> Verdict:
        """Runs one cell: for "middle", up to five calls after the first in turn, of which the worst counts."""
        scene, how = self.scene(kind, operation), STRIKES[strike]
        calls = scene.rehearsed[how.as_service_account]
        numbers = [number for number, seen in enumerate(calls) if how.applies(seen)]
        verdict = Verdict()
        chosen = {"first": numbers[:1], "middle": _spread(numbers[1:]), "always": numbers[:1]}[when]
        for number in chosen:
            Attempt(self._stage, scene, how, verdict).run(number, always=when == "always")
        return verdict

    def scene(self, kind: str, operation: Operation) -> Scene:
        """Made once, by operations that go well."""
        if (kind, operation) not in self._scenes:
            self._scenes[kind, operation] = self._made(self.kinds[kind], operation)
        return self._scenes[kind, operation]

    def _made(self, kind: Kind, operation: Operation) -> Scene:
        stage = self._stage
        stage.restore({**self._seed, **kind.bystanders})
        states: dict[str, State] = {}
        known = {"create": [], "preview": list(kind.old[:1])}.get(operation, list(kind.old))
        if known:
            well(stage.run(states), known)
        changes: Asked = dict(kind.drift) if operation == "read" else {**kind.intruders}
        for target, held in changes.items():
            stage.put(target, held)
        world = stage.world()
        declared = kind.old if operation in {"read", "delete"} else kind.new
        asked: Asked = {target: held for one in declared for target, held in one.asks.items()}
        if operation == "delete":
            asked = dict.fromkeys(asked)
        scene = Scene(kind, operation, world, copied(states), declared, asked, {}, {})
        rehearsed: dict[bool, Sequence[Seen]] = {}
        checked: dict[str, Any] = {}
        for as_service_account in (False, True):
            stage.restore(world)
            attempt = Attempt(stage, scene, _nothing(as_service_account), Verdict())
            checked = attempt.rehearse()
            rehearsed[as_service_account] = list(stage.network.seen)
        return Scene(kind, operation, world, copied(states), declared, asked, rehearsed, checked)


def _spread(numbers: list[int]) -> list[int]:
    """At most MIDDLE of them, the first and the last among these."""
    if len(numbers) <= MIDDLE:
        return numbers
    return [numbers[round(step * (len(numbers) - 1) / (MIDDLE - 1))] for step in range(MIDDLE)]


def _nothing(as_service_account: bool) -> Strike:
    return Strike("nothing", lambda stage, number, always: None, as_service_account=as_service_account)


def well(run: Run, declared: Sequence[Declared], **more: Any) -> None:
    """Applies a program that nothing is wrong with."""
    planned, refused = plan(run, declared, **more)
    assert not refused, refused
    failures = apply(run, planned)
    assert not failures, failures


class Attempt:
    """One operation with one fault at one call, and the run after it."""

    def __init__(self, stage: Stage, scene: Scene, strike: Strike, verdict: Verdict) -> None:
        self._stage = stage
        self._scene = scene
        self._strike = strike
        self._verdict = verdict
        self._where = ""
        self._less = False
        self._states = copied(scene.states)

    def rehearse(self) -> dict[str, Any]:
        """The operation without a fault, its calls and answers noted; what its preview says."""
        planned, refused, failures = self._act(0, always=False, rehearsing=True)
        assert not refused, refused
        assert not failures, failures
        return {one.declared.name: (one.what, one.checked) for one in planned}

    def run(self, number: int, *, always: bool) -> None:
        """Does it and judges."""
        stage, scene = self._stage, self._scene
        self._where = f"call {number}{' and on' if always else ''}: "
        stage.restore(dict(scene.world))
        planned, refused, failures = self._act(number, always=always)
        calls, waited = len(stage.network.seen), sum(stage.clock.waited)
        writes = [call.line() for call in stage.tenant.calls.writes()]
        if stage.clock_is_off and waited > (calls + 1) * (WINDOW_SECONDS + 2):
            self._red(f"waited {waited:.0f} s for {calls} calls of a rate limit of {WINDOW_SECONDS} s")
        stage.calm()
        self._judge_messages(refused, failures)
        if refused:
            self._verdict.add("refused")
            if writes:
                self._red(f"a preview wrote: {writes}")
        elif scene.operation == "preview" and not self._as_rehearsed(planned):
            self._less = True
            self._verdict.add("less")
        self._judge_world(stage.world(), ok=not refused, failures=failures)
        if not refused and not failures:
            usual = len(scene.rehearsed[self._strike.as_service_account])
            self._verdict.add("again" if calls > usual or waited else "done")
        self._judge_states(failures if not refused else {one.name: ValueError() for one in scene.declared})
        self._heal()
        if stage.elsewhere.received:
            self._red(f"another host got: {stage.elsewhere.received}")
        if support.collection_deletes(stage.tenant):
            self._red("the call was made that switches role mapping off")

    # --- the operation

    def _act(
        self, number: int, *, always: bool, rehearsing: bool = False
    ) -> tuple[list[Planned], list[NotPlanned], Failures]:
        stage, scene = self._stage, self._scene
        run = stage.run(self._states, as_service_account=self._strike.as_service_account)

        def arm() -> None:
            stage.network.clear()
            stage.network.rehearsing = rehearsing
            stage.tenant.calls.clear()
            stage.clock.waited.clear()
            self._strike.arm(stage, number, always)

        if scene.operation == "read":
            arm()
            return [], [], refresh(run)
        if scene.operation == "delete":
            arm()
            return [], [], destroy(run)
        if scene.operation == "preview":
            arm()
            planned, refused = plan(run, scene.declared)
            if refused or rehearsing:
                return planned, refused, {}
            struck = list(stage.network.seen), list(stage.clock.waited)
            stage.calm()
            failures = apply(run, planned)
            stage.network.seen, stage.clock.waited = struck
            return planned, [], failures
        planned, refused = plan(run, scene.declared)
        assert not refused, refused
        arm()
        return planned, [], apply(run, planned)

    def _as_rehearsed(self, planned: Iterable[Planned]) -> bool:
        return {one.declared.name: (one.what, one.checked) for one in planned} == self._scene.plan

    # --- the judge

    def _red(self, why: str) -> None:
        self._verdict.red(self._where + why)

    def _judge_messages(self, refused: Sequence[NotPlanned], failures: Failures) -> None:
        declared = {one.name: one for one in self._scene.declared}
        said = [(one.declared, reason) for one in refused for reason in one.reasons]
        said += [(declared[name], str(error)) for name, error in failures.items()]
        tenant = self._stage.tenant
        for one, message in said:
            self._verdict.said.append(message)
            lines = message.splitlines()
            more = lines[1:]
            reasons = all(line.startswith("  ") for line in more) and len(more) <= 3  # a list of them, one line each
            if (len(more) > 1 and not reasons) or message != message.strip() or max(map(len, lines)) > 700:
                self._red(f"not a line or two: {message!r}")
            if any(secret in message for secret in (*tenant.tokens.values(), tenant.client_secret, "Bearer ")):
                self._red(f"a secret is shown: {message!r}")
            if not _NEXT.search(message):
                self._red(f"does not say what to do next: {message!r}")
            names = (*one.called, *_texts(one.inputs))
            if not any(name in message for name in names) and not _names_what_was_read(message):
                self._red(f"does not name the object of '{one.name}': {message!r}")
            if "Something unexpected" in message:
                self._red(f"a bug: {message!r}")

    def _judge_world(self, now: World, *, ok: bool, failures: Failures) -> None:
        scene, before = self._scene, self._scene.world
        holders = {target: one.name for one in scene.declared for target in one.asks}
        asked: Asked = scene.asked if scene.operation != "read" else {}
        changed = False
        for target in sorted(now.keys() | before.keys() | asked.keys()):
            stands, stood = now.get(target), before.get(target)
            changed = changed or stands != stood
            if target not in asked:
                if stands != stood:
                    self._red(f"nobody asked for it: {target} was {stood}, is {stands}")
            elif stands not in (stood, asked[target]):
                self._red(f"neither as before nor as asked: {target} was {stood}, is {stands}")
            elif ok and holders[target] not in failures and stands != asked[target] and not self._less:
                self._red(f"called done: {target} should be {asked[target]}, is {stands}")
        if failures:
            self._verdict.add("part" if changed else "refused")

    def _judge_states(self, failures: Mapping[str, Exception]) -> None:
        """State holds what was done; of what failed, what it held before."""
        scene, world = self._scene, self._stage.world()
        for one in scene.declared:
            state, old = self._states.get(one.name), scene.states.get(one.name)
            if one.name in failures:
                if (state and claimed(state)) != (old and claimed(old)):
                    self._red(f"'{one.name}' failed, and its state changed")
            elif scene.operation == "delete":
                if state is not None:
                    self._red(f"'{one.name}' is removed, and has a state")
            elif scene.operation == "read":
                self._judge_read(one, state, world)
            elif state is None or claimed(state) != {t: held for t, held in one.asks.items() if held is not None}:
                self._red(f"'{one.name}' is done, and its state says {state and claimed(state)}")

    def _judge_read(self, one: Declared, state: State | None, world: World) -> None:
        says = claimed(state) if state else {}
        for target in one.asks:
            if says.get(target) != world.get(target):
                self._red(f"read of '{one.name}': {target} is {world.get(target)}, state says {says.get(target)}")

    # --- the run after it

    def _heal(self) -> None:
        stage, scene = self._stage, self._scene
        run = stage.run(self._states)
        failures: Failures = {}
        if scene.operation == "read":
            failures = refresh(run)
        elif scene.operation == "delete":
            failures = destroy(run)
        else:
            planned, refused = plan(run, scene.declared)
            if any("adopt_existing=True" in reason for one in refused for reason in one.reasons):
                self._verdict.add("word")
                run = stage.run(self._states)
                planned, refused = plan(run, scene.declared, adopt_existing=True)
            for one in refused:
                self._red(f"a second up is refused: {one.reasons}")
            failures = apply(run, planned)
        for name, error in failures.items():
            self._red(f"a second run fails for '{name}': {error}")
        expected = {**scene.world, **({} if scene.operation == "read" else scene.asked)}
        now = stage.world()
        for target in sorted(now.keys() | expected.keys()):
            if now.get(target) != expected.get(target):
                self._red(f"after a second run {target} is {now.get(target)}, not {expected.get(target)}")
        self._judge_states({})
        if scene.operation in {"preview", "create", "update"} and self._verdict.outcome != "red":
            again, refused = plan(stage.run(self._states), scene.declared)
            if refused or any(one.what != "same" for one in again):
                self._red(f"a third preview is not without changes: {[one.what for one in again]}, {refused}")


def _texts(value: Any) -> set[str]:
    """All texts in inputs: what a wrong one is about."""
    if isinstance(value, str):
        return {value}
    if isinstance(value, Mapping):
        parts = cast("Mapping[str, Any]", value)
        return {text for part in (*parts, *parts.values()) for text in _texts(part)}
    if isinstance(value, list):
        return {text for part in cast("list[Any]", value) for text in _texts(part)}
    return set()


def _names_what_was_read(message: str) -> bool:
    """A list that could not be read is the object then: no resource's alone."""
    return bool(re.search(r"Could not (list|read) the \w+|get a token for service account", message))


__all__ = ["OPERATIONS", "OUTCOMES", "WHENS", "Matrix", "Operation", "Target", "Verdict", "When"]
