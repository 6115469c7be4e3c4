"""A tenant of its own for each test, and a stack on it: these change who is in it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from hosting import Lab
from pulumi_talend.provider.session import SESSIONS
from pulumi_talend_sandbox.tenant import Tenant


@pytest.fixture(autouse=True)
def nothing_of_a_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("TALEND_") and name != "TALEND_JOURNAL":
            monkeypatch.delenv(name)


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Tenant.start() as tenant:
        yield Lab(tenant)
        SESSIONS.close()
