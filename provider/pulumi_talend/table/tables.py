"""Reading a table: from a file, a folder of files, or a dictionary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from ..model.fields import did_you_mean
from .expanding import Declared, Expansion
from .models import Table, field_names
from .places import Path as TablePath
from .places import Places, Position, TableError, TableProblem
from .yaml_reader import Source, read_yaml

SUFFIXES = (".yaml", ".yml")
_NAMED = ("environments", "teams", "bundles", "extra_permissions")
_ROUNDS = 6


@dataclass(frozen=True)
class ReadTable:
    """A valid table.

    Attributes:
        name: The file or folder, or what the program calls it.
        table: What it says.
        places: Where it says so.
    """

    name: str
    table: Table
    places: Places

    def declared(self, environment: str | None) -> Declared:
        """What it declares in an environment; None: in all of them.

        Raises:
            TableError: The table does not have the environment.
        """
        known = self.table.environments
        if environment is not None and environment not in known:
            meant = did_you_mean(environment, known, alike=str)
            there = ", ".join(known) or "none: leave environment out"
            reason = f"no environment '{environment}' in the table{meant}; the table has {there}"
            path: TablePath = ("environments",)
            raise TableError(self.name, [TableProblem(self.places.text(path), reason, self.places.of(path))])
        return Expansion(self.table, self.places).expand(environment)


def read_table(path: Path) -> ReadTable:
    """Reads a file, or all YAML files of a folder as one table.

    Raises:
        TableError: It cannot be read or is not valid, with everything that is wrong.
    """
    name = shown_path(path)
    source = Source(name)
    for file in files_of(path):
        try:
            content = file.read_bytes()
        except OSError as error:
            raise TableError(name, [TableProblem(shown_path(file), f"cannot be read: {error.strerror}")]) from None
        read_yaml(source, shown_path(file), content)
        source.values.setdefault((), Position(shown_path(file), 1, 1))
    return _valid(name, source.data, source.places, source.problems)


def files_of(path: Path) -> list[Path]:
    """The file, or the YAML files of the folder, by name. Raises TableError where a folder has none."""
    if not path.is_dir():
        return [path]
    files = sorted(each for each in path.iterdir() if each.suffix in SUFFIXES and each.is_file())
    if not files:
        name = shown_path(path)
        raise TableError(name, [TableProblem(name, f"the folder has no file that ends in {' or '.join(SUFFIXES)}")])
    return files


def table_from_dict(data: Mapping[str, Any], *, name: str) -> ReadTable:
    """Reads a table that a program has built. `name` is what messages call it. Raises TableError."""
    return _valid(name, data, Places(name), [])


def shown_path(path: Path) -> str:
    """A path as messages and state have it: from the working directory on, never with what is above it."""
    try:
        return path.resolve().relative_to(Path.cwd().resolve()).as_posix()
    except ValueError:
        return path.name


def _valid(name: str, data: Any, places: Places, problems: list[TableProblem]) -> ReadTable:
    found = list(problems)
    known = {problem.position for problem in problems if problem.position is not None}
    rest: Any = data
    for _ in range(_ROUNDS):
        try:
            table = Table.model_validate(rest)
            break
        except ValidationError as error:
            details: list[Any] = error.errors(include_url=False, include_input=False)
        if rest is data:  # what comes up once a part is left out follows from that
            found += [_problem(detail, places) for detail in details]
            rest = _copied(data)
        for detail in details:
            _leave_out(rest, detail["loc"])
    else:
        raise TableError(name, found)
    # What is left out has its names all the same: nothing else is wrong because of it.
    expansion = Expansion(table, places, found, names={part: _names_in(data, part) for part in _NAMED})
    expansion.check(whole=not found)
    # One reason a place: what YAML misreads would be a wrong name too.
    found[len(problems) :] = [each for each in found[len(problems) :] if each.position not in known]
    if not found:
        expansion.expand(None)
    if found:
        raise TableError(name, found)
    return ReadTable(name, table, places)


def _copied(data: Any) -> Any:
    """Raw data with mappings and lists of its own. What else a program has put into it stays the same object."""
    if isinstance(data, Mapping):
        return {name: _copied(value) for name, value in cast("Mapping[Any, Any]", data).items()}
    return [_copied(item) for item in cast("list[Any]", data)] if isinstance(data, list) else data


def _names_in(data: Any, part: str) -> tuple[str, ...]:
    """The names that a part of raw data gives, valid or not."""
    value: Any = cast("dict[str, Any]", data).get(part) if isinstance(data, Mapping) else None
    if isinstance(value, str):
        return (value,)
    items = list(cast("list[Any]", value)) if isinstance(value, (list, Mapping)) else []
    return tuple(name for name in items if isinstance(name, str))


def _leave_out(data: Any, loc: Sequence[str | int]) -> None:
    """Removes the entry that an error is about from raw data; of a list the whole, so that no place moves."""
    steps: list[tuple[dict[str, Any], str]] = []
    node = data
    for number, part in enumerate(loc, 1):
        if isinstance(node, dict):
            entries = cast("dict[str, Any]", node)
            if part not in entries:
                if number < len(loc):
                    return  # left out already
                break
            steps.append((entries, str(part)))
            node = entries[str(part)]
        elif isinstance(node, list) and isinstance(part, int) and part < len(cast("list[Any]", node)):
            node = cast("list[Any]", node)[part]
    if steps:
        entries, name = steps[-1]
        del entries[name]


def _problem(detail: Any, places: Places) -> TableProblem:
    loc: list[str | int] = [part for part in detail["loc"] if part != "[key]"]
    is_key = "[key]" in detail["loc"] or detail["type"] in {"missing", "extra_forbidden"}
    path: TablePath = tuple(loc)
    return TableProblem(places.text(path, key=is_key), _reason(detail, loc), places.of(path, key=is_key))


def _reason(detail: Any, loc: list[str | int]) -> str:
    last = str(loc[-1]) if loc else ""
    if detail["type"] == "extra_forbidden":
        known = field_names(loc[:-1])
        return f"'{last}' is not known here" + (
            did_you_mean(last, known, alike=str) or f"; write one of {', '.join(known)}"
        )
    if detail["type"] == "missing":
        return f"{last} is required"
    if detail["type"] in {"model_type", "dict_type", "model_attributes_type"}:
        known = field_names(loc)
        return "must be a mapping" + (f" with {', '.join(known)}" if known else ", `name: value` on lines of its own")
    if detail["type"] == "list_type":
        return "must be a list: `- item` on lines of its own, or [item, item]"
    return str(detail["msg"]).removeprefix("Value error, ")


__all__ = ["ReadTable", "read_table", "table_from_dict"]
