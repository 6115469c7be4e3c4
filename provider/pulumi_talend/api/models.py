"""What the Talend API sends and takes. The only place that knows its camelCase.

Fields that the documentation does not promise are optional; fields it does not know are ignored, except in role mappings,
which are written back whole and so keep every field they came with.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from .text import clean

PERMISSIONS = ("VIEW", "EXECUTE", "AUTHOR", "PUBLISH", "MANAGE")
"""Workspace permission names seen in the documentation, from weak to strong.

UNDOCUMENTED: the full set. Others can be allowed with `talend:extraPermissions`.
"""

ENGINE_USE_PERMISSIONS = ("EXECUTE", "VIEW")
"""All that an account with TMC_ENGINE_USE may be granted (API user guide, "Setting workspace permissions for a user")."""

PrincipalKind = Literal["users", "service-accounts"]

_KIND_WORDS: dict[PrincipalKind, str] = {"users": "user", "service-accounts": "service account"}


@dataclass(frozen=True, order=True)
class Principal:
    """Who holds a grant: a user or a service account, by id."""

    kind: PrincipalKind
    id: str

    def __str__(self) -> str:
        return f"{_KIND_WORDS[self.kind]} {self.id}"


@dataclass(frozen=True, order=True)
class GrantKey:
    """What a grant is about: a principal on a workspace."""

    workspace_id: str
    principal: Principal

    _PATTERN = re.compile(r"([^/]+)/(users|service-accounts)/([^/]+)")

    def __str__(self) -> str:
        return f"{self.principal} on workspace {self.workspace_id}"

    @property
    def resource_id(self) -> str:
        """`<workspaceId>/users/<userId>` or `<workspaceId>/service-accounts/<id>`."""
        return f"{self.workspace_id}/{self.principal.kind}/{self.principal.id}"

    @classmethod
    def from_resource_id(cls, resource_id: str) -> GrantKey:
        """The key that `resource_id` was made from. Raises ValueError where it has another form."""
        match = cls._PATTERN.fullmatch(resource_id)
        if match is None:
            raise ValueError(
                f"'{clean(resource_id)}' is not the id of a grant; write it like <workspaceId>/users/<userId> "
                "or <workspaceId>/service-accounts/<serviceAccountId>"
            )
        kind: PrincipalKind = "users" if match[2] == "users" else "service-accounts"
        return cls(match[1], Principal(kind, match[3]))


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", populate_by_name=True, frozen=True, hide_input_in_errors=True)


class GrantAnswer(_Answer):
    """Permissions of one principal on one workspace; which ids stand in it depends on the call."""

    workspace_id: str | None = Field(default=None, alias="workspaceId")
    user_id: str | None = Field(default=None, alias="userId")
    service_account_id: str | None = Field(default=None, alias="serviceAccountId")
    permissions: list[str]


class RoleMapping(_Answer):
    """A customer role and the Talend roles it stands for."""

    model_config = ConfigDict(extra="allow", frozen=True)

    name: str
    roles: list[str]

    def with_roles(self, roles: list[str]) -> RoleMapping:
        """The same mapping, with whatever else the API keeps in it, for other Talend roles."""
        return self.model_copy(update={"roles": roles})

    def as_json(self) -> dict[str, Any]:
        """As the API takes it."""
        return self.model_dump(mode="json")


class Environment(_Answer):
    """An environment of the tenant."""

    id: str
    name: str


class Workspace(_Answer):
    """A workspace. Names repeat from one environment to the next."""

    id: str
    name: str
    environment: Environment | None = None
    owner: str | None = None
    type: str | None = None


class Role(_Answer):
    """A Talend role. `permissions` where the tenant's answer tells them (UNDOCUMENTED)."""

    id: str
    name: str
    permissions: list[str] | None = None


class Group(_Answer):
    """A group of users."""

    id: str
    name: str


class User(_Answer):
    """A user's account. `roles` and `permissions` as the tenant's answer tells them (UNDOCUMENTED, so untyped)."""

    id: str
    login: str | None = None
    email: str | None = None
    first_name: str | None = Field(default=None, alias="firstName")
    last_name: str | None = Field(default=None, alias="lastName")
    roles: list[Any] | None = None
    permissions: list[str] | None = None


class ServiceAccount(_Answer):
    """A service account. `permissions` are the account's own (TMC_...), not those on workspaces."""

    id: str
    name: str
    permissions: list[str] | None = None


def _token(value: str) -> str:
    if not value or not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError("is no token")
    return value


class TokenAnswer(_Answer):
    """A new service account token. UNDOCUMENTED: the fields; OAuth2's own names are expected."""

    access_token: Annotated[str, AfterValidator(_token)] = Field(repr=False)
    expires_in: float | None = None
