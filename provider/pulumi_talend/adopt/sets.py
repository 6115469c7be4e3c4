"""Adoption as whole sets: one WorkspaceAccess a workspace, one RoleMappings for the tenant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ..model import principals
from ..model.named import Place, Who
from .live import LiveGrant
from .program import assembled, by_place, free_separator, list_entry, mapping_table, place_name, quoted

Exclusive = Literal["users"] | bool

MAPPINGS_NAME = "role-mappings"


@dataclass(frozen=True)
class AdoptedSets:
    """Grants by workspace, with the name of each set's resource, and all role mappings.

    Attributes:
        mappings: None: not asked for.
        mappings_name: The name of the resource of all role mappings.
        table: The name of the table's component; empty where a program declares the sets itself.
    """

    workspaces: tuple[tuple[str, Place, tuple[LiveGrant, ...]], ...]
    mappings: Mapping[str, frozenset[str]] | None
    exclusive: Exclusive
    separator: str
    mappings_name: str = MAPPINGS_NAME
    table: str = ""


def sets_of(
    grants: Sequence[LiveGrant], mappings: Mapping[str, frozenset[str]] | None, *, exclusive: Exclusive, taken: set[str]
) -> AdoptedSets:
    """Groups `grants` by workspace, with a name for each set, each one once and not in `taken`."""
    places = by_place(grants)
    separator = free_separator(lambda separator: [place_name(place, separator) for place in places], taken)
    sets = tuple((place_name(place, separator), place, tuple(held)) for place, held in places.items())
    return AdoptedSets(sets, mappings or None, exclusive, separator)


def written(who: Who) -> str:
    """A principal as it is written in a table of grants."""
    if not who.by_name:
        form = principals.user_id if who.is_user else principals.service_account_id
        return form(who.principal.id)
    if not who.is_user:
        return principals.service_account(who.name)
    plain = principals.read(who.name)
    return who.name if (plain.form, plain.value) == ("user", who.name) else principals.user(who.name)


def write_sets(adopted: AdoptedSets, *, title: str) -> str:
    """The program's text: a table that a person can read and edit, and a loop."""
    parts: list[str] = []
    by_name = [(place, held) for _, place, held in adopted.workspaces if place.by_name]
    if by_name:
        parts += [_table(by_name), _loop(adopted)]
    parts += [
        _single(name, place, held, adopted.exclusive) for name, place, held in adopted.workspaces if not place.by_name
    ]
    if adopted.mappings:
        comment = "# Customer role, as the identity provider sends it → Talend roles. No others exist."
        parts += [mapping_table(adopted.mappings, comment)]
        parts += [f"RoleMappings({quoted(MAPPINGS_NAME)}, mappings=ROLE_MAPPINGS)"]
    return assembled(title, {"RoleMappings": adopted.mappings, "WorkspaceAccess": adopted.workspaces}, parts)


def _table(places: Sequence[tuple[Place, Sequence[LiveGrant]]]) -> str:
    lines = ["# Environment → workspace → who → permissions. Nobody else has access.", "ACCESS = {"]
    environment: str | None = None
    for place, held in places:
        if place.environment != environment:
            lines += [*(["    },"] if environment is not None else []), f"    {quoted(place.environment)}: {{"]
            environment = place.environment
        lines.append(f"        {quoted(place.name)}: {{")
        for grant in held:
            lines += list_entry(quoted(written(grant.who)), sorted(grant.permissions), 12)
        lines.append("        },")
    return "\n".join([*lines, "    },", "}"])


def _loop(adopted: AdoptedSets) -> str:
    name = 'f"{environment}' + adopted.separator + '{workspace}"'
    return f"""\
for environment, workspaces in ACCESS.items():
    for workspace, grants in workspaces.items():
        WorkspaceAccess(
            {name},
            workspace=workspace,
            environment=environment,
            grants=grants,{_exclusive(adopted.exclusive, 12)}
        )"""


def _exclusive(exclusive: Exclusive, indent: int) -> str:
    return (
        ""
        if exclusive is True
        else f"\n{' ' * indent}exclusive={quoted('users')},  # service accounts could not be read"
    )


def _single(name: str, place: Place, held: Sequence[LiveGrant], exclusive: Exclusive) -> str:
    lines = ["# Named by id: the workspace's name is not unique, or cannot be written down.", "WorkspaceAccess("]
    lines += [f"    {quoted(name)},", f"    workspace_id={quoted(place.id)},", "    grants={"]
    for grant in held:
        lines += list_entry(quoted(written(grant.who)), sorted(grant.permissions), 8)
    return "\n".join([*lines, f"    }},{_exclusive(exclusive, 4)}", ")"])
