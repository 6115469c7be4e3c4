"""Look-ups for programs: who and what there is in the tenant, by name, while previewing too.

Each list (workspaces, users, service accounts, roles) is read once per run of the program, however many look-ups there are,
with the settings of the stack (`talend:...`) or the environment (TALEND_...), the same that resources use. The `..._output`
forms take outputs as arguments and give an output; where an argument is not known yet while previewing, neither is the
result. What cannot be found stops the program with one line (LookupFailedError).

Sources: API user guide, "Relevant endpoints"; API reference, "Identities Management".
"""

from __future__ import annotations

import asyncio
import contextvars
import importlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import pulumi

from . import debuglog
from .resources.base import tenant_for
from .resources.reporting import MissingPackageError, needed, reported, say

if TYPE_CHECKING:
    from . import api
    from .access import TenantAccess
    from .access.directory import Directory

T = TypeVar("T")


class LookupFailedError(pulumi.RunError):
    """A look-up that found nothing, or several, or could not reach the tenant. The engine shows its one line."""


LookupFailedError.__module__ = "pulumi_talend"


@dataclass(frozen=True)
class WorkspaceResult:
    """A workspace. `environment`, `owner` and `type` are None where the API does not tell."""

    id: str
    name: str
    environment: str | None
    environment_id: str | None
    owner: str | None
    type: str | None


@dataclass(frozen=True)
class UserResult:
    """A user. What the API does not tell is None; `roles` are the names (or ids) of the user's Talend roles."""

    id: str
    login: str | None
    email: str | None
    first_name: str | None
    last_name: str | None
    roles: tuple[str, ...]


@dataclass(frozen=True)
class ServiceAccountResult:
    """A service account."""

    id: str
    name: str


@dataclass(frozen=True)
class RoleResult:
    """A Talend role. `permissions` is empty where the API does not tell."""

    id: str
    name: str
    permissions: tuple[str, ...]


def get_workspace(name: str, *, environment: str | None = None) -> WorkspaceResult:
    """The workspace of that name, in the environment of that name.

    `environment` may be left out where only one has such a workspace. Raises LookupFailedError, with near matches.
    """
    return _looked_up(lambda directory: _workspace(directory.workspaces.get().find(name, environment)))


def get_workspaces(*, environment: str | None = None) -> list[WorkspaceResult]:
    """The workspaces that the credential sees, of one environment or of all, by environment and name.

    An environment that does not exist gives none. Raises LookupFailedError where the tenant cannot be read.
    """
    found = _looked_up(lambda directory: [_workspace(workspace) for workspace in directory.workspaces.get().all])
    wanted = [workspace for workspace in found if environment is None or workspace.environment == environment]
    return sorted(wanted, key=lambda workspace: (workspace.environment or "", workspace.name, workspace.id))


def get_user(name: str) -> UserResult:
    """The user of that login or e-mail address, upper and lower case alike. Raises LookupFailedError, with near matches."""
    return _looked_up(lambda directory: _user(directory.users.get().find(name)))


def get_users() -> list[UserResult]:
    """All users, by login. Raises LookupFailedError where the tenant cannot be read."""
    found = _looked_up(lambda directory: [_user(user) for user in directory.users.get().all])
    return sorted(found, key=lambda user: (user.login or "", user.id))


def get_service_account(name: str) -> ServiceAccountResult:
    """The service account of that name. Raises LookupFailedError, with near matches."""

    def find(directory: Directory) -> ServiceAccountResult:
        account = directory.service_accounts.get().find(name)
        return ServiceAccountResult(account.id, account.name)

    return _looked_up(find)


def get_roles() -> list[RoleResult]:
    """All Talend roles, by name: what customer roles can be mapped to. Raises LookupFailedError."""
    found = _looked_up(
        lambda directory: [
            RoleResult(role.id, role.name, tuple(sorted(role.permissions or ()))) for role in directory.roles.get()
        ]
    )
    return sorted(found, key=lambda role: (role.name, role.id))


def get_workspace_output(
    name: pulumi.Input[str], *, environment: pulumi.Input[str] | None = None
) -> pulumi.Output[WorkspaceResult]:
    """As `get_workspace`, of outputs."""

    def look_up(name: str, environment: str | None) -> WorkspaceResult:
        return get_workspace(name, environment=environment)

    return _output(look_up, name, environment)


def get_workspaces_output(*, environment: pulumi.Input[str] | None = None) -> pulumi.Output[list[WorkspaceResult]]:
    """As `get_workspaces`, of outputs."""

    def look_up(environment: str | None) -> list[WorkspaceResult]:
        return get_workspaces(environment=environment)

    return _output(look_up, environment)


def get_user_output(name: pulumi.Input[str]) -> pulumi.Output[UserResult]:
    """As `get_user`, of outputs."""
    return _output(get_user, name)


def get_users_output() -> pulumi.Output[list[UserResult]]:
    """As `get_users`, as an output."""
    return _output(get_users)


def get_service_account_output(name: pulumi.Input[str]) -> pulumi.Output[ServiceAccountResult]:
    """As `get_service_account`, of outputs."""
    return _output(get_service_account, name)


def get_roles_output() -> pulumi.Output[list[RoleResult]]:
    """As `get_roles`, as an output."""
    return _output(get_roles)


def _output(look_up: Callable[..., T], *arguments: Any) -> pulumi.Output[T]:
    """What `look_up` gives for the values of `arguments`, looked up in a thread: the program goes on declaring meanwhile."""

    async def run(values: Sequence[Any]) -> T:
        context = contextvars.copy_context()  # the stack's configuration is in it
        return await asyncio.get_running_loop().run_in_executor(None, lambda: context.run(look_up, *values))

    return pulumi.Output.all(*arguments).apply(run)


def _looked_up(find: Callable[[Directory], T]) -> T:
    """What `find` finds. Whatever goes wrong is one LookupFailedError, which the engines show as its line alone."""
    try:
        needed(lambda: importlib.import_module(".api", __package__))
    except MissingPackageError as error:
        raise LookupFailedError(str(error)) from None
    from .api import TalendError

    debuglog.start("program", say)
    debuglog.remember(_configured(f"talend:{name}") for name in ("token", "clientSecret"))
    try:
        return reported("a look-up of the program", lambda: find(_tenant().directory))
    except TalendError as error:
        raise LookupFailedError(str(error)) from None


def _tenant() -> TenantAccess:
    from .api import resolve_settings

    return tenant_for(resolve_settings(_configured, os.environ))


def _configured(name: str) -> object:
    # pulumi.Config would warn of secrets read as plain values; here they go nowhere but into the client.
    from pulumi.runtime.config import get_config

    return get_config(name)


def _workspace(workspace: api.Workspace) -> WorkspaceResult:
    environment = workspace.environment
    return WorkspaceResult(
        id=workspace.id,
        name=workspace.name,
        environment=environment.name if environment else None,
        environment_id=environment.id if environment else None,
        owner=workspace.owner,
        type=workspace.type,
    )


def _user(user: api.User) -> UserResult:
    from .access.names import role_names

    return UserResult(
        id=user.id,
        login=user.login,
        email=user.email,
        first_name=user.first_name,
        last_name=user.last_name,
        roles=tuple(role_names(user)),
    )
