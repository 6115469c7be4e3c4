"""What users may import, and what an import costs."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import pulumi_talend
from pulumi_talend import errors


def in_a_new_process(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_name_is_there_and_sorted() -> None:
    assert sorted(pulumi_talend.__all__) == list(dir(pulumi_talend))
    assert len(set(pulumi_talend.__all__)) == len(pulumi_talend.__all__)
    for name in pulumi_talend.__all__:
        assert getattr(pulumi_talend, name) is not None


def test_the_resources_and_every_exception_are_public() -> None:
    assert {"WorkspacePermission", "RoleMapping"} <= set(pulumi_talend.__all__)
    assert set(pulumi_talend.__all__) >= set(errors.__all__)


def test_every_exception_of_ours_is_public() -> None:
    """A log names an exception `pulumi_talend.Name`: that name has to exist, or nobody can catch what they read."""

    def below(kind: type[BaseException]) -> set[type[BaseException]]:
        return {kind}.union(*(below(child) for child in kind.__subclasses__()))

    shown = {kind.__name__ for kind in below(errors.TalendError) if kind.__module__ == "pulumi_talend"}
    assert shown <= set(pulumi_talend.__all__)
    for name in sorted(shown):
        assert issubclass(getattr(pulumi_talend, name), pulumi_talend.TalendError)


@pytest.mark.parametrize("package", ["api", "access"])
def test_all_of_an_inner_package_is_there_too(package: str) -> None:
    module = getattr(__import__(f"pulumi_talend.{package}"), package)
    for name in module.__all__:
        assert hasattr(module, name)
    assert sorted(module.__all__, key=lambda name: (not name.isupper(), name)) == module.__all__


def test_declaring_resources_imports_neither_http_nor_validation() -> None:
    program = """
import json, sys
import pulumi
before = set(sys.modules)
import pulumi_talend
pulumi_talend.WorkspacePermission, pulumi_talend.RoleMapping, pulumi_talend.AccessTable
print(json.dumps(sorted({name.partition(".")[0] for name in set(sys.modules) - before})))
"""
    loaded = set(json.loads(in_a_new_process(program)))
    assert loaded & {"httpx", "httpcore", "pydantic", "pydantic_core", "pulumi_talend_sandbox"} == set()
    assert "pulumi_talend" in loaded


def test_a_table_is_read_by_programs_that_have_one() -> None:
    program = """
import sys
import pulumi_talend
assert "pulumi_talend.table" not in sys.modules
try:
    pulumi_talend.AccessTable.from_dict("access", {})
except pulumi_talend.InvalidArgumentError:
    assert "pulumi_talend.table" in sys.modules
    assert "httpx" not in sys.modules
"""
    in_a_new_process(program)


def test_the_api_is_nothing_of_pulumi() -> None:
    """`pulumi_talend.api` could be published on its own."""
    program = """
import ast, pathlib, pulumi_talend
root = pathlib.Path(pulumi_talend.__file__).parent
for room in ("api", "access"):
    for file in (root / room).glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                assert name.partition(".")[0] not in ("pulumi", "pulumi_talend_sandbox"), (file, name)
"""
    in_a_new_process(program)


def test_the_provider_never_imports_the_sandbox() -> None:
    program = """
import sys
import pulumi_talend, pulumi_talend.api, pulumi_talend.access, pulumi_talend.provider, pulumi_talend.resources
assert not any(name.startswith("pulumi_talend_sandbox") for name in sys.modules)
for name in pulumi_talend.__all__:
    getattr(pulumi_talend, name)
"""
    in_a_new_process(program)
