"""Where the engine is killed (-9), program, language host and dynamic host end too."""

from __future__ import annotations

import shlex
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

import support
from e2e.company import FINANCE, OSKAR, permission
from e2e.conftest import on_both_engines
from e2e.stack import Engine, Stack
from pulumi_talend_sandbox.tenant import Call, HangUp, Tenant


def killed_at_a_write(stack: Stack) -> list[str]:
    """Kills the engine during the first call that writes; the commands of its processes, once they have ended."""
    stack.program(permission("oskar", FINANCE, OSKAR, ["VIEW"]))
    reached, over = threading.Event(), threading.Event()

    def wait(call: Call) -> None:
        if call.method != "GET":
            reached.set()
            over.wait(600)
            raise HangUp

    undo = stack.tenant.on_call(wait)
    process = stack.start_up()
    try:
        assert reached.wait(300)
        family = psutil.Process(process.pid).children(recursive=True)
        commands = [support.command_of(each) for each in family]
        process.kill()
        alive = psutil.wait_procs(family, timeout=60)[1]
        for each in alive:
            each.kill()
        assert alive == []
    finally:
        over.set()
        undo()
        process.kill()
        process.communicate()
    return commands


def ran(commands: list[str], *names: str) -> bool:
    return all(any(name in command for command in commands) for name in names)


@on_both_engines
def test_nothing_outlives_an_engine_that_is_killed(engine: Engine, tmp_path: Path, tenant: Tenant) -> None:
    commands = killed_at_a_write(Stack(engine, tmp_path / "stack", tenant))
    assert ran(commands, "run_program.py", "run_host.py")
    assert not engine.is_pulumi or ran(commands, "pulumi_talend_sandbox.language_host")


def test_nor_does_the_host_of_an_installed_cli(
    pulumi_engine: Engine, tmp_path: Path, tenant: Tenant, as_installed: Callable[[Engine], Engine]
) -> None:
    """Which nobody but the provider in it ends: `pulumi-resource-pulumi-python` runs the SDK's module as it is."""
    commands = killed_at_a_write(Stack(as_installed(pulumi_engine), tmp_path / "stack", tenant))
    assert ran(commands, "-m pulumi.dynamic")


@pytest.fixture
def as_installed(tmp_path: Path) -> Callable[[Engine], Engine]:
    """The engine with the launcher of the dynamic host that the installer of the Pulumi CLI ships."""

    def with_launcher(engine: Engine) -> Engine:
        (tmp_path / "bin").mkdir()
        launcher = tmp_path / "bin" / "pulumi-resource-pulumi-python"
        launcher.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -u -m pulumi.dynamic "$@"\n')
        launcher.chmod(0o755)
        path = f"{launcher.parent}:{engine.environment['PATH']}"
        return Engine(engine.name, engine.command, {**engine.environment, "PATH": path})

    return with_launcher
