"""Talend Cloud access as code: workspace permissions and SSO role mappings as Pulumi resources.

Resources are imported at once, everything else when it is first used, so that a program starts as fast as it can.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .resources import RoleMapping, WorkspacePermission

if TYPE_CHECKING:
    from .access import AccessError, AlreadyThereError, IncompleteListingError, NotVerifiedError, OverwrittenError
    from .api import (
        ApiError,
        BadRequestError,
        CancelledError,
        ConfigurationError,
        ConflictError,
        ForbiddenError,
        NoAnswerError,
        NotFoundError,
        NotSentError,
        RateLimitedError,
        ServerError,
        TalendError,
        TransportError,
        UnauthorizedError,
        UnexpectedAnswerError,
    )

__all__ = [
    "AccessError",
    "AlreadyThereError",
    "ApiError",
    "BadRequestError",
    "CancelledError",
    "ConfigurationError",
    "ConflictError",
    "ForbiddenError",
    "IncompleteListingError",
    "NoAnswerError",
    "NotFoundError",
    "NotSentError",
    "NotVerifiedError",
    "OverwrittenError",
    "RateLimitedError",
    "RoleMapping",
    "ServerError",
    "TalendError",
    "TransportError",
    "UnauthorizedError",
    "UnexpectedAnswerError",
    "WorkspacePermission",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    from . import access, api

    return getattr(access if hasattr(access, name) else api, name)


def __dir__() -> list[str]:
    return sorted(__all__)
