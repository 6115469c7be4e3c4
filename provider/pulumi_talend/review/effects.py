"""What single operations do to access, before it is said what they come to together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..api.models import GrantKey, Principal
from .model import Cause, Rights
from .steps import State, Step

Target = GrantKey | str
"""A grant, or the customer role of a mapping."""

Act = Literal["give", "set", "take"]
"""`give`: creates what is not there yet. `set`: makes it so whatever it is. `take`: removes it."""


@dataclass(frozen=True)
class Effect:
    """One operation on one piece of access.

    `was` is what the state says stood there (None: it says nothing, or something that cannot be read). `late`: done once all
    else is done, as the engine removes things. `after_gap`: comes only once what it replaces is gone. `adopt`: a `give` that
    takes over what is there; the end of the resource that held it then leaves it in place. `keeps`: so does this one, whatever
    was there. `by_hand`: it takes away what no resource has given.
    """

    target: Target
    act: Act
    rights: Rights
    cause: Cause
    was: Rights | None = None
    adopt: bool = False
    keeps: bool = False
    late: bool = False
    after_gap: bool = False
    by_hand: bool = False
    expires_at: str | None = None


@dataclass
class Names:
    """What ids are called, as far as the tenant or the documents tell: ids → names. What is told first stays.

    `all_...`: the tenant has told them all, so a name that is not among them, or twice, leads to nobody.
    """

    users: dict[str, str] = field(default_factory=dict[str, str])
    service_accounts: dict[str, str] = field(default_factory=dict[str, str])
    workspaces: dict[str, tuple[str, str | None]] = field(default_factory=dict[str, "tuple[str, str | None]"])
    all_users: bool = False
    all_service_accounts: bool = False
    _ids: dict[bool, dict[str, str]] = field(default_factory=dict[bool, "dict[str, str]"])
    _counted: int = -1

    def workspace(self, id_: str, name: str, environment: str | None) -> None:
        """Takes note of a workspace's name; one with an environment is worth more than one without."""
        if id_ not in self.workspaces or (environment and not self.workspaces[id_][1]):
            self.workspaces[id_] = (name, environment)

    def id_of(self, name: str, *, users: bool) -> str | None:
        """The id of the user or service account of that name, None where none or several have it."""
        if self._counted != len(self.users) + len(self.service_accounts):
            self._ids = {True: _by_name(self.users, fold=True), False: _by_name(self.service_accounts, fold=False)}
            self._counted = len(self.users) + len(self.service_accounts)
        return self._ids[users].get(name.casefold() if users else name)


def _by_name(names: Mapping[str, str], *, fold: bool) -> dict[str, str]:
    found: dict[str, str] = {}
    twice: set[str] = set()
    for id_, name in names.items():
        key = name.casefold() if fold else name
        if found.setdefault(key, id_) != id_:
            twice.add(key)
    return {key: id_ for key, id_ in found.items() if key not in twice}


@dataclass(frozen=True)
class Kind:
    """How resources of one type are read: their target, their rights, and the names that their properties tell."""

    target_of: Callable[[State], Target]
    rights_of: Callable[[State], Rights]
    names_of: Callable[[State, Names], None]


@dataclass
class Reading:
    """What the steps of a preview come to, before it is folded."""

    effects: list[Effect] = field(default_factory=list[Effect])
    settled: list[Cause] = field(default_factory=list[Cause])
    left: list[Cause] = field(default_factory=list[Cause])
    names: Names = field(default_factory=Names)


def principal_key(workspace_id: str, user_id: str | None, service_account_id: str | None) -> GrantKey:
    """The key of a grant of a user, else of a service account."""
    if user_id is not None:
        return GrantKey(workspace_id, Principal("users", user_id))
    return GrantKey(workspace_id, Principal("service-accounts", service_account_id or ""))


Interpreter = Callable[[Step, Reading], None]
"""Adds what a step does to the reading. Raises Unreadable where the step does not tell."""

Interpreters = Mapping[str, Interpreter]
Values = Mapping[str, Any]
Effects = Iterable[Effect]
