"""Names in inputs become ids, while the engine previews; ids in messages become names."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pulumi.runtime.rpc import UNKNOWN

from ..access.directory import Directory
from ..access.errors import reworded
from ..access.names import AmbiguousNameError, UnknownNameError, environment_of, user_label
from ..api import GrantKey, Problem, TalendError
from .fields import is_unknown


@dataclass(frozen=True)
class Named:
    """An object that inputs may name or give by id: the names of their properties, what it is called, what it was."""

    by_name: str
    by_id: str
    noun: str


WORKSPACE = Named("workspace", "workspace_id", "workspace")
USER = Named("user", "user_id", "user")
SERVICE_ACCOUNT = Named("service_account", "service_account_id", "service account")


def resolved_ids(directory: Directory, inputs: Any, olds: Mapping[str, Any], kinds: Iterable[Named]) -> dict[str, Any]:
    """Ids for what `inputs` name, by property; what is not named is left out. Reads only the lists that are needed.

    Raises Unresolved with a problem for each name that leads nowhere, or elsewhere than an id given beside it; what the API
    client raises, where a list cannot be read.
    """
    ids: dict[str, Any] = {}
    problems: list[Problem] = []
    for kind in kinds:
        name = getattr(inputs, kind.by_name)
        if name is None:
            continue
        environment = inputs.environment if kind is WORKSPACE else None
        if is_unknown(name) or (environment is not None and is_unknown(environment)):
            ids[kind.by_id] = UNKNOWN
            continue
        try:
            id_ = _id_of(directory, kind, name, environment)
        except UnknownNameError as error:
            hint = _what_became_of(directory, kind, name, olds) if error.parameter == kind.by_name else ""
            problems.append(Problem(error.parameter, hint or str(error)))
            continue
        except AmbiguousNameError as error:
            problems.append(Problem(error.parameter, str(error)))
            continue
        given = getattr(inputs, kind.by_id)
        if given is not None and not is_unknown(given) and given != id_:
            reason = f"{kind.noun} '{name}' has the id {id_}, not {given}: give the name or the id, not both"
            problems.append(Problem(kind.by_id, reason))
        ids[kind.by_id] = id_
    if problems:
        raise Unresolved(problems)
    return ids


class Unresolved(Exception):
    """Names that lead nowhere; `problems` says which and why."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


def _id_of(directory: Directory, kind: Named, name: str, environment: str | None) -> str:
    if kind is WORKSPACE:
        return directory.workspaces.get().find(name, environment).id
    if kind is USER:
        return directory.users.get().find(name).id
    return directory.service_accounts.get().find(name).id


def _what_became_of(directory: Directory, kind: Named, name: str, olds: Mapping[str, Any]) -> str:
    """What to say where the name led somewhere when it was applied last; empty where it never did."""
    old_id = olds.get(kind.by_id)
    if olds.get(kind.by_name) != name or not isinstance(old_id, str):
        return ""
    now = _name_now(directory, kind, old_id)
    if now:
        return f"no {kind.noun} '{name}' any more: it is now called {now}; write that name"
    return (
        f"no {kind.noun} '{name}' any more (id {old_id} when this was applied last): the access went with it, so remove "
        "the resource from the program, or name somebody else"
        if kind is not WORKSPACE
        else f"no workspace '{name}' any more (id {old_id} when this was applied last): remove the resource from the program, "
        "or name another workspace"
    )


def _name_now(directory: Directory, kind: Named, id_: str) -> str:
    if kind is WORKSPACE:
        workspace = directory.workspaces.get().by_id.get(id_)
        return f"'{workspace.name}' in environment '{environment_of(workspace)}'" if workspace else ""
    if kind is USER:
        user = directory.users.get().by_id.get(id_)
        return f"'{user_label(user)}'" if user else ""
    account = directory.service_accounts.get().by_id.get(id_)
    return f"'{account.name}'" if account else ""


def successor_notes(inputs: Any, olds: Mapping[str, Any], kinds: Iterable[Named]) -> list[str]:
    """What to say about names that stayed while the object behind them became another one."""
    notes: list[str] = []
    for kind in kinds:
        name, id_, old_id = getattr(inputs, kind.by_name), getattr(inputs, kind.by_id), olds.get(kind.by_id)
        if name is None or olds.get(kind.by_name) != name or not old_id or id_ == old_id or is_unknown(id_):
            continue
        same_place = kind is not WORKSPACE or olds.get("environment") == inputs.environment
        if same_place:
            notes.append(
                f"{kind.noun} '{name}' is another one than before (id {id_}, was {old_id}): its grant is replaced"
            )
    return notes


@contextmanager
def naming(directory: Directory, keys: Iterable[GrantKey], *, look: bool = False) -> Generator[None, None, None]:
    """Whatever TalendError leaves the block speaks of people and workspaces by name, as far as the names are known.

    One that does not speak of them at all (a batch call, a list that could not be read) says first whom it is about.
    """
    try:
        yield
    except TalendError as error:
        told = named(directory, keys, str(error), look=look)
        raise reworded(error, _about(told, [directory.label(key, look=look) for key in keys])) from None


@contextmanager
def naming_role(role_name: str) -> Generator[None, None, None]:
    """Whatever TalendError leaves the block says which customer role it is about."""
    try:
        yield
    except TalendError as error:
        told = str(error)
        raise reworded(
            error, told if f"'{role_name}'" in told else _about(told, [f"customer role '{role_name}'"])
        ) from None


def _about(message: str, labels: Iterable[str]) -> str:
    missing = [label for label in labels if label not in message]
    return f"{', '.join(missing)}: {message[:1].lower()}{message[1:]}" if missing else message


def named(directory: Directory, keys: Iterable[GrantKey], message: str, *, look: bool = False) -> str:
    """`message` with names in place of the ids of `keys`, as far as the names are known."""
    for key in keys:
        if str(key) in message:
            message = message.replace(str(key), directory.label(key, look=look))
    return message
