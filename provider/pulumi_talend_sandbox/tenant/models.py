"""The bodies of the API, for checking what comes in and for the OpenAPI page."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Text = Annotated[str, Field(min_length=1, strict=True)]
PermissionNames = Annotated[list[Annotated[str, Field(strict=True)]], Field(examples=[["EXECUTE", "VIEW"]])]


class ErrorResponse(BaseModel):
    """What every refusal says (the fields are undocumented)."""

    status: int
    code: str
    message: str
    requestId: str  # noqa: N815 - the API's spelling


class RoleMapping(BaseModel):
    """The Talend roles of whoever comes with one customer role."""

    name: Text
    roles: list[Text]


class UserPermission(BaseModel):
    """The permissions of a user on a workspace."""

    workspaceId: Text  # noqa: N815
    userId: Text  # noqa: N815
    permissions: PermissionNames


class ServiceAccountPermission(BaseModel):
    """The permissions of a service account on a workspace."""

    workspaceId: Text  # noqa: N815
    serviceAccountId: Text  # noqa: N815
    permissions: PermissionNames


class TokenRequest(BaseModel):
    """What the token call sends, beside its Basic header."""

    audience: Text
    grant_type: Text


class TokenResponse(BaseModel):
    """What it answers: OAuth2's own names."""

    access_token: str
    token_type: str
    expires_in: int | None = None


class Listed(BaseModel):
    """An object of a listing; it may have more fields than these."""

    model_config = ConfigDict(extra="allow")
    id: str
    name: str | None = None
    permissions: Any = None
