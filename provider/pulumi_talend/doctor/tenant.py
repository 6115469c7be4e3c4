"""The tenant: whether it can be reached, whose the credential is, and which rights it has.

One call tells it (`GET /account/me`): the rights in its answer are compared with those in the table of operations.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from ..adopt.live import Part
from ..adopt.read_only import ReadOnlyClient
from ..api import Account, ClientCredential, Pacer, Settings, resolve_settings
from ..api.auth import AccessToken
from ..api.network import proxy_of
from ..api.operations import OPERATIONS, SEES_ALL_WORKSPACES, WORKSPACE_RIGHTS, Operation
from ..api.pacing import reset_in_seconds
from ..api.requests import Request, Response
from ..errors import (
    ApiError,
    BadRequestError,
    ConfigurationError,
    TalendError,
    UnauthorizedError,
    UnexpectedResponseError,
)
from ..provider.removal_limit import stack_limit
from .findings import Finding, Status

_CLOCK_NOTED_SECONDS = 5
_CLOCK_WRONG_SECONDS = 60
_FEW_CALLS = 0.1


@dataclass(frozen=True)
class _Job:
    """Something that needs rights.

    Attributes:
        check: Its name.
        what: What it does, after "may" or "may not".
        operations: The operations that it calls.
        part: Only where this part was asked for.
        instead: What works without the rights; empty where nothing does.
    """

    check: str
    what: str
    operations: tuple[str, ...]
    part: Part | None = None
    instead: str = ""


_WRITES = (
    "list_{}_permissions",
    "create_{}_permissions_batch",
    "update_{}_permissions_batch",
    "delete_{}_permissions_batch",
)

_JOBS = (
    _Job("workspaces", "look workspaces up", ("list_workspaces",), "permissions"),
    _Job("users", "look people up by name", ("list_users",), "permissions", "Or write ids instead of names."),
    _Job(
        "user access", "read and change permissions of people", tuple(w.format("user") for w in _WRITES), "permissions"
    ),
    _Job(
        "service accounts",
        "look service accounts up by name",
        ("list_service_accounts",),
        "permissions",
        "Or write ids instead of names.",
    ),
    _Job(
        "account access",
        "read and change permissions of service accounts",
        tuple(write.format("service_account") for write in _WRITES),
        "permissions",
    ),
    _Job(
        "role mappings",
        "read and change role mappings",
        ("list_role_mappings", "replace_role_mappings", "delete_role_mapping"),
        "role-mappings",
    ),
)


class ResponseHeaders(Pacer):
    """Keeps the headers of the last response, and lets every call go at once: a doctor's few calls need no pacing."""

    def __init__(self, now: Callable[[], float]) -> None:
        super().__init__()
        self._now = now
        self.headers: Mapping[str, str] = {}
        self.at = 0.0

    def observe(self, headers: Mapping[str, str]) -> None:
        """Keeps the headers of a response."""
        self.headers, self.at = {name.lower(): value for name, value in headers.items()}, self._now()


class _OneTryClient(ReadOnlyClient):
    """Tries each call once: what the doctor meets is what it reports."""

    token_seconds: float | None = None

    def __init__(self, settings: Settings, headers: ResponseHeaders) -> None:
        super().__init__(settings)
        self._pacer = headers

    def _try(self, request: Request, send: Callable[[Request], Response]) -> Response:
        return send(request)

    def _fetch_token(self, credential: ClientCredential) -> AccessToken:
        token = super()._fetch_token(credential)
        self.token_seconds = token.lifetime
        return token


def check_settings(
    config: Callable[[str], object], environ: Mapping[str, str]
) -> tuple[Settings | None, list[Finding]]:
    """The settings and where they come from; None, with every reason, where they are not valid."""
    wrong: list[Finding] = []
    try:
        stack_limit(config, environ)
    except ConfigurationError as error:
        wrong += [Finding("settings", "fail", str(problem)) for problem in error.problems]
    try:
        settings = resolve_settings(config, environ)
    except ConfigurationError as error:
        return None, [*(Finding("settings", "fail", str(problem)) for problem in error.problems), *wrong]
    credential = settings.credential
    who = f"service account {credential.client_id}" if isinstance(credential, ClientCredential) else "a token"
    source = {"stack": "talend:endpoint", "environment": "TALEND_ENDPOINT", "region": "by region"}[
        settings.endpoint_source
    ]
    found = [Finding("settings", "ok", f"{settings.base_url} ({source}), {who} ({settings.token_source})")]
    return settings, found + wrong + [Finding("settings", "warn", str(each), "") for each in settings.warnings]


def check_tenant(
    settings: Settings, parts: Collection[Part], environ: Mapping[str, str], *, now: Callable[[], float] = time.time
) -> Iterator[Finding]:
    """Checks the tenant of `settings`; `parts` says which rights are needed. Stops where nothing more can be found out."""
    headers = ResponseHeaders(now)
    try:
        client = _OneTryClient(settings, headers)
        network = _network(settings, environ)
    except ConfigurationError as error:
        for problem in error.problems:
            yield Finding("network", "fail", str(problem))
        return
    yield network
    account: Account | None = None
    refusal: TalendError | None = None
    began = time.monotonic()
    with client:
        try:
            account = client.directory.me()
        except TalendError as error:
            refusal = error
    seconds = time.monotonic() - began
    if refusal is not None and not isinstance(refusal, ApiError):
        yield _endpoint_failure(settings, refusal)
        return
    yield Finding("endpoint", "ok", f"{settings.base_url} answers in {seconds:.1f} s")
    yield clock(headers)
    yield _rate_limit(headers)
    if account is not None:
        yield Finding("credential", "ok", f"{_who(account)}{_token_time(client)}")
        yield from rights(account, parts)
    elif isinstance(refusal, ApiError):
        yield _credential_failure(settings, refusal)


