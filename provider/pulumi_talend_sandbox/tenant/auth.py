"""Tokens and rights: who is asking, and may they."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from .behaviour import Behaviour
from .limits import Clock
from .seed import ADMIN_RIGHTS

WORKSPACE_RIGHTS = frozenset({"TMC_ENVIRONMENT_MANAGEMENT", "TMC_PIPELINE_MANAGEMENT", "TMC_PROMOTION_EXECUTION"})
"""What managing workspace permissions needs: the Environment Administrator's three [S2, S9]."""
USER_RIGHTS = frozenset({"TMC_USER_MANAGEMENT"})
"""What managing the permissions of service accounts needs [S10]."""
SSO_RIGHTS = frozenset({"TMC_SSO_MANAGEMENT"})
"""What managing role mappings needs [S8]."""
SERVICE_ACCOUNT_RIGHTS = frozenset({"TMC_SERVICE_ACCOUNT_MANAGEMENT"})
"""What listing service accounts needs [release notes R2022-05]."""

PATS: dict[str, frozenset[str]] = {
    "admin": frozenset(ADMIN_RIGHTS),
    "viewer": frozenset(),
    "sso-only": SSO_RIGHTS,
    "workspaces-only": WORKSPACE_RIGHTS,
}
"""The personal access tokens every tenant has, by name, with their rights."""


def demo_token(name: str) -> str:
    """The personal access token of this name: the same in every offline tenant, good for nothing else."""
    return f"demo-{name}-" + hashlib.sha256(f"offline tenant/{name}".encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Identity:
    """Who a token speaks for."""

    name: str
    rights: frozenset[str]


class Tokens:
    """The tokens a tenant takes. Thread-safe. Never shows a token in its repr."""

    def __init__(self, clock: Clock) -> None:
        """Take the clock that expiry is told by."""
        self._clock = clock
        self._lock = threading.Lock()
        self._key = secrets.token_bytes(32)
        self._personal: dict[str, Identity] = {}
        self._issued: dict[str, tuple[Identity, float]] = {}

    def add(self, token: str, name: str, rights: frozenset[str]) -> None:
        """Take a personal access token; it does not expire."""
        with self._lock:
            self._personal[token] = Identity(name, rights)

    def issue(self, identity: Identity, lifetime: float) -> str:
        """A new token in JWT form that is good for `lifetime` seconds."""
        now = self._clock()
        claims = {"sub": identity.name, "iat": now, "exp": now + lifetime, "jti": secrets.token_hex(8)}
        signed = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
        signature = hmac.new(self._key, signed.encode(), hashlib.sha256).digest()
        token = f"{signed}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"
        with self._lock:
            self._issued = {t: entry for t, entry in self._issued.items() if entry[1] > now}
            self._issued[token] = (identity, now + lifetime)
        return token

    def expire_issued(self) -> None:
        """End all issued tokens at once, as if their time had come."""
        with self._lock:
            self._issued.clear()

    def who(self, authorization: str | None) -> Identity | None:
        """Whom an Authorization header speaks for; None where it is missing, no bearer token, unknown or expired."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        with self._lock:
            if token in self._personal:
                return self._personal[token]
            identity, expires = self._issued.get(token, (None, 0.0))
        return identity if self._clock() < expires else None


def _part(claims: Mapping[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")


def rights_needed(path: str, behaviour: Behaviour) -> frozenset[str]:
    """The TMC permissions a call to `path` needs, all of them; reading needs the same as writing."""
    if path.startswith("/security/role-mappings"):
        return SSO_RIGHTS
    if path.startswith("/security/"):
        return USER_RIGHTS if "/service-accounts/" in path else WORKSPACE_RIGHTS
    if path.startswith("/account/") and behaviour.lookup_rights == "documented":
        return SERVICE_ACCOUNT_RIGHTS if path.startswith("/account/service-accounts") else USER_RIGHTS
    return frozenset()
