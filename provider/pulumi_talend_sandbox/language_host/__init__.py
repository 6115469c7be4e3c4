"""A Pulumi language host for Python programs, for a CLI that was built from its Go module.

The official installer of the Pulumi CLI ships its own host; this one serves the tests and `make up` where only the Go
module is at hand. It implements the gRPC service `LanguageRuntime` with the stubs of the `pulumi` package.
"""

from __future__ import annotations

from pathlib import Path

# In a directory of its own: the directory of a script comes first in its module search path.
RUNNER = Path(__file__).parent / "runner" / "run_program.py"
"""The script that runs a program in the project's interpreter; the embedded engine uses it too."""

HOST_RUNNER = RUNNER.with_name("run_host.py")
"""The script that runs the SDK's dynamic provider host in the project's interpreter."""

WARM_CLIENT = RUNNER.with_name("warm_client.py")
WARM = "PULUMI_TALEND_WARM"
"""The variable that names the socket of `warm.py`, in tests."""
