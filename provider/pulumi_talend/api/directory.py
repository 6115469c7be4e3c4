"""Look-ups: workspaces, users, service accounts, roles, and the account of the credential.

API documents "orchestration", "identities-management" and "service-accounts".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from .models import Account, Role, ServiceAccount, User, Workspace
from .operations import OPERATIONS
from .paging import read_pages
from .requests import Request

if TYPE_CHECKING:
    from .client import TalendClient

_WORKSPACES = TypeAdapter(list[Workspace])
_USERS = TypeAdapter(list[User])
_SERVICE_ACCOUNTS = TypeAdapter(list[ServiceAccount])
_ROLES = TypeAdapter(list[Role])
_ACCOUNT = TypeAdapter(Account)


class DirectoryApi:
    """The accounts and workspaces of the tenant. Every method raises ApiError, TransportError or CancelledError."""

    def __init__(self, client: TalendClient) -> None:
        self._client = client

    def workspaces(self) -> list[Workspace]:
        """Returns the workspaces that the credential can see."""
        return self._client.call_for(Request(OPERATIONS["list_workspaces"], "list the workspaces"), _WORKSPACES)

    def users(self) -> list[User]:
        """Returns all users."""
        return read_pages(self._client, Request(OPERATIONS["list_users"], "list the users"), _USERS)

    def service_accounts(self) -> list[ServiceAccount]:
        """Returns all service accounts."""
        return self._client.call_for(
            Request(OPERATIONS["list_service_accounts"], "list the service accounts"), _SERVICE_ACCOUNTS
        )

    def roles(self) -> list[Role]:
        """Returns all Talend roles of the tenant."""
        return read_pages(self._client, Request(OPERATIONS["list_roles"], "list the Talend roles"), _ROLES)

    def me(self) -> Account:
        """Returns the account that the credential belongs to, with its rights."""
        return self._client.call_for(Request(OPERATIONS["get_me"], "read who the credential belongs to"), _ACCOUNT)
