"""Stacks, their resources and outputs as text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from .state import Deployment, ResourceState
from .urn import ROOT_TYPE
from .values import Properties, masked, plain


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, indent: str = "") -> str:
    """Give rows as columns, each as wide as its widest cell, two blanks between."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (head, *rows)]
    return "\n".join(f"{indent}{line}".rstrip() for line in lines)


def stack_outputs(deployment: Deployment) -> Properties:
    """Give the outputs of the stack; empty when it has none."""
    for state in deployment.resources:
        if state.type == ROOT_TYPE and not state.delete:
            return state.outputs
    return {}


def output_table(outputs: dict[str, Any]) -> str:
    """Give outputs as a table."""
    if not outputs:
        return "Current stack outputs (0):\n    No output values currently in this stack"
    rows = [
        (key, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for key, value in sorted(outputs.items())
    ]
    return f"Current stack outputs ({len(outputs)}):\n{table(('OUTPUT', 'VALUE'), rows, indent='    ')}"


def describe(name: str, deployment: Deployment, *, show_secrets: bool) -> str:
    """Give what `stack` shows: when it was last updated, its resources as a tree, its outputs."""
    lines = [f"Current stack is {name}:"]
    updated = deployment.manifest.get("time")
    lines.append(f"    Last updated: {updated}" if updated else "    No updates yet; run `talend-sandbox up`")
    lines.append(f"Current stack resources ({len(deployment.resources)}):")
    rows = _tree(deployment.resources)
    lines.append(table(("TYPE", "NAME"), rows, indent="    ") if rows else "    No resources currently in this stack")
    show = plain if show_secrets else masked
    outputs = {key: show(value) for key, value in stack_outputs(deployment).items()}
    return "\n".join([*lines, "", output_table(outputs)])


def _tree(resources: list[ResourceState]) -> list[tuple[str, str]]:
    urns = {state.urn for state in resources}
    root = next((state.urn for state in resources if state.type == ROOT_TYPE), "")
    children: dict[str, list[ResourceState]] = {}
    for state in resources:
        parent = state.parent if state.parent in urns else ("" if state.urn == root else root)
        children.setdefault(parent, []).append(state)
    rows: list[tuple[str, str]] = []

    def walk(urn: str, prefix: str, *, top: bool) -> None:
        below = children.get(urn, [])
        for i, state in enumerate(below):
            last = i == len(below) - 1
            branch = "" if top else ("└─ " if last else "├─ ")
            rows.append((f"{prefix}{branch}{state.type}", state.name))
            if state.urn != urn:
                walk(state.urn, prefix + ("" if top else ("   " if last else "│  ")), top=False)

    walk("", "", top=True)
    return rows


def stack_table(rows: list[tuple[str, dict[str, Any] | None]], *, selected: str | None, as_json: bool) -> str:
    """Give what `stack ls` shows of (name, deployment document) pairs."""
    entries: list[dict[str, Any]] = []
    for name, data in rows:
        entry: dict[str, Any] = {"name": name, "current": name == selected, "updateInProgress": False}
        if data is not None:
            entry["lastUpdate"] = str(data.get("manifest", {}).get("time", ""))
            entry["resourceCount"] = len(data.get("resources") or [])
        entries.append(entry)
    if as_json:
        return json.dumps(entries, indent=2)
    cells = [
        (
            f"{entry['name']}{'*' if entry['current'] else ''}",
            entry.get("lastUpdate") or "n/a",
            str(entry.get("resourceCount", "n/a")),
        )
        for entry in entries
    ]
    return table(("NAME", "LAST UPDATE", "RESOURCE COUNT"), cells)
