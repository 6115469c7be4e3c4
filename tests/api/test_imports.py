"""What importing the API client brings along, in an interpreter of its own."""

from __future__ import annotations

import subprocess
import sys


def imported(program: str) -> set[str]:
    """The modules that `program` leaves imported."""
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport sys\nprint(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    return set(done.stdout.split())


def test_no_terminal_libraries_come_along_with_httpx() -> None:
    """They are installed here, and `import httpx` alone brings them: the test would notice if it no longer did."""
    assert {"rich", "click"} <= imported("import httpx")
    modules = imported("import pulumi_talend.api")
    assert "httpx" in modules
    assert not {"rich", "click", "pygments"} & modules


def test_httpx_is_whole_for_others() -> None:
    modules = imported("import pulumi_talend.api\nimport httpx\nimport httpx._main\nassert httpx.Client and httpx.main")
    assert "httpx._main" in modules


def test_httpx_that_is_there_already_is_left_as_it_is() -> None:
    assert {"httpx._main", "rich"} <= imported("import httpx\nimport pulumi_talend.api")
