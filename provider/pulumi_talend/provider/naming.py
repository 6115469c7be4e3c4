"""Names in inputs become ids, in the check."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..access.directory import Directory, Once
from ..access.names import account_label, environment_of
from ..errors import AmbiguousNameError, UnknownNameError
from ..model import principals
from ..model.grants import KIND_NOUNS, GrantKey, Principal
from ..model.problems import Problem, ProblemsError
from ..model.unknown import UNKNOWN, is_unknown


@dataclass(frozen=True)
class Named:
    """An object that inputs give by name or by id: the two properties, and what it is called."""

    by_name: str
    by_id: str
    noun: str


WORKSPACE = Named("workspace", "workspace_id", "workspace")
USER = Named("user", "user_id", "user")
SERVICE_ACCOUNT = Named("service_account", "service_account_id", "service account")


def resolve_ids(directory: Directory, inputs: Any, olds: Mapping[str, Any], kinds: Iterable[Named]) -> dict[str, Any]:
    """Finds the ids of what `inputs` name. Reads only the lists that are needed.

    Returns:
        Ids by property; what is not named is left out.

    Raises:
        ProblemsError: A name leads to nothing, to several objects, or elsewhere than the id beside it.
        TalendError: A list cannot be read.
    """
    ids: dict[str, Any] = {}
    problems: list[Problem] = []
    for kind in kinds:
        name = getattr(inputs, kind.by_name)
        if name is None:
            continue
        environment = inputs.environment if kind is WORKSPACE else None
        if is_unknown(name) or is_unknown(environment):
            ids[kind.by_id] = UNKNOWN
            continue
        try:
            names = _list_of(directory, kind).get()
            id_: str = (names.find(name, environment) if kind is WORKSPACE else names.find(name)).id
        except UnknownNameError as error:
            became = _what_became_of(directory, kind, name, olds) if error.parameter == kind.by_name else ""
            problems.append(Problem(error.parameter, became or error.reason))
            continue
        except AmbiguousNameError as error:
            problems.append(Problem(error.parameter, error.reason))
            continue
        given = getattr(inputs, kind.by_id)
        if given is not None and not is_unknown(given) and given != id_:
            reason = f"{kind.noun} '{name}' has the id {id_}, not {given}: give the name or the id, not both"
            problems.append(Problem(kind.by_id, reason))
        ids[kind.by_id] = id_
    if problems:
        raise ProblemsError(problems)
    return ids


def tenant_spelling(directory: Directory, inputs: Any, kinds: Iterable[Named]) -> dict[str, Any]:
    """Ids that differ from the tenant's only in upper and lower case, in the tenant's spelling. Reads no list for it."""
    ids: dict[str, Any] = {}
    for kind in kinds:
        given, names = getattr(inputs, kind.by_id), _list_of(directory, kind)
        if given is not None and not is_unknown(given) and (id_ := _spelled(names, given)) != given:
            ids[kind.by_id] = id_
    return ids


def _list_of(directory: Directory, kind: Named) -> Any:
    if kind is WORKSPACE:
        return directory.workspaces
    return directory.users if kind is USER else directory.service_accounts


def _what_became_of(directory: Directory, kind: Named, name: str, olds: Mapping[str, Any]) -> str:
    """What to say where the name led somewhere at the last update; empty where it never did."""
    old_id = olds.get(kind.by_id)
    if olds.get(kind.by_name) != name or not isinstance(old_id, str):
        return ""
    now = _name_now(directory, kind, old_id)
    if now:
        return f"{kind.noun} '{name}' was renamed: it is now called {now}; write that name"
    gone = f"{kind.noun} '{name}' (id {old_id}) is gone since the last update"
    if kind is WORKSPACE:
        return f"{gone}; remove the resource from the program, or name another workspace"
    return f"{gone}, and its access with it; remove the resource from the program, or name another account"


def _name_now(directory: Directory, kind: Named, id_: str) -> str:
    found: Any = _list_of(directory, kind).get().by_id.get(id_)
    if found is None:
        return ""
    if kind is WORKSPACE:
        return f"'{found.name}' in environment '{environment_of(found)}'"
    return f"'{account_label(found)}'"


def successor_notes(inputs: Any, olds: Mapping[str, Any], kinds: Iterable[Named]) -> list[str]:
    """What to say about names that stayed while the object behind them became another one."""
    notes: list[str] = []
    for kind in kinds:
        name, id_, old_id = getattr(inputs, kind.by_name), getattr(inputs, kind.by_id), olds.get(kind.by_id)
        if name is None or olds.get(kind.by_name) != name or not old_id or id_ == old_id or is_unknown(id_):
            continue
        if kind is not WORKSPACE or olds.get("environment") == inputs.environment:
            notes.append(_successor(kind.noun, name, str(id_), str(old_id)) + ": its grant is replaced")
    return notes


def keys_of_ended(
    directory: Directory, workspace_id: str, ended: Iterable[str], held: Mapping[str, str]
) -> dict[GrantKey, str]:
    """The grants on a workspace whose end has passed, with how the table writes the principal.

    A principal who is not found any more has none, and is no error: there is nothing to remove.
    """
    found: dict[GrantKey, str] = {}
    for who in ended:
        if path := held.get(who):
            found[GrantKey.on(workspace_id, path)] = who
            continue
        try:
            principals, _ = resolve_principals(directory, [who], {})
        except ProblemsError:
            continue
        found[GrantKey(workspace_id, principals[who])] = who
    return found


def keys_of_announced(
    directory: Directory, workspace_id: str, announced: Iterable[Mapping[str, str]]
) -> Iterable[GrantKey]:
    """The grants on a workspace that other resources announce. What they name wrongly, their own checks say."""
    for one in announced:
        try:
            given = (
                one.get("workspace_id") or directory.workspaces.get().find(one["workspace"], one.get("environment")).id
            )
            if given.lower() == workspace_id.lower():
                principals, _ = resolve_principals(directory, [one["who"]], {})
                yield from (GrantKey(workspace_id, principal) for principal in principals.values())
        except (ProblemsError, UnknownNameError, AmbiguousNameError, ValueError):
            continue


def _successor(noun: str, name: str, id_: str, old_id: str) -> str:
    return f"{noun} '{name}' is another account than before (id {id_}, was {old_id})"


def resolve_principals(
    directory: Directory, table: Iterable[str], held: Mapping[str, str]
) -> tuple[dict[str, Principal], list[str]]:
    """Finds whom a table of grants means. Reads only the lists that are needed.

    Args:
        directory: The tenant's lists.
        table: How the principals are written.
        held: What state has: how they are written → `users/ID`.

    Returns:
        Principals by how they are written, and notes on names that now lead to another account.

    Raises:
        ProblemsError: One leads nowhere, or two to the same account.
        TalendError: A list cannot be read.
    """
    found: dict[str, Principal] = {}
    problems: list[Problem] = []
    notes: list[str] = []
    written: dict[Principal, str] = {}
    for who in table:
        reference = principals.read(who)
        noun = KIND_NOUNS[reference.kind]
        try:
            principal = _principal(directory, reference)
        except UnknownNameError as error:
            old = held.get(who, "").partition("/")[2]
            gone = f"{noun} '{reference.value}' (id {old}) is gone since the last update; remove the entry"
            problems.append(Problem("grants", gone if old else error.reason, entry=who))
            continue
        except AmbiguousNameError as error:
            problems.append(Problem("grants", error.reason, entry=who))
            continue
        if principal in written:
            reason = f"'{written[principal]}' and '{who}' are the same account; keep one of them"
            problems.append(Problem("grants", reason, entry=who))
        if who in held and held[who] != principal.path:
            notes.append(_successor(noun, reference.value, principal.id, held[who].partition("/")[2]))
        written[principal] = who
        found[who] = principal
    if problems:
        raise ProblemsError(problems)
    return found, notes


def _principal(directory: Directory, reference: principals.PrincipalReference) -> Principal:
    names = directory.accounts(reference.kind)
    id_ = _spelled(names, reference.value) if reference.is_id else names.get().find(reference.value).id
    return Principal(reference.kind, id_)


def _spelled(names: Once[Any], id_: str) -> str:
    """An id in the tenant's spelling, where it differs only in upper and lower case. Reads no list for it."""
    known: Collection[str] = names.get().by_id if names.known else ()
    same = [each for each in known if each.lower() == id_.lower()]
    return same[0] if id_ not in known and len(same) == 1 else id_
