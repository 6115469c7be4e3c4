"""A preview as one JSON document, in the shape of `pulumi preview --json`."""

from __future__ import annotations

import json
from typing import Any

from .config import ConfigValue, masked_config
from .events import Diagnostic, StackOutputs, StepEvent, Summary

_NANOSECONDS = 1_000_000_000
# A replacement is one entry, not three.
_PARTS = frozenset({"create-replacement", "delete-replaced"})


class JsonPreview:
    """Collects a run and gives it as a document once it is over."""

    def __init__(self, config: dict[str, ConfigValue], root_urn: str) -> None:
        """The document begins with the configuration, secrets masked."""
        self._document: dict[str, Any] = {"config": masked_config(config)}
        self._root_urn = root_urn
        self._steps: list[dict[str, Any]] = []
        self._diagnostics: list[dict[str, Any]] = []

    @property
    def text(self) -> str:
        """The document."""
        return json.dumps(self._document, indent=4, ensure_ascii=False)

    def step_planned(self, event: StepEvent) -> None:
        """Add a step; unchanged resources are left out but for the stack itself, as Pulumi leaves them out."""
        if event.hidden or event.op in _PARTS or (event.op == "same" and event.urn != self._root_urn):
            return
        step: dict[str, Any] = {"op": event.op, "urn": event.urn}
        state = event.new or event.old
        if state is not None and state.provider:
            step["provider"] = state.provider
        if event.old is not None:
            step["oldState"] = event.old.display_json()
        if event.new is not None:
            step["newState"] = event.new.display_json()
        if event.diff_reasons:
            step["diffReasons"] = event.diff_reasons
        if event.replace_keys:
            step["replaceReasons"] = event.replace_keys
        step["detailedDiff"] = None
        self._steps.append(step)

    def step_done(self, event: StepEvent) -> None:
        """Nothing to add: the document holds the plan."""

    def step_refreshed(self, event: StepEvent) -> None:
        """Nothing to add: the reading was added when it began."""

    def step_failed(self, event: StepEvent) -> None:
        """Nothing to add: the reason is a diagnostic."""

    def diagnostic(self, event: Diagnostic) -> None:
        """Add a message."""
        entry: dict[str, Any] = {"urn": event.urn} if event.urn else {}
        prefix = "" if event.severity == "info" else f"{event.severity}: "
        self._diagnostics.append({**entry, "message": f"{prefix}{event.message}\n", "severity": event.severity})

    def stack_outputs(self, event: StackOutputs) -> None:
        """Nothing to add: Pulumi's document leaves outputs out."""

    def summary(self, event: Summary) -> None:
        """Complete the document."""
        if self._steps:
            self._document["steps"] = self._steps
        if self._diagnostics:
            self._document["diagnostics"] = self._diagnostics
        self._document["duration"] = int(event.seconds * _NANOSECONDS)
        self._document["changeSummary"] = dict(sorted(event.changes.items()))
