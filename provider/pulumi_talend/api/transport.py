"""One HTTP call, once: sends a request, reads the response within bounds, turns failures into exceptions of this package."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from typing import NoReturn
from urllib.parse import urlsplit

from ..errors import CancelledError, NoResponseError, NotSentError, Outcome, TalendError, UnexpectedResponseError
from .lean_httpx import httpx
from .network import CALL_DEADLINE_SECONDS, Deadline, DeadlineExceededError, network_transport
from .operations import API_VERSION, VERSION_HEADER
from .requests import DeleteGuard, Request, Response
from .responses import DuplicateKeyError, api_error, decoded, error_status, parse_json, said_in
from .text import clean

MAX_RESPONSE_BYTES = 64 * 1024 * 1024
"""A larger response is not one of this API's; the listing of 300,000 grants is smaller."""

_READ_OF_ERROR = 64 * 1024
_LOGGED_AT_MOST = 2_000
_LOGGED_HEADERS = (
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "retry-after",
    "date",
    "content-type",
    "location",
)
_GATEWAY_STATUSES = frozenset({401, 403, 413, 414, 429, 431})
"""Refusals that mean the same when a gateway answers them with an HTML page."""

_log = logging.getLogger(__name__)
_TIMEOUT = httpx.Timeout(60.0, connect=10.0, write=30.0, pool=30.0)


