"""A workbench of the embedded engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.workbench import Workbench


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return Workbench(tmp_path)
