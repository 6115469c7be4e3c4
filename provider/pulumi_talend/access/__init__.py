"""Access to a tenant on top of the API: safe writes, verification, bulk reads, names. Nothing of Pulumi."""

from .errors import (
    AccessError,
    AlreadyExistsError,
    IncompleteListingError,
    NotReviewedError,
    NotVerifiedError,
    OverwrittenError,
)
from .names import AmbiguousNameError, NameLookupError, UnknownNameError
from .tenant import TenantAccess

__all__ = [
    "AccessError",
    "AlreadyExistsError",
    "AmbiguousNameError",
    "IncompleteListingError",
    "NameLookupError",
    "NotReviewedError",
    "NotVerifiedError",
    "OverwrittenError",
    "TenantAccess",
    "UnknownNameError",
]
