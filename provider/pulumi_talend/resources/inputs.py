"""The inputs of the resources, checked by pydantic: every reason at once, each with its property."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..api import GrantKey, Permissions, Principal, Problem
from ..api.text import in_one_line
from .fields import CustomerRole, Flag, Identifier, Moment, Name, PermissionNames, RoleNames, is_unknown

__all__ = ["Inputs", "RoleMappingInputs", "WorkspacePermissionInputs", "is_unknown", "parse"]

M = TypeVar("M", bound="Inputs")


class Inputs(BaseModel):
    """Inputs of one resource.

    `identity` are the properties that make it another object when they change, `sets` those whose order and repetition mean
    nothing and whose change is a change of access, `notes` those that say the same access in other words,
    `foretold` those that a check adds to say what a change does to the tenant.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    identity: ClassVar[tuple[str, ...]] = ()
    sets: ClassVar[tuple[str, ...]] = ()
    notes: ClassVar[tuple[str, ...]] = ()
    foretold: ClassVar[tuple[str, ...]] = ()

    def problems(self) -> list[Problem]:
        """What is wrong with the properties together."""
        return []

    def as_properties(self) -> dict[str, Any]:
        """As the engine keeps them: what is not set is left out, sets are sorted lists."""
        return {name: value for name, value in self if value is not None}

    def as_outputs(self) -> dict[str, Any]:
        """As they stand once they are applied."""
        return self.as_properties()


def workspace_problems(workspace: str | None, environment: str | None, workspace_id: str | None) -> list[Problem]:
    """What is wrong with how a workspace is named."""
    if workspace is None and workspace_id is None:
        reason = "not set: say which workspace, with workspace_id, or with workspace (its name) and environment"
        return [Problem("workspace_id", reason)]
    if workspace is None and environment is not None:
        return [Problem("environment", "set without workspace; name the workspace too, or give workspace_id alone")]
    return []


class WorkspacePermissionInputs(Inputs):
    """Who may do what on a workspace. What is named has its id beside it once names are resolved."""

    identity: ClassVar[tuple[str, ...]] = ("workspace_id", "user_id", "service_account_id")
    sets: ClassVar[tuple[str, ...]] = ("permissions",)
    notes: ClassVar[tuple[str, ...]] = ("workspace", "environment", "user", "service_account", "expires_at")

    workspace: Name | None = None
    environment: Name | None = None
    workspace_id: Identifier | None = None
    user: Name | None = None
    user_id: Identifier | None = None
    service_account: Name | None = None
    service_account_id: Identifier | None = None
    permissions: PermissionNames
    expires_at: Moment | None = None
    adopt_existing: Flag = False

    def problems(self) -> list[Problem]:
        """One workspace, and exactly one principal."""
        problems = workspace_problems(self.workspace, self.environment, self.workspace_id)
        users = [name for name in ("user", "user_id") if getattr(self, name) is not None]
        accounts = [name for name in ("service_account", "service_account_id") if getattr(self, name) is not None]
        if users and accounts:
            reason = f"set together with {users[0]}; a grant is for one principal, so write two resources"
            problems.append(Problem(accounts[0], reason))
        if not users and not accounts:
            reason = (
                "not set: say who gets the permissions, with user or user_id, service_account or service_account_id"
            )
            problems.append(Problem("user_id", reason))
        return problems

    @property
    def has_known_key(self) -> bool:
        """Whether it is known what the grant is about."""
        ids = (self.workspace_id, self.user_id or self.service_account_id)
        return all(id_ is not None and not is_unknown(id_) for id_ in ids)

    @property
    def key(self) -> GrantKey:
        """What the grant is about. Only where names are resolved and nothing in it is unknown."""
        if self.workspace_id is not None and self.user_id is not None:
            return GrantKey(self.workspace_id, Principal("users", self.user_id))
        if self.workspace_id is None or self.service_account_id is None:
            raise ValueError("a grant whose names are not resolved")
        return GrantKey(self.workspace_id, Principal("service-accounts", self.service_account_id))

    @property
    def permission_set(self) -> Permissions:
        """The permissions, order and duplicates gone."""
        return frozenset(self.permissions)


class RoleMappingInputs(Inputs):
    """What Talend roles a customer role stands for."""

    identity: ClassVar[tuple[str, ...]] = ("role_name",)
    sets: ClassVar[tuple[str, ...]] = ("roles",)
    notes: ClassVar[tuple[str, ...]] = ("expires_at",)

    role_name: CustomerRole
    roles: RoleNames
    expires_at: Moment | None = None
    adopt_existing: Flag = Field(default=False)

    @property
    def role_set(self) -> frozenset[str]:
        """The Talend roles, order and duplicates gone."""
        return frozenset(self.roles)


def parse(
    model: type[M], properties: Mapping[str, Any], *, extra_permissions: Iterable[str] = (), checked: bool = False
) -> M | list[Problem]:
    """`properties` as `model`, or everything that is wrong with them.

    `checked`: they come out of a check, so that what has ended is empty.
    """
    given = {name: value for name, value in properties.items() if value is not None}
    try:
        inputs = model.model_validate(
            given, context={"extra_permissions": tuple(extra_permissions), "checked": checked}
        )
    except ValidationError as error:
        return [_problem(detail) for detail in error.errors(include_url=False)]
    return inputs.problems() or inputs


def _problem(detail: Any) -> Problem:
    name = str(detail["loc"][0]) if detail["loc"] else ""
    if detail["type"] == "missing":
        return Problem(name, "not set; it is required, so write it")
    if str(detail["type"]).startswith("bool"):
        return Problem(name, "must be True or False")
    # Names that a program made up are in it: they may hold what a terminal would obey.
    return Problem(name, in_one_line(str(detail["msg"]).removeprefix("Value error, ")))
