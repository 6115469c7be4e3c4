"""The Talend Cloud API, without Pulumi: permissions, role mappings and look-ups over one thread-safe client."""

from .client import TalendClient
from .endpoints import REGIONS
from .models import Account, Environment, Role, RoleMapping, ServiceAccount, User, Workspace
from .pacing import Pacer
from .settings import (
    ENVIRONMENT_NAMES,
    ENVIRONMENT_ONLY,
    ClientCredential,
    Settings,
    TokenCredential,
    extra_permissions,
    resolve_settings,
)

__all__ = [
    "ENVIRONMENT_NAMES",
    "ENVIRONMENT_ONLY",
    "REGIONS",
    "Account",
    "ClientCredential",
    "Environment",
    "Pacer",
    "Role",
    "RoleMapping",
    "ServiceAccount",
    "Settings",
    "TalendClient",
    "TokenCredential",
    "User",
    "Workspace",
    "extra_permissions",
    "resolve_settings",
]
