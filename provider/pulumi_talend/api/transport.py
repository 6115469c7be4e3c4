"""One HTTP call, once: what is sent, how an answer is read, and how what goes wrong becomes one of our exceptions."""

from __future__ import annotations

import json
import logging
import math
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote, urlsplit

from .errors import (
    NoAnswerError,
    NotSentError,
    TalendError,
    UnexpectedAnswerError,
    UnsafeNameError,
    error_for_status,
)
from .lean_httpx import httpx
from .settings import is_loopback
from .text import clean

MAX_ANSWER_BYTES = 64 * 1024 * 1024
"""A larger answer is no answer of this API's; the listing of 300,000 grants is smaller."""

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
_log = logging.getLogger(__name__)
_TIMEOUT = httpx.Timeout(60.0, connect=10.0, write=30.0, pool=None)


@dataclass(frozen=True)
class Action:
    """One call in the words of the person who reads its error.

    `doing` completes "Could not ..." and names the object; `needs` names the right that a 403 misses; `hint` says what to do
    about a 400 or 404. `repeatable` tells that doing it twice is the same as doing it once, `at_once` that it must not come
    later than it is asked for: what it would write may be out of date then.
    """

    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    doing: str
    needs: str = ""
    hint: str = ""
    repeatable: bool = True
    at_once: bool = False
    params: Mapping[str, str] | None = None
    body: Any = None


@dataclass(frozen=True)
class Answer:
    """A successful answer: its status, headers and parsed JSON (None where there was no body)."""

    status: int
    headers: httpx.Headers
    data: Any


def path_segment(value: str) -> str:
    """`value` as one segment of a path, percent-encoded whole (slashes too).

    Raises UnsafeNameError for a value without a letter or digit, or with an empty, "." or ".." step between slashes: on the way
    it could be taken for steps in the path, and what would be called then is the collection above, whose DELETE removes
    everything.
    """
    steps = value.split("/")
    half = any("\ud800" <= character <= "\udfff" for character in value)  # of a character: no encoding has it
    if half or not any(character.isalnum() for character in value) or any(step in {"", ".", ".."} for step in steps):
        raise UnsafeNameError(
            f"'{clean(value)}' cannot safely stand in a URL's path, so the API is not called with it. Nothing was sent; rename "
            "it in the console."
        )
    return quote(value, safe="")


