"""The dynamic providers, loaded by name from a stack's state (see `loader`)."""

from collections.abc import Mapping
from typing import Any

from .base import TalendProvider
from .role_mappings import RoleMappingsProvider
from .single import RoleMappingProvider, WorkspacePermissionProvider
from .workspace_access import WorkspaceAccessProvider

PROVIDERS: Mapping[str, type[TalendProvider[Any]]] = {
    provider.type_name: provider
    for provider in (
        WorkspacePermissionProvider,
        RoleMappingProvider,
        WorkspaceAccessProvider,
        RoleMappingsProvider,
    )
}
"""By the name of the resource type."""
