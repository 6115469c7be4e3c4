"""Service account tokens: OAuth2's client credentials flow."""

from __future__ import annotations

import base64
import binascii
import hmac
import math
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from pulumi_talend.api.operations import SERVICE_ACCOUNT_RIGHTS

from .auth import Identity
from .core import Core
from .errors import ApiError
from .models import TokenRequest
from .routing import CoreOf, serves

router = APIRouter(tags=["Tokens"])


@serves(router, "create_token")
def issue_token(core: CoreOf, request: Request, asked: TokenRequest) -> Response:
    """A token for the service account whose `id:secret` the Basic header holds; good for 30 minutes."""
    account = _account(core, request.headers.get("authorization", ""))
    if asked.grant_type != "client_credentials":
        raise ApiError(400, f"grant_type {asked.grant_type!r} is not client_credentials")
    behaviour = core.behaviour
    expected = core.url if behaviour.expected_audience == "url" else behaviour.expected_audience
    if expected is not None and asked.audience != expected:
        raise ApiError(400, f"audience {asked.audience!r} is not {expected!r}")
    directory = core.store.directory
    identity = Identity(directory.name_of(account), directory.rights_of(account), account)
    if behaviour.oauth_rights == "documented" and not identity.rights >= SERVICE_ACCOUNT_RIGHTS:
        raise ApiError(403, f"The account lacks {', '.join(sorted(SERVICE_ACCOUNT_RIGHTS))}")
    answer: dict[str, Any] = {
        "access_token": core.tokens.issue(identity, behaviour.token_lifetime),
        "token_type": "Bearer",
    }
    seconds = math.floor(behaviour.token_lifetime)
    if behaviour.expires_in != "none":
        answer["expires_in"] = str(seconds) if behaviour.expires_in == "text" else seconds
    return JSONResponse(answer)


def _account(core: Core, authorization: str) -> str:
    """The id of the service account that signed in. Raises `ApiError` (401) where its credentials are wrong."""
    scheme, _, encoded = authorization.partition(" ")
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        client_id, secret = "", ""
    known = core.store.directory.secret_of(client_id)
    right = known is not None and hmac.compare_digest(known.encode(), secret.encode())
    if scheme.lower() != "basic" or not right:
        raise ApiError(401, "The client id or secret is missing or invalid")
    return client_id
