"""The access of the tenant, with waits that take no time."""

from __future__ import annotations

import pytest

import support
from pulumi_talend.access import Grants, Mappings
from pulumi_talend.api import TalendClient


@pytest.fixture
def grants(client: TalendClient, clock: support.VirtualClock) -> Grants:
    return Grants(client, sleep=clock.sleep)


@pytest.fixture
def mappings(client: TalendClient, clock: support.VirtualClock) -> Mappings:
    return Mappings(client, sleep=clock.sleep)
