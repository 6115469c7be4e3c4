"""Access semantics on top of the API: safe writes, verification, adoption, bulk reads. Nothing of Pulumi."""

from .errors import (
    AccessError,
    AlreadyThereError,
    IncompleteListingError,
    NotVerifiedError,
    OverwrittenError,
    UnseenMappingError,
)
from .grants import Grants
from .mapping_merge import RoleSet, merged, roles_by_name
from .mappings import Mappings
from .tenant import TenantAccess

__all__ = [
    "AccessError",
    "AlreadyThereError",
    "Grants",
    "IncompleteListingError",
    "Mappings",
    "NotVerifiedError",
    "OverwrittenError",
    "RoleSet",
    "TenantAccess",
    "UnseenMappingError",
    "merged",
    "roles_by_name",
]
