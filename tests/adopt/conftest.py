"""Adoption on each engine: the fixtures are those of the end-to-end tests, with the command beside them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from e2e.conftest import engine, new_stack, pulumi_engine, stack, tenant
from pulumi_talend_sandbox.tenant import Tenant

__all__ = ["engine", "new_stack", "pulumi_engine", "stack", "tenant"]


@dataclass(frozen=True)
class Said:
    """What `talend-access` said and how it ended."""

    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Access:
    """The command `talend-access`, with a tenant's settings in its environment."""

    settings: Mapping[str, str]

    def __call__(self, *arguments: str | Path, path: str | None = None) -> Said:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TALEND_", "PULUMI_"))}
        done = subprocess.run(
            [sys.executable, "-m", "pulumi_talend.cli", *map(str, arguments)],
            env={**kept, **self.settings, **({"PATH": path} if path is not None else {})},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def access(tenant: Tenant) -> Access:
    """The command on the test's tenant, with its token of all rights."""
    return Access({"TALEND_ENDPOINT": tenant.url, "TALEND_TOKEN": tenant.token})
