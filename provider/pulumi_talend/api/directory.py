"""Look-ups: workspaces, users, service accounts, roles, groups, and the account of the credential.

API documents "orchestration", "identities-management" and "service-accounts".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from .models import Account, Group, Role, ServiceAccount, User, Workspace
from .paging import read_pages
from .requests import Request, operation

if TYPE_CHECKING:
    from .client import TalendClient

_WORKSPACES = TypeAdapter(list[Workspace])
_USERS = TypeAdapter(list[User])
_SERVICE_ACCOUNTS = TypeAdapter(list[ServiceAccount])
_ROLES = TypeAdapter(list[Role])
_GROUPS = TypeAdapter(list[Group])
_ACCOUNT = TypeAdapter(Account)


class DirectoryApi:
    """The accounts and workspaces of the tenant. Every method raises ApiError, TransportError or CancelledError."""

    def __init__(self, client: TalendClient) -> None:
        self._client = client

    def workspaces(self, query: str | None = None) -> list[Workspace]:
        """Returns the workspaces that the credential can see; `query` in FIQL, for example `environment.name==prod`."""
        request = Request(
            operation("list_workspaces"), "list the workspaces", query={"query": query}, advice="Check the query."
        )
        return self._client.call_for(request, _WORKSPACES)

    def users(self, *, environment_id: str | None = None, workspace_id: str | None = None) -> list[User]:
        """Returns all users, or those of an environment or workspace (filters of the help pages, not of the document)."""
        filters = {"environment_id": environment_id, "workspace_id": workspace_id}
        return read_pages(self._client, Request(operation("list_users"), "list the users", query=filters), _USERS)

    def service_accounts(self) -> list[ServiceAccount]:
        """Returns all service accounts."""
        return self._client.call_for(
            Request(operation("list_service_accounts"), "list the service accounts"), _SERVICE_ACCOUNTS
        )

    def roles(self) -> list[Role]:
        """Returns all Talend roles of the tenant."""
        return read_pages(self._client, Request(operation("list_roles"), "list the Talend roles"), _ROLES)

    def groups(self) -> list[Group]:
        """Returns all groups of the tenant."""
        return read_pages(self._client, Request(operation("list_groups"), "list the groups"), _GROUPS)

    def me(self) -> Account:
        """Returns the account that the credential belongs to, with its rights."""
        return self._client.call_for(Request(operation("get_me"), "read who the credential belongs to"), _ACCOUNT)
