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

from pulumi_talend.api.operations import SSO_RIGHTS, WORKSPACE_RIGHTS, Operation

from .behaviour import Behaviour
from .limits import Clock
from .seed import ADMIN_RIGHTS

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
    """The holder of a token. `account_id` is None for a personal access token, which belongs to nobody in the tenant."""

    name: str
    rights: frozenset[str]
    account_id: str | None = None


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
        """The holder of the token in an Authorization header; None where there is none, or it is unknown or expired."""
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


def missing_rights(operation: Operation, rights: frozenset[str], behaviour: Behaviour) -> str:
    """What a caller with these rights lacks for an operation, in words; empty where it lacks nothing."""
    if behaviour.lookup_rights == "signed-in" and not operation.path.startswith("/security/"):
        return ""
    lacking = ", ".join(sorted(operation.rights - rights))
    if not lacking and operation.any_right and not operation.any_right & rights:
        return " or ".join(sorted(operation.any_right))
    return lacking
