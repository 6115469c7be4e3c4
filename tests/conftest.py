"""One offline tenant for each test process, put back to its seed before every test; waits that take no time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

import support
from pulumi_talend.api import TalendClient
from pulumi_talend_sandbox.tenant import Call, Tenant

# A busy machine is no failure: no example has a deadline. The usual run tries the same examples every time; `make fuzz` tries
# others each time, TIMES as many.
_times = int(os.environ.get("FUZZ_TIMES", "1"))
settings.register_profile(
    "bounded",
    deadline=None,
    derandomize=_times == 1,
    max_examples=100 * _times,
    print_blob=_times > 1,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("bounded")


@pytest.fixture(autouse=True)
def notes_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What a test has begun to create is noted in its own directory, not in that of whoever runs it."""
    monkeypatch.setenv("TALEND_JOURNAL", str(tmp_path / "journal"))


@pytest.fixture(scope="session")
def running_tenant() -> Iterator[tuple[Tenant, dict[str, Any]]]:
    """The shared server, and what it held at first. Use `tenant`."""
    with Tenant.start() as tenant:
        yield tenant, tenant.snapshot()


@pytest.fixture
def tenant(running_tenant: tuple[Tenant, dict[str, Any]]) -> Tenant:
    """A tenant as seeded, with no calls and no faults. Add what should be deleted; start one where the directory matters."""
    tenant, seed = running_tenant
    support.reset(tenant, seed)
    return tenant


@pytest.fixture
def during(tenant: Tenant) -> Iterator[Callable[[Callable[[Call], None]], None]]:
    """`during(callback)`: as `tenant.on_call`, undone after the test."""
    removers: list[Callable[[], None]] = []
    yield lambda callback: removers.append(tenant.on_call(callback))
    for remove in removers:
        remove()


@pytest.fixture
def clock() -> support.VirtualClock:
    return support.VirtualClock()


@pytest.fixture
def client(tenant: Tenant, clock: support.VirtualClock) -> Iterator[TalendClient]:
    """A client of the tenant with the token that may do all."""
    with support.client_of(support.settings_for(tenant), clock=clock) as client:
        yield client
