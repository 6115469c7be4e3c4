"""The bodies of the API, for checking what comes in and for the tenant's own OpenAPI page."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

Text = Annotated[str, Field(min_length=1, strict=True)]
PermissionNames = Annotated[list[Annotated[str, Field(strict=True)]], Field(examples=[["EXECUTE", "VIEW"]])]


class ErrorResponse(BaseModel):
    """What a refusal answers. The service account calls have `status` and `detail` only."""

    status: int
    message: str | None = None
    detail: str | None = None
    requestId: str | None = None  # noqa: N815 - the API's spelling


class RoleMapping(BaseModel):
    """The Talend roles of everybody who signs in with one customer role."""

    name: Text
    roles: list[Text]


class Permission(BaseModel):
    """The permissions of a principal on a workspace; `userId` holds a service account's id as well."""

    workspaceId: Text  # noqa: N815
    userId: Text  # noqa: N815
    permissions: PermissionNames


class TokenRequest(BaseModel):
    """What the token call sends, beside its Basic header."""

    audience: Text
    grant_type: Text
