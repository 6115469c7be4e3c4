"""The examples as people copy them: their own tests, and their programs on the offline tenant."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from adopt.conftest import Access, access
from docs.fences import ROOT
from e2e.stack import Stack, offline
from pulumi_talend_sandbox.tenant import Tenant

__all__ = ["access"]
EXAMPLES = ROOT / "examples"


def test_their_own_tests() -> None:
    """In a process of its own: Pulumi's mocks stay set."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", str(EXAMPLES)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for example in ("adopt", "contractor", "environments", "quickstart", "service-accounts"):
        assert list((EXAMPLES / example).glob("test_*.py")), example


@pytest.mark.parametrize(("example", "grants"), [("contractor", 3), ("service-accounts", 4)])
def test_the_tenant_accepts_them(example: str, grants: int, tmp_path: Path, tenant: Tenant) -> None:
    stack = Stack(offline(), tmp_path / "stack", tenant)
    shutil.copy(EXAMPLES / example / "__main__.py", stack.directory)
    assert stack.preview().ok().summary == {"create": grants + 1}


def test_the_adopted_program_is_what_the_command_writes(tmp_path: Path, access: Access) -> None:
    said = access("adopt", "--environment", "prod", "--style", "sets", "--out", tmp_path / "adopted")
    assert said.code == 0, said.stderr
    written = (tmp_path / "adopted" / "__main__.py").read_text(encoding="utf-8")
    assert (EXAMPLES / "adopt" / "__main__.py").read_text(encoding="utf-8") == written
