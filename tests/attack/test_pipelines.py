"""The example for CI: its steps are run, its rules and workflows are read, with the Pulumi CLI where there is one."""

from __future__ import annotations

import json
import os
import re
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
from review.test_command import environment_of, repository, run

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "ci"
PROD_SALES = object_id("workspace/prod/Sales")
WORKFLOWS = ["github.yml", "gitlab.yml", "azure-pipelines.yml"]


def test_the_rules_are_rules() -> None:
    rules = load_rules(EXAMPLE / "review.toml").rule
    denied = {alert for rule in rules if rule.action == "deny" for alert in rule.alert or ()}
    assert {"unknown-effect", "foreign-code", "endpoint-from-stack"} <= denied


@pytest.mark.parametrize("name", WORKFLOWS)
def test_the_workflows_run_the_steps(name: str) -> None:
    text = (EXAMPLE / name).read_text("utf-8")
    assert yaml.safe_load(text)
    for step in (
        "sh ci/preview.sh",
        "sh ci/review.sh",
        "sh ci/apply.sh",
        "RULES",
        "--require-hashes",
        "review/comment.md",
    ):
        assert step in text, step
    assert re.search(r"(curl|wget)[^\n]*\|", text) is None


def test_the_workflow_of_github_is_as_tight_as_it_says() -> None:
    workflow: Any = yaml.safe_load((EXAMPLE / "github.yml").read_text("utf-8"))
    assert workflow["permissions"] == {}
    assert not any("secrets." in str(value) for value in workflow["env"].values())
    rights = {name: job["permissions"] for name, job in workflow["jobs"].items()}
    assert rights["preview"] == rights["apply"] == {"contents": "read"}
    for name, job in workflow["jobs"].items():
        assert "env" not in job
        assert "environment" in job
        for step in job["steps"]:
            uses = step.get("uses")
            assert uses is None or re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", uses), uses
            if uses and uses.startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False
            secrets = re.findall(r"secrets\.(\w+)|github\.(token)", json.dumps(step))
            assert not secrets or "env" in step
            if name != "apply":
                assert ("TALEND_TOKEN", "") not in secrets, "only the apply job may hold what writes"
    review = workflow["jobs"]["review"]
    # A required check that is skipped counts as passed: for a fork, whose program is not run, it fails.
    assert review["if"] == "${{ !cancelled() && github.event_name == 'pull_request' }}"
    fork, checkout = review["steps"][:2]
    assert fork["if"] == "needs.preview.result == 'skipped'"
    assert fork["run"].endswith("exit 1\n")
    assert checkout["with"]["ref"] == "${{ github.event.pull_request.base.sha }}"


