"""What state keeps of a provider: a few bytes that never change, and that find the provider wherever it moves."""

from __future__ import annotations

import base64
import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import dill  # pyright: ignore[reportMissingTypeStubs]
import pytest

from pulumi_talend import RoleMapping, RoleMappings, WorkspaceAccess, WorkspacePermission, loader
from pulumi_talend.loader import MissingPackageError, ProviderReference, pickled, provider
from pulumi_talend.provider import PROVIDERS

# Stacks have these bytes in their state: a change here breaks each of them.
PINNED = {
    "WorkspacePermission": "gASVPwAAAAAAAACMFHB1bHVtaV90YWxlbmQubG9hZGVylIwIcHJvdmlkZXKUk5SME1dvcmtzcGFjZVBlcm1pc3Npb26UhZRSlC4=",
    "RoleMapping": "gASVNwAAAAAAAACMFHB1bHVtaV90YWxlbmQubG9hZGVylIwIcHJvdmlkZXKUk5SMC1JvbGVNYXBwaW5nlIWUUpQu",
    "WorkspaceAccess": "gASVOwAAAAAAAACMFHB1bHVtaV90YWxlbmQubG9hZGVylIwIcHJvdmlkZXKUk5SMD1dvcmtzcGFjZUFjY2Vzc5SFlFKULg==",
    "RoleMappings": "gASVOAAAAAAAAACMFHB1bHVtaV90YWxlbmQubG9hZGVylIwIcHJvdmlkZXKUk5SMDFJvbGVNYXBwaW5nc5SFlFKULg==",
}


def test_every_type_has_a_provider() -> None:
    assert set(PROVIDERS) == set(loader.TYPE_NAMES) == set(PINNED)


@pytest.mark.parametrize("type_name", PINNED)
def test_the_bytes_stay_as_they_are(type_name: str) -> None:
    assert pickled(type_name) == PINNED[type_name]


@pytest.mark.parametrize("type_name", PINNED)
def test_the_bytes_lead_to_the_provider(type_name: str) -> None:
    found = dill.loads(base64.b64decode(PINNED[type_name]))  # pyright: ignore[reportUnknownMemberType]
    assert type(found) is PROVIDERS[type_name]
    assert dill.dumps(found) == dill.dumps(ProviderReference(type_name))  # pyright: ignore[reportUnknownMemberType]
    assert found.serialize_as_secret_always is False


def test_a_missing_package_is_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(name: str, package: str | None = None) -> object:
        raise ModuleNotFoundError("No module named 'httpx'", name="httpx._client")

    monkeypatch.setattr(importlib, "import_module", gone)
    with pytest.raises(MissingPackageError, match="the package 'httpx' is missing or broken") as caught:
        provider("RoleMapping")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", [WorkspacePermission, RoleMapping, WorkspaceAccess, RoleMappings])
def test_a_subclass_keeps_the_type_of_its_base(kind: Any) -> None:
    sub: Any = type("Ours", (kind,), {})
    again: Any = type("OursToo", (sub,), {})
    for each in (kind, sub, again):
        assert each._resource_type_name == f"dynamic/talend:{kind.__name__}"


LOAD = "import pulumi_talend.loader as loader; loader.provider('RoleMapping'); print('ok')"
USE = """
import statistics, typing, pulumi_talend.loader as loader
try:
    {}.mean
except AttributeError as error:
    raise loader.missing_package(error)
"""
HIDES = "has the name of a module of Python, and is imported in its place. Rename it."


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("calendar.py", LOAD, f"{{}}/calendar.py {HIDES}"),
        ("calendar/__init__.py", LOAD, f"{{}}/calendar {HIDES}"),
        ("secrets.py", LOAD, "ok"),
        ("statistics.py", USE.format("statistics"), f"{{}}/statistics.py {HIDES}"),
        ("statistics.py", USE.format("typing"), "AttributeError: module 'typing' has no attribute 'mean'"),
    ],
)
def test_a_file_of_the_program_that_hides_a_module_of_python_is_named(
    tmp_path: Path, name: str, code: str, said: str
) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("")
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert said.format(tmp_path.resolve()) in done.stdout + done.stderr
