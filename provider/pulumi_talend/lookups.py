"""Where the look-ups of programs get their answers: from the tenant, once a list and run.

Imported by `functions` with the first look-up: httpx and pydantic would cost every program 150 ms.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from pulumi.runtime.config import get_config

from . import debuglog
from .access.directory import Directory
from .api import Role, User, Workspace
from .errors import TalendError
from .functions import LookupFailedError, RoleResult, ServiceAccountResult, UserResult, WorkspaceResult
from .provider.session import SESSIONS


def look_up(find: Callable[[Directory], Any]) -> Any:
    """What `find` finds in the tenant, as programs get it. Raises LookupFailedError."""
    debuglog.start("program", lambda message: print(f"talend: {message}", flush=True))
    # pulumi.Config would warn of secrets read as plain values; here they go nowhere but into the client.
    debuglog.remember(get_config(f"talend:{name}") for name in ("token", "clientSecret"))
    try:
        found = find(SESSIONS.configured(get_config).tenant.directory)
        return [_result(each) for each in cast("list[Any]", found)] if isinstance(found, list) else _result(found)
    except TalendError as error:
        debuglog.log_error("a look-up of the program", error)
        message = str(error)
    except Exception as error:  # noqa: BLE001 - whatever it is, the user gets a line that says what to do
        debuglog.log_error("a look-up of the program", error)
        kind = f"{type(error).__name__} {debuglog.place_of(error)}"
        message = f"an unexpected error in pulumi-talend ({kind}), a bug of its own. {debuglog.where_to_look()}"
    raise LookupFailedError(message)


def _result(found: Any) -> WorkspaceResult | UserResult | ServiceAccountResult | RoleResult:
    if isinstance(found, Workspace):
        place = found.environment
        where = (place.name, place.id) if place else (None, None)
        return WorkspaceResult(found.id, found.name, *where, found.owner, found.type)
    if isinstance(found, User):
        roles = tuple(sorted(role.name or role.id for role in found.roles))
        return UserResult(found.id, found.login, found.email, found.first_name, found.last_name, roles)
    if isinstance(found, Role):
        return RoleResult(found.id, found.name, tuple(sorted(found.permissions or ())))
    return ServiceAccountResult(found.id, found.name)