def test_the_workflows_have_no_findings() -> None:
    zizmor = Path(sys.executable).with_name("zizmor")
    command = [zizmor, "--offline", "--persona", "auditor", "--no-progress", EXAMPLE / "github.yml", ROOT / ".github"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_pipelines_of_gitlab_and_azure_are_as_tight_as_they_say() -> None:
    gitlab: Any = yaml.safe_load((EXAMPLE / "gitlab.yml").read_text("utf-8"))
    jobs: dict[str, Any] = {name: job for name, job in gitlab.items() if "script" in job}
    assert set(jobs) == {"preview", "review", "comment", "apply"}
    variables = gitlab["variables"]
    for name, job in jobs.items():
        assert "@sha256:" in variables[job["image"].removeprefix("$")]
        assert job["environment"], "a variable reaches the jobs of its environment only"
        assert ("TALEND_TOKEN=" in json.dumps(job)) == (name in {"preview", "review"})
        assert ('TALEND_TOKEN=\\"$TALEND_READ_TOKEN\\"' in json.dumps(job)) == (name in {"preview", "review"})
        # It comes with the environment of the job that comments, and no job names it.
        assert "GITLAB_TOKEN" not in json.dumps(job)
    assert 'CI_COMMIT_REF_PROTECTED == "true"' in jobs["apply"]["rules"][0]["if"]
    assert jobs["comment"]["variables"] == {"GIT_STRATEGY": "none"}
    assert "git worktree add" in json.dumps(jobs["review"])

    azure: Any = yaml.safe_load((EXAMPLE / "azure-pipelines.yml").read_text("utf-8"))
    assert all("@sha256:" in each["image"] for each in azure["resources"]["containers"])
    held: dict[str, tuple[list[Any], set[str]]] = {}
    for stage in azure["stages"]:
        (job,) = stage["jobs"]
        assert job["container"] in {"pulumi", "python"}
        steps = job["steps"] if "steps" in job else job["strategy"]["runOnce"]["deploy"]["steps"]
        assert steps[0]["persistCredentials"] is False
        secrets: set[str] = set()
        for step in steps:
            secrets |= set(re.findall(r"\$\(((?:TALEND|PULUMI|System\.Access)\w+)\)", json.dumps(step.get("env", {}))))
            assert not re.search(r"TOKEN|PASSPHRASE", step.get("script", "")), (
                "a secret is in the environment of a step"
            )
        held[stage["stage"]] = (job["variables"], secrets)
    assert held == {
        "preview": ([{"group": "access-preview"}], {"TALEND_READ_TOKEN", "PULUMI_CONFIG_PASSPHRASE"}),
        "review": ([{"group": "access-review"}], {"TALEND_READ_TOKEN", "System.AccessToken"}),
        "apply": ([{"group": "access-write"}], {"TALEND_TOKEN", "PULUMI_CONFIG_PASSPHRASE"}),
    }
    apply = azure["stages"][-1]
    assert "eq(variables['Build.SourceBranch'], 'refs/heads/main')" in apply["condition"]
    assert apply["jobs"][0]["environment"] == "production"
    assert azure["pr"] == "none"


def test_all_run_the_cli_that_is_tried_here() -> None:
    version = re.search(r"pulumi/pkg/v3 v(\S+)", (ROOT / "tools" / "pulumi-cli" / "go.mod").read_text("utf-8"))
    assert version is not None
    for name in WORKFLOWS:
        found = re.findall(r"pulumi-version: ([\d.]+)|pulumi-python:([\d.]+)@", (EXAMPLE / name).read_text("utf-8"))
        assert {one or other for one, other in found} == {version[1]}, name


def step(name: str, stack: Stack, directory: Path, **more: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("TALEND_", "PULUMI_"))}
    env = {**kept, **environment_of(stack), "STACK": stack.name, "PROJECT": str(stack.directory), **more}
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
    return subprocess.run(
        ["sh", str(EXAMPLE / "steps" / name)],
        cwd=directory,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_reviewed_approved_applied_and_not_replayed(pulumi_engine: Engine, tmp_path: Path, tenant: Tenant) -> None:
    stack = Stack(pulumi_engine, tmp_path / "stack", tenant)
    more = {"CHANGE": str(stack.directory), "RULES": str(EXAMPLE / "review.toml")}

    def declare(*lines: str) -> None:
        stack.program(program(*lines))
        repository(stack.directory)

    manager = permission("oskar", PROD_SALES, OSKAR, ["VIEW", "MANAGE"])
    declare(manager)
    before = tenant.snapshot()
    assert step("preview.sh", stack, tmp_path).returncode == 0
    blind = step("review.sh", stack, tmp_path, **more, TALEND_TOKEN="")
    assert blind.returncode == 1, "a review that cannot look at the tenant must not pass"
    assert "TALEND_TOKEN" in blind.stderr
    asked = step("review.sh", stack, tmp_path, **more)
    assert asked.returncode == 4, asked.stderr
    assert "NEEDS APPROVAL by rule 'MANAGE and PUBLISH in prod" in asked.stderr
    comment = (tmp_path / "review" / "comment.md").read_text("utf-8")
    assert comment.startswith("### ✋ Needs approval · stack `dev` · commit `")
    assert "MANAGE gained" in comment
    assert step("apply.sh", stack, tmp_path, **more).returncode == 4
    assert tenant.snapshot() == before

    here = ("--stack", "dev", "--cwd", str(stack.directory), "--refresh", "-q")
    approval = str(stack.directory / "approvals" / "dev.json")
    approve = ("review", *here, "--approve", approval, "--approved-by", "Olga Owner")
    approved = run(*approve, cwd=tmp_path, env=environment_of(stack))
    assert approved.returncode == 0, approved.stderr
    assert step("review.sh", stack, tmp_path, **more).returncode == 0
    assert "Approved by Olga Owner" in (tmp_path / "review" / "comment.md").read_text("utf-8").splitlines()[0]
    assert tenant.snapshot() == before

    tenant.grant(PROD_SALES, OSKAR, ["VIEW"])  # by hand, after the approval
    assert step("apply.sh", stack, tmp_path, **more).returncode != 0
    assert tenant.grants()[PROD_SALES, "users", OSKAR] == ["VIEW"]
    tenant.revoke(PROD_SALES, OSKAR)

    applied = step("apply.sh", stack, tmp_path, **more)
    assert applied.returncode == 0, applied.stdout + applied.stderr
    assert tenant.grants()[PROD_SALES, "users", OSKAR] == ["MANAGE", "VIEW"]

    declare()  # taken away again, as the rules allow with an approval; here the plain way
    stack.up().ok()
    declare(manager)
    replayed = step("apply.sh", stack, tmp_path, **more)
    assert replayed.returncode == 4, replayed.stderr
    assert "an approval holds once" in replayed.stderr
    assert (PROD_SALES, "users", OSKAR) not in tenant.grants()


def test_a_failing_preview_is_the_comment(pulumi_engine: Engine, tmp_path: Path, tenant: Tenant) -> None:
    stack = Stack(pulumi_engine, tmp_path / "stack", tenant)
    stack.program(program(permission("oskar", PROD_SALES, OSKAR, ["LOOK"])))
    repository(stack.directory)
    assert step("preview.sh", stack, tmp_path).returncode == 0
    more = {"CHANGE": str(stack.directory), "RULES": str(EXAMPLE / "review.toml"), "COMMIT": "abc1234"}
    done = step("review.sh", stack, tmp_path, **more)
    assert done.returncode == 1
    comment = (tmp_path / "review" / "comment.md").read_text("utf-8")
    assert comment.startswith("### 🛑 Preview of `abc1234` failed")
    assert "'LOOK' is not a valid permission" in comment
