"""What importing the provider adds to a program, and what its first use adds in the dynamic host.

Each is measured in a fresh interpreter, several times; the best counts, for everything else is somebody else's work.
`python -m benchmarks.import_time` prints it. The target: a program's import at most 150 ms more than `import pulumi`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Annotated

import typer

TARGET_MILLISECONDS = 150

_PROGRAM = """
import json, time
began = time.perf_counter()
import pulumi
pulumi_done = time.perf_counter()
import pulumi_talend
done = time.perf_counter()
print(json.dumps([pulumi_done - began, done - pulumi_done]))
"""

# What the host does before a stack's first API call: it unpickles a provider (which imports its module), configures it, checks
# inputs that have not changed, and makes the client. No call is made.
_HOST = """
import json, time
import pulumi, pulumi.dynamic
from pulumi.dynamic import ConfigureRequest
from pulumi.dynamic.config import Config
began = time.perf_counter()
from pulumi_talend.provider.single import WorkspacePermissionProvider
provider = WorkspacePermissionProvider()
provider.configure(ConfigureRequest(config=Config({}, "benchmark")))
inputs = {"workspace_id": "w", "user_id": "u", "permissions": ["VIEW"], "adopt_existing": False}
checked = provider.check(inputs, inputs)
assert not checked.failures, [failure.reason for failure in checked.failures]
checked_at = time.perf_counter()
provider.session.tenant
print(json.dumps([checked_at - began, time.perf_counter() - checked_at]))
"""


@dataclass(frozen=True)
class ImportTimes:
    """Milliseconds, each the best of `runs`."""

    pulumi: float
    """`import pulumi`, in a program."""
    program: float
    """What `import pulumi_talend` adds to it."""
    host: float
    """What the first check of a resource adds in the dynamic host: imports, configure, and a check without changes."""
    client: float
    """What the first API call adds to that before it is sent: the client, with its TLS certificates."""
    runs: int

    @property
    def text(self) -> str:
        """One line."""
        return (
            f"Import: `import pulumi_talend` adds {self.program:.0f} ms to `import pulumi` ({self.pulumi:.0f} ms); in the "
            f"dynamic host the first check takes {self.host:.0f} ms and making the client {self.client:.0f} ms (best of "
            f"{self.runs})."
        )


def measure_imports(runs: int = 7) -> ImportTimes:
    """Measures. Raises RuntimeError where one of the programs fails."""
    programs = [_seconds(_PROGRAM) for _ in range(runs)]
    hosts = [_seconds(_HOST) for _ in range(runs)]
    return ImportTimes(
        pulumi=min(each[0] for each in programs) * 1000,
        program=min(each[1] for each in programs) * 1000,
        host=min(each[0] for each in hosts) * 1000,
        client=min(each[1] for each in hosts) * 1000,
        runs=runs,
    )


def _seconds(program: str) -> list[float]:
    settings = {"TALEND_REGION": "eu", "TALEND_TOKEN": "not-a-token"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TALEND_", "PYTHONDONT"))}
    done = subprocess.run(
        [sys.executable, "-c", program], env={**kept, **settings}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"measuring imports failed:\n{done.stderr}")
    found: list[float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _command(
    runs: Annotated[int, typer.Option(min=1, help="How often each is measured; the best counts.")] = 7,
) -> None:
    """Print what importing and first using the provider takes."""
    print(measure_imports(runs).text)


if __name__ == "__main__":
    typer.run(_command)
