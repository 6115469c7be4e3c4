"""Talend Cloud access as code: workspace permissions and SSO role mappings as Pulumi resources.

Resources are imported at once, everything else when it is first used, so that a program starts as fast as it can.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import principals
from .functions import (
    LookupFailedError,
    RoleResult,
    ServiceAccountResult,
    UserResult,
    WorkspaceResult,
    get_roles,
    get_roles_output,
    get_service_account,
    get_service_account_output,
    get_user,
    get_user_output,
    get_users,
    get_users_output,
    get_workspace,
    get_workspace_output,
    get_workspaces,
    get_workspaces_output,
)
from .resources import (
    AccessTable,
    GrantArgs,
    GrantArgsDict,
    InvalidArgumentError,
    MissingPackageError,
    Permission,
    RoleMapping,
    RoleMappings,
    WorkspaceAccess,
    WorkspacePermission,
)

if TYPE_CHECKING:
    from .access import (
        AccessError,
        AlreadyExistsError,
        AmbiguousNameError,
        IncompleteListingError,
        NameLookupError,
        NotReviewedError,
        NotVerifiedError,
        OverwrittenError,
        UnknownNameError,
    )
    from .api import (
        ApiError,
        BadRequestError,
        CancelledError,
        ConfigurationError,
        ConflictError,
        ForbiddenError,
        NoResponseError,
        NotFoundError,
        NotSentError,
        PayloadTooLargeError,
        RateLimitedError,
        ServerError,
        TalendError,
        TransportError,
        UnauthorizedError,
        UnexpectedResponseError,
        UnsafeNameError,
    )

__all__ = [
    "AccessError",
    "AccessTable",
    "AlreadyExistsError",
    "AmbiguousNameError",
    "ApiError",
    "BadRequestError",
    "CancelledError",
    "ConfigurationError",
    "ConflictError",
    "ForbiddenError",
    "GrantArgs",
    "GrantArgsDict",
    "IncompleteListingError",
    "InvalidArgumentError",
    "LookupFailedError",
    "MissingPackageError",
    "NameLookupError",
    "NoResponseError",
    "NotFoundError",
    "NotReviewedError",
    "NotSentError",
    "NotVerifiedError",
    "OverwrittenError",
    "PayloadTooLargeError",
    "Permission",
    "RateLimitedError",
    "RoleMapping",
    "RoleMappings",
    "RoleResult",
    "ServerError",
    "ServiceAccountResult",
    "TalendError",
    "TransportError",
    "UnauthorizedError",
    "UnexpectedResponseError",
    "UnknownNameError",
    "UnsafeNameError",
    "UserResult",
    "WorkspaceAccess",
    "WorkspacePermission",
    "WorkspaceResult",
    "get_roles",
    "get_roles_output",
    "get_service_account",
    "get_service_account_output",
    "get_user",
    "get_user_output",
    "get_users",
    "get_users_output",
    "get_workspace",
    "get_workspace_output",
    "get_workspaces",
    "get_workspaces_output",
    "principals",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    from . import access, api

    return getattr(access if hasattr(access, name) else api, name)


def __dir__() -> list[str]:
    return sorted(__all__)
