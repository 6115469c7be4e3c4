"""The JSON of the Talend API as typed models: the only place that knows its camelCase.

Fields that the API documents but not every tenant sends are optional; unknown fields are ignored, except in role mappings,
which are written back whole and keep every field.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

TOKEN_LIFETIME_SECONDS = 30 * 60
"""How long a service account token lives (API user guide). The API may name a longer time; the shorter one counts."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore", populate_by_name=True, frozen=True, hide_input_in_errors=True)


class GrantId(_Model):
    """The workspace and the principal that a row is about."""

    workspace_id: str | None = Field(default=None, alias="workspaceId")
    user_id: str | None = Field(default=None, alias="userId")
    service_account_id: str | None = Field(default=None, alias="serviceAccountId")

    @property
    def principal_id(self) -> str:
        """The id of the user or service account; empty where the row names none."""
        return self.user_id or self.service_account_id or ""


class PermissionRow(GrantId):
    """Permissions of a principal on a workspace. `userId` holds the id of a service account in that kind's calls."""

    permissions: list[str]


class BatchRow(_Model):
    """One row of a 207: `permission` after a POST or PUT, `permissionId` after a DELETE."""

    status: int
    message: str | None = None
    detail: str | None = None
    request_id: str | None = Field(default=None, alias="requestId")
    permission: GrantId | None = None
    permission_id: GrantId | None = Field(default=None, alias="permissionId")


class RoleMapping(_Model):
    """A customer role and the Talend roles that its members get."""

    model_config = ConfigDict(extra="allow", frozen=True)

    name: str
    roles: list[str]

    def with_roles(self, roles: list[str]) -> RoleMapping:
        """Returns the mapping with other Talend roles and all its other fields."""
        return self.model_copy(update={"roles": roles})

    def as_json(self) -> dict[str, Any]:
        """Returns the mapping as the API takes it."""
        return self.model_dump(mode="json")


class Environment(_Model):
    """An environment of the tenant."""

    id: str
    name: str


class Workspace(_Model):
    """A workspace. Its name is unique only within its environment."""

    id: str
    name: str
    environment: Environment | None = None
    owner: str | None = None
    type: str | None = None


class Role(_Model):
    """A Talend role. A user's roles may come as names or as ids alone; then the other fields are empty.

    Attributes:
        permissions: The rights (`TMC_...`) of the role; None where the response does not contain them.
    """

    id: str = ""
    name: str = ""
    permissions: frozenset[str] | None = None


def _as_roles(value: Any) -> Any:
    """Accepts roles as objects or as names."""
    if isinstance(value, (list, tuple)):
        return [{"name": role} if isinstance(role, str) else role for role in value]  # pyright: ignore[reportUnknownVariableType]
    return () if value is None else value


def _or_empty(value: Any) -> Any:
    return () if value is None else value


Rights = Annotated[frozenset[str], BeforeValidator(_or_empty)]


class _Account(_Model):
    id: str = ""
    own_permissions: Rights = Field(default=frozenset(), alias="permissions")
    roles: Annotated[tuple[Role, ...], BeforeValidator(_as_roles)] = ()

    @property
    def permissions(self) -> frozenset[str]:
        """The rights (`TMC_...`) of the account: its own and those of its roles, as far as the response contains them."""
        return self.own_permissions.union(*(role.permissions or () for role in self.roles))


class User(_Account):
    """A user's account. `id` is empty where the response has none: the API's schema does not promise it.

    Attributes:
        active: False for a deactivated account; None where the response does not say.
    """

    login: str | None = None
    email: str | None = None
    first_name: str | None = Field(default=None, alias="firstName")
    last_name: str | None = Field(default=None, alias="lastName")
    active: bool | None = None

    @model_validator(mode="before")
    @classmethod
    def _roles_by_id(cls, data: Any) -> Any:
        """Takes `roleIds`, as the API's schema has it, where there are no `roles`."""
        if isinstance(data, dict) and not data.get("roles") and isinstance(data.get("roleIds"), list):  # pyright: ignore[reportUnknownMemberType]
            return {**data, "roles": [{"id": role} for role in data["roleIds"]]}  # pyright: ignore[reportUnknownVariableType]
        return data  # pyright: ignore[reportUnknownVariableType]


class ServiceAccount(_Model):
    """A service account. `permissions` are its rights (`TMC_...`), not those on workspaces."""

    id: str
    name: str
    permissions: Rights = frozenset()


class Account(_Account):
    """The account that a credential belongs to (`GET /account/me`)."""

    type: Literal["USER", "SERVICE_ACCOUNT"]
    name: str


def _usable_token(value: str) -> str:
    if not value or not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError("is not a valid token")
    return value


def _lifetime(value: Any) -> float:
    """Takes seconds as a number or as text; anything else counts as the documented lifetime."""
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        return TOKEN_LIFETIME_SECONDS
    return min(seconds, TOKEN_LIFETIME_SECONDS) if seconds > 0 else TOKEN_LIFETIME_SECONDS


class TokenResponse(_Model):
    """A new service account token. `expires_in` is in seconds, at most 30 minutes."""

    access_token: Annotated[str, AfterValidator(_usable_token)] = Field(repr=False)
    expires_in: Annotated[float, BeforeValidator(_lifetime)] = TOKEN_LIFETIME_SECONDS
