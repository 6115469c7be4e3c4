"""Every scenario on each engine: the offline engine always, the Pulumi CLI where it is found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

import pytest

from e2e.stack import Engine, Stack, find_pulumi, offline, pulumi
from pulumi_talend_sandbox.tenant import Tenant


@pytest.fixture(scope="session")
def pulumi_engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """The Pulumi CLI; skips where there is none."""
    binary = find_pulumi()
    if binary is None:
        pytest.skip("no Pulumi CLI: put `pulumi` on PATH, or name it in PULUMI_BIN, to run this with it too")
    return pulumi(binary, tmp_path_factory.mktemp("pulumi-home"))


@pytest.fixture(params=["offline", "pulumi"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine in turn."""
    return offline() if request.param == "offline" else request.getfixturevalue("pulumi_engine")


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
