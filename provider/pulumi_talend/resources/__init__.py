"""The Pulumi resources. Nothing of HTTP is in here."""

from .role_mapping import RoleMapping
from .workspace_permission import WorkspacePermission

__all__ = ["RoleMapping", "WorkspacePermission"]
