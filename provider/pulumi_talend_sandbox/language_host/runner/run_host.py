"""Runs the SDK's dynamic provider host as `python -m pulumi.dynamic ADDRESS` does, and ends it with the engine that started it.

Started as a file by the program's own interpreter.
"""

from __future__ import annotations

import os
import runpy
import sys

from end_with_parent import end_with_parent

if __name__ == "__main__":
    sys.path[0] = os.getcwd()  # as with `python -m`: the modules of the program have the provider classes
    end_with_parent()
    runpy.run_module("pulumi.dynamic", run_name="__main__", alter_sys=True)
