"""The results as tables: on the screen (rich), in Markdown, and between the marks of a file that has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.engines import STEPS
from benchmarks.measuring import Measurement
from benchmarks.plan import Part
from benchmarks.results import Results, Row

BEGIN = "<!-- bench:begin -->"
END = "<!-- bench:end -->"

_HEADS = {"up": "up", "preview": "preview, no change", "refresh": "refresh", "change": "up, 10 % changed"}
_LEGEND = (
    "Each cell: API calls (reads + writes of permissions and role mappings; look-ups of people, roles and workspaces), seconds, "
    "and how many times the engine alone with the same stack; 429s where there were any; with a rate limit, the least that its "
    "own arithmetic makes those calls last (limit); how many objects a failed step left as they were to be. Memory is the peak "
    "of all processes together. A step that fails ends its row."
)


def cell(results: Results, each: Measurement | None) -> str:
    """One step in one line."""
    if each is None:
        return "–"
    calls = each.calls
    seconds = f"{each.seconds:.1f} s"
    if each.case.contender.baseline is None:
        return seconds if each.whole else f"failed after {seconds}"
    made = f"{calls.reads} + {calls.writes} calls" if calls.reads or calls.writes else "0 calls"
    if calls.lookups:
        made += f" + {calls.lookups} look-up" + "s" * (calls.lookups > 1)
    if calls.refused:
        made += f" ({calls.refused} × 429)"
    if not each.whole:
        return f"failed: {each.done:,} of {each.case.number:,}; {made}, {seconds}"
    ratio = results.ratio(each)
    limit = f", limit {each.least_seconds:.0f} s" if each.least_seconds else ""
    return f"{made}, {seconds}" + (f" (×{ratio:.1f}{limit})" if ratio is not None else limit)


def title(part: Part) -> str:
    """What a table is about."""
    noun = "grants" if part.objects == "grants" else "role mappings"
    return f"{part.number:,} {noun}, {part.conditions.text}"


def _columns() -> list[str]:
    return ["", "engine", *(_HEADS.get(step, step) for step in STEPS), "memory"]


def _cells(results: Results, row: Row) -> list[str]:
    steps = [cell(results, each) for each in row]
    return [row.case.contender.title, row.case.engine.name, *steps, f"{row.peak_bytes / 2**20:.0f} MiB"]


def show(results: Results, screen: Console) -> None:
    """Prints the tables."""
    for part, rows in results.tables():
        table = Table(*_columns(), title=title(part), title_justify="left", show_lines=True)
        for row in rows:
            table.add_row(*_cells(results, row))
        screen.print(table)
    for line in _notes(results):
        screen.print(line, markup=False, highlight=False)


def _notes(results: Results) -> list[str]:
    imports = [] if results.imports is None else [results.imports.text]
    return [f"Machine: {results.machine.text}.", _LEGEND, *imports, *(f"Left out: {each}" for each in results.left_out)]


def markdown(results: Results, *, heading: str = "###", most: int | None = None) -> str:
    """The tables in Markdown, each under a heading of that level; only those of at most so many objects."""
    blocks: list[str] = []
    for part, rows in results.tables():
        if most is not None and part.number > most:
            continue
        blocks.append(f"{heading} {title(part)}")
        blocks.append(_table(_columns(), [_cells(results, row) for row in rows]))
    return "\n\n".join([*blocks, *_notes(results)]) + "\n"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def write_between_marks(path: Path, text: str) -> None:
    """Puts `text` between the two marks in the file. Raises ValueError where they do not stand there once, in order."""
    whole = path.read_text(encoding="utf-8")
    before, begin, rest = whole.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end or BEGIN in rest or END in after:
        raise ValueError(f"{path.name}: write {BEGIN} and {END} once each, where the tables are to stand")
    path.write_text(f"{before}{BEGIN}\n\n{text.strip()}\n\n{END}{after}", encoding="utf-8")
