"""What a program imports: the resources. Nothing of HTTP, and nothing that takes time to import."""

from ..loader import MissingPackageError
from .access_table import AccessTable
from .program import InvalidArgumentError
from .role_mapping import RoleMapping
from .role_mappings import RoleMappings
from .workspace_access import GrantArgs, GrantArgsDict, WorkspaceAccess
from .workspace_permission import Permission, WorkspacePermission

__all__ = [
    "AccessTable",
    "GrantArgs",
    "GrantArgsDict",
    "InvalidArgumentError",
    "MissingPackageError",
    "Permission",
    "RoleMapping",
    "RoleMappings",
    "WorkspaceAccess",
    "WorkspacePermission",
]
