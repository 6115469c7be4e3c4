"""How principals are written in a table of grants.

| written | means |
|---|---|
| `anna@example.com`, or `user:anna@example.com` | the user of that login or e-mail address |
| `user-id:ID` | the user of that id |
| `service-account:NAME` | the service account of that name |
| `service-account-id:ID` | the service account of that id |

The functions write these texts, for programs that have names or ids in variables.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .grants import PrincipalKind

Form = Literal["user", "user-id", "service-account", "service-account-id"]

_FORMS: tuple[Form, ...] = ("user", "user-id", "service-account", "service-account-id")


@dataclass(frozen=True)
class PrincipalReference:
    """How a principal is written: by name or by id.

    Attributes:
        form: Which of the four forms.
        value: The name or the id.
    """

    form: Form
    value: str

    @property
    def kind(self) -> PrincipalKind:
        """The kind of principal."""
        return "users" if self.form.startswith("user") else "service-accounts"

    @property
    def is_id(self) -> bool:
        """Whether `value` is an id."""
        return self.form.endswith("-id")


def read(text: str) -> PrincipalReference:
    """Reads how a principal is written.

    Raises:
        ValueError: Nothing follows the form, there is whitespace around it, or it holds what cannot be printed.
    """
    form, colon, value = text.partition(":")
    for known in _FORMS:
        if colon and form == known:
            break
    else:
        known, value = "user", text
    if not text.isprintable():
        raise ValueError(f"{ascii(text)[:100]} has control or invisible characters; copy it again")
    if not value.strip():
        raise ValueError(f"'{text}' names no principal; write a login, an e-mail address, or service-account:NAME")
    if value != value.strip() or text != text.strip():
        raise ValueError(f"'{text}' has leading or trailing whitespace; remove it")
    return PrincipalReference(known, value)


def user(name: str) -> str:
    """Writes the user of that login or e-mail address."""
    return f"user:{name}"


def user_id(id: str) -> str:
    """Writes the user of that id."""
    return f"user-id:{id}"


def service_account(name: str) -> str:
    """Writes the service account of that name."""
    return f"service-account:{name}"


def service_account_id(id: str) -> str:
    """Writes the service account of that id."""
    return f"service-account-id:{id}"
