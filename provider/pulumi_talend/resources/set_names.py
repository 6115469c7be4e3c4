"""Whom a table of grants means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from .. import principals
from ..access.directory import Directory
from ..access.names import AmbiguousNameError, UnknownNameError
from ..api import Principal, Problem
from .naming import Unresolved


def resolved_principals(
    directory: Callable[[], Directory], table: Iterable[str], held: Mapping[str, str]
) -> dict[str, Principal]:
    """Principals by how they are written in the table; `held` are those in state. Reads only the lists that are needed.

    Raises Unresolved with a problem for each that leads nowhere or is written twice; what the API client raises.
    """
    found: dict[str, Principal] = {}
    problems: list[Problem] = []
    writers: dict[Principal, str] = {}
    for who in table:
        try:
            principal = resolved_principal(directory, who)
        except UnknownNameError as error:
            gone = f" any more (id {held[who].partition('/')[2]} before): take the entry out" if who in held else ""
            reason = str(error) if not gone else f"no {_noun(who)} '{principals.read(who).value}'{gone}"
            problems.append(Problem("grants", reason))
            continue
        except AmbiguousNameError as error:
            problems.append(Problem("grants", str(error)))
            continue
        if principal in writers:
            problems.append(
                Problem("grants", f"'{writers[principal]}' and '{who}' are the same account: keep one of them")
            )
        writers[principal] = who
        found[who] = principal
    if problems:
        raise Unresolved(problems)
    return found


def resolved_principal(directory: Callable[[], Directory], who: str) -> Principal:
    """Whom `who` means. Raises UnknownNameError, AmbiguousNameError or what the API client raises."""
    written = principals.read(who)
    if written.form == "user-id":
        return Principal("users", written.value)
    if written.form == "service-account-id":
        return Principal("service-accounts", written.value)
    if written.form == "user":
        return Principal("users", directory().users.get().find(written.value).id)
    return Principal("service-accounts", directory().service_accounts.get().find(written.value).id)


def _noun(who: str) -> str:
    return "service account" if principals.read(who).form.startswith("service") else "user"
