"""Where something is in a table: the file, the line and the column of each of its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Path = tuple[str | int, ...]
"""The way to a part of a table: keys of mappings and indexes of lists, like `("teams", "sales", 0)`."""

MOST_SHOWN = 50
"""So many problems are listed one by one; the rest is counted."""


@dataclass(frozen=True, order=True)
class Position:
    """A place in a file; lines and columns begin with 1, as editors and compilers count them."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Places:
    """The positions of a table's parts.

    Attributes:
        name: What a table without positions is called in messages (one that a program has built).
        keys: Where the key of an entry stands.
        values: Where a value begins.
    """

    name: str
    keys: Mapping[Path, Position] = field(default_factory=dict[Path, Position])
    values: Mapping[Path, Position] = field(default_factory=dict[Path, Position])

    def of(self, path: Path, *, key: bool = False) -> Position | None:
        """The position of a part, or of the nearest part around it; None in a table without positions.

        Args:
            path: The part.
            key: Whether its key is meant, not its value. An item of a list has no key.
        """
        found: Path = ()
        for part in path:  # what is written short has fields that are not in the file
            if (*found, part) in self.values:
                found = (*found, part)
        first, second = (self.keys, self.values) if key else (self.values, self.keys)
        return first.get(found) or second.get(found)

    def text(self, path: Path, *, key: bool = False) -> str:
        """The position as text; the path where there are no positions: `access: teams.sales[0]`."""
        position = self.of(path, key=key)
        return str(position) if position is not None else f"{self.name}: {path_text(path)}"


def path_text(path: Path) -> str:
    """A path as a reader writes it: `workspaces.Sales.access['anna@example.com'][0]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif not part:
            continue  # what a bundle means everywhere
        elif part.replace("_", "").isalnum():
            text += f".{part}" if text else part
        else:
            text += f"[{part!r}]"
    return text or "the table"


@dataclass(frozen=True)
class TableProblem:
    """One thing that is wrong in a table.

    Attributes:
        where: `file:line:column`, or the path in a table without positions.
        reason: What is wrong, and what to do.
        position: For the order of messages; None without positions.
    """

    where: str
    reason: str
    position: Position | None = None

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}"


class TableError(Exception):
    """A table that is not valid, with everything that is wrong with it.

    Attributes:
        name: The file, or what the program calls the table.
        problems: All problems, in the order of the file.
    """

    def __init__(self, name: str, problems: Sequence[TableProblem]) -> None:
        self.name = name
        self.problems = in_order(problems)
        shown = [str(problem) for problem in self.problems[:MOST_SHOWN]]
        left = len(self.problems) - len(shown)
        shown += [f"and {left} more: talend-access validate {name}"] if left else []
        super().__init__("\n".join(shown))


def in_order(problems: Sequence[TableProblem]) -> tuple[TableProblem, ...]:
    """The problems in the order of the files, each once."""
    nowhere = Position("", 0, 0)
    return tuple(sorted(dict.fromkeys(problems), key=lambda each: each.position or nowhere))
