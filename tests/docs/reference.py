"""The tables of the reference, made from the code: `make reference` writes them into docs/, between marks.

For each resource its inputs and outputs, from the class that a program imports and from the model that the provider checks with;
the look-ups and their results; the exceptions; for each command of `talend-access` its help and options, and the exit codes.
"""

from __future__ import annotations

import ast
import enum
import importlib
import inspect
import itertools
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import pulumi_talend
from pulumi_talend import RoleMapping, RoleMappings, WorkspaceAccess, WorkspacePermission, exit_codes
from pulumi_talend.cli import COMMANDS
from pulumi_talend.model.inputs import (
    Inputs,
    RoleMappingInputs,
    RoleMappingsInputs,
    WorkspaceAccessInputs,
    WorkspacePermissionInputs,
)
from pulumi_talend.model.parsing import parse

DOCS = Path(__file__).parents[2] / "docs"
RESOURCES: dict[str, tuple[type, type[Inputs]]] = {
    "workspace-permission": (WorkspacePermission, WorkspacePermissionInputs),
    "workspace-access": (WorkspaceAccess, WorkspaceAccessInputs),
    "role-mapping": (RoleMapping, RoleMappingInputs),
    "role-mappings": (RoleMappings, RoleMappingsInputs),
}
"""Page → what a program imports, and what the provider checks."""
SAMPLES: dict[str, Any] = {
    "permissions": ["VIEW"],
    "role_name": "crew",
    "roles": ["Operator"],
    "grants": {},
    "mappings": {"crew": []},
}
ALIASES = {"Permission": "str", "Grant": "list[str] or GrantArgs", "Any": "list[str] or dict"}


def section(doc: str | None, title: str) -> dict[str, str]:
    """The entries of a section of a docstring in Google's style: name → text on one line."""
    _, _, rest = inspect.cleandoc(doc or "").partition(f"{title}:\n")
    found: dict[str, str] = {}
    name = ""
    for line in rest.splitlines():
        if line and not line.startswith(" "):
            break
        entry = re.match(r"    (\w+): (.*)", line)
        if entry:
            name = entry[1]
            found[name] = entry[2]
        elif line.strip():
            found[name] += f" {line.strip()}"
    return found


def type_words(annotation: str) -> str:
    """An annotation as a reader of Python writes it, without Pulumi's inputs and outputs."""
    text = annotation.replace("pulumi.", "")
    while (
        shorter := re.sub(r"\b(?:Input|Output)\[((?:[^\[\]]|\[(?:[^\[\]]|\[[^\[\]]*\])*\])*)\]", r"\1", text)
    ) != text:
        text = shorter
    text = text.replace("Sequence[", "list[").replace("Mapping[", "dict[").replace("Literal['users']", '"users"')
    for alias, words in ALIASES.items():
        text = re.sub(rf"\b{alias}\b(?!Args)", words, text)
    return text.replace(" | ", " or ")


def alternatives(model: type[Inputs], required: set[str], inputs: list[str]) -> dict[str, list[str]]:
    """Input → the inputs of which one is needed, as the model has it: whatever takes away the same problem by itself."""
    given = {name: SAMPLES[name] for name in required}
    before = set(_problems(model, given))
    groups: dict[str, list[str]] = {}
    for problem in before:
        able = [name for name in inputs if set(_problems(model, {**given, name: "x"})) == before - {problem}]
        groups |= dict.fromkeys(able, able)
    return groups


def _problems(model: type[Inputs], given: Mapping[str, Any]) -> list[str]:
    found = parse(model, given)
    return [problem.where for problem in found] if isinstance(found, list) else []


def on_change(name: str, model: type[Inputs]) -> str:
    """What another value of an input does to the resource."""
    if name in model.identity:
        return "replace"
    if name in model.labels and (f"{name}_id" in model.identity or name == "environment"):
        return "replace if another object"
    if name in model.access or name == "expires_at":
        return "in place"
    return "no change of the resource"


def inputs_table(page: str) -> list[str]:
    """The inputs of a resource."""
    resource, model = RESOURCES[page]
    parameters = {
        name: each
        for name, each in inspect.signature(resource.__init__).parameters.items()
        if name not in {"self", "name", "opts"}
    }
    required = {name for name, each in parameters.items() if each.default is inspect.Parameter.empty}
    groups = alternatives(model, required, list(parameters))
    meanings = section(resource.__init__.__doc__, "Args")
    rows = ["| Input | Required | On change | Meaning |", "|---|---|---|---|"]
    for name, each in parameters.items():
        others = [f"`{other}`" for other in groups.get(name, []) if other != name]
        need = "yes" if name in required else f"this or {', '.join(others)}" if others else "no"
        default = "" if each.default in {None, inspect.Parameter.empty} else f" Default: `{each.default}`."
        what = f"`{name}`<br>`{type_words(str(each.annotation)).removesuffix(' or None')}`"
        rows.append(f"| {what} | {need} | {on_change(name, model)} | {meanings[name]}{default} |")
    return rows


def outputs_table(page: str) -> list[str]:
    """The outputs of a resource."""
    resource, _ = RESOURCES[page]
    types: dict[str, str] = resource.__annotations__
    rows = ["| Output | Type | Meaning |", "|---|---|---|"]
    for name, meaning in section(resource.__doc__, "Attributes").items():
        rows.append(f"| `{name}` | `{type_words(str(types[name]))}` | {meaning} |")
    return rows


