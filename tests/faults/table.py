"""The matrix as a table in the documentation: written from what was run, and read back to be held against it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from faults.cells import OPERATIONS, WHENS, Operation, When
from faults.strikes import STRIKES

DOCUMENT = Path(__file__).parents[2] / "docs" / "faults.md"
SIGNS = {
    "none": "·",
    "done": "✓",
    "again": "↻",
    "less": "◔",
    "refused": "○",
    "part": "◐",
    "word": "✎",
    "red": "✗",
}
_BEGIN, _END = "<!-- the matrix begins: `make fault-table` writes it -->\n", "<!-- the matrix ends -->\n"

Cell = tuple[str, Operation, str, When]


def rendered(outcomes: Mapping[Cell, str], titles: Mapping[str, str]) -> str:
    """The tables, one for each kind of resource; `outcomes` has every cell."""
    lines: list[str] = []
    for kind, title in titles.items():
        lines += [f"### {title}", "", f"| | {' | '.join(OPERATIONS)} |", "|---" * (len(OPERATIONS) + 1) + "|"]
        for strike, how in STRIKES.items():
            cells = [" ".join(SIGNS[outcomes[kind, op, strike, when]] for when in WHENS) for op in OPERATIONS]
            lines.append(f"| {how.words} | {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def write(outcomes: Mapping[Cell, str], titles: Mapping[str, str]) -> None:
    """Puts the tables into the document."""
    before, after = _around()
    DOCUMENT.write_text(f"{before}{_BEGIN}\n{rendered(outcomes, titles)}\n{_END}{after}", encoding="utf-8")


def documented(titles: Mapping[str, str]) -> dict[Cell, str]:
    """What the document says of each cell. Raises KeyError for a table or a row that no longer is one."""
    text = DOCUMENT.read_text(encoding="utf-8").partition(_BEGIN)[2].partition(_END)[0]
    kinds = {title: kind for kind, title in titles.items()}
    strikes = {how.words: strike for strike, how in STRIKES.items()}
    outcomes = {sign: outcome for outcome, sign in SIGNS.items()}
    found: dict[Cell, str] = {}
    kind = ""
    for line in text.splitlines():
        if line.startswith("### "):
            kind = kinds[line[4:]]
        row = re.fullmatch(r"\| ([^|]+) \| (.*) \|", line)
        if row is not None and not line.startswith("| |"):
            for operation, cell in zip(OPERATIONS, row[2].split(" | "), strict=True):
                for when, sign in zip(WHENS, cell.split(), strict=True):
                    found[kind, operation, strikes[row[1]], when] = outcomes[sign]
    return found


def _around() -> tuple[str, str]:
    text = DOCUMENT.read_text(encoding="utf-8")
    before, _, rest = text.partition(_BEGIN)
    return before, rest.partition(_END)[2]
