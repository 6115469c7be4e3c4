"""The tenant: whether it is reached, whether it is Talend's API, whom it takes the credential for, and what that may do.

A right is known by what the API answers to a call that needs it; each of them only reads. What an answer cannot tell is said
to be unknown.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, TypeAdapter, ValidationError

from ..adopt.read_only import ReadOnlyClient
from ..api import (
    ApiError,
    BadRequestError,
    ClientCredential,
    ConfigurationError,
    ForbiddenError,
    NotSentError,
    Pacer,
    RateLimitedError,
    Settings,
    TalendError,
    UnauthorizedError,
    UnexpectedAnswerError,
    resolve_settings,
)
from ..api.auth import AccessToken
from ..api.pacing import reset_in_seconds
from ..api.settings import ENVIRONMENT_NAMES, is_loopback
from ..api.transport import Action, Answer
from .findings import Finding, Verdict

_CLOCK_NOTED_SECONDS = 5
_CLOCK_WRONG_SECONDS = 60
_FEW_CALLS = 0.1
_PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


class _Listener(Pacer):
    """Hears each answer's headers, and lets every call go at once: the few calls of a doctor need no pacing."""

    def __init__(self, now: Callable[[], float]) -> None:
        super().__init__()
        self._now = now
        self.heard: Mapping[str, str] = {}
        self.at = 0.0

    def observe(self, headers: Mapping[str, str]) -> None:
        self.heard, self.at = {name.lower(): value for name, value in headers.items()}, self._now()


class _OneTryClient(ReadOnlyClient):
    """Tries each call once: what a doctor meets is what it says. Knows how long the last service account token lives."""

    lifetime: float | None = None

    def _try(self, action: Action, send: Callable[[Action], Answer]) -> Answer:
        return send(action)

    def _fetch_token(self, credential: ClientCredential) -> AccessToken:
        token = super()._fetch_token(credential)
        self.lifetime = token.lifetime
        return token


def look_at_settings(
    config: Callable[[str], object], environ: Mapping[str, str]
) -> tuple[Settings | None, list[Finding]]:
    """The settings, and where each of them was found; None, with every reason, where they are not whole."""
    try:
        settings = resolve_settings(config, environ)
    except ConfigurationError as error:
        return None, [Finding("settings", "missing", str(problem), "") for problem in error.problems]
    where = _origin(("endpoint", "region"), config, environ)
    account = isinstance(settings.credential, ClientCredential)
    what = (
        f"service account {settings.credential.client_id}"
        if isinstance(settings.credential, ClientCredential)
        else "a personal access token"
    )
    whence = _origin(("clientId",) if account else ("token",), config, environ)
    return settings, [Finding("settings", "ok", f"{settings.base_url} ({where}), {what} ({whence})")]


def _origin(names: tuple[str, ...], config: Callable[[str], object], environ: Mapping[str, str]) -> str:
    for name in names:
        if str(config(f"talend:{name}") or "").strip():
            return f"talend:{name}"
    for name in names:
        if environ.get(ENVIRONMENT_NAMES[name], "").strip():
            return ENVIRONMENT_NAMES[name]
    return "nowhere"


def look_at_tenant(
    settings: Settings, what: set[str], environ: Mapping[str, str], *, now: Callable[[], float] = time.time
) -> Iterator[Finding]:
    """What the tenant of `settings` says to a handful of reading calls; `what` names the rights that are needed.

    Stops after what makes everything else impossible: no way to the API, or a credential that it does not take.
    """
    listener = _Listener(now)
    client = _OneTryClient(settings, pacer=listener)
    with client:
        first = Action("GET", "/orchestration/workspaces", "list the workspaces")
        began = time.monotonic()
        refused: TalendError | None = None
        try:
            client.call(first)
        except TalendError as error:
            refused = error
        seconds = time.monotonic() - began
        if refused is not None and not isinstance(refused, ApiError):
            yield _no_endpoint(settings, refused, environ)
            return
        yield Finding("endpoint", "ok", f"{settings.base_url} answers in {seconds:.1f} s{_by_proxy(settings, environ)}")
        yield from _clock(listener)
        yield _rate_limit(listener)
        if isinstance(refused, UnauthorizedError):
            yield _no_credential(settings, refused)
            return
        if isinstance(refused, BadRequestError) and isinstance(settings.credential, ClientCredential):
            todo = (
                "Where talend:endpoint is a way to the region, set talend:region too: tokens are asked for the region."
            )
            yield Finding("credential", "missing", str(refused), todo)
            return
        if refused is not None and not isinstance(refused, ForbiddenError):
            yield Finding("credential", "unknown", str(refused), "Run the doctor again when the API answers.")
            return
        yield Finding("credential", "ok", f"the API takes the credential{_lives(client)}")
        yield from _Rights(client, what).look()


