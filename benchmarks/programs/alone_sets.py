"""The engine alone: one resource for each workspace, or for all role mappings, with a provider that does nothing."""

from __future__ import annotations

from benchmarks.alone.provider import Nothing
from benchmarks.programs import workload


def declare() -> None:
    wanted = workload()
    for workspace_id, grants in wanted.by_workspace().items():
        Nothing(
            workspace_id,
            {"workspace_id": workspace_id, "grants": {grant.user_id: list(grant.permissions) for grant in grants}},
        )
    if wanted.mappings:
        Nothing("mappings", {"mappings": {mapping.role_name: list(mapping.roles) for mapping in wanted.mappings}})
