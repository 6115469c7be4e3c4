"""This provider, one resource for each grant and each role mapping."""

from __future__ import annotations

from benchmarks.programs import workload
from pulumi_talend import RoleMapping, WorkspacePermission


def declare() -> None:
    wanted = workload()
    for grant in wanted.grants:
        WorkspacePermission(
            grant.name, workspace_id=grant.workspace_id, user_id=grant.user_id, permissions=list(grant.permissions)
        )
    for mapping in wanted.mappings:
        RoleMapping(mapping.role_name, role_name=mapping.role_name, roles=list(mapping.roles))
