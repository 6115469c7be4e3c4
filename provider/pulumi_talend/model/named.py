"""A principal and a workspace with what people call them, as far as that is known."""

from __future__ import annotations

from dataclasses import dataclass

from .grants import KIND_NOUNS, Principal


@dataclass(frozen=True, order=True)
class Who:
    """A user or service account.

    Attributes:
        principal: Kind and id.
        name: Login, e-mail address, or a service account's name; empty where it is not known.
        person: A person's first and last name; empty where they are not known.
        by_name: Whether `name` leads to this account, so that a program can write it.
    """

    principal: Principal
    name: str = ""
    person: str = ""
    by_name: bool = False

    @property
    def id(self) -> str:
        """Its id."""
        return self.principal.id

    @property
    def is_user(self) -> bool:
        """Whether it is a user, not a service account."""
        return self.principal.kind == "users"

    @property
    def noun(self) -> str:
        """What kind of principal it is, in words."""
        return KIND_NOUNS[self.principal.kind]

    @property
    def label(self) -> str:
        """Its login or name, else its id."""
        return self.name or self.id

    @property
    def title(self) -> str:
        """The person's name, else the login, else the id."""
        return self.person or self.label

    @property
    def login(self) -> str:
        """What tells it apart beside its title: the login; empty where that is the title."""
        return self.label if self.label != self.title else ""

    @property
    def written(self) -> str:
        """How a program names it: by name where that leads to it, else by id."""
        return self.name if self.by_name else self.id

    @property
    def full(self) -> str:
        """`Anna Petersen (anna@example.com)`, `service account ci-publisher`."""
        if not self.is_user:
            return f"service account {self.written}"
        return f"{self.title} ({self.written})" if self.title != self.written else self.title


@dataclass(frozen=True, order=True)
class Place:
    """A workspace. `environment` and `name` are empty where they are not known; `by_name`: whether they lead to it."""

    environment: str
    name: str
    id: str
    by_name: bool = False

    @property
    def label(self) -> str:
        """`prod/Sales`, or as much of it as is known."""
        name = self.name or self.id
        return f"{self.environment}/{name}" if self.environment else name

    @property
    def written(self) -> str:
        """How a program names it: `prod/Sales` where that leads to it, else by id."""
        return f"{self.environment}/{self.name}" if self.by_name else self.id
