"""Scenarios on the Pulumi CLI, which is the reference; a few on the embedded engine too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

import pytest

from e2e.stack import Engine, Stack, offline, pulumi
from pulumi_talend_sandbox.tenant import Tenant


@pytest.fixture
def pulumi_engine(pulumi_cli: Path, pulumi_home: Path) -> Engine:
    """The Pulumi CLI; skips where there is none."""
    return pulumi(pulumi_cli, pulumi_home)


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Engine:
    """The Pulumi CLI; `on_both_engines` runs a test on the embedded engine too."""
    return offline() if getattr(request, "param", "") == "offline" else request.getfixturevalue("pulumi_engine")


on_both_engines = pytest.mark.parametrize("engine", ["offline", "pulumi"], indirect=True)


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    """A tenant of the test's own."""
    with Tenant.start() as tenant:
        yield tenant


class NewStack(Protocol):
    """Makes a stack on the test's tenant, run by the test's engine."""

    def __call__(self, *, settings: Mapping[str, str] | None = None) -> Stack: ...


@pytest.fixture
def new_stack(engine: Engine, tmp_path: Path, tenant: Tenant) -> NewStack:
    """Makes a stack with settings of its own."""

    def make(*, settings: Mapping[str, str] | None = None) -> Stack:
        return Stack(engine, tmp_path / "stack", tenant, settings=settings)

    return make


@pytest.fixture
def stack(new_stack: NewStack) -> Stack:
    """A stack with the tenant's endpoint and token in its environment."""
    return new_stack()
