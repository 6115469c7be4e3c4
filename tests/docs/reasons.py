"""The reasons that errors of the package give, found in its code.

A reason is the text with which an error or a problem is made: an argument of `...Error(...)` or `Problem(...)`, a text that
is assigned to `reason`, or one that a function of the provider returns. What is put into it at run time is `{}`.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "provider" / "pulumi_talend"
_MAKERS = ("Error", "Problem", "problem", "BadParameter", "_unexpected", "_no_response")
_ROOMS = {"access", "api", "model", "provider", "resources"}
_FEWEST_WORDS = 5


@functools.cache
def _nodes() -> list[tuple[Path, list[ast.AST]]]:
    """The files of the package, each with all nodes of its code."""
    files = sorted(PACKAGE.rglob("*.py"))
    return [(file, list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))) for file in files]


def reasons() -> dict[str, str]:
    """Reason → file and line."""
    found: dict[str, str] = {}
    for file, nodes in _nodes():
        for node in nodes:
            for source in _sources(node, is_provider=file.relative_to(PACKAGE).parts[0] in _ROOMS):
                for text, line in _texts(source):
                    if len(text.split()) >= _FEWEST_WORDS:
                        found.setdefault(text, f"{file.relative_to(PACKAGE)}:{line}")
    return found


def every_text() -> set[str]:
    """All texts in the code, whatever they are for."""
    expressions = (node for _, nodes in _nodes() for node in nodes if isinstance(node, ast.expr))
    return {text for node in expressions for text, _ in _texts(node)}


def _sources(node: ast.AST, *, is_provider: bool) -> Iterator[ast.expr]:
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name.endswith(_MAKERS):
            yield from node.args
        yield from (each.value for each in node.keywords if each.arg == "reason")
    elif isinstance(node, ast.Assign):
        if any(isinstance(to, ast.Name) and to.id == "reason" for to in node.targets):
            yield node.value
    elif isinstance(node, ast.Return) and node.value is not None and is_provider:
        yield node.value


def _texts(node: ast.expr) -> Iterator[tuple[str, int]]:
    """The texts that an expression may come to be."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value, node.lineno
    elif isinstance(node, ast.JoinedStr):
        parts = (each.value if isinstance(each, ast.Constant) else "{}" for each in node.values)
        yield "".join(str(part) for part in parts), node.lineno
    elif isinstance(node, ast.IfExp):
        yield from (*_texts(node.body), *_texts(node.orelse))
    elif isinstance(node, ast.BinOp):
        yield from (*_texts(node.left), *_texts(node.right))
