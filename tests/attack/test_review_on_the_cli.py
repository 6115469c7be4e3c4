"""Programs that try to get past the review, previewed by the real Pulumi CLI and reviewed with the example's rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from e2e.company import OSKAR, SALES, permission, program
from e2e.stack import Engine, Stack
from pulumi_talend_sandbox.tenant import Tenant
from review.test_command import environment_of, run

RULES = Path(__file__).parents[2] / "examples" / "ci" / "review.toml"

OWN_PROVIDER = """
import pulumi
from pulumi.dynamic import CreateResult, Resource, ResourceProvider

class Provider(ResourceProvider):
    def create(self, props):
        return CreateResult("x", props)

class Permission(Resource, module="talend", name="WorkspacePermission"):
    pass

Permission(Provider(), "hidden", {"workspace_id": "w", "user_id": "u", "permissions": ["VIEW"]})
"""

OWN_RESOURCE = """
import pulumi
from pulumi.dynamic import CreateResult, Resource, ResourceProvider

class Provider(ResourceProvider):
    def create(self, props):
        return CreateResult("x", props)

class Thing(Resource):
    pass

Thing(Provider(), "hidden", {})
"""

SUBCLASS = """
from pulumi_talend import WorkspacePermission

class TeamPermission(WorkspacePermission):
    pass

TeamPermission("oskar", workspace_id="%s", user_id="%s", permissions=["VIEW", "MANAGE"])
"""


@pytest.fixture
def stack(pulumi_engine: Engine, tmp_path: Path, tenant: Tenant) -> Stack:
    return Stack(pulumi_engine, tmp_path / "stack", tenant)


def reviewed(stack: Stack, tmp_path: Path) -> tuple[int, dict[str, Any]]:
    arguments = ("--stack", "dev", "--cwd", str(stack.directory), "--rules", str(RULES), "-q", "--json", "r.json")
    done = run("review", *arguments, cwd=tmp_path, env=environment_of(stack))
    assert (tmp_path / "r.json").exists(), done.stderr
    return done.returncode, json.loads((tmp_path / "r.json").read_text("utf-8"))


@pytest.mark.parametrize("text", [OWN_PROVIDER, OWN_RESOURCE], ids=["our type", "a type of its own"])
def test_code_of_the_program_behind_a_resource_is_denied(text: str, stack: Stack, tmp_path: Path) -> None:
    stack.program(text)
    code, review = reviewed(stack, tmp_path)
    assert code == 3
    assert [each["cause"]["urn"].rpartition("::")[2] for each in review["foreignCode"]] == ["hidden"]


def test_a_subclass_of_ours_is_reviewed_as_ours(stack: Stack, tmp_path: Path) -> None:
    stack.program(SUBCLASS % (SALES, OSKAR))
    _, review = reviewed(stack, tmp_path)
    assert review["foreignCode"] == []
    assert [(each["principal"]["id"], each["after"]) for each in review["grants"]] == [(OSKAR, ["MANAGE", "VIEW"])]


def test_ends_and_take_overs_need_an_approval(stack: Stack, tenant: Tenant, tmp_path: Path) -> None:
    line = permission("oskar", SALES, OSKAR, ["VIEW"])
    ended = line.replace("permissions=", "expires_at='{}', permissions=")
    stack.program(program(ended.format("2099-01-31T00:00:00Z")))
    stack.up().ok()
    stack.program(program(ended.format("9999-12-31T00:00:00Z")))
    code, review = reviewed(stack, tmp_path)
    assert code == 4
    assert [alert["kind"] for alert in review["alerts"]] == ["access-prolonged"]
    stack.program(program(line))
    assert reviewed(stack, tmp_path)[1]["alerts"][0]["kind"] == "end-removed"

    stack.destroy().ok()
    tenant.grant(SALES, OSKAR, ["VIEW"])
    stack.program(program(line.replace("permissions=", "adopt_existing=True, permissions=")))
    code, review = reviewed(stack, tmp_path)
    assert code == 4
    assert [alert["kind"] for alert in review["alerts"]] == ["taken-over"]


def test_the_address_in_the_stacks_configuration_is_denied(stack: Stack, tenant: Tenant, tmp_path: Path) -> None:
    stack.program(program(permission("oskar", SALES, OSKAR, ["VIEW"])))
    config = json.dumps({"config": {"talend:endpoint": tenant.url}})
    (stack.directory / f"Pulumi.{stack.name}.yaml").write_text(config)  # JSON is YAML
    code, review = reviewed(stack, tmp_path)
    assert (code, review["endpointFromStack"]) == (3, tenant.url)
