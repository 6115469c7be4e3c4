"""Adoption on the Pulumi CLI, which alone imports: the fixtures of the end-to-end tests, with the command beside them."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pytest

from e2e.conftest import new_stack, pulumi_engine, stack, tenant
from e2e.stack import Engine
from pulumi_talend import cli
from pulumi_talend_sandbox.tenant import Tenant

__all__ = ["new_stack", "pulumi_engine", "stack", "tenant"]


@pytest.fixture
def engine(pulumi_engine: Engine) -> Engine:
    """The Pulumi CLI."""
    return pulumi_engine


@dataclass(frozen=True)
class Said:
    """What `talend-access` said and how it ended."""

    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Access:
    """The command `talend-access` in this process, with a tenant's settings in its environment."""

    settings: Mapping[str, str]

    def __call__(self, *arguments: str | Path) -> Said:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TALEND_", "PULUMI_"))}
        stdout, stderr = io.StringIO(), io.StringIO()
        with (
            mock.patch.dict(os.environ, {**kept, **self.settings}, clear=True),
            mock.patch.object(sys, "argv", ["talend-access", *map(str, arguments)]),
            contextlib.redirect_stdout(stdout),
            contextlib.redirect_stderr(stderr),
            pytest.raises(SystemExit) as ended,
        ):
            cli.main()
        return Said(int(ended.value.code or 0), stdout.getvalue(), stderr.getvalue())


@pytest.fixture
def access(tenant: Tenant) -> Access:
    """The command on the test's tenant, with its token of all rights."""
    return Access({"TALEND_ENDPOINT": tenant.url, "TALEND_TOKEN": tenant.token})