def functions_table() -> list[str]:
    """The look-ups for programs."""
    rows = ["| Function | Returns | Meaning |", "|---|---|---|"]
    for name in sorted(
        name for name in sorted(pulumi_talend.__all__) if name.startswith("get_") and not name.endswith("_output")
    ):
        function = getattr(pulumi_talend, name)
        arguments = section(function.__doc__, "Args")
        signature = ", ".join(
            parameter if each.default is inspect.Parameter.empty else f"{parameter}=..."
            for parameter, each in inspect.signature(function).parameters.items()
        )
        parts = [inspect.cleandoc(function.__doc__).partition("\n")[0]]
        parts += [f"`{argument}`: {meaning}" for argument, meaning in arguments.items()]
        returns = type_words(str(function.__annotations__["return"]))
        rows.append(f"| `{name}({signature})` | `{returns}` | {' '.join(parts)} |")
    return rows


def results_table() -> list[str]:
    """What the look-ups return."""
    rows = ["| Field | Type | Meaning |", "|---|---|---|"]
    for name in sorted(name for name in pulumi_talend.__all__ if name.endswith("Result")):
        result = getattr(pulumi_talend, name)
        for field, meaning in section(result.__doc__, "Attributes").items():
            rows.append(f"| `{name}.{field}` | `{type_words(str(result.__annotations__[field]))}` | {meaning} |")
    return rows


def exceptions_table() -> list[str]:
    """The public exceptions, each below its base."""
    rows = ["| Exception | Is a | Meaning |", "|---|---|---|"]
    for name in sorted(pulumi_talend.__all__):
        kind = getattr(pulumi_talend, name)
        if isinstance(kind, type) and issubclass(kind, Exception):
            bases = ", ".join(f"`{base.__name__}`" for base in kind.__bases__)
            rows.append(f"| `{name}` | {bases} | {inspect.cleandoc(kind.__doc__ or '').partition(chr(10))[0]} |")
    return rows


def exit_codes_table() -> list[str]:
    """The exit codes of `talend-access`: each constant with the text below it."""
    rows = ["| Code | Meaning |", "|---|---|"]
    body = ast.parse(inspect.getsource(exit_codes)).body
    for node, below in itertools.pairwise(body):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(below, ast.Expr):
            rows.append(f"| {node.value.value} | {ast.literal_eval(below.value)} |")
    return rows


def command_sections() -> list[str]:
    """All commands with their options."""
    lines: list[str] = []
    for name, (module, _) in COMMANDS.items():
        command = getattr(importlib.import_module(f"pulumi_talend.{module}"), name)
        lines += [f"## talend-access {name}", "", inspect.cleandoc(command.__doc__), ""]
        hints = get_type_hints(command, include_extras=True)
        parameters = inspect.signature(command).parameters.values()
        if parameters:
            lines += ["| Option | Value | Default | Meaning |", "|---|---|---|---|"]
        for parameter in parameters:
            kind, info = get_args(_unwrapped(hints[parameter.name]))[:2]
            # In an annotation, typer has the first name of an option where its default would be.
            names = [info.default, *info.param_decls] if isinstance(info.default, str) else [parameter.name.upper()]
            cells = [", ".join(f"`{each}`" for each in names), _value(kind), _default(parameter.default), info.help]
            lines.append(f"| {' | '.join(cells)} |")
        lines += [""] if parameters else []
    return lines[:-1]


def _unwrapped(hint: Any) -> Any:
    """An annotation without the `| None` that Python 3.10 puts around it where the default is None."""
    return (
        hint
        if get_origin(hint) is Annotated
        else next(each for each in get_args(hint) if get_origin(each) is Annotated)
    )


def _value(kind: Any) -> str:
    kinds = [each for each in (get_args(kind) or (kind,)) if each is not type(None)]
    inner = get_args(kinds[0])[0] if get_args(kinds[0]) else kinds[0]
    if issubclass(inner, enum.Enum):
        return ", ".join(f"`{each.value}`" for each in inner)
    return {bool: "", int: "number", str: "text", Path: "path"}[inner]


def _default(value: Any) -> str:
    if value is inspect.Parameter.empty:
        return "required"
    return "" if value in (None, False) else f"`{value.value if isinstance(value, enum.Enum) else value}`"


def written() -> dict[Path, str]:
    """Every page with tables, as the code has them now."""
    pages = {DOCS / f"{page}.md": {"inputs": inputs_table(page), "outputs": outputs_table(page)} for page in RESOURCES}
    pages[DOCS / "errors.md"] = {"exceptions": exceptions_table()}
    pages[DOCS / "functions.md"] = {"functions": functions_table(), "results": results_table()}
    pages[DOCS / "talend-access.md"] = {"exit-codes": exit_codes_table(), "commands": command_sections()}
    return {path: _filled(path.read_text(encoding="utf-8"), tables) for path, tables in pages.items()}


def _filled(text: str, tables: Mapping[str, list[str]]) -> str:
    for name, lines in tables.items():
        begin, end = f"<!-- {name}:begin -->\n", f"<!-- {name}:end -->"
        before, found, rest = text.partition(begin)
        _, also, after = rest.partition(end)
        if not found or not also:
            raise ValueError(f"the page has no marks {begin.strip()} and {end}: {before[:60]!r}")
        text = "\n".join([f"{before}{begin}", *lines, "", f"{end}{after}"])
    return text


if __name__ == "__main__":
    if "--write" not in sys.argv:
        sys.exit("This writes the tables into docs/: run `make reference`.")
    for each, content in written().items():
        each.write_text(content, encoding="utf-8")
