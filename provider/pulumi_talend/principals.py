"""How people and robots are written in a table of grants.

| written | means |
|---|---|
| `anna@example.com`, or `user:anna@example.com` | the user of that login or e-mail address, upper and lower case alike |
| `user-id:ID` | the user of that id |
| `service-account:NAME` | the service account of that name |
| `service-account-id:ID` | the service account of that id |

The functions write these texts, for programs that have names or ids in variables.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Form = Literal["user", "user-id", "service-account", "service-account-id"]

_FORMS: tuple[Form, ...] = ("user", "user-id", "service-account", "service-account-id")


@dataclass(frozen=True)
class Written:
    """What stands in a table: which form, and the name or id in it."""

    form: Form
    value: str


def read(text: str) -> Written:
    """What `text` means.

    Raises ValueError where nothing follows the form, blanks stand around it, or
    something in it cannot be printed."""
    form, colon, value = text.partition(":")
    for known in _FORMS:
        if colon and form == known:
            break
    else:
        known, value = "user", text
    if not text.isprintable():
        raise ValueError(f"{ascii(text)[:100]} holds control characters; copy it again")
    if not value.strip() or value != value.strip() or text != text.strip():
        raise ValueError(f"'{text}' names nobody: write a login, an e-mail address, or service-account:NAME")
    return Written(known, value)


def user(name: str) -> str:
    """The user of that login or e-mail address."""
    return f"user:{name}"


def user_id(id: str) -> str:
    """The user of that id."""
    return f"user-id:{id}"


def service_account(name: str) -> str:
    """The service account of that name."""
    return f"service-account:{name}"


def service_account_id(id: str) -> str:
    """The service account of that id."""
    return f"service-account-id:{id}"
