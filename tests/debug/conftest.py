"""A log that ends with each test, and no settings from outside."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pulumi_talend import debuglog
from pulumi_talend.api import ENVIRONMENT_NAMES
from pulumi_talend.provider.session import SESSIONS


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in (*ENVIRONMENT_NAMES.values(), debuglog.VARIABLE):
        monkeypatch.delenv(name, raising=False)
    yield
    debuglog.stop()
    SESSIONS.close()
