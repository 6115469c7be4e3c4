"""The programs that the engines run: each has `declare()`, which declares what `workload.json` says."""

from __future__ import annotations

from pathlib import Path

from benchmarks.workload import Workload, read

FILE = "workload.json"


def workload() -> Workload:
    """The workload of the project whose program this is: it lies in the working directory."""
    return read(Path(FILE))
