"""The Talend API client: one for all threads, with authentication, pacing, retries and clear errors."""

from __future__ import annotations

import base64
import logging
import random
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

import tenacity
from pydantic import TypeAdapter, ValidationError

from .auth import DEFAULT_LIFETIME_SECONDS, AccessToken, FixedToken, ServiceAccountToken, TokenSource
from .directory import DirectoryApi
from .errors import (
    NoAnswerError,
    NotSentError,
    RateLimitedError,
    ServerError,
    TalendError,
    UnauthorizedError,
    UnexpectedAnswerError,
)
from .lean_httpx import httpx
from .models import TokenAnswer
from .pacing import MAX_RATE_LIMIT_WAIT_SECONDS, Notify, Pacer
from .permissions import PermissionsApi
from .redaction import know, redacted
from .role_mappings import RoleMappingsApi
from .settings import ClientCredential, Settings, TokenCredential
from .text import clean
from .transport import Action, Answer, Transport

T = TypeVar("T")

_log = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
"""How often a call is made at most where the network or the server fails; a 429 does not count."""

_BACKOFF_FIRST_SECONDS = 0.25
_BACKOFF_MOST_SECONDS = 8.0
_RETRY_STATUS = frozenset({500, 502, 503, 504})


class TalendClient:
    """Calls the Talend API.

    `settings` say where and who (see `resolve_settings`). `transport` replaces the network (httpx.MockTransport in tests),
    `sleep` the waiting between tries, `notify` is told of long waits in one line each, `pacer` is shared with other clients
    of the same tenant.
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
        self._settings = settings
        self._secrets: frozenset[str] = frozenset()  # replaced, never changed: other threads read it
        self._keep_secret(*settings.secrets)
        self._transport = Transport(settings.base_url, redact=self.redact, transport=transport)
        self._pacer = pacer or (Pacer(notify=notify) if notify else Pacer())
        self._sleep = sleep
        self._token: TokenSource = self._token_source(settings.credential)
        self.permissions = PermissionsApi(self)
        self.role_mappings = RoleMappingsApi(self)
        self.directory = DirectoryApi(self)

    def __repr__(self) -> str:
        return f"TalendClient({self._settings.base_url!r}, [secure])"

    def __enter__(self) -> TalendClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        self._transport.close()

    def redact(self, text: str) -> str:
        """`text` with every secret of this client, also as JSON, a URL or Base64 spells it, replaced by `[secure]`."""
        return redacted(text, self._secrets)

    def _keep_secret(self, *secrets: str) -> None:
        self._secrets |= set(secrets)
        know(secrets)

    def quoted(self, text: str) -> str:
        """What the API wrote, fit for a message: one line, not too long, no secret in it."""
        return clean(self.redact(text))

    def call(self, action: Action) -> Answer:
        """Makes a call: waits for its turn, authenticates, and tries again what is safe to try again.

        A 429 or a connection that was never made is always tried again, since nothing was done; a 5xx, a time-out or a broken
        connection only where `action.repeatable`. What is only good `at_once` is never tried again. Raises what the last try
        raised: ApiError, TransportError; CancelledError.
        """
        try:
            return self._try(action, self._send_with_token)
        except _NoTokenError as no_token:
            raise no_token.why from None

    def call_for(self, action: Action, answer_type: TypeAdapter[T]) -> T:
        """As `call`, with the answer's JSON checked: UnexpectedAnswerError where it is not what the API documents."""
        return self.parse(action, self.call(action).data, answer_type)

    def parse(self, action: Action, data: Any, answer_type: TypeAdapter[T]) -> T:
        """`data` as `answer_type`; UnexpectedAnswerError, naming the first field that is wrong, where it does not fit."""
        try:
            return answer_type.validate_python(data)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "the body"
            raise UnexpectedAnswerError(
                f"Could not {action.doing}: the answer is not what the API documents ({where}: {clean(first['msg'])}). "
                f"Check that {self._settings.base_url} is the Talend API (talend:endpoint)."
            ) from None

    def _try(self, action: Action, send: Callable[[Action], Answer]) -> Answer:
        budget = _Budget(action, self._pacer)
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(budget.may_try_again),
            wait=budget.seconds_to_wait,
            sleep=self._sleep,
            reraise=True,
        )
        return retrying(send, action)

    def _send_with_token(self, action: Action) -> Answer:
        for attempt in (1, 2):
            try:
                # No token is held by itself: tools that show a traceback's variables would show it. These headers do not.
                headers = httpx.Headers({"Authorization": f"Bearer {self._token.current()}"})
            except TalendError as error:
                raise _NoTokenError(error) from None
            try:
                with self._pacer.turn(at_once=action.at_once):
                    return self._transport.send(action, headers, self._pacer.observe)
            except UnauthorizedError:
                if attempt == 2 or not self._token.renew(headers["Authorization"].removeprefix("Bearer ")):
                    raise
        raise AssertionError("unreachable: the second try returns or raises")

    def _token_source(self, credential: TokenCredential | ClientCredential) -> TokenSource:
        if isinstance(credential, TokenCredential):
            return FixedToken(credential.token)
        return ServiceAccountToken(lambda: self._fetch_token(credential))

    def _fetch_token(self, credential: ClientCredential) -> AccessToken:
        headers = httpx.Headers({"Authorization": f"Basic {self._pair_of(credential)}"})
        action = Action(
            "POST",
            "/security/oauth/token",
            f"get a token for service account {credential.client_id}",
            hint="Check talend:clientId and talend:clientSecret.",
            body={"audience": self._settings.audience, "grant_type": "client_credentials"},
        )

        def send(action: Action) -> Answer:
            with self._pacer.turn():
                return self._transport.send(action, headers, self._pacer.observe)

        try:
            answer = self.parse(action, self._try(action, send).data, TypeAdapter(TokenAnswer))
        except TalendError as error:
            # Without the way that it came: the answer, and so perhaps a token, is among the variables there.
            raise error.with_traceback(None) from None
        self._keep_secret(answer.access_token)
        lifetime = answer.expires_in if answer.expires_in and answer.expires_in > 0 else DEFAULT_LIFETIME_SECONDS
        _log.debug("has a token of service account %s for %.0f s", self.quoted(credential.client_id), lifetime)
        return AccessToken(answer.access_token, min(lifetime, DEFAULT_LIFETIME_SECONDS))

    def _pair_of(self, credential: ClientCredential) -> str:
        pair = base64.b64encode(f"{credential.client_id}:{credential.client_secret}".encode()).decode("ascii")
        self._keep_secret(pair)
        return pair


