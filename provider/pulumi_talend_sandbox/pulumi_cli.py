"""Where the Pulumi CLI is, for the demo, the tests and the benchmarks."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

HINT = "run `make cli`, put `pulumi` on PATH or name it in PULUMI_BIN"
"""How to get one."""


def find_pulumi(environ: Mapping[str, str] = os.environ) -> Path | None:
    """The Pulumi CLI that PULUMI_BIN names, else the one on PATH, else the one that `make cli` put beside this Python."""
    named = environ.get("PULUMI_BIN") or shutil.which("pulumi", path=environ.get("PATH"))
    if named:
        return Path(named)
    ours = Path(sys.prefix) / "pulumi" / "pulumi"
    return ours if ours.exists() else None
