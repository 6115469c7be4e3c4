"""`pulumi state` and its like on the Pulumi CLI: the access stays, and is nobody's by accident."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from e2e.company import FELIX, FINANCE, NADINE, OSKAR, SALES, mapping, permission, program
from e2e.stack import Engine, Stack
from pulumi_talend_sandbox.tenant import Tenant

ADOPT = "adopt_existing=True"


def three(suffix: str = "", more: str = "") -> str:
    """A grant, a mapping and a set."""
    grants = {f"user-id:{who}": ["VIEW"] for who in (FELIX, NADINE)}
    return program(
        "import pulumi_talend as talend",
        permission(f"one{suffix}", FINANCE, OSKAR, ["VIEW"], more=more),
        mapping(f"crew{suffix}", "crew", ["Operator"], more=more),
        f"talend.WorkspaceAccess('set{suffix}', workspace_id={SALES!r}, grants={grants!r}, exclusive=False, {more})",
    )


@pytest.fixture
def stack(pulumi_engine: Engine, tmp_path: Path, tenant: Tenant) -> Stack:
    """A stack that has just created the three."""
    stack = Stack(pulumi_engine, tmp_path / "stack", tenant)
    stack.program(three())
    stack.up().ok()
    return stack


def urns(stack: Stack) -> list[str]:
    return [each.urn for each in stack.managed().values()]


def entries(stack: Stack) -> list[Path]:
    return list((stack.directory / "journal").iterdir())


def test_renamed_deleted_and_moved_in_state_the_access_stays(stack: Stack, tenant: Tenant, tmp_path: Path) -> None:
    """Each right after an update that has created: what the journal said of it must not count any more."""
    settled = tenant.snapshot()
    tenant.calls.clear()
    assert entries(stack) == []

    for urn in urns(stack):
        name = urn.rpartition("::")[2]
        stack.command("state", "rename", urn, f"{name}-new", "--yes", "--stack", "dev").ok()
    assert "not granted by this resource" in stack.preview("--target", "**one").failed().output
    stack.program(three("-new"))
    assert stack.up().ok().summary == {"same": 4}

    for urn in urns(stack):
        stack.command("state", "delete", urn, "--yes", "--stack", "dev").ok()
    assert "Set adopt_existing=True" in stack.up().failed().output
    stack.program(three("-new", ADOPT))
    assert stack.up().ok().summary == {"create": 3, "same": 1}

    other = Stack(stack.engine, tmp_path / "other", tenant, name="test")
    shutil.copytree(other.backend, stack.backend, dirs_exist_ok=True)
    other.backend = stack.backend
    other.up().ok()
    stack.command("state", "move", "--source", "dev", "--dest", "test", *urns(stack), "--yes").ok()
    stack.program(three("-new"))
    assert "adopt_existing" in stack.preview().failed().output  # it would be in both states
    other.program(three("-new"))
    assert other.preview().ok().summary == {"same": 4}
    stack.program("")
    assert stack.up().ok().summary == {"same": 1}
    assert tenant.calls.writes() == []
    assert tenant.snapshot() == settled


def test_what_is_retained_and_declared_again_is_not_taken_for_an_interrupted_update(
    pulumi_engine: Engine, tmp_path: Path, tenant: Tenant
) -> None:
    stack = Stack(pulumi_engine, tmp_path / "stack", tenant)
    retained = three(more="opts=pulumi.ResourceOptions(retain_on_delete=True)")
    stack.program(retained)
    stack.up().ok()
    settled = tenant.snapshot()
    stack.program("")
    stack.up().ok()
    assert tenant.snapshot() == settled
    stack.program(retained)
    assert "adopt_existing" in stack.preview().failed().output


def test_an_entry_of_another_resource_stays(stack: Stack, tenant: Tenant) -> None:
    """What the program deletes is what its own resources have begun."""
    stack.program(program(three(), permission("bad", FINANCE, "00000000-0000-0000-0000-000000000000", ["VIEW"])))
    (stack.directory / "journal" / "other.json").write_text(json.dumps({"owner": "another"}), encoding="utf-8")
    (stack.directory / "journal" / "broken.json").write_text("{", encoding="utf-8")
    tenant.revoke(FINANCE, OSKAR)
    stack.up("--refresh", "--continue-on-error").failed()
    assert sorted(path.name for path in entries(stack)) == ["broken.json", "other.json"]
