"""Whatever the documentation tells people to write or type is run."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from docs.fences import KINDS, ROOT, Fence, all_fences, documents, fences
from e2e.stack import PASSPHRASE, Engine, Stack, find_pulumi, offline, pulumi
from pulumi_talend_sandbox.tenant import Tenant

README = ROOT / "README.md"


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    with Tenant.start() as tenant:
        yield tenant


@pytest.fixture(params=["offline", "pulumi"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    if request.param == "offline":
        return offline()
    binary = find_pulumi()
    if binary is None:
        pytest.skip("no Pulumi CLI: put `pulumi` on PATH, or name it in PULUMI_BIN, to run this with it too")
    return pulumi(binary, tmp_path / "pulumi-home")


def test_no_example_is_left_out() -> None:
    found = [fence for document in documents() for fence in fences(document)]
    assert len(found) > 8
    assert [fence.name for fence in found if fence.info not in KINDS and fence.file is None] == []
    assert [fence.name for fence in found if fence.info == "" and "import pulumi" in fence.text] == []


@pytest.mark.parametrize("fence", all_fences("python"), ids=lambda fence: fence.name)
def test_program(fence: Fence, tmp_path: Path, tenant: Tenant) -> None:
    stack = Stack(offline(), tmp_path / "stack", tenant)
    (stack.directory / "__main__.py").write_text(fence.text, encoding="utf-8")
    resources = len(re.findall(r"^(?:\w+ = )?[A-Z]\w+\($", fence.text, re.MULTILINE))
    assert resources >= 1
    assert stack.preview().ok().summary == {"create": resources + 1}
    assert stack.up().ok().summary == {"create": resources + 1}
    assert stack.up().ok().summary == {"same": resources + 1}
    stack.destroy().ok()


@pytest.mark.parametrize("fence", all_fences("python tenant"), ids=lambda fence: fence.name)
def test_script(fence: Fence) -> None:
    done = subprocess.run([sys.executable, "-c", fence.text], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def write_project(document: Path, directory: Path) -> None:
    """The files that a document tells to write, with the tests' own virtual environment."""
    directory.mkdir(exist_ok=True)
    files = {fence.file: fence.text for fence in fences(document) if fence.file is not None}
    assert {"Pulumi.yaml", "__main__.py"} <= set(files)
    for name, text in files.items():
        (directory / name).write_text(text, encoding="utf-8")


def test_the_readmes_project(engine: Engine, tmp_path: Path, tenant: Tenant) -> None:
    before = tenant.snapshot()
    stack = Stack(engine, tmp_path / "stack", tenant, project="talend-access")
    write_project(README, stack.directory)
    (stack.directory / ".venv").symlink_to(sys.prefix, target_is_directory=True)
    assert stack.up().ok().summary == {"create": 3}
    assert tenant.role_mappings()["finance-operators"] == ["Operator"]
    assert stack.preview().ok().summary == {"same": 3}
    stack.destroy().ok()
    assert tenant.snapshot() == before


def run(line: str, directory: Path, environment: Mapping[str, str], *, typed: str = "") -> str:
    """Runs one line as somebody at a shell would. Raises AssertionError where it fails."""
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=directory,
        env=dict(environment),
        input=typed,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    return done.stdout


def clean_environment(tmp_path: Path, *first_on_path: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("TALEND_", "PULUMI_")) and k != "VIRTUAL_ENV"}
    path = os.pathsep.join([*map(str, first_on_path), os.environ["PATH"]])
    return {
        **kept,
        "PATH": path,
        "HOME": str(tmp_path),
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "NO_PROXY": "127.0.0.1",
    }


@pytest.mark.parametrize("fence", all_fences("bash offline"), ids=lambda fence: fence.name)
def test_offline_commands(fence: Fence, tmp_path: Path, tenant: Tenant) -> None:
    before = tenant.snapshot()
    directory = tmp_path / "project"
    write_project(fence.document, directory)
    (directory / ".venv").symlink_to(sys.prefix, target_is_directory=True)
    environment = clean_environment(tmp_path, Path(sys.executable).parent)
    environment |= {"TALEND_ENDPOINT": tenant.url, "TALEND_TOKEN": tenant.token}
    said = [run(line, directory, environment) for line in fence.text.splitlines()]
    assert "+ 3 created" in said[0]
    assert "3 unchanged" in said[1]
    assert (directory / "state.json").stat().st_size > 1000
    assert tenant.snapshot() == before


def test_from_pip_install_to_pulumi_up(tmp_path: Path, tenant: Tenant) -> None:
    """The README's lines in their order, on a new virtual environment; only the region is led to the offline tenant."""
    binary = find_pulumi()
    if binary is None:
        pytest.skip("no Pulumi CLI: put `pulumi` on PATH, or name it in PULUMI_BIN, to run this")
    directory = tmp_path / "project"
    write_project(README, directory)
    environment = clean_environment(tmp_path, binary.parent)
    environment |= {
        "CLONE": str(copy_of_checkout(tmp_path / "clone")),
        "PULUMI_HOME": str(tmp_path / "pulumi-home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    (tmp_path / "state").mkdir()
    before = tenant.snapshot()
    home = Path("~").expanduser() / ".pulumi"
    was_at_home = sorted(home.rglob("*"))
    lines = [
        line
        for fence in fences(README)
        if fence.info in {"bash project", "bash pulumi"}
        for line in fence.text.splitlines()
    ]
    assert lines[0].startswith("python3 -m venv")
    assert lines[-1] == "pulumi up"
    for line in lines:
        if line == "pulumi login file://~":
            # The CLI takes `~` for the home of the user who runs it, whatever HOME says: not a test's to write to.
            run(f"pulumi login {shlex.quote(f'file://{tmp_path}/state')}", directory, environment)
        elif line.endswith("talend:token"):
            run(f"pulumi config set talend:endpoint {shlex.quote(tenant.url)}", directory, environment)
            run(line, directory, environment, typed=tenant.token)
        elif line == "pulumi up":
            assert "+ 3 created" in run(f"{line} --yes", directory, environment)
        else:
            run(line, directory, environment)
    assert tenant.role_mappings()["finance-operators"] == ["Operator"]
    assert "secure:" in (directory / "Pulumi.prod.yaml").read_text(encoding="utf-8")
    for path in tmp_path.rglob("*"):
        if path.is_file() and ".venv" not in path.parts:
            assert tenant.token.encode() not in path.read_bytes(), path
    run("pulumi destroy --yes --stack prod", directory, environment)
    assert tenant.snapshot() == before
    assert (tmp_path / "state/.pulumi/stacks/talend-access/prod.json").is_file()
    assert not [path for path in home.rglob("*talend-access*") if path not in was_at_home]


def copy_of_checkout(to: Path) -> Path:
    """What pip needs of a checkout."""
    to.mkdir()
    shutil.copytree(ROOT / "provider", to / "provider", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE"):
        shutil.copy(ROOT / name, to)
    return to
