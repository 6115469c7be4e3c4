"""The engines a stack runs on: the offline engine and the Pulumi CLI (terraform: terraform.py)."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from benchmarks.contenders import Contender
from benchmarks.processes import Finished, run
from benchmarks.programs import FILE
from benchmarks.workload import Workload
from pulumi_talend_sandbox.pulumi_cli import find_pulumi

ROOT = Path(__file__).resolve().parent.parent
STACK = "benchmark"

Step = Literal["up", "preview", "refresh", "change", "destroy"]
STEPS: tuple[Step, ...] = ("up", "preview", "refresh", "change", "destroy")
"""In this order: the stack is made, previewed and refreshed as it is, changed by 10 %, and destroyed."""


@dataclass(frozen=True)
class Connection:
    """Where the tenant is, and a token that may do all there."""

    url: str
    token: str


class Project(Protocol):
    """One stack in a directory of its own."""

    def write(self, workload: Workload) -> None:
        """Makes `workload` what the program declares."""
        ...

    def run(self, step: Step, *, seconds: float) -> Finished:
        """Runs a step, for `seconds` at most (then TimeoutError)."""
        ...


class Engine(Protocol):
    """A way to run stacks."""

    @property
    def name(self) -> str:
        """ "offline", "pulumi" or "terraform"."""
        ...

    def version(self) -> str:
        """What it calls itself."""
        ...

    def project(self, contender: Contender, directory: Path, connection: Connection) -> Project:
        """A new stack of the contender's in `directory`, which is made."""
        ...


@dataclass(frozen=True)
class PulumiEngine:
    """The Pulumi CLI, or the offline engine, which takes the same commands. `binary` None: the offline engine."""

    binary: Path | None
    home: Path

    @property
    def name(self) -> str:
        return "offline" if self.binary is None else "pulumi"

    @property
    def command(self) -> tuple[str, ...]:
        """How it is called."""
        return (sys.executable, "-m", "pulumi_talend_sandbox.cli") if self.binary is None else (str(self.binary),)

    def environment(self) -> dict[str, str]:
        """What every one of its commands needs."""
        if self.binary is None:
            return {}
        path = f"{self.binary.parent}{os.pathsep}{os.environ.get('PATH', '')}"
        return {"PULUMI_HOME": str(self.home), "PATH": path}

    def version(self) -> str:
        if self.binary is None:
            return "offline engine"
        done = run([*self.command, "version"], directory=ROOT, environment=clean(self.environment()), seconds=60)
        return f"Pulumi CLI {done.output.strip()}"

    def project(self, contender: Contender, directory: Path, connection: Connection) -> PulumiProject:
        return PulumiProject(self, contender, directory, connection)


class PulumiProject:
    """A Pulumi project with one stack, its state in a directory beside it."""

    def __init__(self, engine: PulumiEngine, contender: Contender, directory: Path, connection: Connection) -> None:
        """Makes the project, and its stack where the engine wants that said. Raises RuntimeError where that fails."""
        self._engine = engine
        self._directory = directory / "project"
        state = directory / "state"
        self._directory.mkdir(parents=True)
        state.mkdir()
        self._environment = clean(
            {
                **engine.environment(),
                "PULUMI_BACKEND_URL": f"file://{state}",
                "PULUMI_CONFIG_PASSPHRASE": "benchmark",
                "PULUMI_SKIP_UPDATE_CHECK": "true",
                "TALEND_ENDPOINT": connection.url,
                "TALEND_TOKEN": connection.token,
                **({"PULUMI_PARALLEL": str(contender.parallel)} if contender.parallel else {}),
            }
        )
        project = f"name: benchmark\nruntime:\n  name: python\n  options:\n    virtualenv: {sys.prefix}\n"
        (self._directory / "Pulumi.yaml").write_text(project, encoding="utf-8")
        main = f"from benchmarks.programs.{contender.program} import declare\n\ndeclare()\n"
        (self._directory / "__main__.py").write_text(main, encoding="utf-8")
        if engine.binary is not None:
            made = self._run("stack", "init", STACK, seconds=120)
            if made.code:
                raise RuntimeError(f"pulumi stack init failed:\n{made.output}")

    def write(self, workload: Workload) -> None:
        workload.write(self._directory / FILE)

    def run(self, step: Step, *, seconds: float) -> Finished:
        if step == "preview":
            return self._run("preview", "--non-interactive", "--stack", STACK, seconds=seconds)
        verb = "up" if step == "change" else step
        return self._run(verb, "--yes", "--skip-preview", "--non-interactive", "--stack", STACK, seconds=seconds)

    def _run(self, *arguments: str, seconds: float) -> Finished:
        command = [*self._engine.command, *arguments]
        return run(command, directory=self._directory, environment=self._environment, seconds=seconds)


def clean(more: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without settings of the engines' or the provider's own, and with `more`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("TALEND_", "PULUMI_", "TF_")) and name != "PYTHONDONTWRITEBYTECODE"
    }
    no_proxy = "127.0.0.1,localhost"
    return {**kept, "NO_PROXY": no_proxy, "no_proxy": no_proxy, "PYTHONPATH": str(ROOT), **more}


def offline_engine(home: Path) -> PulumiEngine:
    """The offline engine."""
    return PulumiEngine(None, home)


def pulumi_engine(home: Path) -> PulumiEngine | None:
    """The Pulumi CLI, where there is one."""
    found = find_pulumi()
    return PulumiEngine(found.resolve(), home) if found else None
