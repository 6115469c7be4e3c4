"""Look-ups for programs: workspaces, users, service accounts and roles of the tenant, in previews too.

The settings are those of the resources: the stack's (`talend:...`), then the environment's (TALEND_...). Each list is read
once per run, however many look-ups there are. The `..._output` forms take outputs and return an output.

In unit tests, with `pulumi.runtime.set_mocks`, the mocks answer: `call` gets the token `talend:index:getWorkspace` (and so on)
with the arguments, and returns the fields of the result; for a list, {"items": [fields, ...]}.

Sources: API user guide, "Relevant endpoints"; API reference, "Identities Management".
"""

from __future__ import annotations

import asyncio
import dataclasses
import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import pulumi
from pulumi.runtime.mocks import MockCallArgs, MockMonitor
from pulumi.runtime.settings import get_monitor

from .loader import missing_package

__all__ = [
    "LookupFailedError",
    "RoleResult",
    "ServiceAccountResult",
    "UserResult",
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
]

T = TypeVar("T")


class LookupFailedError(pulumi.RunError):
    """A look-up found nothing, found several, or could not read the tenant. The engine shows its one line."""


LookupFailedError.__module__ = "pulumi_talend"


@dataclass(frozen=True)
class WorkspaceResult:
    """A workspace.

    Attributes:
        id: Its id.
        name: Its name, unique within its environment.
        environment: Name of its environment; None where the API does not return it.
        environment_id: Id of its environment, likewise.
        owner: Its owner, likewise.
        type: `shared`, `personal` or `custom`, likewise.
    """

    id: str
    name: str
    environment: str | None = None
    environment_id: str | None = None
    owner: str | None = None
    type: str | None = None


@dataclass(frozen=True)
class UserResult:
    """A user.

    Attributes:
        id: Its id.
        login: Its login; None where the API does not return it, as in all that follows.
        email: E-mail address.
        first_name: First name.
        last_name: Last name.
        roles: Names of the user's Talend roles, or their ids where the API returns no names.
    """

    id: str
    login: str | None = None
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    roles: tuple[str, ...] = ()


@dataclass(frozen=True)
class ServiceAccountResult:
    """A service account.

    Attributes:
        id: Its id.
        name: Its name.
    """

    id: str
    name: str


@dataclass(frozen=True)
class RoleResult:
    """A Talend role.

    Attributes:
        id: Its id.
        name: Its name, as role mappings use it.
        permissions: Its rights (`TMC_...`); empty where the API does not return them.
    """

    id: str
    name: str
    permissions: tuple[str, ...] = ()


def get_workspace(name: str, *, environment: str | None = None) -> WorkspaceResult:
    """Looks up a workspace by name.

    Args:
        name: Name of the workspace.
        environment: Name of its environment; may be left out where only one has such a workspace.

    Returns:
        The workspace.

    Raises:
        LookupFailedError: Not found, or found several times; the message lists near matches.
    """
    arguments = {"name": name, "environment": environment}
    return _one(
        WorkspaceResult, "getWorkspace", arguments, lambda tenant: tenant.workspaces.get().find(name, environment)
    )


def get_workspaces(*, environment: str | None = None) -> list[WorkspaceResult]:
    """Lists the workspaces that the credential sees.

    Args:
        environment: Only those of this environment; one that does not exist has none.

    Returns:
        The workspaces, by environment and name.

    Raises:
        LookupFailedError: The tenant cannot be read.
    """
    arguments = {"environment": environment}
    found = _all(WorkspaceResult, "getWorkspaces", arguments, lambda tenant: tenant.workspaces.get().all)
    wanted = [workspace for workspace in found if environment is None or workspace.environment == environment]
    return sorted(wanted, key=lambda workspace: (workspace.environment or "", workspace.name, workspace.id))


def get_user(name: str) -> UserResult:
    """Looks up a user.

    Args:
        name: Login or e-mail address, in upper or lower case.

    Returns:
        The user.

    Raises:
        LookupFailedError: Not found, or found several times; the message lists near matches.
    """
    return _one(UserResult, "getUser", {"name": name}, lambda tenant: tenant.users.get().find(name))


def get_users() -> list[UserResult]:
    """Lists all users.

    Returns:
        The users, by login.

    Raises:
        LookupFailedError: The tenant cannot be read.
    """
    found = _all(UserResult, "getUsers", {}, lambda tenant: tenant.users.get().all)
    return sorted(found, key=lambda user: (user.login or "", user.id))


