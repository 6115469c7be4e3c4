"""Imports httpx without its command line.

Where click, rich and pygments are installed, `import httpx` also imports the command `httpx` with all of them: more than half of
what it takes, on every run of the engine's host. httpx does without where that module is missing; this makes it look so, once.
"""

from __future__ import annotations

import sys

_COMMAND = "httpx._main"

_hidden = "httpx" not in sys.modules
if _hidden:
    sys.modules[_COMMAND] = None  # type: ignore[assignment]  # the import system's way to say: not there
try:
    import httpx as httpx
finally:
    if _hidden:
        del sys.modules[_COMMAND]