def _no_endpoint(settings: Settings, error: TalendError, environ: Mapping[str, str]) -> Finding:
    host = urlsplit(settings.base_url).hostname or ""
    if isinstance(error, UnexpectedAnswerError):
        return Finding(
            "endpoint",
            "missing",
            f"what answers at {settings.base_url} is not Talend's API: {error}",
            "Behind a company's proxy or login page, ask for a way to the API.",
        )
    if isinstance(error, NotSentError) and "certificate" in str(error).lower():
        return Finding(
            "endpoint",
            "missing",
            str(error),
            "If a proxy of your company opens TLS, name its certificate authority: SSL_CERT_FILE=/path/to/ca.pem.",
        )
    if isinstance(error, NotSentError) and not _by_proxy(settings, environ) and not _is_known(host):
        return Finding(
            "endpoint",
            "missing",
            f"no machine is known by the name {host}",
            "Check talend:region or talend:endpoint, the network and its DNS; a proxy is named by HTTPS_PROXY.",
        )
    return Finding(
        "endpoint", "missing", str(error), "Check the network, and whether a firewall wants a proxy (HTTPS_PROXY)."
    )


def _is_known(host: str) -> bool:
    try:
        return bool(socket.getaddrinfo(host, None))
    except OSError:
        return False


def _by_proxy(settings: Settings, environ: Mapping[str, str]) -> str:
    if is_loopback(urlsplit(settings.base_url).hostname or ""):
        return ""
    named = next((name for name in _PROXIES if environ.get(name)), None)
    return f", by the proxy of {named} unless NO_PROXY excepts it" if named else ""


def _no_credential(settings: Settings, error: UnauthorizedError) -> Finding:
    if isinstance(settings.credential, ClientCredential):
        todo = "Check talend:clientId and talend:clientSecret, and that the account is of this region."
    else:
        todo = "Make a new token in Talend's profile preferences, of this region's tenant: tokens expire and are of one tenant."
    said = f' ("{error.said}")' if error.said else ""
    return Finding("credential", "missing", f"the API refuses the credential: 401{said}", todo)


def _lives(client: _OneTryClient) -> str:
    if client.lifetime is None:
        return "; until when a personal access token is good, the API does not tell"
    return f", and gives tokens for {client.lifetime / 60:.0f} minutes"


def _clock(listener: _Listener) -> Iterator[Finding]:
    try:
        theirs = parsedate_to_datetime(listener.heard.get("date", "")).timestamp()
    except (TypeError, ValueError, IndexError):
        yield Finding("clock", "unknown", "the API's answer has no date to compare this machine's clock with")
        return
    off = listener.at - theirs
    if abs(off) <= _CLOCK_NOTED_SECONDS:
        yield Finding("clock", "ok", "this machine's clock agrees with the API's")
        return
    verdict: Verdict = "missing" if abs(off) > _CLOCK_WRONG_SECONDS else "warn"
    direction = "ahead of" if off > 0 else "behind"
    yield Finding(
        "clock",
        verdict,
        f"this machine's clock is {abs(off):.0f} s {direction} the API's: access with expires_at ends by it",
        "Set the clock by NTP.",
    )


def _rate_limit(listener: _Listener) -> Finding:
    headers = listener.heard
    limit, left = headers.get("x-ratelimit-limit", ""), headers.get("x-ratelimit-remaining", "")
    if not left.strip().isdigit():
        return Finding("rate limit", "ok", "the API tells of none")
    reset = reset_in_seconds(headers.get("x-ratelimit-reset", ""), now=listener.at, server_date=headers.get("date"))
    again = f", anew in {reset:.0f} s" if reset is not None else ""
    found = f"{left} of {limit or '?'} calls left{again}"
    if limit.strip().isdigit() and int(left) < int(limit) * _FEW_CALLS:
        return Finding("rate limit", "warn", found, "Others use the tenant too: an update waits, or run it later.")
    return Finding("rate limit", "ok", found)


class _Entry(BaseModel):
    id: str = ""


