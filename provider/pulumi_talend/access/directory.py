"""Who and what there is in the tenant: each list read once per process, on first need, however many ask."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from ..api import ForbiddenError, GrantKey, NotFoundError, Principal, Role, TalendClient, TalendError
from .names import ServiceAccountNames, UserNames, WorkspaceNames, environment_of, user_label

T = TypeVar("T")

_FAILURE_LASTS_SECONDS = 30.0
"""How long a list that could not be read is not asked for again: a dead tenant is tried once, not once per resource."""


class Once(Generic[T]):
    """A value that the first thread reads while the others wait for it. A failure is kept too, for a while."""

    def __init__(self, read: Callable[[], T], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._read = read
        self._clock = clock
        self._lock = threading.Lock()
        self._value: list[T] = []
        self._failure: tuple[float, TalendError] | None = None

    @property
    def known(self) -> bool:
        """Whether it has been read."""
        return bool(self._value)

    def get(self) -> T:
        """The value, read where it is not known yet. Raises what reading it raised, for half a minute the same again."""
        with self._lock:
            if self._value:
                return self._value[0]
            if self._failure is not None and self._clock() - self._failure[0] < _FAILURE_LASTS_SECONDS:
                raise self._failure[1]
            try:
                self._value.append(self._read())
            except TalendError as error:
                self._failure = (self._clock(), error)
                raise
            return self._value[0]

    def get_if_readable(self) -> T | None:
        """As `get`; None where the credential may not read it, or the tenant does not have it."""
        try:
            return self.get()
        except (ForbiddenError, NotFoundError):
            return None


class Directory:
    """The tenant's workspaces, users, service accounts and Talend roles. Thread-safe.

    Each list costs one call per process, that of the users (and of service accounts and roles, where there are many) one a
    page. `get` raises what the API client raises.
    """

    def __init__(self, client: TalendClient) -> None:
        look_up = client.directory
        self.workspaces: Once[WorkspaceNames] = Once(lambda: WorkspaceNames(look_up.workspaces()))
        self.users: Once[UserNames] = Once(lambda: UserNames(look_up.users()))
        self.service_accounts: Once[ServiceAccountNames] = Once(lambda: ServiceAccountNames(look_up.service_accounts()))
        self.roles: Once[list[Role]] = Once(look_up.roles)

    def principal_name(self, principal: Principal, *, look: bool = False) -> str | None:
        """A user's login or a service account's name; None where it is not known.

        With `look` the list is read where it has not been yet. A list that cannot be read is no error here: a name only makes
        a message better.
        """
        if principal.kind == "users":
            users = _for_a_label(self.users, look=look)
            user = users.by_id.get(principal.id) if users else None
            return user_label(user) if user else None
        accounts = _for_a_label(self.service_accounts, look=look)
        account = accounts.by_id.get(principal.id) if accounts else None
        return account.name if account else None

    def principal_label(self, principal: Principal, *, look: bool = False) -> str:
        """How people call `principal`: `user 'anna@example.com'`, or with its id where the name is not known."""
        name = self.principal_name(principal, look=look)
        kind = "user" if principal.kind == "users" else "service account"
        return f"{kind} '{name}'" if name else str(principal)

    def workspace_label(self, workspace_id: str, *, look: bool = False) -> str:
        """How people call a workspace: `workspace 'Sales' (prod)`, or with its id where the name is not known."""
        names = _for_a_label(self.workspaces, look=look)
        workspace = names.by_id.get(workspace_id) if names else None
        if workspace is None:
            return f"workspace {workspace_id}"
        environment = environment_of(workspace)
        return f"workspace '{workspace.name}'" + (f" ({environment})" if environment else "")

    def label(self, key: GrantKey, *, look: bool = False) -> str:
        """How people call what a grant is about: `user 'anna@example.com' on workspace 'Sales' (prod)`."""
        principal = self.principal_label(key.principal, look=look)
        return f"{principal} on {self.workspace_label(key.workspace_id, look=look)}"


def _for_a_label(names: Once[T], *, look: bool) -> T | None:
    if not names.known and not look:
        return None
    try:
        return names.get()
    except TalendError:
        return None
