"""The exceptions of the Talend API client.

```
TalendError                      anything that this package raises on purpose
├── ConfigurationError           a setting is missing or wrong; nothing was sent
├── TransportError               no usable answer came
│   ├── NotSentError             no connection: the API did not get the request
│   ├── NoAnswerError            sent, but no whole answer came: it may or may not have been done
│   └── UnexpectedAnswerError    an answer that is not the Talend API's (HTML, cut JSON, a redirect, ...)
├── UnsafeNameError              a name that cannot safely stand in a URL; nothing was sent
├── CancelledError               the process is shutting down while a call waits for its turn
└── ApiError                     the API answered, and said no
    ├── BadRequestError          400: what was sent is not valid
    ├── UnauthorizedError        401: the credential is missing, wrong or expired
    ├── ForbiddenError           403: the credential lacks a right
    ├── NotFoundError            404: no such object
    ├── ConflictError            409: the object is in a state that does not allow this
    ├── RateLimitedError         429: too many requests, and the wait allowed for is used up
    └── ServerError              5xx: the API failed; it may or may not have done the work
```

Every message says what was tried, on which object, what the API said and what to do next, in one or two lines. No message
ever holds a token or a client secret: the client removes them from whatever the API echoes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


class TalendError(Exception):
    """Anything that this package raises on purpose."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a setting or an input.

    `where` names the setting or property (`talend:region`, `permissions`), empty for the whole; `reason` says what is
    wrong and what to do.
    """

    where: str
    reason: str

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}" if self.where else self.reason


class ConfigurationError(TalendError):
    """A setting is missing or wrong; nothing was sent. `problems` lists every reason with its setting."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class TransportError(TalendError):
    """No usable answer came."""


class NotSentError(TransportError):
    """No connection could be made: the API did not get the request, so nothing was done."""


class NoAnswerError(TransportError):
    """The request was sent, but no whole answer came: the work may or may not have been done."""


class UnexpectedAnswerError(TransportError):
    """The answer is not one of the Talend API's: HTML, cut JSON, a missing field, a redirect, too large."""


class UnsafeNameError(TalendError, ValueError):
    """A name that cannot safely stand in a URL's path; nothing was sent."""


class CancelledError(TalendError):
    """The process is shutting down while a call waits for its turn."""


class ApiError(TalendError):
    """The API answered, and said no.

    `status` is the HTTP status, `said` the API's own words (cleaned, without secrets), `headers` the answer's, lower case.
    """

    def __init__(self, message: str, *, status: int, said: str, headers: Mapping[str, str]) -> None:
        super().__init__(message)
        self.status = status
        self.said = said
        self.headers = headers


class BadRequestError(ApiError):
    """400: what was sent is not valid."""


class UnauthorizedError(ApiError):
    """401: the credential is missing, wrong or expired."""


class ForbiddenError(ApiError):
    """403: the credential lacks a right."""


class NotFoundError(ApiError):
    """404: no such object."""


class ConflictError(ApiError):
    """409: the object is in a state that does not allow this."""


class RateLimitedError(ApiError):
    """429: too many requests, and the wait that is allowed for is used up."""


class ServerError(ApiError):
    """5xx: the API failed; it may or may not have done the work."""


_BY_STATUS: dict[int, type[ApiError]] = {
    400: BadRequestError,
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    429: RateLimitedError,
}


def error_for_status(status: int) -> type[ApiError]:
    """The exception class that stands for an HTTP status of 400 or more."""
    if status >= 500:
        return ServerError
    return _BY_STATUS.get(status, ApiError)


# Shown at the user's terminal as `pulumi_talend.NotFoundError: ...`: the name a program catches it by, and shorter than the
# module it happens to be written in.
for _class in (
    TalendError,
    ConfigurationError,
    TransportError,
    NotSentError,
    NoAnswerError,
    UnexpectedAnswerError,
    CancelledError,
    UnsafeNameError,
    ApiError,
    ServerError,
    *_BY_STATUS.values(),
):
    _class.__module__ = "pulumi_talend"
