"""A stack previewed and applied in this process, by the real providers, with the document that an engine would print."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hosting import PROVIDER, Refused, Run, State
from pulumi_talend.resources.base import TalendProvider

TYPES = "pulumi-python:dynamic/access:"


@dataclass(frozen=True)
class Resource:
    """A resource as a program declares it."""

    kind: type[TalendProvider[Any]]
    inputs: Mapping[str, Any]
    retained: bool = False
    forced: bool = False
    """Replaced whatever its difference says, as `pulumi up --replace` does."""


Program = Mapping[str, Resource]


def urn(resource_type: str, name: str) -> str:
    return f"urn:pulumi:dev::lab::{TYPES}{resource_type}::{name}"


def type_name(kind: type[TalendProvider[Any]]) -> str:
    return kind.__name__.removesuffix("Provider")


@dataclass
class Rehearsal:
    """One program on one run: what an engine would do with it, in its order."""

    run: Run
    program: Program
    retained: Mapping[str, bool]
    """Of the resources in state, which of them are left in the tenant when they go."""
    parts: bool = False
    """Whether a replacement shows in its parts too, as the offline engine and `--show-replacement-steps` show it."""
    steps: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def document(self) -> str:
        """The preview as `preview --json` prints it. Raises Refused."""
        self.steps = [{"op": "same", "urn": "urn:pulumi:dev::lab::pulumi:pulumi:Stack::lab-dev"}]
        last: list[dict[str, Any]] = []
        for name, resource in self.program.items():
            op, checked, deletes_first = self._plan(name, resource)
            if op == "same":
                continue
            new = {"type": TYPES + type_name(resource.kind), "custom": True, "inputs": {**checked, **PROVIDER}}
            step: dict[str, Any] = {"op": op, "urn": urn(type_name(resource.kind), name), "newState": new}
            old = self.run.states.get(name)
            if old is not None:
                step["oldState"] = self._old(name, old)
                if op == "replace":
                    step["oldState"]["pendingReplacement" if deletes_first else "delete"] = True
            if op == "replace" and self.parts:
                gone = {"op": "delete-replaced", "urn": step["urn"], "oldState": step["oldState"]}
                made = {**step, "op": "create-replacement"}
                self.steps += [gone, step, made] if deletes_first else [made, step]
                last += [] if deletes_first else [gone]
            else:
                self.steps.append(step)
        for name, old in self.run.states.items():
            if name not in self.program:
                last.append({"op": "delete", "urn": urn(type_name(old.kind), name), "oldState": self._old(name, old)})
        self.steps += last
        summary = Counter(step["op"] for step in self.steps)
        return json.dumps({"config": {}, "steps": self.steps, "duration": 1, "changeSummary": summary})

    def _old(self, name: str, old: State) -> dict[str, Any]:
        entry = {"id": old.id, "inputs": {**old.inputs, **PROVIDER}, "outputs": {**old.outputs, **PROVIDER}}
        return {**entry, "retainOnDelete": True} if self.retained.get(name) else entry

    def _plan(self, name: str, resource: Resource) -> tuple[str, dict[str, Any], bool]:
        op, checked = self.run.preview(resource.kind, name, **resource.inputs)
        if op in {"same", "update", "replace"}:
            diff = self.run.diff(resource.kind, name, checked)
            if op == "replace" or resource.forced:
                return "replace", checked, bool(diff.delete_before_replace)
        return op, checked, False

    def apply(self) -> dict[str, bool]:
        """Does it, in an engine's order; which of the resources then in state are retained. Raises TalendError."""
        leftover: list[State] = []
        for name, resource in self.program.items():
            old = self.run.states.get(name)
            op, checked, deletes_first = self._plan(name, resource)
            provider = self.run.provider(resource.kind)
            if op == "replace":
                assert old is not None
                if deletes_first:
                    self._delete(name, old)
                elif not self.retained.get(name):
                    leftover.append(old)
                del self.run.states[name]
                checked = self.run.check(resource.kind, name, **resource.inputs)
            if op in {"create", "replace"}:
                created = provider.create({**checked, **PROVIDER})
                self.run.states[name] = State(resource.kind, created.id or "", checked, created.outs or {})
            elif op == "update":
                assert old is not None
                outs = provider.update(old.id, {**old.outputs, **PROVIDER}, {**checked, **PROVIDER}).outs
                self.run.states[name] = State(resource.kind, old.id, checked, outs or {})
        for name in [name for name in self.run.states if name not in self.program]:
            self._delete(name, self.run.states.pop(name))
        for old in leftover:
            self.run.provider(old.kind).delete(old.id, {**old.outputs, **PROVIDER})
        return {name: resource.retained for name, resource in self.program.items()}

    def _delete(self, name: str, old: State) -> None:
        if not self.retained.get(name):
            self.run.provider(old.kind).delete(old.id, {**old.outputs, **PROVIDER})


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
