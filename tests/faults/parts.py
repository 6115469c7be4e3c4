"""A part of the whole matrix, for a process of its own."""

from __future__ import annotations

import os
from contextlib import redirect_stdout

from faults.cells import WHENS, Matrix, Operation, Verdict
from faults.stage import Stage
from faults.strikes import STRIKES
from faults.table import Cell


def run(part: tuple[str, Operation]) -> dict[Cell, Verdict]:
    """All cells of one operation of one kind."""
    kind, operation = part
    # What the provider tells people on its way is not what is looked for here.
    with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere), Stage.open() as stage:
        matrix = Matrix(stage)
        return {
            (kind, operation, strike, when): matrix.cell(kind, operation, strike, when)
            for strike in STRIKES
            for when in WHENS
        }
