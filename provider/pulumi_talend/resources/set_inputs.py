"""The inputs of whole sets: tables of who may do what."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Literal, cast

from pulumi.runtime.rpc import UNKNOWN
from pydantic import BeforeValidator, ValidationInfo

from .. import principals
from ..api import GrantKey, Permissions, Principal, Problem
from .expiry import moment
from .fields import CustomerRole, Flag, Identifier, Name, customer_role, is_unknown, kind, names, permission_names
from .inputs import Inputs, workspace_problems


def _table(value: Any, of: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"must be a table of {of}, not {kind(value)}")  # noqa: TRY004 - pydantic collects ValueErrors
    return cast("Mapping[str, Any]", value)


def _grants(value: Any, info: ValidationInfo) -> Any:
    if is_unknown(value) and not isinstance(value, Mapping):
        return value
    entries: dict[str, Any] = {}
    reasons: list[str] = []
    for who, entry in sorted(_table(value, "principal: [permissions]").items()):
        try:
            principals.read(who)
            entries[who] = _entry(entry, info)
        except ValueError as error:
            reasons.append(f"{who}: {error}")
    if reasons:
        raise ValueError("; ".join(reasons))
    return entries


def _entry(entry: Any, info: ValidationInfo) -> Any:
    """A list of permissions, or {"permissions": [...], "expires_at": "..."}; without an end always the list."""
    if not isinstance(entry, Mapping):
        return entry if is_unknown(entry) else permission_names(entry, info)
    given = cast("Mapping[str, Any]", entry)
    more = sorted(set(given) - {"permissions", "expires_at"})
    if more:
        raise ValueError(f"has '{more[0]}'; an entry has permissions and expires_at: remove it")
    if given.get("permissions") is None:
        raise ValueError("has no permissions; write a list of them")
    permissions, expires_at = given["permissions"], given.get("expires_at")
    checked = permissions if is_unknown(permissions) else permission_names(permissions, info)
    if expires_at is None:
        return checked
    if not is_unknown(expires_at):
        moment(expires_at)
    return {"permissions": checked, "expires_at": expires_at}


def _mappings(value: Any) -> Any:
    if is_unknown(value) and not isinstance(value, Mapping):
        return value
    entries: dict[str, Any] = {}
    reasons: list[str] = []
    for role_name, roles in sorted(_table(value, "customer role: [Talend roles]").items()):
        try:
            entries[customer_role(role_name)] = roles if is_unknown(roles) else names(roles)
        except ValueError as error:
            reasons.append(f"{role_name}: {error}")
    if reasons:
        raise ValueError("; ".join(reasons))
    return entries


def _exclusive(value: Any) -> Any:
    if isinstance(value, bool) or value == "users" or is_unknown(value):
        return value
    raise ValueError(f'must be True, False or "users", not {value!r}')


def _allowance(value: Any) -> Any:
    if is_unknown(value) or isinstance(value, bool):
        return value
    if isinstance(value, (int, float)) and math.isfinite(value) and value == int(value) and value >= 0:
        return int(value)
    raise ValueError(f"must be True, or how many may lose their access, not {value!r}")


Lost = dict[str, list[str]]


class SetInputs(Inputs):
    """What tables have in common: what a check foretells about them, which is no part of what they are once applied."""

    foretold: ClassVar[tuple[str, ...]] = ("removes", "restores")

    removes: Lost | None = None
    restores: Lost | None = None

    def as_outputs(self) -> dict[str, Any]:
        """Without what was foretold: it has come true."""
        return {name: value for name, value in self.as_properties().items() if name not in self.foretold}


class WorkspaceAccessInputs(SetInputs):
    """Who may do what on a workspace, all of them. `principals` are the ids behind those named in `grants`."""

    identity: ClassVar[tuple[str, ...]] = ("workspace_id",)
    notes: ClassVar[tuple[str, ...]] = ("workspace", "environment")

    workspace: Name | None = None
    environment: Name | None = None
    workspace_id: Identifier | None = None
    grants: Annotated[Any, BeforeValidator(_grants)]
    exclusive: Annotated[bool | Literal["users"] | str, BeforeValidator(_exclusive)] = True
    adopt_existing: Flag = False
    allow_removals: Annotated[bool | int | str, BeforeValidator(_allowance)] = False
    principals: dict[str, str] | None = None

    def problems(self) -> list[Problem]:
        """One workspace, and somebody in the table, unless it says that there is nobody else."""
        problems = workspace_problems(self.workspace, self.environment, self.workspace_id)
        if self.exclusive is False and self.grants == {} and not self.principals:
            problems.append(Problem("grants", "is empty: name somebody, or remove the resource"))
        return problems

    @property
    def is_hidden(self) -> bool:
        """Whether it is not even known who is in the table."""
        return not isinstance(self.grants, Mapping)

    @property
    def table(self) -> dict[str, Any]:
        """The entries, by how the principals are written; none where they are not known yet."""
        return {} if self.is_hidden else dict(self.grants)

    def entry(self, who: str) -> tuple[Any, Any]:
        """Permissions and end of one entry of the table; either may be the mark of the unknown."""
        return entry_of(self.grants[who])

    @property
    def is_known(self) -> bool:
        """Whether the whole table is known."""
        return not is_unknown(self.grants) and not is_unknown(self.workspace_id) and not is_unknown(self.exclusive)

    @property
    def wanted(self) -> dict[GrantKey, Permissions]:
        """What should stand, by grant. Only where names are resolved and nothing is unknown."""
        return {self.key(who): frozenset(self.entry(who)[0]) for who in self.grants}

    def key(self, who: str) -> GrantKey:
        """What an entry is about."""
        return key_of(str(self.workspace_id), (self.principals or {})[who])


def entry_of(entry: Any) -> tuple[Any, Any]:
    """Permissions and end of an entry, as it stands in a checked table."""
    if isinstance(entry, Mapping):
        given = cast("Mapping[str, Any]", entry)
        return given["permissions"], given.get("expires_at")
    return entry, None


def key_of(workspace_id: str, principal: str) -> GrantKey:
    """The grant on a workspace of a principal as it stands in `principals`: `users/ID` or `service-accounts/ID`."""
    return GrantKey.from_resource_id(f"{workspace_id}/{principal}")


def kept_keys(kept: Mapping[str, Any]) -> dict[str, GrantKey]:
    """The grants that state says to stand, by how they are written in the table."""
    held: Mapping[str, str] = kept.get("principals") or {}
    table: Iterable[str] = kept.get("grants") or ()
    return {who: key_of(kept["workspace_id"], held[who]) for who in table if who in held}


def as_kept(principal: Principal) -> str:
    """A principal as it stands in `principals`."""
    return f"{principal.kind}/{principal.id}"


class RoleMappingsInputs(SetInputs):
    """All role mappings of the tenant."""

    mappings: Annotated[Any, BeforeValidator(_mappings)]
    allow_disable: Flag = False
    allow_removals: Annotated[bool | int | str, BeforeValidator(_allowance)] = False

    def problems(self) -> list[Problem]:
        """An empty set only where it is said to be meant."""
        if self.mappings == {} and self.allow_disable is not True:
            reason = "is empty: nobody could sign in by SSO any more and get a role; if that is meant, set allow_disable=True"
            return [Problem("mappings", reason)]
        return []

    @property
    def table(self) -> dict[str, Any]:
        """The entries, by customer role; none where they are not known yet."""
        entries: object = self.mappings
        return cast("dict[str, Any]", entries) if isinstance(entries, dict) else {}

    @property
    def wanted(self) -> dict[str, frozenset[str]]:
        """Customer role → Talend roles."""
        return {name: frozenset(roles) for name, roles in self.mappings.items()}


__all__ = ["UNKNOWN", "CustomerRole", "RoleMappingsInputs", "SetInputs", "WorkspaceAccessInputs"]
