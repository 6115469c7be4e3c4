"""Imports httpx without its command line.

Where click, rich and pygments are installed, `import httpx` also imports the `httpx` command with all of them: more than half
of its import time, on every run of the provider host. httpx works without that module, so it is hidden during the import.
"""

from __future__ import annotations

import sys

_COMMAND = "httpx._main"

_hidden = "httpx" not in sys.modules
if _hidden:
    sys.modules[_COMMAND] = None  # type: ignore[assignment]  # tells the import system that the module is missing
try:
    import httpx as httpx
finally:
    if _hidden:
        del sys.modules[_COMMAND]
