"""Values, property differences and summaries as text, the way the Pulumi CLI words them."""

from __future__ import annotations

import json

from .differences import Kind, changed_keys, same_value
from .events import Operation, StepEvent
from .values import Properties, Secret, Unknown, Value, contains_secret

SYMBOLS: dict[Operation, str] = {
    "same": "  ",
    "create": "+ ",
    "update": "~ ",
    "delete": "- ",
    "replace": "+-",
    "create-replacement": "++",
    "delete-replaced": "--",
    "discard-replaced": "< ",
    "remove-pending-replace": "~ ",
    "refresh": "~ ",
    "import": "= ",
}
# What a step is called when it is planned, while it runs, and once it is done.
_WORDS: dict[Operation, tuple[str, str, str]] = {
    "same": ("", "", ""),
    "create": ("create", "creating", "created"),
    "update": ("update", "updating", "updated"),
    "delete": ("delete", "deleting", "deleted"),
    "replace": ("replace", "replacing", "replaced"),
    "create-replacement": ("create replacement", "creating replacement", "created replacement"),
    "delete-replaced": ("delete original", "deleting original", "deleted original"),
    "discard-replaced": ("discard original", "discarding original", "discarded original"),
    "remove-pending-replace": ("pending replace", "completing pending delete", "completed pending delete"),
    "refresh": ("refresh", "refreshing", "refresh"),
    "import": ("import", "importing", "imported"),
}
_SUMMARY: tuple[Operation, ...] = ("create", "update", "delete", "replace", "import", "remove-pending-replace")
_INTERNAL = "__provider"


def planned_word(op: Operation) -> str:
    """Give the word for a step in a preview."""
    return _WORDS[op][0]


def running_word(op: Operation) -> str:
    """Give the word for a step that has begun."""
    return _WORDS[op][1]


def done_word(op: Operation) -> str:
    """Give the word for a step that has ended well."""
    return _WORDS[op][2]


def changed_properties(event: StepEvent) -> str:
    """Give the mark that names the changed properties: `[diff: +a,~b]`; empty where nothing is to be named."""
    if event.old is None or event.new is None or event.op in ("same", "delete", "delete-replaced"):
        return ""
    kinds = changed_keys(event.old.inputs, event.new.inputs) or changed_keys(event.old.outputs, event.new.outputs)
    keys = [key for key in event.changed_keys if key in kinds] or sorted(kinds)
    if event.op in ("replace", "create-replacement") and event.replace_keys:
        keys = event.replace_keys
    marks: dict[Kind, str] = {"add": "+", "delete": "-", "update": "~"}
    groups = [
        f"{mark}{','.join(named)}"
        for kind, mark in marks.items()
        if (named := sorted(key for key in keys if kinds.get(key, "update") == kind))
    ]
    return f"[diff: {''.join(groups)}]" if groups else ""


def property_changes(old: Properties, new: Properties) -> list[str]:
    """Give one line for each property that differs: `~ label: "old" => "new"`, nested ones by their path.

    Secrets show as `[secret]`, values not known yet as `[unknown]`; the provider's own code is left out.
    """
    lines: list[str] = []
    for key in sorted(old.keys() | new.keys()):
        if key != _INTERNAL:
            lines.extend(_value_changes(key, old.get(key), new.get(key)))
    return lines


def _value_changes(path: str, old: Value, new: Value) -> list[str]:
    if same_value(old, new):
        return []
    if contains_secret(old) or contains_secret(new):
        return [f"~ {path}: [secret] => [secret]"]
    if old is None:
        return [f"+ {path}: {inline(new)}"]
    if new is None:
        return [f"- {path}: {inline(old)}"]
    if isinstance(old, dict) and isinstance(new, dict):
        lines: list[str] = []
        for key in sorted(old.keys() | new.keys()):
            lines.extend(_value_changes(f"{path}.{key}", old.get(key), new.get(key)))
        return lines
    return [f"~ {path}: {inline(old)} => {inline(new)}"]


def inline(value: Value) -> str:
    """Give a value on one line, as JSON with `[secret]` and `[unknown]` for what cannot be shown."""
    if isinstance(value, Secret):
        return "[secret]"
    if isinstance(value, Unknown):
        return "[unknown]"
    if isinstance(value, list):
        return f"[{', '.join(inline(item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {inline(item)}' for key, item in sorted(value.items()))}}}"
    return json.dumps(value, ensure_ascii=False)


def block(value: Value, indent: int) -> str:
    """Give a value over as many lines as it needs, the later ones indented by `indent` blanks and more."""
    pad = " " * indent
    if isinstance(value, list) and value:
        items = "".join(f"{pad}    [{i}]: {block(item, indent + 4)}\n" for i, item in enumerate(value))
        return f"[\n{items}{pad}]"
    if isinstance(value, dict) and value:
        width = max(len(key) for key in value)
        items = "".join(f"{pad}    {key:<{width}}: {block(item, indent + 4)}\n" for key, item in sorted(value.items()))
        return f"{{\n{items}{pad}}}"
    return inline(value)


def output_lines(old: Properties, new: Properties, *, all_keys: bool, fresh: bool) -> list[str]:
    """Give the lines for the stack's outputs: what changed, and with `all_keys` what did not.

    Outputs of a `fresh` stack carry no marks. An output that had a value and is not known in this preview
    says nothing, and is left out.
    """
    kinds: dict[str, Kind] = {
        key: kind
        for key, kind in changed_keys(old, new).items()
        if kind != "update" or not isinstance(new[key], Unknown)
    }
    keys = [
        key
        for key in sorted(old.keys() | new.keys())
        if (all_keys or fresh or key in kinds) and (old.get(key) is not None or new.get(key) is not None)
    ]
    width = max((len(key) for key in keys), default=0)
    lines: list[str] = []
    for key in keys:
        lines.extend(_output_text(key, width, old.get(key), new.get(key), None if fresh else kinds.get(key)))
    return lines


def _output_text(key: str, width: int, old: Value, new: Value, kind: Kind | None) -> list[str]:
    if kind == "update" and isinstance(old, (dict, list)) and isinstance(new, (dict, list)):
        return [f"  ~ {key}:", *(f"      {line}" for line in _value_changes(key, old, new))]
    mark = {"add": "+", "delete": "-", "update": "~"}[kind] if kind else " "
    text = block(old if kind == "delete" else new, 4)
    if kind == "update":
        text = f"{block(old, 4)} => {text}"
    return f"  {mark} {key:<{width}}: {text}".split("\n")


def summary_lines(changes: dict[Operation, int], errored: int, *, dry_run: bool) -> list[str]:
    """Give the lines under `Resources:`, as the Pulumi CLI prints them."""
    lines: list[str] = []
    total = 0
    kinds = 0
    for op in _SUMMARY:
        count = changes.get(op, 0)
        if count:
            word = f"to {planned_word(op)}" if dry_run else done_word(op)
            lines.append(f"    {SYMBOLS[op]}{count} {word}")
            total += count
            kinds += 1
    same = changes.get("same", 0)
    tail: list[str] = []
    if kinds > 1:
        tail.append(f"{total} changes")
    if same:
        tail.append(f"{same} unchanged")
    if tail:
        lines.append(f"    {'. '.join(tail)}")
    if errored:
        lines.append(f"    {errored} errored")
    return lines
