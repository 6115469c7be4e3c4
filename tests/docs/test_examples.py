"""Whatever the documentation tells people to write or type is run."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

import warm
from docs.fences import KINDS, ROOT, Fence, all_fences, documents, fences
from e2e.stack import PASSPHRASE, Stack, offline
from pulumi_talend_sandbox.tenant import Tenant

README = ROOT / "README.md"
REVIEW_OF_DESTROY = "pulumi destroy --preview-only --json --stack dev | talend-access review -"


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
    preview = stack.preview().ok()
    assert preview.summary == {"create": resources + 1}
    for line in shown_below(fence):
        assert line in preview.output
    assert stack.up().ok().summary == {"create": resources + 1}
    assert stack.up().ok().summary == {"same": resources + 1}


def shown_below(fence: Fence) -> list[str]:
    """The lines that the document shows as the preview of this program."""
    after = [each for each in fences(fence.document) if each.line > fence.line][:1]
    return [line for each in after if each.info == "text preview" for line in each.text.splitlines()]


def test_every_preview_is_of_a_program() -> None:
    shown = sum(bool(shown_below(fence)) for fence in all_fences("python"))
    assert shown == len(all_fences("text preview")) == 4


@pytest.mark.parametrize("fence", all_fences("python tenant"), ids=lambda fence: fence.name)
def test_script(fence: Fence) -> None:
    done = subprocess.run([sys.executable, "-c", fence.text], capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def write_project(document: Path, directory: Path) -> None:
    """The files that a document tells to write, with the tests' own virtual environment."""
    directory.mkdir(exist_ok=True)
    files = {fence.file: fence.text for fence in fences(document) if fence.file is not None}
    assert {"Pulumi.yaml", "__main__.py"} <= set(files)
    for name, text in files.items():
        (directory / name).write_text(text, encoding="utf-8")


def run(line: str, directory: Path, environment: Mapping[str, str], *, typed: str = "", code: int = 0) -> str:
    """Runs one line as somebody at a shell would. Raises AssertionError where it ends otherwise than with `code`."""
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=directory,
        env=dict(environment),
        input=typed,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=900,
        check=False,
    )
    assert done.returncode == code, f"{line}\n{done.stdout}{done.stderr}"
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
    assert tenant.snapshot() == before


def test_from_pip_install_to_pulumi_up(tmp_path: Path, tenant: Tenant, pulumi_cli: Path) -> None:
    """The README's lines in their order, on a new virtual environment; only the region is led to the offline tenant."""
    directory = tmp_path / "project"
    write_project(README, directory)
    environment = clean_environment(tmp_path, pulumi_cli.parent)
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
        elif line == "pulumi preview":
            said = run(line, directory, environment)
            (fence,) = all_fences("text pulumi")
            assert [shown for shown in fence.text.splitlines() if shown not in said] == [], said
        else:
            run(line, directory, environment)
    assert tenant.role_mappings()["finance-operators"] == ["Operator"]
    assert "secure:" in (directory / "Pulumi.dev.yaml").read_text(encoding="utf-8")
    for path in tmp_path.rglob("*"):
        if path.is_file() and ".venv" not in path.parts:
            assert tenant.token.encode() not in path.read_bytes(), path
    run("pulumi destroy --yes --stack dev", directory, environment)
    assert tenant.snapshot() == before
    assert (tmp_path / "state/.pulumi/stacks/talend-access/dev.json").is_file()
    assert not [path for path in home.rglob("*talend-access*") if path not in was_at_home]


def test_the_tutorial(tmp_path: Path, tenant: Tenant, pulumi_cli: Path) -> None:
    """Getting started from the first line to the last; on its offline route: the tenant is in the environment."""
    page = ROOT / "docs" / "getting-started.md"
    before = tenant.snapshot()
    directory = tmp_path / "talend-tutorial"
    (tmp_path / ".gitconfig").write_text("[user]\n\tname = Ada\n\temail = ada@nordlicht-retail.example\n")
    (tmp_path / "state").mkdir()
    environment = clean_environment(tmp_path, pulumi_cli.parent, Path(sys.executable).parent)
    environment |= {
        "PULUMI_HOME": str(tmp_path / "pulumi-home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_SKIP_CONFIRMATIONS": "true",
        "PULUMI_CONFIG_PASSPHRASE": "a passphrase of your own",
        "TALEND_ENDPOINT": tenant.url,
        "TALEND_TOKEN": tenant.token,
        **warm.environment(),
    }
    instead = {
        "python3 -m venv .venv": f"ln -s {shlex.quote(sys.prefix)} .venv",
        "source .venv/bin/activate": ":",
        'pip install "pulumi-talend[cli] @ file://$CLONE"': ":",
        # The CLI takes `~` for the home of the user who runs it, whatever HOME says.
        "pulumi login file://~": f"pulumi login {shlex.quote(f'file://{tmp_path}/state')}",
        "pulumi config set talend:region eu": ":",
        "pulumi config set --secret talend:token": ":",
        # Pulumi refuses it with PULUMI_SKIP_CONFIRMATIONS, which is for the lines that ask.
        REVIEW_OF_DESTROY: f"env -u PULUMI_SKIP_CONFIRMATIONS {REVIEW_OF_DESTROY}",
    }
    said = ""
    for fence in fences(page):
        if fence.file is not None:
            (directory / fence.file).write_text(fence.text, encoding="utf-8")
        elif fence.info.startswith("bash tutorial"):
            lines = [instead.pop(line, line) for line in fence.text.splitlines()]
            code = int(fence.info.partition("exit=")[2] or 0)
            where = directory if directory.exists() else tmp_path
            said = run("\n".join(["set -e", *lines]), where, environment, code=code)
        elif fence.info == "text tutorial":
            assert [line for line in fence.text.splitlines() if line not in said] == [], said
            assert "the token goes there" not in said
    assert instead == {}
    assert tenant.snapshot() == before


def copy_of_checkout(to: Path) -> Path:
    """What pip needs of a checkout."""
    to.mkdir()
    shutil.copytree(ROOT / "provider", to / "provider", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE"):
        shutil.copy(ROOT / name, to)
    return to
