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
from .names import AmbiguousNameError, NameLookupError, UnknownNameError
from .tenant import TenantAccess

__all__ = [
    "AccessError",
    "AlreadyThereError",
    "AmbiguousNameError",
    "Grants",
    "IncompleteListingError",
    "Mappings",
    "NameLookupError",
    "NotVerifiedError",
    "OverwrittenError",
    "RoleSet",
    "TenantAccess",
    "UnknownNameError",
    "UnseenMappingError",
    "merged",
    "roles_by_name",
]
