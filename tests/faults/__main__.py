"""`python tests/faults [--write] [KIND-OPERATION ...]`: runs all cells, or those named; prints red ones, writes the table."""

from __future__ import annotations

import multiprocessing
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from faults.cells import OPERATIONS, Matrix, Operation, Verdict
from faults.parts import run
from faults.stage import Stage
from faults.table import Cell, documented, write

PROCESSES = 2


def main() -> int:
    """1 where a cell is red: then the table stays as it was."""
    with Stage.open() as stage:
        titles = {name: kind.title for name, kind in Matrix(stage).kinds.items()}
    named = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    cells: dict[Cell, Verdict] = {}
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        parts: list[tuple[str, Operation]] = [(kind, operation) for kind in titles for operation in OPERATIONS]
        parts = [part for part in parts if not named or "-".join(part) in named]
        for part, found in zip(parts, pool.imap(run, parts), strict=True):
            cells.update(found)
            print(f"{part[0]} {part[1]}: {len(found)} cells", flush=True)
    reds = [(cell, red) for cell, verdict in cells.items() for red in verdict.reds]
    for (kind, operation, strike, when), red in reds:
        print(f"RED {kind} {operation}, {strike} {when}: {red}")
    if not reds and "--write" in sys.argv[1:]:
        before = documented(titles) if named else {}
        write({**before, **{cell: verdict.outcome for cell, verdict in cells.items()}}, titles)
    print(f"{len(cells)} cells, {len({cell for cell, _ in reds})} red")
    return 1 if reds else 0


if __name__ == "__main__":
    sys.exit(main())
