"""Every place in the provider that makes a message for its user, found in the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pulumi_talend

ROOT = Path(pulumi_talend.__file__).parent

_CALLS = {"Problem", "CheckFailure", "Finding", "say", "_say", "_end", "announce", "_notify", "notify"}
_APPENDED = {"notes", "unread", "reasons", "wrong"}


@dataclass(frozen=True, order=True)
class Site:
    """A statement that makes a message: where it is, and its source in one line."""

    file: str
    line: int
    end: int
    source: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.source}"

    @property
    def key(self) -> str:
        """What stays the same when lines move: the file and the statement."""
        return f"{self.file}: {self.source}"


def all_sites() -> list[Site]:
    """All sites of the provider, in order."""
    return sorted(site for path in ROOT.rglob("*.py") for site in _sites_of(path))


def _sites_of(path: Path) -> Iterator[Site]:
    text = path.read_text(encoding="utf-8")
    file = str(path.relative_to(ROOT))
    for statement in ast.walk(ast.parse(text)):
        if isinstance(statement, ast.stmt) and _makes_a_message(statement):
            source = " ".join((ast.get_source_segment(text, statement) or "").split())
            yield Site(file, statement.lineno, statement.end_lineno or statement.lineno, source[:150])


def _makes_a_message(statement: ast.stmt) -> bool:
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return False
    if isinstance(statement, ast.Raise):
        return _is_told(statement.exc)
    own: list[ast.expr] = [child for child in ast.iter_child_nodes(statement) if isinstance(child, ast.expr)]
    return any(_is_message(call) for expression in own for call in ast.walk(expression) if isinstance(call, ast.Call))


def _is_told(raised: ast.expr | None) -> bool:
    """Whether it is a new exception with words of ours."""
    if not isinstance(raised, ast.Call) or not raised.args:
        return False
    name = raised.func.id if isinstance(raised.func, ast.Name) else getattr(raised.func, "attr", "")
    called = isinstance(raised.func, ast.Call)  # error_for_status(status)(...)
    return called or (
        name.endswith("Error") and name not in {"AssertionError", "NotImplementedError", "AttributeError"}
    )


def _is_message(call: ast.Call) -> bool:
    if isinstance(call.func, ast.Name):
        return call.func.id in _CALLS and bool(call.args)
    if not isinstance(call.func, ast.Attribute):
        return False
    if call.func.attr in {"append", "extend"}:
        to = call.func.value
        name = to.id if isinstance(to, ast.Name) else getattr(to, "attr", "")
        return name in _APPENDED
    return call.func.attr in _CALLS and bool(call.args)
