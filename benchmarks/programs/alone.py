"""The engine alone: the same resources, one for each object, with a provider that does nothing."""

from __future__ import annotations

from benchmarks.alone.provider import Nothing
from benchmarks.programs import workload


def declare() -> None:
    wanted = workload()
    for grant in wanted.grants:
        Nothing(
            grant.name,
            {
                "workspace_id": grant.workspace_id,
                "user_id": grant.user_id,
                "permissions": list(grant.permissions),
                "adopt_existing": False,
            },
        )
    for mapping in wanted.mappings:
        Nothing(
            mapping.role_name,
            {"role_name": mapping.role_name, "roles": list(mapping.roles), "adopt_existing": False},
        )
