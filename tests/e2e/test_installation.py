"""A project from `pulumi install` to a preview: nothing looks for a plugin, however the package was installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from e2e.company import OSKAR, SALES, permission
from e2e.stack import Engine, Stack
from pulumi_talend_sandbox.tenant import Tenant

ROOT = Path(__file__).resolve().parents[2]
PROJECTS = {
    "pip": ("virtualenv: venv", "requirements.txt", "{wheel}\n"),
    "uv": (
        "toolchain: uv",
        "pyproject.toml",
        '[project]\nname = "access"\nversion = "0"\nrequires-python = ">=3.10"\ndependencies = ["pulumi-talend"]\n'
        '[tool.uv.sources]\npulumi-talend = {{ path = "{wheel}" }}\n',
    ),
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as a release builds it."""
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "uv", "build", "--quiet", "--wheel", "--out-dir", str(out), str(ROOT)]
    subprocess.run(command, check=True, timeout=600)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture
def engine(pulumi_engine: Engine) -> Engine:
    """The Pulumi CLI, with uv on PATH."""
    environment = pulumi_engine.environment
    path = f"{environment['PATH']}{os.pathsep}{Path(sys.executable).parent}"
    return replace(pulumi_engine, environment={**environment, "PATH": path})


@pytest.mark.parametrize("toolchain", PROJECTS)
def test_pulumi_install(toolchain: str, engine: Engine, tmp_path: Path, tenant: Tenant, wheel: Path) -> None:
    stack = Stack(engine, tmp_path / "stack", tenant)
    options, name, text = PROJECTS[toolchain]
    (stack.directory / name).write_text(text.format(wheel=wheel), encoding="utf-8")
    project = f"name: access\nruntime:\n  name: python\n  options:\n    {options}\n"
    (stack.directory / "Pulumi.yaml").write_text(project, encoding="utf-8")
    stack.program(permission("oskar", SALES, OSKAR, ["VIEW"]))

    installed = stack.command("install", "--non-interactive")
    assert installed.code == 0, installed.output
    python = stack.directory / ("venv" if toolchain == "pip" else ".venv") / "bin" / "python"
    assert about(stack)["executable"] == str(python)
    assert plugins(stack) == {"python"}
    no_plugin_is_looked_for(stack)
    assert stack.up().ok().summary == {"create": 2}
    stack.destroy().ok()


def test_an_editable_install(engine: Engine, tmp_path: Path, tenant: Tenant) -> None:
    """The environment of the tests themselves."""
    stack = Stack(engine, tmp_path / "stack", tenant)
    stack.program(permission("oskar", SALES, OSKAR, ["VIEW"]))
    assert plugins(stack) == {"python"}
    no_plugin_is_looked_for(stack)


def test_without_the_file_a_plugin_is_looked_for(engine: Engine, tmp_path: Path, tenant: Tenant, wheel: Path) -> None:
    """What the file is for, and that the tests above would see it missing."""
    stack = Stack(engine, tmp_path / "stack", tenant)
    venv = stack.directory / "venv"
    subprocess.run([sys.executable, "-m", "uv", "venv", "--quiet", str(venv)], check=True)
    pip = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", str(venv)]
    subprocess.run([*pip, str(wheel)], check=True, timeout=600)
    (file,) = venv.glob("lib/*/site-packages/pulumi_talend/pulumi-plugin.json")
    file.unlink()
    project = "name: access\nruntime:\n  name: python\n  options:\n    virtualenv: venv\n"
    (stack.directory / "Pulumi.yaml").write_text(project, encoding="utf-8")
    assert plugins(stack) == {"python", "talend"}


def test_a_virtual_environment_that_is_missing_is_named(engine: Engine, tmp_path: Path, tenant: Tenant) -> None:
    stack = Stack(engine, tmp_path / "stack", tenant)
    project = "name: access\nruntime:\n  name: python\n  options:\n    virtualenv: venv\n"
    (stack.directory / "Pulumi.yaml").write_text(project, encoding="utf-8")
    run = stack.preview()
    assert run.code != 0
    assert str(stack.directory / "venv") in run.output
    assert "Traceback" not in run.output


def about(stack: Stack) -> dict[str, str]:
    """What `pulumi about` tells of the language."""
    run = stack.command("about", "--json")
    assert run.code == 0, run.output
    return json.loads(run.stdout)["runtime"]


def plugins(stack: Stack) -> set[str]:
    """The plugins that the CLI needs for the project."""
    run = stack.command("about", "--json")
    assert run.code == 0, run.output
    return {plugin["name"] for plugin in json.loads(run.stdout)["plugins"]}


def no_plugin_is_looked_for(stack: Stack) -> None:
    """A preview whose log of the CLI knows no plugin of ours."""
    run = stack.preview("--logtostderr", "-v=7")
    assert run.code == 0, run.output
    assert "#versions=0" in run.stderr, "the log tells how many packages need a plugin"
    assert "resource-talend" not in run.stderr
    assert shutil.which("pulumi-resource-talend") is None
