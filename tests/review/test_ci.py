"""The example for CI: its steps are run, its rules and workflows are read, with the Pulumi CLI where there is one."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from e2e.company import OSKAR, permission, program
from e2e.stack import Engine, Stack
from pulumi_talend.review.rules import load_rules
from pulumi_talend_sandbox.tenant import Tenant
from pulumi_talend_sandbox.tenant.company import object_id
from review.test_command import environment_of, run

EXAMPLE = Path(__file__).parents[2] / "examples" / "ci"
PROD_SALES = object_id("workspace/prod/Sales")


def test_the_rules_are_rules() -> None:
    assert len(load_rules(EXAMPLE / "review.toml").rule) >= 5


@pytest.mark.parametrize("name", ["github.yml", "gitlab.yml", "azure-pipelines.yml"])
def test_the_workflows_run_the_steps(name: str) -> None:
    workflow: Any = yaml.safe_load((EXAMPLE / name).read_text("utf-8"))
    text = json.dumps(workflow, default=str)
    assert "ci/review.sh" in text
    assert "ci/apply.sh" in text
    assert "review/comment.md" in text


def step(name: str, stack: Stack, directory: Path, **more: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("TALEND_", "PULUMI_"))}
    env = {**kept, **environment_of(stack), "STACK": stack.name, "PROJECT": str(stack.directory), **more}
    scripts = Path(sys.executable).parent
    env["PATH"] = f"{scripts}{os.pathsep}{env['PATH']}"
    return subprocess.run(
        [str(EXAMPLE / "steps" / name)],
        cwd=directory,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_reviewed_approved_and_applied(pulumi_engine: Engine, tmp_path: Path, tenant: Tenant) -> None:
    stack = Stack(pulumi_engine, tmp_path / "stack", tenant)
    stack.program(program(permission("oskar", PROD_SALES, OSKAR, ["VIEW", "MANAGE"])))
    (stack.directory / "review.toml").write_text((EXAMPLE / "review.toml").read_text("utf-8"))
    before = tenant.snapshot()

    asked = step("review.sh", stack, tmp_path)
    assert asked.returncode == 4, asked.stderr
    assert "NEEDS APPROVAL by rule 'MANAGE and PUBLISH in prod" in asked.stderr
    assert "MANAGE gained" in (tmp_path / "review" / "comment.md").read_text("utf-8")
    assert step("apply.sh", stack, tmp_path).returncode == 4
    assert tenant.snapshot() == before

    (tmp_path / "approvals").mkdir()
    approve = ("--refresh", "--approve", "approvals/dev.json", "-q")
    approved = run(
        "review", "--stack", "dev", "--cwd", str(stack.directory), *approve, cwd=tmp_path, env=environment_of(stack)
    )
    assert approved.returncode == 0, approved.stderr
    assert step("review.sh", stack, tmp_path).returncode == 0
    assert tenant.snapshot() == before

    tenant.grant(PROD_SALES, OSKAR, ["VIEW"])  # by hand, after the approval
    stale = step("apply.sh", stack, tmp_path)
    assert stale.returncode != 0
    assert tenant.grants()[PROD_SALES, "users", OSKAR] == ["VIEW"]
    tenant.revoke(PROD_SALES, OSKAR)

    applied = step("apply.sh", stack, tmp_path)
    assert applied.returncode == 0, applied.stdout + applied.stderr
    assert tenant.grants()[PROD_SALES, "users", OSKAR] == ["MANAGE", "VIEW"]


def test_a_failing_preview_is_said_by_the_step(stack: Stack, tmp_path: Path) -> None:
    stack.program(program(permission("oskar", PROD_SALES, OSKAR, ["LOOK"])))
    done = step("review.sh", stack, tmp_path, PULUMI=_engine(stack, tmp_path))
    assert done.returncode == 1
    assert "no permission 'LOOK'" in done.stderr


def _engine(stack: Stack, directory: Path) -> str:
    """The stack's engine as one command."""
    if stack.engine.is_pulumi:
        return stack.engine.command[0]
    script = directory / "engine"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m pulumi_talend_sandbox.cli "$@"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return str(script)