class Transport:
    """Sends single calls. Thread-safe; keeps connections open between calls.

    Args:
        base_url: The API's address.
        redact: Removes secrets from a text.
        transport: Replaces the network.
        deadline_seconds: How long one call may take in all.

    Raises:
        ConfigurationError: A proxy or certificate setting of the environment is not usable.
    """

    def __init__(
        self,
        base_url: str,
        *,
        redact: Callable[[str], str],
        transport: httpx.BaseTransport | None = None,
        deadline_seconds: float = CALL_DEADLINE_SECONDS,
    ) -> None:
        self.base_url = base_url
        self._redact = redact
        self._deadline = Deadline()
        self._deadline_seconds = deadline_seconds
        self._http = httpx.Client(
            timeout=_TIMEOUT,
            transport=transport or network_transport(base_url, self._deadline),
            follow_redirects=False,  # a redirect would take the credential to another host
            trust_env=False,  # network_transport reads the environment
            event_hooks={"request": [DeleteGuard(base_url)]},
        )

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def send(self, request: Request, headers: httpx.Headers, on_headers: Callable[[httpx.Headers], None]) -> Response:
        """Makes the call once.

        Args:
            request: What to send.
            headers: Headers to add: the credential.
            on_headers: Called with the headers of any response.

        Raises:
            NotSentError: No connection.
            NoResponseError: No complete response within the deadline.
            UnexpectedResponseError: The response is not one that the API documents.
            ApiError: The API refused the request.
        """
        try:
            return self._send(request, headers, on_headers)
        except TalendError as error:
            # Without its traceback, whose variables contain the response as it arrived: some tools show variables.
            raise error.with_traceback(None) from None

    def _send(self, request: Request, headers: httpx.Headers, on_headers: Callable[[httpx.Headers], None]) -> Response:
        sent = self._http.build_request(
            request.method,
            self.base_url + request.path,
            params=httpx.QueryParams(tuple(request.params)) if any(request.query.values()) else None,
            # ASCII, so that whatever the API sends in a mapping can be sent back, even a lone surrogate.
            content=None if request.body is None else json.dumps(request.body, allow_nan=False),
            headers={**_headers(request), **headers},
        )
        host = sent.url.netloc.decode("ascii")
        began = time.perf_counter()
        received: httpx.Response | None = None
        try:
            with self._deadline.within(self._deadline_seconds):
                received = response = self._http.send(sent, stream=True)
                try:
                    on_headers(response.headers)
                    content = self._read(request, response)
                finally:
                    response.close()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
            self._not_sent(request, host, error)
        except httpx.TimeoutException:
            raise _no_response(request, f"{host} did not answer in time") from None
        except DeadlineExceededError:
            slow = _no_response(request, f"{host} did not answer completely within {self._deadline_seconds:g} seconds")
            slow.used_deadline = True
            raise slow from None
        except httpx.HTTPError as error:
            reason = f"the connection to {host} broke before the response was complete ({self._words(error)})"
            raise _no_response(request, reason) from None
        except CancelledError as error:
            raise error.with_(outcome=_unknown_if_write(request)) from None
        finally:
            self._log_call(sent, received, time.perf_counter() - began)
        return self._response(request, response, content)

    def _not_sent(self, request: Request, host: str, error: httpx.HTTPError) -> NoReturn:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise NotSentError(
                f"the certificate of {host} is not trusted ({self._words(error)}); nothing was sent",
                subject=request.subject,
                advice="Behind a proxy that inspects TLS, set SSL_CERT_FILE to a file with its certificates (PEM).",
            ) from None
        raise NotSentError(
            f"no connection to {host} ({self._words(error)}); nothing was sent",
            subject=request.subject,
            advice="Check talend:region or talend:endpoint and the network, then run again.",
        ) from None

    def _log_call(self, request: httpx.Request, response: httpx.Response | None, seconds: float) -> None:
        """Writes the call to the debug log. Request headers are left out: one is the credential."""
        if not _log.isEnabledFor(logging.DEBUG):
            return
        received = "no response"
        if response is not None:
            headers = (f"{name}={response.headers[name]}" for name in _LOGGED_HEADERS if name in response.headers)
            received = " ".join([str(response.status_code), *headers])
        sent = self._redact(request.content.decode("utf-8", "replace"))
        body = f" {sent[:_LOGGED_AT_MOST]}" if sent else ""
        _log.debug(
            "%s -> %s in %.3f s",
            self._redact(f"{request.method} {request.url}") + body,
            self._redact(received),
            seconds,
        )

    def _read(self, request: Request, response: httpx.Response) -> bytes:
        announced = response.headers.get("content-length", "")
        chunks: list[bytes] = []
        size = int(announced) if announced.isdecimal() else 0
        if size <= MAX_RESPONSE_BYTES:  # else not even begun to read
            size = 0
            assert isinstance(response.stream, httpx.SyncByteStream)  # noqa: S101 - a synchronous client's
            # Decoded here: httpx unpacks any number of codings, each without a limit.
            coding = response.headers.get("content-encoding", "")
            try:
                for chunk in decoded(response.stream, coding, limit=MAX_RESPONSE_BYTES):
                    self._deadline.left()
                    size += len(chunk)
                    if size > MAX_RESPONSE_BYTES:
                        break
                    chunks.append(chunk)
            except ValueError as error:
                raise self._unexpected(request, str(error)) from None
        if size > MAX_RESPONSE_BYTES:
            raise self._unexpected(request, f"the response is larger than {MAX_RESPONSE_BYTES // 2**20} MiB")
        return b"".join(chunks)

    def _response(self, request: Request, response: httpx.Response, content: bytes) -> Response:
        status = response.status_code
        is_html = "html" in response.headers.get("content-type", "").lower() or content.lstrip()[:1] == b"<"
        if 300 <= status < 400:
            elsewhere = clean(self._redact(_host_of(response.headers.get("location", "")))) or "another address"
            raise self._unexpected(
                request, f"the API redirects to {elsewhere}, which is not followed: the credential would go there"
            )
        if is_html and status < 500 and status not in _GATEWAY_STATUSES:
            # Even a 404: only the API itself can say that an object does not exist, not some web server.
            raise self._unexpected(request, f"the response ({status}) is an HTML page, not one of the Talend API's")
        if status >= 400:
            self._refused(request, status, response, b"" if is_html else content)
        if not content.strip():
            return Response(status, response.headers, None)
        try:
            data = parse_json(content)
        except DuplicateKeyError:
            raise self._unexpected(request, "the response repeats a key of a JSON object") from None
        except (ValueError, RecursionError):
            # The status reports success, but the content is unreadable: a read can be repeated, a write may be done.
            raise _no_response(request, f"the response ({status}) is not complete JSON") from None
        if (inner := error_status(data)) is not None:
            self._refused(request, inner, response, content)
        return Response(status, response.headers, data)

    def _refused(self, request: Request, status: int, response: httpx.Response, content: bytes) -> NoReturn:
        said = said_in(content[:_READ_OF_ERROR], redact=self._redact)
        headers = {name.lower(): self._redact(value) for name, value in response.headers.items()}
        error = api_error(request, status, said, headers)
        if response.status_code < 400:
            error = error.with_(outcome=_unknown_if_write(request))  # success and failure in one response
        raise error

    def _unexpected(self, request: Request, reason: str) -> UnexpectedResponseError:
        return unexpected_response(request, reason, self.base_url)

    def _words(self, error: Exception) -> str:
        return clean(self._redact(str(error) or type(error).__name__))


def unexpected_response(request: Request, reason: str, base_url: str) -> UnexpectedResponseError:
    """Returns the error for a response that the API does not document."""
    return UnexpectedResponseError(
        reason,
        subject=request.subject,
        outcome=_unknown_if_write(request),
        advice=f"Check that {base_url} is the Talend API (talend:endpoint).",
    )


def _headers(request: Request) -> dict[str, str]:
    headers = {"Accept": "application/json", "Accept-Encoding": "gzip", VERSION_HEADER: API_VERSION}
    return headers if request.body is None else {**headers, "Content-Type": "application/json"}


def _host_of(target: str) -> str:
    """The host of a redirect, without user name and password; empty where it has none."""
    try:
        return urlsplit(target).netloc.rpartition("@")[2]
    except ValueError:
        return ""


def _unknown_if_write(request: Request) -> Outcome:
    return "unknown" if request.writes else "not done"


def _no_response(request: Request, reason: str) -> NoResponseError:
    advice = (
        "Run `pulumi refresh` to see it, then run again." if request.writes else "Check the network, then run again."
    )
    return NoResponseError(reason, subject=request.subject, outcome=_unknown_if_write(request), advice=advice)