class Transport:
    """Sends single calls. Thread-safe; keeps connections open between calls. `redact` removes secrets from a text."""

    def __init__(
        self, base_url: str, *, redact: Callable[[str], str], transport: httpx.BaseTransport | None = None
    ) -> None:
        self.base_url = base_url
        self._redact = redact
        host = urlsplit(base_url).hostname or ""
        self._http = httpx.Client(
            timeout=_TIMEOUT,
            transport=transport,
            follow_redirects=False,  # a redirect would take the token to another host
            trust_env=not is_loopback(host),  # a company's proxy is for the cloud, not for this machine
            verify=_trusted(base_url, transport),
            limits=httpx.Limits(max_connections=32, max_keepalive_connections=16),
        )

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def send(self, action: Action, headers: httpx.Headers, on_headers: Callable[[httpx.Headers], None]) -> Answer:
        """Makes the call once, with `headers`. `on_headers` sees those of whatever answer comes.

        Raises NotSentError, NoAnswerError, UnexpectedAnswerError or the ApiError of the answer's status.
        """
        try:
            return self._sent(action, headers, on_headers)
        except TalendError as error:
            # Without the way that it came: what the API wrote stands there as it came, and tools show variables.
            raise error.with_traceback(None) from None

    def _sent(self, action: Action, headers: httpx.Headers, on_headers: Callable[[httpx.Headers], None]) -> Answer:
        request = self._http.build_request(
            action.method,
            self.base_url + action.path,
            params=dict(action.params) if action.params else None,
            # Escaped, so that whatever the API sends in a mapping can be sent back, also half a character.
            content=None if action.body is None else json.dumps(action.body, allow_nan=False),
            headers={**self._kind_of(action), **headers},
        )
        host = request.url.netloc.decode("ascii")
        began = time.perf_counter()
        came: httpx.Response | None = None
        try:
            came = with_body = self._http.send(request, stream=True)
            try:
                on_headers(with_body.headers)
                content = self._read(action, with_body)
            finally:
                with_body.close()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise NotSentError(
                    f"Could not {action.doing}: the certificate of {host} is not trusted ({self._words(error)}). Nothing was "
                    "sent. Where a company's proxy is on the way, set SSL_CERT_FILE to the file with its certificates (PEM)."
                ) from None
            raise NotSentError(
                f"Could not {action.doing}: no connection to {host} ({self._words(error)}). "
                "Nothing was changed; check talend:region or talend:endpoint and the network, then run again."
            ) from None
        except httpx.TimeoutException:
            raise NoAnswerError(
                f"Could not {action.doing}: {host} did not answer in time. {_maybe_done(action)}, then run again."
            ) from None
        except httpx.HTTPError as error:
            raise NoAnswerError(
                f"Could not {action.doing}: the connection to {host} broke before the answer was whole "
                f"({self._words(error)}). {_maybe_done(action)}, then run again."
            ) from None
        finally:
            self._log_call(request, came, time.perf_counter() - began)
        return self._answer(action, with_body, content)

    @staticmethod
    def _kind_of(action: Action) -> dict[str, str]:
        accepted = {"Accept": "application/json"}
        return accepted if action.body is None else {**accepted, "Content-Type": "application/json"}

    def _log_call(self, request: httpx.Request, response: httpx.Response | None, seconds: float) -> None:
        """Puts the call into the debug log, where somebody listens. Its headers are left out: one is the credential."""
        if not _log.isEnabledFor(logging.DEBUG):
            return
        told = "no answer"
        if response is not None:
            headers = (f"{name}={response.headers[name]}" for name in _LOGGED_HEADERS if name in response.headers)
            told = " ".join([str(response.status_code), *headers])
        sent = self._redact(request.content.decode("utf-8", "replace"))
        body = f" {sent[:_LOGGED_AT_MOST]}" if sent else ""
        _log.debug(
            "%s -> %s in %.3f s", self._redact(f"{request.method} {request.url}") + body, self._redact(told), seconds
        )

    def _read(self, action: Action, response: httpx.Response) -> bytes:
        announced = response.headers.get("content-length", "")
        size = int(announced) if announced.isdecimal() else 0
        chunks: list[bytes] = []
        if size <= MAX_ANSWER_BYTES:
            size = 0
            for chunk in response.iter_bytes():
                size += len(chunk)
                if size > MAX_ANSWER_BYTES:
                    break
                chunks.append(chunk)
        if size > MAX_ANSWER_BYTES:  # not even begun to be read where it says so itself
            raise UnexpectedAnswerError(
                f"Could not {action.doing}: the answer is larger than {MAX_ANSWER_BYTES // 2**20} MiB. "
                f"Check that {self.base_url} is the Talend API (talend:endpoint)."
            )
        return b"".join(chunks)

    def _answer(self, action: Action, response: httpx.Response, content: bytes) -> Answer:
        status = response.status_code
        is_html = "html" in response.headers.get("content-type", "").lower() or content.lstrip()[:1] == b"<"
        if 300 <= status < 400:
            target: str = response.headers.get("location", "")
            elsewhere = _host_of(target) or "another address"
            raise UnexpectedAnswerError(
                f"Could not {action.doing}: the API redirects to {clean(self._redact(elsewhere))}, which is not followed "
                "since it would take the token along. Check talend:region or talend:endpoint."
            )
        if is_html and status < 500 and status not in {401, 403, 429}:
            # Also a 404: only the API's own word means that an object is gone, never some web server's.
            raise UnexpectedAnswerError(
                f"Could not {action.doing}: {status} with an HTML page instead of the Talend API's answer. "
                f"Check that {self.base_url} is the API (talend:endpoint)."
            )
        if status >= 400:
            said = "" if is_html else said_by(content, redact=self._redact)
            headers = {name.lower(): self._redact(value) for name, value in response.headers.items()}
            raise error_for_status(status)(_refusal(action, status, said), status=status, said=said, headers=headers)
        if not content.strip():
            return Answer(status, response.headers, None)
        try:
            return Answer(status, response.headers, _from_json(content))
        except (ValueError, RecursionError):
            # The status says that it was done, but what it answered cannot be read: only a reading call may ignore that.
            raise NoAnswerError(
                f"Could not {action.doing}: the answer ({status}) is not whole JSON. {_maybe_done(action)}, then run again."
            ) from None

    def _words(self, error: Exception) -> str:
        return clean(self._redact(str(error) or type(error).__name__))


