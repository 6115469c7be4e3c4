"""The exceptions of this package.

An error is data: what was attempted, what went wrong, whether it took effect, what to do next. `str(error)` words these
fields; callers that know more replace a field with `with_`. No field contains a token or a client secret.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeVar

from .dynamic_host import OneLineError
from .model.problems import Problem

__all__ = [
    "AccessError",
    "AlreadyExistsError",
    "AmbiguousNameError",
    "ApiError",
    "BadRequestError",
    "CancelledError",
    "ConfigurationError",
    "ConflictError",
    "ForbiddenError",
    "IncompleteListingError",
    "NameLookupError",
    "NoResponseError",
    "NotFoundError",
    "NotReviewedError",
    "NotSentError",
    "NotVerifiedError",
    "OverwrittenError",
    "PayloadTooLargeError",
    "RateLimitedError",
    "ServerError",
    "TalendError",
    "TransportError",
    "UnauthorizedError",
    "UnexpectedResponseError",
    "UnknownNameError",
    "UnsafeNameError",
]

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


class AccessError(TalendError):
    """A change of access that was refused, or did not come out as asked."""


class AlreadyExistsError(AccessError):
    """What should be created exists already, and the resource may not adopt it."""


class NotVerifiedError(AccessError):
    """The API confirmed a write, but does not show it."""


class OverwrittenError(AccessError):
    """Another writer keeps overwriting the change."""


class IncompleteListingError(AccessError):
    """A listing lacks what is known to exist, so nothing is written from it."""


class NotReviewedError(AccessError):
    """The update would remove what no preview has shown."""


class NameLookupError(TalendError):
    """A name that leads to no object, or to several. `parameter` is the input that has it: `workspace`, `user`, ..."""

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(message)
        self.parameter = parameter


class UnknownNameError(NameLookupError):
    """No object of the tenant has that name, as far as the credential sees."""


class AmbiguousNameError(NameLookupError):
    """Several objects of the tenant have that name."""


for _name in __all__:  # the terminal shows `pulumi_talend.NotFoundError: ...`, the name by which a program imports it
    globals()[_name].__module__ = "pulumi_talend"
