"""The Pulumi resources. Nothing of HTTP is in here."""

from .declaring import WrongArgumentError
from .reporting import MissingPackageError
from .role_mapping import RoleMapping
from .role_mappings import RoleMappings
from .workspace_access import GrantArgs, WorkspaceAccess
from .workspace_permission import WorkspacePermission

__all__ = [
    "GrantArgs",
    "MissingPackageError",
    "RoleMapping",
    "RoleMappings",
    "WorkspaceAccess",
    "WorkspacePermission",
    "WrongArgumentError",
]
