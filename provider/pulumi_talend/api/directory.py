"""Look-ups: workspaces, users, service accounts, roles and groups.

API reference, "Identities Management" and "Service Accounts"; API user guide, "Relevant endpoints".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pydantic import TypeAdapter

from .errors import UnexpectedAnswerError
from .models import Group, Role, ServiceAccount, User, Workspace
from .transport import Action

if TYPE_CHECKING:
    from .client import TalendClient

PAGE_SIZE = 100
"""The largest page that the API gives ("Identities Management")."""

_MAX_PAGES = 10_000
_WORKSPACES = TypeAdapter(list[Workspace])
_USERS = TypeAdapter(list[User])
_SERVICE_ACCOUNTS = TypeAdapter(list[ServiceAccount])
_ROLES = TypeAdapter(list[Role])
_GROUPS = TypeAdapter(list[Group])

Paged = TypeVar("Paged", User, ServiceAccount, Role, Group)


class DirectoryApi:
    """Who and what there is in the tenant. Every method raises ApiError, TransportError or CancelledError."""

    def __init__(self, client: TalendClient) -> None:
        self._client = client

    def workspaces(self, *, query: str | None = None) -> list[Workspace]:
        """The workspaces that the credential sees; `query` in FIQL, e.g. `environment.name==prod`."""
        action = Action(
            "GET",
            "/orchestration/workspaces",
            "list the workspaces",
            hint="Check the query.",
            params={"query": query} if query else None,
        )
        return self._client.call_for(action, _WORKSPACES)

    def users(self, *, environment_id: str | None = None, workspace_id: str | None = None) -> list[User]:
        """All users, or those of an environment or workspace, page by page."""
        filters = {"environment_id": environment_id, "workspace_id": workspace_id}
        return self._pages(
            "/account/users",
            "list the users",
            _USERS,
            {name: value for name, value in filters.items() if value},
        )

    def service_accounts(self) -> list[ServiceAccount]:
        """All service accounts. UNDOCUMENTED: whether they come in pages; both are read."""
        return self._pages("/account/service-accounts", "list the service accounts", _SERVICE_ACCOUNTS, {})

    def roles(self) -> list[Role]:
        """All Talend roles of the tenant. UNDOCUMENTED: whether they come in pages; both are read."""
        return self._pages("/account/roles", "list the Talend roles", _ROLES, {})

    def groups(self) -> list[Group]:
        """All groups of the tenant. UNDOCUMENTED: whether they come in pages; both are read."""
        return self._pages("/account/groups", "list the groups", _GROUPS, {})

    def _pages(
        self, path: str, doing: str, answer_type: TypeAdapter[list[Paged]], filters: dict[str, str]
    ) -> list[Paged]:
        """Pages from 1 until one is shorter than what was asked for.

        A listing that ignores `page` gives the same page again, a listing without pages gives everything at once: in both
        cases nothing new comes, which ends it too. The `page-...` headers are not needed: what they count is UNDOCUMENTED.
        """
        found: dict[str, Paged] = {}
        for page in range(1, _MAX_PAGES + 1):
            action = Action(
                "GET",
                path,
                f"{doing} (page {page})",
                needs="TMC_USER_MANAGEMENT",
                params={**filters, "page": str(page), "size": str(PAGE_SIZE)},
            )
            entries = self._client.call_for(action, answer_type)
            before = len(found)
            found.update((entry.id, entry) for entry in entries)
            if len(entries) < PAGE_SIZE or len(found) == before:
                return list(found.values())
        raise UnexpectedAnswerError(f"Could not {doing}: the API gives no last page. Nothing was changed; run again.")