def get_service_account(name: str) -> ServiceAccountResult:
    """Looks up a service account.

    Args:
        name: Its name.

    Returns:
        The service account.

    Raises:
        LookupFailedError: Not found, or found several times; the message lists near matches.
    """
    return _one(
        ServiceAccountResult,
        "getServiceAccount",
        {"name": name},
        lambda tenant: tenant.service_accounts.get().find(name),
    )


def get_roles() -> list[RoleResult]:
    """Lists all Talend roles: what customer roles can be mapped to.

    Returns:
        The roles, by name.

    Raises:
        LookupFailedError: The tenant cannot be read.
    """
    found = _all(RoleResult, "getRoles", {}, lambda tenant: tenant.roles.get())
    return sorted(found, key=lambda role: (role.name, role.id))


def get_workspace_output(
    name: pulumi.Input[str], *, environment: pulumi.Input[str] | None = None
) -> pulumi.Output[WorkspaceResult]:
    """As `get_workspace`, with outputs as arguments."""
    return _output(get_workspace, name, environment=environment)


def get_workspaces_output(*, environment: pulumi.Input[str] | None = None) -> pulumi.Output[list[WorkspaceResult]]:
    """As `get_workspaces`, with an output as argument."""
    return _output(get_workspaces, environment=environment)


def get_user_output(name: pulumi.Input[str]) -> pulumi.Output[UserResult]:
    """As `get_user`, with an output as argument."""
    return _output(get_user, name)


def get_users_output() -> pulumi.Output[list[UserResult]]:
    """As `get_users`, as an output."""
    return _output(get_users)


def get_service_account_output(name: pulumi.Input[str]) -> pulumi.Output[ServiceAccountResult]:
    """As `get_service_account`, with an output as argument."""
    return _output(get_service_account, name)


def get_roles_output() -> pulumi.Output[list[RoleResult]]:
    """As `get_roles`, as an output."""
    return _output(get_roles)


def _output(look_up: Callable[..., T], *arguments: Any, **named: Any) -> pulumi.Output[T]:
    """Looks up in a thread, while the program goes on. Where an argument is not known in a preview, neither is the result."""

    async def run(values: Sequence[Any]) -> T:
        # In a copy of the context, which has the stack's configuration.
        return await asyncio.to_thread(look_up, *values[0], **values[1])

    return pulumi.Output.all(list(arguments), named).apply(run)


def _one(kind: Callable[..., T], function: str, arguments: Mapping[str, Any], find: Callable[[Any], Any]) -> T:
    mocked = _mocked(function, arguments)
    found: T = _result(kind, mocked) if mocked is not None else _lookups().look_up(find)
    return found


def _all(kind: Callable[..., T], function: str, arguments: Mapping[str, Any], find: Callable[[Any], Any]) -> list[T]:
    mocked = _mocked(function, arguments)
    if mocked is not None:
        return [_result(kind, fields) for fields in mocked.get("items", [])]
    found: list[T] = _lookups().look_up(find)
    return found


def _lookups() -> Any:
    """The module `lookups`, imported with the first look-up: a program without one starts 150 ms sooner."""
    try:
        return importlib.import_module(".lookups", __package__)
    except (ImportError, AttributeError) as error:
        raise LookupFailedError(str(missing_package(error))) from None


def _mocked(function: str, arguments: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What the mocks of a unit test answer; None without mocks."""
    monitor = get_monitor()
    if not isinstance(monitor, MockMonitor):
        return None
    given = {name: value for name, value in arguments.items() if value is not None}
    mocks = cast("Any", monitor.mocks)
    answer: Any = mocks.call(MockCallArgs(f"talend:index:{function}", given, ""))
    fields, failures = cast("Any", answer) if isinstance(answer, tuple) else (answer, None)
    if failures:
        raise LookupFailedError("; ".join(str(reason) for _, reason in failures))
    return cast("Mapping[str, Any]", fields or {})


def _result(kind: Callable[..., T], fields: Mapping[str, Any]) -> T:
    known = {field.name for field in dataclasses.fields(cast("Any", kind))}
    if unknown := sorted(fields.keys() - known):
        raise LookupFailedError(f"a mock returns '{unknown[0]}'; the fields are {', '.join(sorted(known))}")
    given = {name: _hashable(value) for name, value in fields.items()}
    return kind(**{**dict.fromkeys({"id", "name"} & known, ""), **given})


def _hashable(value: Any) -> Any:
    return tuple(cast("list[Any]", value)) if isinstance(value, list) else value
