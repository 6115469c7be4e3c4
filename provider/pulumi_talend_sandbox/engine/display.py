"""What a person reads of a run: a line for each step, and at the end messages, outputs and a summary.

The lines, words and sections are those of the Pulumi CLI without a terminal. Changed properties follow under their resource.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any, cast

from .session import Operation, Phase, Session, Step
from .state import urn_name
from .values import UNKNOWN, Change, Properties, changed_keys, same

_MARKS: dict[Change, str] = {"add": "+", "delete": "-", "update": "~"}
# Symbol, and the words for a step that is planned, under way, done.
_WORDS: dict[Operation, tuple[str, str, str, str]] = {
    "same": ("  ", "", "", ""),
    "create": ("+ ", "create", "creating", "created"),
    "update": ("~ ", "update", "updating", "updated"),
    "delete": ("- ", "delete", "deleting", "deleted"),
    "replace": ("+-", "replace", "replacing", "replaced"),
    "create-replacement": ("++", "create replacement", "creating replacement", "created replacement"),
    "delete-replaced": ("--", "delete original", "deleting original", "deleted original"),
    "refresh": ("~ ", "refresh", "refreshing", "refreshed"),
}
_COUNTED: tuple[Operation, ...] = ("create", "update", "delete", "replace")


def show_step(step: Step, phase: Phase, *, dry_run: bool, diff: bool) -> None:
    """Print the line of a step; `diff` shows the properties of new and deleted resources too."""
    symbol, planned, under_way, done = _WORDS[step.op]
    shown = False
    if phase == "failed":
        word = f"**{under_way} failed**"
    elif phase == "read":
        if step.new is step.old:
            return
        symbol, shown = "- " if step.new is None else "~ ", True
        word = planned if dry_run else done
        if step.op == "refresh":  # before an update, whose own lines say what is done about it
            word = "gone" if step.new is None else "changed outside of the stack"
    elif (
        step.op in ("same", "refresh")
        or (dry_run and phase == "done")
        or (step.op == "replace" and not (dry_run or phase == "done"))
    ):
        return
    else:
        shown = dry_run and step.op != "replace"
        word = planned if dry_run else done if phase == "done" else under_way
    resource = step.resource
    _print(f" {symbol} {resource.type} {urn_name(resource.urn)} {word} {_changed(step)}".rstrip())
    if shown and (diff or (step.old is not None and step.new is not None)):
        old, new = (each.inputs if each is not None else {} for each in (step.old, step.new))
        for line in property_lines(old, new):
            _print(f"        {line}")


def show_end(session: Session) -> None:
    """Print messages, outputs, and how many resources each operation concerned."""
    if session.messages:
        _print("Diagnostics:")
    # The stack's own come last: they follow from those of its resources.
    for urn, messages in sorted(session.messages.items(), key=lambda each: "::pulumi:pulumi:Stack::" in each[0]):
        _print(f"  {urn.split('::', 3)[2].rpartition('$')[2]} ({urn_name(urn)}):")
        for severity, message in messages:
            text = message if severity == "info" else f"{severity}: {message}"
            _print("\n".join(f"    {line}" for line in text.split("\n")))
        _print("")
    lines = output_lines(*session.outputs, unchanged=not session.dry_run)
    if lines:
        _print("\n".join(["Outputs:", *lines, ""]))
    _print("\n".join(["Resources:", *summary_lines(session), ""]))
    if not session.dry_run:
        _print(f"Duration: {max(1, round(time.monotonic() - session.started))}s\n")


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _changed(step: Step) -> str:
    """The mark that names the changed properties, `[diff: +a,~b]`."""
    if step.old is None or step.new is None:
        return ""
    kinds = changed_keys(step.old.inputs, step.new.inputs) or changed_keys(step.old.outputs, step.new.outputs)
    keys = step.replaces or [key for key in step.diffs if key in kinds] or list(kinds)
    groups = [
        f"{mark}{','.join(named)}"
        for kind, mark in _MARKS.items()
        if (named := sorted(key for key in keys if kinds.get(key, "update") == kind))
    ]
    return f"[diff: {''.join(groups)}]" if groups else ""


def property_lines(old: Properties, new: Properties, path: str = "") -> list[str]:
    """Return a line for each property that differs, `~ label: "old" => "new"`, nested ones by their path."""
    lines: list[str] = []
    for key in sorted(old.keys() | new.keys()):
        before, after, where = old.get(key), new.get(key), f"{path}{key}"
        if same(before, after) or where == "__provider":
            continue
        if before is None:
            lines.append(f"+ {where}: {inline(after)}")
        elif after is None:
            lines.append(f"- {where}: {inline(before)}")
        elif isinstance(before, dict) and isinstance(after, dict):
            lines += property_lines(cast("Properties", before), cast("Properties", after), f"{where}.")
        else:
            lines.append(f"~ {where}: {inline(before)} => {inline(after)}")
    return lines


def inline(value: Any) -> str:
    """Return a value on one line, as JSON with `[unknown]` for what the update will tell."""
    if value == UNKNOWN:
        return "[unknown]"
    if isinstance(value, list):
        return f"[{', '.join(map(inline, cast('list[Any]', value)))}]"
    if isinstance(value, dict):
        items = sorted(cast("Properties", value).items())
        return f"{{{', '.join(f'{key}: {inline(item)}' for key, item in items)}}}"
    return json.dumps(value, ensure_ascii=False)


def output_lines(old: Properties, new: Properties, *, unchanged: bool) -> list[str]:
    """Return the lines for the stack's outputs that differ, and with `unchanged` for the others."""
    kinds = changed_keys(old, new)
    keys = sorted(key for key in old.keys() | new.keys() if unchanged or key in kinds)
    width = max(map(len, keys), default=0)
    lines: list[str] = []
    for key in keys:
        kind = kinds.get(key)
        before = f"{inline(old[key])} => " if kind == "update" else ""
        value = inline(old[key] if kind == "delete" else new.get(key))
        lines.append(f"  {_MARKS[kind] if kind else ' '} {key:<{width}}: {before}{value}")
    return lines


def summary_lines(session: Session) -> list[str]:
    """Return the lines under `Resources:`."""
    changes, lines = session.changes, list[str]()
    for op in _COUNTED:
        if changes[op]:
            symbol, planned, _, done = _WORDS[op]
            lines.append(f"    {symbol}{changes[op]} {f'to {planned}' if session.dry_run else done}")
    tail = [f"{sum(changes[op] for op in _COUNTED)} changes"] if len(lines) > 1 else []
    if changes["same"]:
        tail.append(f"{changes['same']} unchanged")
    if tail:
        lines.append(f"    {'. '.join(tail)}")
    errored = sum(any(severity == "error" for severity, _ in each) for each in session.messages.values())
    return [*lines, f"    {errored} errored"] if errored else lines