def _network(settings: Settings, environ: Mapping[str, str]) -> Finding:
    """Proxy and certificates, without the proxy's password. Raises ConfigurationError."""
    proxy = proxy_of(settings.base_url, environ)
    if proxy is None:
        way = "no proxy"
    else:
        url = proxy[1].url
        way = f"proxy {url.host}{f':{url.port}' if url.port else ''} ({proxy[0]})"
    own = next((name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if environ.get(name)), None)
    return Finding("network", "ok", f"{way}; certificates {f'of {own}' if own else 'as usual'}")


def _endpoint_failure(settings: Settings, error: TalendError) -> Finding:
    if isinstance(error, UnexpectedResponseError):
        return Finding(
            "endpoint",
            "fail",
            f"what answers at {settings.base_url} is not Talend's API: {error.reason}",
            "Behind a corporate proxy or login page, ask for a way to the API.",
        )
    advice = "Check the region, the network and its DNS, and whether a firewall needs a proxy (HTTPS_PROXY)."
    return Finding("endpoint", "fail", error.reason, error.advice or advice)


def _credential_failure(settings: Settings, error: ApiError) -> Finding:
    if isinstance(error, UnauthorizedError):
        return Finding("credential", "fail", f"the API refuses it: {error.reason}", error.advice)
    if isinstance(error, BadRequestError) and isinstance(settings.credential, ClientCredential):
        advice = (
            "Where talend:endpoint is a way to the region, set talend:region too: tokens are requested for the region."
        )
        return Finding("credential", "fail", f"no token: {error.reason}", advice)
    if error.status in {403, 404}:
        advice = error.advice or "The first preview shows what the credential may do."
        return Finding("credential", "unknown", f"whose it is, the API does not say: {error.reason}", advice)
    return Finding("credential", "unknown", error.reason, "Run the doctor again in a minute.")


def _who(account: Account) -> str:
    kind = "user" if account.type == "USER" else "service account"
    return f"{kind} {account.name} ({account.id})" if account.id else f"{kind} {account.name}"


def _token_time(client: _OneTryClient) -> str:
    if client.token_seconds is None:
        return "; the API does not say when a personal access token expires"
    return f"; its tokens live {client.token_seconds / 60:.0f} minutes"


def rights(account: Account, parts: Collection[Part]) -> Iterator[Finding]:
    """What the account may do, by its rights."""
    held = account.permissions
    for job in _JOBS:
        if job.part is not None and job.part not in parts:
            continue
        if not held:
            yield Finding(
                job.check, "unknown", "the API's answer has no rights of the account", "The first preview shows it."
            )
            continue
        lacks = sorted({right for name in job.operations for right in _lacking(OPERATIONS[name], held)})
        if lacks:
            status: Status = "warn" if job.instead else "fail"
            yield Finding(
                job.check, status, f"may not {job.what}", f"Give the account {_in_words(lacks)}. {job.instead}".strip()
            )
        elif job.check == "workspaces" and not SEES_ALL_WORKSPACES & held:
            yield Finding(job.check, "ok", "sees only those that the account has permissions on (TMC_OPERATOR)")
        else:
            yield Finding(job.check, "ok", f"may {job.what}")


def _lacking(operation: Operation, held: frozenset[str]) -> Collection[str]:
    if operation.any_right and not operation.any_right & held:
        return [" or ".join(sorted(operation.any_right))]
    return operation.rights - held


def _in_words(lacks: list[str]) -> str:
    if set(lacks) <= WORKSPACE_RIGHTS:
        return f"the role Environment Administrator (lacks {', '.join(lacks)})"
    return ", ".join(lacks)


def clock(response: ResponseHeaders) -> Finding:
    """How far this machine's clock is off."""
    try:
        theirs = parsedate_to_datetime(response.headers.get("date", "")).timestamp()
    except (TypeError, ValueError, IndexError):
        return Finding("clock", "unknown", "the API's response has no date to compare this machine's clock with")
    off = response.at - theirs
    if abs(off) <= _CLOCK_NOTED_SECONDS:
        return Finding("clock", "ok", "this machine's clock agrees with the API's")
    status: Status = "fail" if abs(off) > _CLOCK_WRONG_SECONDS else "warn"
    direction = "ahead of" if off > 0 else "behind"
    found = f"this machine's clock is {abs(off):.0f} s {direction} the API's, by which access with expires_at ends"
    return Finding("clock", status, found, "Set the clock by NTP.")


def _rate_limit(response: ResponseHeaders) -> Finding:
    limit, left = response.headers.get("x-ratelimit-limit", ""), response.headers.get("x-ratelimit-remaining", "")
    if not left.strip().isdigit():
        return Finding("rate limit", "ok", "the API names none")
    reset = reset_in_seconds(
        response.headers.get("x-ratelimit-reset", ""), now=response.at, server_date=response.headers.get("date")
    )
    found = f"{left} of {limit or '?'} calls left{f', all again in {reset:.0f} s' if reset is not None else ''}"
    if limit.strip().isdigit() and int(left) < int(limit) * _FEW_CALLS:
        return Finding("rate limit", "warn", found, "Others use the tenant too: an update will wait. Or run it later.")
    return Finding("rate limit", "ok", found)