def _trusted(base_url: str, transport: httpx.BaseTransport | None) -> ssl.SSLContext | bool:
    """What is trusted: the usual authorities, or those of SSL_CERT_FILE or SSL_CERT_DIR, also for a host that is this machine.

    Verification is never switched off.
    """
    if transport is not None or not base_url.lower().startswith("https:"):
        return True
    return httpx.create_ssl_context(trust_env=True)


def _from_json(content: bytes) -> Any:
    """`content` as JSON. Raises ValueError or RecursionError, also for NaN and infinity, which no JSON can say again."""

    def refused(text: str) -> Any:
        raise ValueError(text)

    def number(text: str) -> float:
        return value if math.isfinite(value := float(text)) else refused(text)

    return json.loads(content, parse_constant=refused, parse_float=number)


def _host_of(target: str) -> str:
    """The host that a redirect leads to, without a user name or password; empty where there is none."""
    try:
        return urlsplit(target).netloc.rpartition("@")[2]
    except ValueError:
        return ""


def _maybe_done(action: Action) -> str:
    if action.method == "GET":
        return "Nothing was changed; check the network"
    return "It may or may not have been done; look with `pulumi refresh`"


def _refusal(action: Action, status: int, said: str) -> str:
    quoted = f' ("{said}")' if said else ""
    message = f"Could not {action.doing}: the API answered {status}{quoted}."
    if status == 401:
        return (
            f"{message} The credential is missing, wrong or expired: set talend:token anew (or talend:clientId and "
            "talend:clientSecret)."
        )
    if status == 403:
        lacks = f": it needs {action.needs}" if action.needs else ""
        return f"{message} The credential lacks a right{lacks}. `talend-access doctor` says which it has; ask for it."
    if status == 429:
        return f"{message} The rate limit is used up by others; run again later."
    if status >= 500:
        tail = "Nothing was changed" if action.method == "GET" else "It may or may not have been done"
        return f"{message} The API failed. {tail}; run again, and ask Talend's support if it stays."
    return f"{message} {action.hint or 'Look at it in the console, or by `pulumi refresh`, and run again.'}"


_SAYING = ("message", "detail", "error_description", "description", "title", "error", "reason")


def said_by(content: bytes, *, redact: Callable[[str], str]) -> str:
    """What an ErrorResponse says, without secrets: `redact` sees every text whole, before it is shortened.

    UNDOCUMENTED, decided here: its fields. The usual names are looked for; else the body itself, shortened, is shown.
    """
    text = redact(content.decode("utf-8", "replace"))[:20_000]
    try:
        data: Any = json.loads(text)
    except (ValueError, RecursionError):
        return clean(text)
    if isinstance(data, dict):
        for name in _SAYING:
            value: Any = data.get(name)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
            if isinstance(value, str) and value.strip():
                return clean(redact(value))
    return clean(redact(json.dumps(data, ensure_ascii=False)))
