"""What users install beside this package: as little as can be, looked through for known holes."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
import tomli
import yaml

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomli.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
COMMANDS = {"adopt", "authoring", "doctor", "review", "cli.py", "engine_cli.py", "options.py", "progress.py"}
"""Parts of the package that programs do not import, with the extra `cli`."""
WITH_ANOTHER = {
    "fastapi-offline": "what it changes is FastAPI",
    "markupsafe": "jinja2",
    "pydantic-core": "pydantic",
    "starlette": "fastapi",
    "httpcore": "httpx",
    "grpcio": "pulumi",
    "protobuf": "pulumi",
    "googleapis-common-protos": "pulumi",  # the one owner of `google` that Python 3.10 finds
    "anyio": "fastapi",
}


def named(requirements: list[str]) -> set[str]:
    return {normalized(re.split(r"[<>=!~; \[]", each)[0]) for each in requirements}


def normalized(name: str) -> str:
    return re.sub(r"[._-]+", "-", name.lower())


def imported(files: list[Path]) -> set[str]:
    """The distributions of others that these files import."""
    owners = packages_distributions()
    modules: set[str] = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                modules |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                modules.add(node.module.partition(".")[0])
    scripts = {file.stem for file in files if file.parent.name == "runner"}  # run as files, beside one another
    ours = {"pulumi_talend", "pulumi_talend_sandbox", *scripts}
    found: set[str] = set()
    for module in modules - {*sys.stdlib_module_names, "tomllib"} - ours:  # `tomllib`: from Python 3.11 on
        names = {normalized(name) for name in owners.get(module, [module])}
        found.add("protobuf" if "protobuf" in names else min(names))  # `google` belongs to several
    return found


def parts() -> dict[str, tuple[list[Path], set[str]]]:
    """By name: the files of a part, and the requirements that it may use."""
    base, extras = named(PROJECT["dependencies"]), PROJECT["optional-dependencies"]
    package, sandbox = ROOT / "provider" / "pulumi_talend", ROOT / "provider" / "pulumi_talend_sandbox"
    files = list(package.rglob("*.py"))
    commands = [file for file in files if file.relative_to(package).parts[0] in COMMANDS]
    return {
        "package": ([file for file in files if file not in commands], base),
        "cli": (commands, named(extras["cli"])),
        "sandbox": (list(sandbox.rglob("*.py")), named(extras["sandbox"])),
    }


@pytest.mark.parametrize("part", ["package", "cli", "sandbox"])
def test_what_is_required_is_used_and_the_other_way_round(part: str) -> None:
    files, required = parts()[part]
    used = imported(files)
    available = required | named(PROJECT["dependencies"])
    assert {each for each in used - available if WITH_ANOTHER.get(each) not in available} == set()
    assert {each for each in required - used if each not in WITH_ANOTHER and each != "tomli"} == set()


def test_the_audit_looks_at_what_is_installed_and_lets_nothing_out() -> None:
    done = subprocess.run(["make", "-n", "audit"], cwd=ROOT, capture_output=True, text=True, check=True)
    command = done.stdout.replace("\\\n", " ").split()
    assert command[command.index("--requirement") + 1] == ".ci/constraints.txt"
    assert command[command.index("--constraints") + 1] == ".ci/constraints.txt"
    # Without --strict, a package of which the service knows nothing counts as one without holes.
    assert {"pip-audit", "--strict", "--no-deps", "--disable-pip"} <= set(command)
    pinned = (ROOT / ".ci" / "constraints.txt").read_text("utf-8")
    unpinned = [line for line in pinned.splitlines() if line and not re.match(r"#|\s|[\w.-]+==[\w.]+( ; .*)?$", line)]
    assert unpinned == []
    jobs: Any = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8"))["jobs"]
    assert "make audit" in [step.get("run") for step in jobs["audit"]["steps"]]
    assert "pip-audit==" in pinned
