"""What a newcomer does first: the quickstart as `make up` runs it, twice, and its own project by hand."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from e2e.conftest import on_both_engines
from e2e.stack import Engine, Stack
from pulumi_talend_sandbox.pulumi_cli import HINT
from pulumi_talend_sandbox.tenant import Tenant

ROOT = Path(__file__).parents[2]
ELSEWHERE = """
import runpy, sys
sys.prefix = sys.argv.pop(1)  # without what `make cli` has put beside this Python
runpy.run_module("pulumi_talend_sandbox.demo", run_name="__main__", alter_sys=True)
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What `make up` needs of the checkout, under a path with a blank in it."""
    copy = tmp_path / "my checkout"
    (copy / "examples").mkdir(parents=True)
    shutil.copy(ROOT / "Pulumi.yaml", copy)
    shutil.copytree(ROOT / "examples/quickstart", copy / "examples/quickstart", symlinks=True)
    (copy / ".venv").symlink_to(sys.prefix, target_is_directory=True)
    return copy


def make_up(checkout: Path, engine: Engine) -> str:
    """What the demo prints. Raises AssertionError where it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "pulumi_talend_sandbox.demo", "--engine", engine.name],
        cwd=checkout,
        # A stranger's tenant in the environment must not be touched: the demo has its own.
        env={**os.environ, **engine.environment, "TALEND_REGION": "eu", "TALEND_TOKEN": "not-for-the-demo"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@on_both_engines
def test_make_up_twice(checkout: Path, engine: Engine) -> None:
    first = make_up(checkout, engine)
    assert "+ 9 to create" in first
    assert "+ 9 created" in first
    assert "http://127.0.0.1" not in first, "that tenant is gone when somebody reads it"
    assert "Oskar Berg on prod/Sales: +VIEW" in first, "names from the first screen on, not ids"
    for words in ("Oskar Berg", "nightly-scheduler", "nordlicht-operators", "this stack", "make tenant"):
        assert words in first
    with Tenant.start(database=checkout / ".talend/tenant.db") as tenant:
        assert tenant.role_mappings()["nordlicht-operators"] == ["Assets Manager", "Operator"]
        assert len(tenant.grants()) == 34

    second = make_up(checkout, engine)
    assert "Unchanged: the tenant is as the program says." in second
    assert len(second.splitlines()) < 15
    assert not [path for path in checkout.rglob("*") if path.is_file() and b"not-for-the-demo" in path.read_bytes()]


@on_both_engines
def test_the_quickstart_project_by_hand(engine: Engine, tmp_path: Path, tenant: Tenant) -> None:
    before = tenant.snapshot()
    stack = Stack(engine, tmp_path / "stack", tenant, project="talend-quickstart")
    for file in (ROOT / "examples/quickstart").glob("*.py"):
        shutil.copy(file, stack.directory)
    run = stack.up().ok()
    assert run.summary == {"create": 9}
    assert len(stack.managed()) == 8
    assert '"felix.thomsen on prod/Sales"' in json.dumps(stack.export())
    stack.destroy().ok()
    assert tenant.snapshot() == before


def test_the_demo_says_what_is_missing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, str(tmp_path), "--engine", "pulumi"],
        cwd=tmp_path,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == f"error: there is no Pulumi CLI; {HINT}, or set ENGINE=offline.\n"
    assert list(tmp_path.iterdir()) == []