class _NoTokenError(Exception):
    """No token could be had, after trying as often as pays: the call that it was for is not tried again on top of that."""

    def __init__(self, why: TalendError) -> None:
        super().__init__()
        self.why = why


class _Budget:
    """What one call may still spend on trying again."""

    def __init__(self, action: Action, pacer: Pacer) -> None:
        self._action = action
        self._pacer = pacer
        self._failures = 0
        self._refusals = 0
        self._waited = 0.0
        self._next = 0.0

    def may_try_again(self, error: BaseException) -> bool:
        if isinstance(error, RateLimitedError):
            self._refusals += 1
            # The pacer does the waiting, for all threads; here is only counted what this call has waited.
            self._waited += self._pacer.refused(error.headers, fallback=self._backoff(self._refusals))
            self._next = 0.0
            again = not self._action.at_once and self._waited <= MAX_RATE_LIMIT_WAIT_SECONDS
            _log.debug(
                "%s, refused %d times: %s", self._call, self._refusals, "waits for its turn" if again else "gives up"
            )
            return again
        if not self._transient(error):
            return False
        self._failures += 1
        self._next = self._backoff(self._failures)
        again = self._failures < MAX_ATTEMPTS
        what = f"tries again in {self._next:.2f} s" if again else "gives up"
        _log.debug("%s, failed %d times of %d: %s (%s)", self._call, self._failures, MAX_ATTEMPTS, what, error)
        return again

    @property
    def _call(self) -> str:
        return f"{self._action.method} {self._action.path}"

    def _transient(self, error: BaseException) -> bool:
        if self._action.at_once:
            return False
        if isinstance(error, NotSentError):
            return True
        if isinstance(error, NoAnswerError):
            return self._action.repeatable
        return isinstance(error, ServerError) and error.status in _RETRY_STATUS and self._action.repeatable

    def seconds_to_wait(self, _state: tenacity.RetryCallState) -> float:
        return self._next

    @staticmethod
    def _backoff(attempt: int) -> float:
        most = min(_BACKOFF_MOST_SECONDS, _BACKOFF_FIRST_SECONDS * 2 ** min(attempt - 1, 10))
        return random.uniform(most / 2, most)  # noqa: S311 - spreads load, guards nothing
