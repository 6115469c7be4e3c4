"""What the CLI starts as `pulumi-resource-pulumi-python`: the SDK's dynamic provider host, in the project's own interpreter.

The engine passes the runtime options of Pulumi.yaml as `PULUMI_RUNTIME_` variables, and starts it in the program's directory.
"""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path

from . import HOST_RUNNER, WARM
from .runner.end_with_parent import end_with_parent
from .toolchains import ToolchainError, is_this_python, toolchain_of

_PREFIX = "PULUMI_RUNTIME_"


def main() -> None:
    """Become the dynamic provider host."""
    options = {name[len(_PREFIX) :].lower(): value for name, value in os.environ.items() if name.startswith(_PREFIX)}
    here = Path.cwd()
    try:
        toolchain = toolchain_of(options, here, here)
        python = toolchain.python()
    except ToolchainError as error:
        sys.exit(f"error: {error}")
    if WARM in os.environ and is_this_python(python):
        os.environ.update(toolchain.environment())
        sys.path.insert(0, str(here))
        end_with_parent()
        runpy.run_module("pulumi.dynamic", run_name="__main__", alter_sys=True)
        return
    os.execve(python, [python, "-u", str(HOST_RUNNER), *sys.argv[1:]], toolchain.environment())  # noqa: S606


if __name__ == "__main__":
    main()
