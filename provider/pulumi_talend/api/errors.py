"""The exceptions of the Talend API client.

```
TalendError                      base class: anything that this package raises on purpose
├── ConfigurationError           a setting is missing or not valid; nothing was sent
├── TransportError               no usable response arrived
│   ├── NotSentError             no connection: the API did not get the request
│   ├── NoResponseError          sent, but the response is missing or incomplete
│   └── UnexpectedResponseError  the response is not one that the Talend API documents
├── UnsafeNameError              a name or id that is not safe in a URL; nothing was sent
├── CancelledError               the process is shutting down
└── ApiError                     the API refused the request
    ├── BadRequestError          400: the request is not valid
    ├── UnauthorizedError        401: the credential is missing, wrong or expired
    ├── ForbiddenError           403: the credential lacks a right
    ├── NotFoundError            404: the object does not exist
    ├── ConflictError            409: the object is in a state that does not allow the request
    ├── PayloadTooLargeError     413, 414, 431: the request is too large
    ├── RateLimitedError         429: too many requests, and the longest wait is over
    └── ServerError              5xx: the API failed
```

An error is data: what was attempted, what went wrong, whether it took effect, what to do next. `str(error)` words these
fields; callers that know more replace a field with `with_`. No field contains a token or a client secret.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeVar

from ..dynamic_host import OneLineError
from ..model.problems import Problem

Outcome = Literal["not done", "unknown", "done"]
"""Whether the attempted write took effect. A failed read is `not done`."""

Self = TypeVar("Self", bound="TalendError")

_OUTCOME_WORDS: Mapping[Outcome, str] = {
    "not done": "",
    "unknown": "It may or may not have taken effect.",
    "done": "It took effect.",
}


class TalendError(OneLineError):
    """Base class of all exceptions of this package.

    Attributes:
        subject: What was attempted; completes "Could not ...". Empty where `reason` is complete by itself.
        reason: What went wrong.
        outcome: Whether the attempted write took effect.
        advice: What to do next, as sentences.
        at: The line of a table of access that asks for it, `file:line:column`; empty without one.
    """

    at: str = ""

    def __init_subclass__(cls) -> None:
        # Shown in the terminal as `pulumi_talend.NotFoundError: ...`, the name by which a program imports it.
        if cls.__module__.startswith(("pulumi_talend.api.", "pulumi_talend.access.")):
            cls.__module__ = "pulumi_talend"

    def __init__(self, reason: str, *, subject: str = "", outcome: Outcome = "not done", advice: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.subject = subject
        self.outcome: Outcome = outcome
        self.advice = advice

    def __str__(self) -> str:
        what = f"Could not {self.subject}: {self.reason}" if self.subject else self.reason
        what = f"{self.at}: {what}" if self.at else what
        return " ".join(_sentence(part) for part in (what, _OUTCOME_WORDS[self.outcome], self.advice) if part)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, dict(self.__dict__))

    def with_(
        self: Self,
        *,
        subject: str | None = None,
        reason: str | None = None,
        outcome: Outcome | None = None,
        advice: str | None = None,
        at: str | None = None,
    ) -> Self:
        """Returns a copy with the given fields replaced: the same class, all other fields kept."""
        given = {"subject": subject, "reason": reason, "outcome": outcome, "advice": advice, "at": at}
        fields = self.__dict__ | {name: value for name, value in given.items() if value is not None}
        return _rebuild(type(self), (fields["reason"],), fields)


TalendError.__module__ = "pulumi_talend"

Error = TypeVar("Error", bound=TalendError)


def _rebuild(kind: type[Error], args: tuple[Any, ...], fields: Mapping[str, Any]) -> Error:
    error = kind.__new__(kind, *args)
    error.__dict__.update(fields)
    return error


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


class ConfigurationError(TalendError):
    """A setting is missing or not valid; nothing was sent. `problems` lists each with its setting."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class TransportError(TalendError):
    """No usable response arrived."""


class NotSentError(TransportError):
    """No connection could be made: the API did not get the request."""


class NoResponseError(TransportError):
    """The request was sent, but no complete response arrived.

    Attributes:
        used_deadline: Whether the call used its whole deadline, so that another try would too.
    """

    used_deadline: bool = False


class UnexpectedResponseError(TransportError):
    """The response is not one that the Talend API documents: HTML, a redirect, a missing field, too large."""


class UnsafeNameError(TalendError, ValueError):
    """A name or id that is not safe in a URL; nothing was sent."""


class CancelledError(TalendError):
    """The process is shutting down."""


class ApiError(TalendError):
    """The API refused the request.

    Attributes:
        status: HTTP status.
        api_message: The API's `message`, for users; without secrets, in one line.
        api_detail: The API's `detail`, for developers; empty where it repeats the message.
        request_id: The API's `requestId`, which Talend's support asks for.
        headers: The headers of the response, names in lower case.
    """

    def __init__(
        self,
        status: int,
        *,
        api_message: str = "",
        api_detail: str = "",
        request_id: str = "",
        headers: Mapping[str, str] | None = None,
        subject: str = "",
        outcome: Outcome = "not done",
        advice: str = "",
    ) -> None:
        quoted = [f'"{text}"' for text in (api_message, api_detail) if text]
        named = [f"request {request_id}"] if request_id else []
        said = f" ({', '.join(quoted + named)})" if quoted or named else ""
        super().__init__(f"the API answered {status}{said}", subject=subject, outcome=outcome, advice=advice)
        self.status = status
        self.api_message = api_message
        self.api_detail = api_detail
        self.request_id = request_id
        self.headers: Mapping[str, str] = headers or {}


class BadRequestError(ApiError):
    """400: the request is not valid."""


class UnauthorizedError(ApiError):
    """401: the credential is missing, wrong or expired."""


class ForbiddenError(ApiError):
    """403: the credential lacks a right."""


class NotFoundError(ApiError):
    """404: the object does not exist."""


class ConflictError(ApiError):
    """409: the object is in a state that does not allow the request."""


class PayloadTooLargeError(ApiError):
    """413, 414 or 431: the request is too large for the API or for a gateway before it."""


class RateLimitedError(ApiError):
    """429: too many requests, and the longest allowed wait is over."""


class ServerError(ApiError):
    """5xx: the API failed; a write may have taken effect."""


_BY_STATUS: dict[int, type[ApiError]] = {
    400: BadRequestError,
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    413: PayloadTooLargeError,
    414: PayloadTooLargeError,
    429: RateLimitedError,
    431: PayloadTooLargeError,
}


def error_for_status(status: int) -> type[ApiError]:
    """The exception class of an HTTP status of 400 or more."""
    if status >= 500:
        return ServerError
    return _BY_STATUS.get(status, ApiError)