def _listed(data: object) -> list[_Entry]:
    """The entries of a listing that have an id; none where it is no listing of objects with one."""
    try:
        return [entry for entry in TypeAdapter(list[_Entry]).validate_python(data) if entry.id]
    except ValidationError:
        return []


class _Rights:
    """Asks for each right with a call that needs it. Later questions use what earlier answers hold."""

    def __init__(self, client: ReadOnlyClient, what: set[str]) -> None:
        self._client = client
        self._what = what

    def look(self) -> Iterator[Finding]:
        workspaces, refused = self._ids("/orchestration/workspaces", "list the workspaces")
        if refused is not None:
            yield self._judged("workspaces", refused, "list workspaces", "a role that may see its workspaces")
        elif not workspaces:
            yield Finding(
                "workspaces",
                "warn",
                "the credential sees no workspace",
                "Check that it is of the right tenant and region.",
            )
        else:
            yield Finding("workspaces", "ok", f"{len(workspaces)} seen")
        _, refused = self._ids("/account/users?page=1&size=1", "look a user up")
        yield self._judged(
            "look-ups", refused, "look people up by name", "TMC_USER_MANAGEMENT (or write ids for names)"
        )
        if "permissions" in self._what:
            yield self._permissions(workspaces)
            yield self._service_accounts(workspaces)
        if "role-mappings" in self._what:
            _, refused = self._ids("/security/role-mappings", "read the role mappings", "TMC_SSO_MANAGEMENT")
            yield self._judged("role mappings", refused, "read role mappings", "TMC_SSO_MANAGEMENT")
        yield Finding(
            "writing",
            "unknown",
            "not tried: by Talend's rules whoever may read access by these rights may change it; the first update shows",
        )

    def _permissions(self, workspaces: list[str]) -> Finding:
        # Of one workspace, where one is known: the listing of a whole tenant is large.
        only = f"?workspaceId={quote(workspaces[0], safe='')}" if workspaces else ""
        _, refused = self._ids(f"/security/permissions{only}", "read permissions")
        return self._judged(
            "permissions of people",
            refused,
            "read permissions of people",
            "the Environment Administrator role (TMC_ENVIRONMENT_MANAGEMENT, TMC_PIPELINE_MANAGEMENT, TMC_PROMOTION_EXECUTION)",
        )

    def _service_accounts(self, workspaces: list[str]) -> Finding:
        check = "permissions of service accounts"
        accounts, refused = self._ids("/account/service-accounts?page=1&size=1", "look a service account up")
        if refused is not None:
            return self._judged(
                check,
                refused,
                "look service accounts up",
                "TMC_SERVICE_ACCOUNT_MANAGEMENT (or write ids for names)",
                "warn",
            )
        if not accounts or not workspaces:
            return Finding(check, "unknown", "there is no service account, or no workspace, to try it with")
        place = f"{quote(workspaces[0], safe='')}/service-accounts/{quote(accounts[0], safe='')}"
        _, refused = self._ids(f"/security/workspaces/{place}/permissions", "read a service account's permissions")
        if isinstance(refused, ApiError) and refused.status == 404:
            refused = None  # it has none there, which only who may look is told
        return self._judged(check, refused, "read permissions of service accounts", "TMC_USER_MANAGEMENT")

    def _ids(self, path: str, doing: str, needs: str = "") -> tuple[list[str], TalendError | None]:
        """The ids of what a listing holds; or why it could not be read."""
        path, _, query = path.partition("?")
        params = dict(part.split("=", 1) for part in query.split("&")) if query else None
        try:
            data = self._client.call(Action("GET", path, doing, needs=needs, params=params)).data
        except TalendError as error:
            return [], error
        return [entry.id for entry in _listed(data)], None

    def _judged(
        self, check: str, refused: TalendError | None, doing: str, needs: str, verdict: Verdict = "missing"
    ) -> Finding:
        if refused is None:
            return Finding(check, "ok", f"may {doing}")
        if isinstance(refused, ForbiddenError):
            said = f' ("{refused.said}")' if refused.said else ""
            return Finding(check, verdict, f"may not {doing}: 403{said}", f"Give the account {needs}.")
        if isinstance(refused, RateLimitedError):
            return Finding(check, "unknown", "the rate limit is used up", "Run the doctor again in a minute.")
        return Finding(check, "unknown", str(refused), "Run the doctor again; `TALEND_DEBUG=1` writes down each call.")
