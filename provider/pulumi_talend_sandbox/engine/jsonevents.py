"""An update as JSON lines, one event each, in the shape of `pulumi up --json` (Pulumi's engine events)."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from .config import ConfigValue, masked_config
from .events import Diagnostic, Operation, StackOutputs, StepEvent, Summary
from .state import ResourceState
from .values import Properties, to_state

_LOGICAL: frozenset[Operation] = frozenset({"replace", "remove-pending-replace"})


class JsonEvents:
    """Writes each event to standard output as it happens."""

    def __init__(self, config: dict[str, ConfigValue], root_urn: str) -> None:
        """The first event carries the configuration, secrets masked."""
        self._root_urn = root_urn
        self._sequence = 0
        self._root: StepEvent | None = None
        self._write("preludeEvent", {"config": masked_config(config)})

    def step_planned(self, event: StepEvent) -> None:
        """A step begins; unchanged resources are left out but for the stack itself."""
        if self._shown(event):
            self._write("resourcePreEvent", {"metadata": _metadata(event)})

    def step_done(self, event: StepEvent) -> None:
        """A step has ended; the stack's own end comes with its outputs."""
        if event.urn == self._root_urn and event.op in ("same", "create"):
            self._root = event
        elif self._shown(event):
            self._write("resOutputsEvent", {"metadata": _metadata(event)})

    def step_refreshed(self, event: StepEvent) -> None:
        """An object has been read."""
        if not event.hidden:
            self._write("resOutputsEvent", {"metadata": _metadata(event)})

    def step_failed(self, event: StepEvent) -> None:
        """A step has failed."""
        self._write("resOpFailedEvent", {"metadata": _metadata(event), "status": 0, "steps": 0})

    def diagnostic(self, event: Diagnostic) -> None:
        """There is something to tell."""
        entry: dict[str, Any] = {"urn": event.urn} if event.urn else {}
        if event.severity != "info":
            entry["prefix"] = f"{event.severity}: "
        entry |= {"message": f"{event.message}\n", "color": "never", "severity": event.severity}
        self._write("diagnosticEvent", entry)

    def stack_outputs(self, event: StackOutputs) -> None:
        """The stack's outputs are known: its step ends."""
        if self._root is not None and self._root.new is not None:
            self._root.new = self._root.new.evolve(outputs=event.new)
            self._write("resOutputsEvent", {"metadata": _metadata(self._root)})

    def summary(self, event: Summary) -> None:
        """The run is over."""
        self._write(
            "summaryEvent",
            {
                "maybeCorrupt": False,
                "durationSeconds": int(event.seconds),
                "resourceChanges": dict(sorted(event.changes.items())),
                "PolicyPacks": {},
                "isPreview": False,
                "result": "failed" if event.failed else "succeeded",
            },
        )
        self._write("cancelEvent", {})

    def _shown(self, event: StepEvent) -> bool:
        return not event.hidden and (event.op != "same" or event.urn == self._root_urn)

    def _write(self, kind: str, body: dict[str, Any]) -> None:
        line = {"sequence": self._sequence, "timestamp": int(time.time()), kind: body}
        self._sequence += 1
        sys.stdout.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
        sys.stdout.flush()


def _metadata(event: StepEvent) -> dict[str, Any]:
    state = event.new or event.old
    provider = "" if state is None else state.provider
    data: dict[str, Any] = {"op": event.op, "urn": event.urn, "type": event.type}
    data["old"] = None if event.old is None else _state(event.old)
    data["new"] = None if event.new is None else _state(event.new)
    if event.replace_keys:
        data["keys"] = event.replace_keys
    if event.diff_reasons:
        data["diffs"] = event.diff_reasons
    data["detailedDiff"] = None
    if event.op in _LOGICAL or (state is not None and not state.custom):
        data["logical"] = True
    return {**data, "provider": provider}


def _state(state: ResourceState) -> dict[str, Any]:
    data: dict[str, Any] = {"type": state.type, "urn": state.urn}
    for key in ("custom", "delete", "protect"):
        if getattr(state, key):
            data[key] = True
    return {
        **data,
        "id": state.id,
        "parent": state.parent,
        "inputs": _masked(state.inputs),
        "outputs": _masked(state.outputs),
        "provider": state.provider,
    }


def _masked(properties: Properties) -> dict[str, Any]:
    """Give properties with `[secret]` for the ciphertext of each secret."""
    return {key: to_state(value, None) for key, value in properties.items()}
