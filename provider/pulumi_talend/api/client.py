"""The Talend API client: one for all threads, with authentication, pacing, retries and typed errors."""

from __future__ import annotations

import base64
import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from ..errors import TalendError, UnauthorizedError
from .auth import AccessToken, FixedToken, ServiceAccountToken
from .clock import ServerClock
from .directory import DirectoryApi
from .endpoints import qlik_hint, region_of
from .lean_httpx import httpx
from .models import TokenResponse
from .network import check_running
from .operations import OPERATIONS
from .pacing import Notify, Pacer
from .permissions import PermissionsApi
from .redaction import know, redacted
from .requests import Request, Response
from .retries import Retries
from .role_mappings import RoleMappingsApi
from .settings import ClientCredential, Settings, TokenCredential
from .text import clean
from .transport import Transport, unexpected_response

T = TypeVar("T")

_log = logging.getLogger(__name__)
_TOKEN = TypeAdapter(TokenResponse)


class TalendClient:
    """Calls the Talend API. Thread-safe.

    Args:
        settings: Where the API is and with which credential (see `resolve_settings`).
        transport: Replaces the network.
        pacer: Waits for the rate limit; shared by clients of one tenant.
        sleep: Waits between tries, in seconds.
        notify: Called with one line about each long wait.

    Raises:
        ConfigurationError: A proxy or certificate setting of the environment is not usable.
    """

    permissions: PermissionsApi
    role_mappings: RoleMappingsApi
    directory: DirectoryApi

    def __init__(
        self,
        settings: Settings,
        *,
        transport: httpx.BaseTransport | None = None,
        pacer: Pacer | None = None,
        sleep: Callable[[float], None] = time.sleep,
        notify: Notify | None = None,
    ) -> None:
        self.clock = ServerClock()
        self._settings = settings
        self._secrets: frozenset[str] = frozenset()  # replaced, never changed: other threads read it
        self._keep_secret(*settings.secrets)
        self._transport = Transport(settings.base_url, redact=self.redact, transport=transport)
        self._pacer = pacer or (Pacer(notify=notify) if notify else Pacer())
        self._sleep = sleep
        self._token = self._token_source(settings.credential)
        self.permissions = PermissionsApi(self)
        self.role_mappings = RoleMappingsApi(self)
        self.directory = DirectoryApi(self)

    def __repr__(self) -> str:
        return f"TalendClient({self._settings.base_url!r}, [secure])"

    def __enter__(self) -> TalendClient:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        self._transport.close()

    def is_rate_limited(self) -> bool:
        """Whether the API has stated a rate limit by now, or refused a call for one."""
        return self._pacer.is_limited()

    def redact(self, text: str) -> str:
        """Returns `text` with every secret of this client replaced by `[secure]` (see `redaction`)."""
        return redacted(text, self._secrets)

    def quoted(self, text: str) -> str:
        """Returns what the API wrote, fit for a message: one line, not too long, without secrets."""
        return clean(self.redact(text))

    def call(self, request: Request) -> Response:
        """Makes a call: waits for the rate limit, authenticates, and repeats what is safe to repeat.

        A 429 or a failed connection is always tried again, because nothing was done; a 5xx or a lost response only where
        `request.repeatable`. A request that is only valid `at_once` is never tried again.

        Raises what the last try raised: ApiError, TransportError; also UnsafeNameError and CancelledError.
        """
        try:
            return self._try(request, self._send_with_token)
        except _NoTokenError as no_token:
            raise no_token.reason from None
        except TalendError as error:
            raise (error if error.subject else error.with_(subject=request.subject)) from None

    def call_for(self, request: Request, response_type: TypeAdapter[T]) -> T:
        """As `call`; returns the response's JSON as `response_type`, or raises UnexpectedResponseError."""
        return self.parse(request, self.call(request).data, response_type)

    def parse(self, request: Request, data: Any, response_type: TypeAdapter[T]) -> T:
        """Returns `data` as `response_type`; raises UnexpectedResponseError, which names the first wrong field."""
        try:
            return response_type.validate_python(data)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "the body"
            reason = f"the response is not what the API documents ({self.quoted(where)}: {self.quoted(first['msg'])})"
        raise unexpected_response(request, reason, self._settings.base_url)

    def _try(self, request: Request, send: Callable[[Request], Response]) -> Response:
        retries = Retries(request, self._pacer)
        while True:
            check_running()
            try:
                return send(request)
            except TalendError as error:
                seconds = retries.seconds_before_next(error)
                if seconds is None:
                    raise retries.final(error) from None
            self._sleep(seconds)

    def _send_with_token(self, request: Request) -> Response:
        for attempt in (1, 2):
            try:
                # The token is not kept in a variable of its own, which tools that show tracebacks would print.
                headers = httpx.Headers({"Authorization": f"Bearer {self._token.current()}"})
            except TalendError as error:
                raise _NoTokenError(error) from None
            try:
                with self._pacer.turn(at_once=request.at_once):
                    return self._transport.send(request, headers, self._observe)
            except UnauthorizedError as error:
                if attempt == 2 or not self._token.renew(headers["Authorization"].removeprefix("Bearer ")):
                    raise error.with_(advice=self._credential_advice()) from None
        raise AssertionError("unreachable: the second try returns or raises")

    def _observe(self, headers: httpx.Headers) -> None:
        self.clock.observe(headers)
        self._pacer.observe(headers)

    def _credential_advice(self) -> str:
        region = region_of(self._settings.base_url)
        of_region = f", or belongs to another region than {region}" if region else ""
        hint = f" ({hint})" if (hint := qlik_hint(region)) else ""
        return f"The credential from {self._settings.token_source} is wrong or expired{of_region}{hint}; set it again."

    def _token_source(self, credential: TokenCredential | ClientCredential) -> FixedToken | ServiceAccountToken:
        if isinstance(credential, TokenCredential):
            return FixedToken(credential.token)
        return ServiceAccountToken(lambda: self._fetch_token(credential))

    def _fetch_token(self, credential: ClientCredential) -> AccessToken:
        headers = httpx.Headers({"Authorization": f"Basic {self._pair_of(credential)}"})
        request = Request(
            OPERATIONS["create_token"],
            f"get a token for service account {self.quoted(credential.client_id)}",
            body={"audience": self._settings.audience, "grant_type": "client_credentials"},
            advice="The service account lacks a right for tokens, on some tenants TMC_SERVICE_ACCOUNT_MANAGEMENT.",
        )

        def send(request: Request) -> Response:
            with self._pacer.turn():
                return self._transport.send(request, headers, self._observe)

        try:
            token = self.parse(request, self._try(request, send).data, _TOKEN)
        except TalendError as error:
            # Without its traceback, whose variables contain the response and perhaps a token.
            advice = self._credential_advice() if isinstance(error, UnauthorizedError) else None
            raise error.with_(subject=request.subject, advice=advice) from None
        self._keep_secret(token.access_token)
        _log.debug("got a token of service account %s for %.0f s", self.quoted(credential.client_id), token.expires_in)
        return AccessToken(token.access_token, token.expires_in)

    def _pair_of(self, credential: ClientCredential) -> str:
        pair = base64.b64encode(f"{credential.client_id}:{credential.client_secret}".encode()).decode("ascii")
        self._keep_secret(pair)
        return pair

    def _keep_secret(self, *secrets: str) -> None:
        self._secrets |= set(secrets)
        know(secrets)


class _NoTokenError(Exception):
    """No token could be fetched, after the usual tries: the call that needs it is not tried again on top of that."""

    def __init__(self, reason: TalendError) -> None:
        super().__init__()
        self.reason = reason
