"""One offline tenant for each test process, put back to its seed before every test; waits that take no time.

And the Pulumi CLI where there is one: what was not tried for want of it stands in the last lines of the run.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

import support
from pulumi_talend import progress
from pulumi_talend.access import grants, mapping_list
from pulumi_talend.api import TalendClient
from pulumi_talend_sandbox.pulumi_cli import HINT, find_pulumi
from pulumi_talend_sandbox.tenant import Call, Tenant

# A busy machine is no failure: no example has a deadline. The usual run tries the same examples every time; `make fuzz` tries
# others each time, TIMES as many.
_times = int(os.environ.get("FUZZ_TIMES", "1"))
settings.register_profile(
    "bounded",
    deadline=None,
    derandomize=_times == 1,
    max_examples=50 * _times,
    print_blob=_times > 1,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("bounded")


# An engine and its plugins speak gRPC on this machine, also where the environment has a proxy.
if any(name.lower().endswith("_proxy") for name in os.environ):
    for _name in ("NO_PROXY", "no_proxy"):
        os.environ[_name] = ",".join(filter(None, (os.environ.get(_name), "127.0.0.1", "localhost")))


PULUMI = find_pulumi()  # before a test changes the environment
_ENGINES = {"engine", "pulumi_cli", "pulumi_engine"}
_NOT_TRIED = "not tried for want of the Pulumi CLI"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--need-pulumi", action="store_true", help="fail, where tests are skipped for want of the Pulumi CLI"
    )


@pytest.hookimpl(tryfirst=True)  # before marks choose
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if not _ENGINES.isdisjoint(getattr(item, "fixturenames", ())):
            item.add_marker("engine")


@pytest.fixture
def pulumi_cli(request: pytest.FixtureRequest) -> Path:
    """The Pulumi CLI; skips where there is none, or fails with `--need-pulumi`."""
    if PULUMI is None:
        request.node.user_properties.append((_NOT_TRIED, request.node.nodeid))
        if request.config.getoption("--need-pulumi"):
            pytest.fail(f"no Pulumi CLI: {HINT}", pytrace=False)
        pytest.skip(f"no Pulumi CLI: {HINT}")
    return PULUMI


@pytest.fixture(scope="session")
def pulumi_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the Pulumi CLI keeps its own files."""
    return tmp_path_factory.mktemp("pulumi-home")


def pytest_unconfigure(config: pytest.Config) -> None:
    """The last line of a run: after pytest's own, which may list many skipped tests."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if not isinstance(reporter, pytest.TerminalReporter):
        return  # a worker's
    skipped = [report for report in reporter.getreports("skipped") if isinstance(report, pytest.TestReport)]
    number = sum(name == _NOT_TRIED for report in skipped for name, _ in report.user_properties)
    if number:
        reporter.write_line(f"{_NOT_TRIED[0].upper()}{_NOT_TRIED[1:]} (to get one, {HINT}): {number}", yellow=True)


@pytest.fixture(autouse=True)
def notes_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What a test has begun to create is noted in its own directory, not in that of whoever runs it."""
    monkeypatch.setenv("TALEND_JOURNAL", str(tmp_path / "journal"))


@pytest.fixture(autouse=True)
def no_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command in this process prints the same however slow the machine is."""
    monkeypatch.setattr(progress, "FIRST_LINE_SECONDS", 600.0)


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that the tenant does not show is waited for a fifth as long."""
    for module, name in (
        (grants, "VISIBLE_WITHIN_SECONDS"),
        (mapping_list, "MOST_LAG_SECONDS"),
        (mapping_list, "_LEAST_LAG_SECONDS"),
    ):
        monkeypatch.setattr(module, name, getattr(module, name) / 5)


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
def during(tenant: Tenant) -> Iterator[support.During]:
    """`during(callback)`: as `tenant.on_call`, undone after the test."""
    with ExitStack() as undo:

        def hook(callback: Callable[[Call], None], *, after: bool = False) -> None:
            undo.callback(tenant.on_call(callback, after=after))

        yield hook


@pytest.fixture
def clock() -> support.VirtualClock:
    return support.VirtualClock()


@pytest.fixture
def client(tenant: Tenant, clock: support.VirtualClock) -> Iterator[TalendClient]:
    """A client of the tenant with the token that may do all."""
    with support.client_of(support.settings_for(tenant), clock=clock) as client:
        yield client
