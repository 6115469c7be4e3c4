"""Tables of access: read, declared, and the commands for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from adopt.conftest import Access, access
from e2e.conftest import engine, new_stack, pulumi_engine, stack, tenant
from pulumi_talend.table import ReadTable, TableError, read_table

__all__ = ["Access", "access", "engine", "new_stack", "pulumi_engine", "stack", "tenant"]

Refused = Callable[[str], list[str]]
Read = Callable[[str], ReadTable]


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """Reads a text as the file access.yaml of the working directory."""
    monkeypatch.chdir(tmp_path)

    def read_text(text: str) -> ReadTable:
        (tmp_path / "access.yaml").write_text(text, encoding="utf-8")
        return read_table(Path("access.yaml"))

    return read_text


@pytest.fixture
def refused(read: Read) -> Refused:
    """The problems of a text, one line each."""

    def problems(text: str) -> list[str]:
        with pytest.raises(TableError) as raised:
            read(text)
        return str(raised.value).splitlines()

    return problems
