"""This provider, one `WorkspaceAccess` for each workspace, or one `RoleMappings` for all role mappings.

Not exclusive: the tenant's other people keep what they have, as they do with single resources.
"""

from __future__ import annotations

from benchmarks.programs import workload
from pulumi_talend import RoleMappings, WorkspaceAccess, principals


def declare() -> None:
    wanted = workload()
    for workspace_id, grants in wanted.by_workspace().items():
        WorkspaceAccess(
            workspace_id,
            workspace_id=workspace_id,
            grants={principals.user_id(grant.user_id): list(grant.permissions) for grant in grants},
            exclusive=False,
        )
    if wanted.mappings:
        RoleMappings("mappings", mappings={mapping.role_name: list(mapping.roles) for mapping in wanted.mappings})
