"""The naive dynamic provider, one resource for each grant and each role mapping."""

from __future__ import annotations

from benchmarks.naive.provider import NaiveGrant, NaiveMapping
from benchmarks.programs import workload


def declare() -> None:
    wanted = workload()
    for grant in wanted.grants:
        NaiveGrant(grant.name, grant.workspace_id, grant.user_id, list(grant.permissions))
    for mapping in wanted.mappings:
        NaiveMapping(mapping.role_name, mapping.role_name, list(mapping.roles))
