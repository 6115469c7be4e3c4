"""The machine that was measured on, without its name."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version

import psutil

from benchmarks.engines import Engine


@dataclass(frozen=True)
class Machine:
    """Cores, memory, and the versions of what ran."""

    cores: int
    memory_gib: float
    system: str
    python: str
    sdk: str
    engines: tuple[str, ...]
    load: float
    """How many processes wanted to run when the measurement began (one-minute average): about 0 on a quiet machine."""

    @property
    def text(self) -> str:
        """One line."""
        return (
            f"{self.cores} cores, {self.memory_gib:.0f} GiB, {self.system}, Python {self.python}, Pulumi SDK {self.sdk}, "
            f"{', '.join(self.engines)}; load {self.load:.1f} at the start"
        )


def this_machine(engines: Iterable[Engine]) -> Machine:
    """What this machine is, and which engines are used on it."""
    return Machine(
        cores=psutil.cpu_count() or 1,
        memory_gib=psutil.virtual_memory().total / 2**30,
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        sdk=version("pulumi"),
        engines=tuple(engine.version() for engine in engines),
        load=psutil.getloadavg()[0],
    )
