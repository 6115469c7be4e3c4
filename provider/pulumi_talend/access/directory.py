"""Principals, workspaces and roles of the tenant: each list is read once per process, when it is first needed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from ..api import Account, Role, TalendClient
from ..api.operations import SEES_ALL_WORKSPACES
from ..api.text import in_one_line
from ..errors import (
    CancelledError,
    ForbiddenError,
    NotFoundError,
    RateLimitedError,
    ServerError,
    TalendError,
    TransportError,
    UnauthorizedError,
)
from ..model.grants import KIND_NOUNS, GrantKey, Principal, PrincipalKind
from ..model.named import Place
from .names import ServiceAccountNames, UserNames, WorkspaceNames, account_label

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_FAILURE_LASTS_SECONDS = 30.0
"""How long a failed list is not requested again: an unreachable tenant is tried once, not once per resource."""

_DOES_NOT_ANSWER = (UnauthorizedError, RateLimitedError, ServerError, TransportError, CancelledError)


class Once(Generic[T_co]):
    """A value that the first thread reads while others wait for it. A failure is kept for half a minute."""

    def __init__(self, read: Callable[[], T_co], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._read = read
        self._clock = clock
        self._lock = threading.Lock()
        self._value: list[T_co] = []
        self._failure: tuple[float, TalendError] | None = None

    @property
    def known(self) -> bool:
        """Whether it has been read."""
        return bool(self._value)

    def get(self) -> T_co:
        """Returns the value, and reads it where it is not known yet. Raises what reading it raised."""
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

    def get_if_readable(self) -> T_co | None:
        """As `get`; None where the credential may not read it, or the tenant has no such list."""
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
        self.me: Once[Account] = Once(look_up.me)

    def accounts(self, kind: PrincipalKind) -> Once[UserNames | ServiceAccountNames]:
        """The principals of a kind."""
        return self.users if kind == "users" else self.service_accounts

    def is_workspace_gone(self, workspace_id: str) -> bool:
        """Whether the tenant no longer has a workspace: the credential sees all workspaces, and this one is not there."""
        try:
            workspaces = self.workspaces.get()
        except TalendError:
            return False
        if workspace_id in workspaces.by_id:
            return False
        try:
            return not SEES_ALL_WORKSPACES.isdisjoint(self.me.get().permissions)
        except TalendError:
            return True  # the listing is all there is to go by

    def is_principal_gone(self, principal: Principal) -> bool:
        """Whether the tenant no longer has a principal, by a list that can be read."""
        try:
            return principal.id not in self.accounts(principal.kind).get().by_id
        except TalendError:
            return False

    def is_owner(self, key: GrantKey) -> bool:
        """Whether a grant is that of the workspace's owner, by lists that can be read."""
        if key.principal.kind != "users":
            return False
        workspaces, users = _for_a_label(self.workspaces, look=True), _for_a_label(self.users, look=True)
        workspace = workspaces.by_id.get(key.workspace_id) if workspaces else None
        user = users.by_id.get(key.principal.id) if users else None
        return bool(workspace and user and workspace.owner and workspace.owner in {user.login, user.email, user.id})

    def principal_name(self, principal: Principal, *, look: bool = False) -> str | None:
        """A user's login or a service account's name; None where it is not known.

        With `look` the list is read where it has not been yet. A list that cannot be read is no error here: a name only makes
        a message better.
        """
        names = _for_a_label(self.accounts(principal.kind), look=look)
        account = names.by_id.get(principal.id) if names else None
        return account_label(account) if account else None

    def principal_label(self, principal: Principal, *, look: bool = False) -> str:
        """How people call `principal`: `user 'anna@example.com'`, or with its id where the name is not known."""
        name = self.principal_name(principal, look=look)
        return f"{KIND_NOUNS[principal.kind]} '{in_one_line(name)}'" if name else str(principal)

    def place(self, workspace_id: str, *, look: bool = False) -> Place:
        """A workspace with its name, as far as that is known. `look`: as in `principal_name`."""
        names = _for_a_label(self.workspaces, look=look)
        return names.place(workspace_id) if names else Place("", "", workspace_id)

    def workspace_label(self, workspace_id: str, *, look: bool = False) -> str:
        """How people call a workspace: `workspace 'Sales' (prod)`, or with its id where the name is not known."""
        place = self.place(workspace_id, look=look)
        if not place.name:
            return f"workspace {workspace_id}"
        return in_one_line(f"workspace '{place.name}'" + (f" ({place.environment})" if place.environment else ""))

    def label(self, key: GrantKey, *, look: bool = False) -> str:
        """How people call what a grant is about: `user 'anna@example.com' on workspace 'Sales' (prod)`."""
        principal = self.principal_label(key.principal, look=look)
        return f"{principal} on {self.workspace_label(key.workspace_id, look=look)}"

    def label_after(self, error: TalendError, key: GrantKey) -> str:
        """As `label`, for the message of an error. Names that are not known yet are read, unless the API does not answer."""
        return self.label(key, look=not isinstance(error, _DOES_NOT_ANSWER))


def _for_a_label(names: Once[T], *, look: bool) -> T | None:
    if not names.known and not look:
        return None
    try:
        return names.get()
    except TalendError:
        return None
