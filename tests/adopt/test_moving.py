"""The documentation's commands, and the ways of a resource: renamed, or moved to another stack, its access stays."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from adopt.conftest import Access
from docs.fences import ROOT, fences
from e2e.conftest import NewStack
from e2e.stack import PASSPHRASE, Engine, Stack
from pulumi_talend_sandbox.tenant import Tenant

MAPPING = 'RoleMapping({name!r}, role_name="finance-platform", roles=["Operator"], opts=pulumi.ResourceOptions({opts}))'


def test_the_pages_commands(engine: Engine, tenant: Tenant, tmp_path: Path) -> None:
    """Each line as somebody types it."""
    before = tenant.snapshot()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TALEND_", "PULUMI_"))}
    here = str(Path(sys.executable).parent)
    environment = {
        **kept,
        **engine.environment,
        "PATH": here + os.pathsep + engine.environment["PATH"],
        "TALEND_ENDPOINT": tenant.url,
        "TALEND_TOKEN": tenant.token,
        "PULUMI_BACKEND_URL": f"file://{tmp_path}",
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    lines = [
        line
        for fence in fences(ROOT / "docs" / "adopt.md")
        if fence.info == "bash adopt"
        for line in fence.text.splitlines()
    ]
    assert len(lines) == 6
    said: list[str] = []
    directory = tmp_path
    for line in lines:
        if line.startswith("cd "):
            directory /= line.removeprefix("cd ")
            continue
        answered = f"{line} --yes" if "pulumi import" in line else line
        done = subprocess.run(
            ["bash", "-c", answered],
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        said.append(done.stdout)
    prod = {w["id"] for w in tenant.workspaces() if w["environment"]["name"] == "prod"}
    adopted = [key for key in tenant.grants() if key[0] in prod]
    assert f"{len(adopted) + 1} unchanged" in said[3]
    assert said[4] == "No difference between the tenant and its stacks.\n"
    assert tenant.calls.writes() == []
    assert tenant.snapshot() == before


def test_a_rename_with_an_alias_makes_no_call(stack: Stack, tenant: Tenant) -> None:
    stack.program(MAPPING.format(name="platform", opts=""))
    stack.up().ok()
    tenant.calls.clear()

    stack.program(MAPPING.format(name="platform-team", opts='aliases=[pulumi.Alias(name="platform")]'))
    assert stack.up().ok().summary == {"same": 2}

    assert tenant.calls.lines() == []
    assert list(stack.managed()) == ["platform-team"]


def test_a_move_to_another_stack_never_takes_the_access_away(
    new_stack: NewStack, engine: Engine, tenant: Tenant, access: Access, tmp_path: Path
) -> None:
    old = new_stack()
    new = Stack(engine, tmp_path / "new", tenant, name="new")
    old.program(MAPPING.format(name="platform", opts=""))
    old.up().ok()
    old.program(MAPPING.format(name="platform", opts="retain_on_delete=True"))
    old.up().ok()
    tenant.calls.clear()

    new.program(MAPPING.format(name="moved", opts=""))
    assert access("adopt", "--only", "finance-platform", "--name", "moved", "--out", tmp_path / "one").code == 0
    file = str(tmp_path / "one" / "import.json")
    new.command("import", "--file", file, "--protect=false", "--generate-code=false", "--yes", "--stack", new.name).ok()
    assert new.preview().ok().summary == {"same": 2}
    old.program("")
    old.up().ok()

    assert old.managed() == {}
    assert list(new.managed()) == ["moved"]
    assert tenant.calls.writes() == []
    assert tenant.role_mappings()["finance-platform"] == ["Operator"]
