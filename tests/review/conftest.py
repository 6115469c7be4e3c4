"""What tests of the review share: providers in a host in this process, stacks on both engines."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from e2e.conftest import engine, new_stack, pulumi_engine, stack
from pulumi_talend.api import ENVIRONMENT_NAMES
from pulumi_talend.provider.session import SESSIONS

__all__ = ["engine", "new_stack", "pulumi_engine", "stack"]


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No settings of the shell, and nothing that another test has read."""
    for name in (*ENVIRONMENT_NAMES.values(), "TALEND_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    SESSIONS.close()
    yield
    SESSIONS.close()
