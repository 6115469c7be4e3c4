"""Adoption as whole sets: one WorkspaceAccess a workspace, one RoleMappings for the tenant."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from .. import principals
from ..resources.role_mappings import RESOURCE_ID, RoleMappingsProvider
from ..resources.workspace_access import WorkspaceAccessProvider
from .import_file import entry
from .live import LiveGrant, Place, Who
from .program import SEPARATORS, head, list_entry, quoted

Exclusive = Literal["users"] | bool

MAPPINGS_NAME = "role-mappings"


@dataclass(frozen=True)
class AdoptedSets:
    """Grants by workspace, with the name of each set's resource, and all role mappings (None: not asked for)."""

    workspaces: tuple[tuple[str, Place, tuple[LiveGrant, ...]], ...]
    mappings: Mapping[str, frozenset[str]] | None
    exclusive: Exclusive
    separator: str


def sets_of(
    grants: Sequence[LiveGrant], mappings: Mapping[str, frozenset[str]] | None, *, exclusive: Exclusive, taken: set[str]
) -> AdoptedSets:
    """Groups `grants` by workspace, with a name for each set, all different and none of `taken`."""
    by_place: dict[Place, list[LiveGrant]] = {}
    for grant in grants:
        by_place.setdefault(grant.place, []).append(grant)
    for separator in SEPARATORS:
        names = [_name(place, separator) for place in by_place]
        if len(set(names)) == len(names) and not taken.intersection(names):
            return AdoptedSets(
                tuple((_name(place, separator), place, tuple(held)) for place, held in by_place.items()),
                mappings or None,
                exclusive,
                separator,
            )
    raise AssertionError("no separator keeps the names apart")


def _name(place: Place, separator: str) -> str:
    return f"{place.environment}{separator}{place.workspace}" if place.by_name else place.id


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
    classes = [
        *(["RoleMappings"] if adopted.mappings else []),
        *(["WorkspaceAccess"] if adopted.workspaces else []),
    ]
    parts = [head(title)]
    if classes:
        parts.append(f"from pulumi_talend import {', '.join(classes)}")
    by_name = [(place, held) for _, place, held in adopted.workspaces if place.by_name]
    if by_name:
        parts += [_table(by_name), _loop(adopted)]
    parts += [
        _single(name, place, held, adopted.exclusive) for name, place, held in adopted.workspaces if not place.by_name
    ]
    if adopted.mappings:
        lines = [
            "# Customer role, as the identity provider sends it → Talend roles. There are no others.",
            "ROLE_MAPPINGS = {",
        ]
        for name in sorted(adopted.mappings):
            lines += list_entry(quoted(name), sorted(adopted.mappings[name]), 4)
        parts += ["\n".join([*lines, "}"]), f"RoleMappings({quoted(MAPPINGS_NAME)}, mappings=ROLE_MAPPINGS)"]
    if not classes:
        parts.append("# The tenant grants nothing in what was asked for.")
    return "\n\n".join(parts) + "\n"


def _table(places: Sequence[tuple[Place, Sequence[LiveGrant]]]) -> str:
    lines = ["# Environment → workspace → who → what they may do there. Nobody else has access.", "ACCESS = {"]
    environment: str | None = None
    for place, held in places:
        if place.environment != environment:
            lines += [*(["    },"] if environment is not None else []), f"    {quoted(place.environment)}: {{"]
            environment = place.environment
        lines.append(f"        {quoted(place.workspace)}: {{")
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


def sets_import_file(adopted: AdoptedSets) -> str:
    """The import file's JSON for everything in `adopted`."""
    resources: list[dict[str, Any]] = []
    for name, place, held in adopted.workspaces:
        where = {"workspace": place.workspace, "environment": place.environment} if place.by_name else {}
        properties: dict[str, Any] = {
            **where,
            "workspace_id": place.id,
            "grants": {written(grant.who): sorted(grant.permissions) for grant in held},
            "principals": {
                written(grant.who): f"{grant.who.principal.kind}/{grant.who.principal.id}" for grant in held
            },
            "exclusive": adopted.exclusive,
            "adopt_existing": False,
            "allow_removals": False,
        }
        resources.append(entry("WorkspaceAccess", name, place.id, properties, WorkspaceAccessProvider()))
    if adopted.mappings:
        properties = {
            "mappings": {name: sorted(roles) for name, roles in adopted.mappings.items()},
            "allow_disable": False,
            "allow_removals": False,
        }
        resources.append(entry("RoleMappings", MAPPINGS_NAME, RESOURCE_ID, properties, RoleMappingsProvider()))
    return json.dumps({"resources": resources}, indent=2, ensure_ascii=True) + "\n"
