"""A stack previewed and applied by the real providers in this process, with the document that an engine would print."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hosting import Kind, Refused, Run, State, urn_of
from pulumi_talend.loader import pickled


@dataclass(frozen=True)
class Resource:
    """A resource as a program declares it."""

    kind: Kind
    inputs: Mapping[str, Any]
    retained: bool = False
    forced: bool = False
    """Replaced whatever its difference says, as `pulumi up --replace` does."""
    deletes_first: bool = False
    """The option `delete_before_replace`."""


Program = Mapping[str, Resource]


@dataclass
class Rehearsal:
    """One program on one run: what an engine would do with it, in its order."""

    run: Run
    program: Program
    retained: Mapping[str, bool]
    """Of the resources in state, which of them are left in the tenant when they go."""
    parts: bool = False
    """Whether a replacement shows in its parts too, as the embedded engine and `--show-replacement-steps` show it."""
    steps: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def document(self) -> str:
        """The preview as `preview --json --show-sames` prints it. Raises Refused."""
        self.steps = [{"op": "same", "urn": "urn:pulumi:dev::lab::pulumi:pulumi:Stack::lab-dev"}]
        last: list[dict[str, Any]] = []
        for name, resource in self.program.items():
            op, checked = self._plan(name, resource)
            step: dict[str, Any] = {"op": op, "urn": urn_of(resource.kind, name)}
            step["newState"] = {"custom": True, "inputs": _with(resource.kind, checked)}
            old = self.run.states.get(name)
            if old is not None:
                step["oldState"] = self._old(name, old)
                if op == "replace":
                    step["oldState"]["pendingReplacement" if resource.deletes_first else "delete"] = True
            if op == "replace" and self.parts:
                gone = {"op": "delete-replaced", "urn": step["urn"], "oldState": step["oldState"]}
                made = {**step, "op": "create-replacement"}
                self.steps += [gone, step, made] if resource.deletes_first else [made, step]
                last += [] if resource.deletes_first else [gone]
            else:
                self.steps.append(step)
        for name, old in self.run.states.items():
            if name not in self.program:
                last.append({"op": "delete", "urn": old.urn, "oldState": self._old(name, old)})
        self.steps += last
        summary = Counter(step["op"] for step in self.steps)
        return json.dumps({"config": {}, "steps": self.steps, "duration": 1, "changeSummary": summary})

    def _old(self, name: str, old: State) -> dict[str, Any]:
        entry = {"id": old.id, "inputs": _with(old.kind, old.inputs), "outputs": _with(old.kind, old.outputs)}
        return {**entry, "retainOnDelete": True} if self.retained.get(name) else entry

    def _plan(self, name: str, resource: Resource) -> tuple[str, dict[str, Any]]:
        op, checked = self.run.preview(resource.kind, name, **resource.inputs)
        if resource.forced and name in self.run.states:
            op = "replace"
        if op == "replace":
            checked = self.run.check(resource.kind, name, preview=True, olds={}, **resource.inputs)
        return op, checked

    def apply(self) -> dict[str, bool]:
        """Does it, in an engine's order; which of the resources then in state are retained. Raises TalendError."""
        leftover: list[State] = []
        for name, resource in self.program.items():
            old = self.run.states.get(name)
            op = self._plan(name, resource)[0]
            if op != "replace" or old is None:
                self.run.up(resource.kind, name, **resource.inputs)
                continue
            if resource.deletes_first and not self.retained.get(name):
                self.run.delete(old)
            checked = self.run.check(resource.kind, name, olds={}, **resource.inputs)
            self.run.create(resource.kind, name, checked)
            if not resource.deletes_first and not self.retained.get(name):
                leftover.append(old)
        for name in [name for name in self.run.states if name not in self.program]:
            old = self.run.states.pop(name)
            if not self.retained.get(name):
                self.run.delete(old)
        for old in leftover:
            self.run.delete(old)
        return {name: resource.retained for name, resource in self.program.items()}


def _with(kind: Kind, properties: Mapping[str, Any]) -> dict[str, Any]:
    return {**properties, "__provider": pickled(kind.type_name)}


def accepted(run: Run, program: Program) -> dict[str, Resource]:
    """`program` without the resources that a check refuses."""
    kept: dict[str, Resource] = {}
    for name, resource in program.items():
        try:
            run.preview(resource.kind, name, **resource.inputs)
        except Refused:
            continue
        kept[name] = resource
    return kept
