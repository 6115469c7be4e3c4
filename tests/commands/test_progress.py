"""Signs of life: on standard error alone, one line that changes on a terminal, lines elsewhere."""

from __future__ import annotations

import io
import threading

import pytest
from rich.console import Console

import support
from pulumi_talend import progress as room
from pulumi_talend.adopt.read_only import ReadOnlyClient
from pulumi_talend.progress import Progress
from pulumi_talend_sandbox.tenant import Tenant


class Lines(io.StringIO):
    """A file that says when it has been written to."""

    def __init__(self) -> None:
        super().__init__()
        self.written = threading.Event()

    def write(self, text: str) -> int:
        self.written.set()
        return super().write(text)


def test_lines_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "FIRST_LINE_SECONDS", 0.01)
    monkeypatch.setattr(room, "LINE_SECONDS", 0.01)
    file, now = Lines(), [0.0]
    with Progress(Console(file=file), clock=lambda: now[0]) as progress:
        progress.doing("preview stack 'dev'")
        now[0] = 12.0
        assert file.written.wait(60)
        file.written.clear()
        assert file.written.wait(60)
        progress.note("waiting 30 s for the API's rate limit")
    lines = file.getvalue().splitlines()
    assert "talend: preview stack 'dev' (12 s)" in lines
    assert "talend: waiting 30 s for the API's rate limit" in lines


def test_nothing_is_printed_of_what_ends_soon() -> None:
    file = io.StringIO()
    with Progress(Console(file=file)) as progress:
        progress.doing("read")
    assert file.getvalue() == ""


def test_one_line_that_changes_on_a_terminal() -> None:
    file = io.StringIO()
    with Progress(Console(file=file, force_terminal=True, width=80)) as progress:
        progress.doing("read [red]stack[/red]\n'dev'")
    shown = file.getvalue()
    assert "talend: read [red]stack[/red] 'dev'" in shown
    assert "\n\n" not in shown


def test_results_are_printed_on_lines_of_their_own() -> None:
    file = io.StringIO()
    with Progress(Console(file=file, force_terminal=True, width=80)) as progress:
        progress.doing("check the engine")
        with progress.paused():
            file.write("✓ ok engine\n")
            before, after = file.getvalue().split("✓ ok engine")
            assert before.endswith(("\x1b[2K", "\x1b[?25h"))  # the line is erased, the cursor back
            assert after == "\n"


def test_each_call_is_counted_and_named(tenant: Tenant) -> None:
    progress = Progress(Console(file=io.StringIO()), clock=lambda: 0.0)
    with ReadOnlyClient(support.settings_for(tenant), progress=progress) as client:
        client.directory.workspaces()
        client.role_mappings.list()
    assert progress.line == "talend: read the tenant's role mappings (2 calls, 0 s)"
