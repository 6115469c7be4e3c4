"""Workbenches: on each engine found, or on the offline engine alone."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from engine.workbench import Workbench

_PULUMI = pytest.param(
    "pulumi",
    marks=pytest.mark.skipif(shutil.which("pulumi") is None, reason="the Pulumi CLI is not on PATH"),
)


@pytest.fixture(params=["offline", _PULUMI])
def bench(request: Any, tmp_path: Path) -> Workbench:
    return Workbench(request.param, tmp_path)


@pytest.fixture
def offline(tmp_path: Path) -> Workbench:
    return Workbench("offline", tmp_path)
