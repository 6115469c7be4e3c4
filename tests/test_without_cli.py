"""A run of the tests on a machine without the Pulumi CLI."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUN = """
import sys
sys.prefix = sys.argv.pop(1)  # without what `make cli` has put beside this Python
import pytest
sys.exit(pytest.main(sys.argv[1:]))
"""
TEST = "tests/e2e/test_life.py::test_an_id_that_only_another_resource_knows"


def run(elsewhere: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", RUN, str(elsewhere), "-p", "no:cacheprovider", *options, TEST]
    return subprocess.run(
        command, cwd=ROOT, env={"PATH": str(elsewhere)}, capture_output=True, text=True, timeout=600, check=False
    )


def test_the_last_line_counts_what_was_not_tried(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 0, done.stdout
    assert "1 skipped" in done.stdout
    last = done.stdout.splitlines()[-1]
    assert last.startswith("Not tried for want of the Pulumi CLI (to get one, run `make cli`")
    assert last.endswith("in PULUMI_BIN): 1")


def test_ci_fails_where_there_is_none(tmp_path: Path) -> None:
    done = run(tmp_path, "--need-pulumi")
    assert done.returncode == 1, done.stdout
    assert "no Pulumi CLI" in done.stdout
    assert "skipped" not in done.stdout
