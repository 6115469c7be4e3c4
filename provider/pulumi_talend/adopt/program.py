"""A program that a person would have written for access that exists, and the names of its resources."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..model.grants import permission_list
from ..model.named import Place, Who
from .live import LiveGrant

_WIDTH = 100
SEPARATORS = ("/", " / ", " | ", " :: ")


@dataclass(frozen=True)
class Adopted:
    """What a program is written for: grants and mappings, with the name of each one's resource."""

    grants: tuple[tuple[str, LiveGrant], ...]
    mappings: tuple[tuple[str, str, frozenset[str]], ...]
    separator: str


def named(grants: Sequence[LiveGrant], mappings: Mapping[str, frozenset[str]], *, taken: Iterable[str] = ()) -> Adopted:
    """Gives every grant and mapping the name of its resource, each one once and not in `taken`.

    `environment/workspace/person`, `role/customer role`; another separator where names with a "/" in them would collide.
    """

    def names_by(separator: str) -> list[str]:
        return [
            *(_grant_name(grant, separator) for grant in grants),
            *(f"role{separator}{name}" for name in sorted(mappings)),
        ]

    separator = free_separator(names_by, taken)
    names = names_by(separator)
    return Adopted(
        tuple(zip(names[: len(grants)], grants, strict=True)),
        tuple((name, role, mappings[role]) for name, role in zip(names[len(grants) :], sorted(mappings), strict=True)),
        separator,
    )


def free_separator(names_by: Callable[[str], list[str]], taken: Iterable[str]) -> str:
    """The first separator with which all names are different, and none of them is taken."""
    used = set(taken)
    for separator in SEPARATORS:
        names = names_by(separator)
        if len(set(names)) == len(names) and not used.intersection(names):
            return separator
    raise AssertionError("no separator keeps the names apart")


def place_name(place: Place, separator: str) -> str:
    """The name of a workspace's resource."""
    return f"{place.environment}{separator}{place.name}" if place.by_name else place.id


def _grant_name(grant: LiveGrant, separator: str) -> str:
    kind = "" if grant.who.is_user else " (service account)"
    return f"{place_name(grant.place, separator)}{separator}{grant.who.written}{kind}"


def by_place(grants: Iterable[LiveGrant]) -> dict[Place, list[LiveGrant]]:
    """Grants by workspace."""
    found: dict[Place, list[LiveGrant]] = {}
    for grant in grants:
        found.setdefault(grant.place, []).append(grant)
    return found


def write_program(adopted: Adopted, *, title: str) -> str:
    """The program's text: tables that a person can read and edit, and a loop for each."""
    users = [grant for _, grant in adopted.grants if grant.who.is_user and _plain(grant)]
    accounts = [grant for _, grant in adopted.grants if not grant.who.is_user and _plain(grant)]
    odd = [(name, grant) for name, grant in adopted.grants if not _plain(grant)]
    parts: list[str] = []
    parts.extend(_table("USERS", "user", users, "", adopted.separator))
    parts.extend(_table("SERVICE_ACCOUNTS", "service_account", accounts, " (service account)", adopted.separator))
    if odd:
        parts.append(
            "# Named by id: the names are not unique, the credential cannot read them, or the account is gone.\n"
            + "\n".join(_single(name, grant) for name, grant in odd)
        )
    if adopted.mappings:
        mappings = {name: roles for _, name, roles in adopted.mappings}
        parts.append(mapping_table(mappings, "# Customer role, as the identity provider sends it → Talend roles."))
        parts.append(f"""\
for customer_role, talend_roles in ROLE_MAPPINGS.items():
    RoleMapping(f"role{adopted.separator}{{customer_role}}", role_name=customer_role, roles=talend_roles)""")
    return assembled(title, {"RoleMapping": adopted.mappings, "WorkspacePermission": adopted.grants}, parts)


def assembled(title: str, classes: Mapping[str, object], parts: Iterable[str]) -> str:
    """A program of some parts, which imports those classes that have something."""
    used = [name for name, what in classes.items() if what]
    start = (
        f"from pulumi_talend import {', '.join(used)}" if used else "# The tenant grants nothing in what was asked for."
    )
    return "\n\n".join([head(title), start, *parts]) + "\n"


def head(title: str) -> str:
    """How an adopted program begins."""
    text = title.replace("\\", "\\\\").replace('"', "'")
    return f'"""{text}\n\nWritten by `talend-access adopt` from what the tenant granted. Edit it as you like.\n"""'


def _plain(grant: LiveGrant) -> bool:
    return grant.place.by_name and grant.who.by_name


def _table(variable: str, parameter: str, grants: Sequence[LiveGrant], suffix: str, separator: str) -> Iterable[str]:
    if not grants:
        return
    one = "person" if parameter == "user" else "account"
    tree: dict[str, dict[str, dict[str, list[str]]]] = {}
    for grant in grants:
        groups = tree.setdefault(grant.place.environment, {}).setdefault(grant.place.name, {})
        groups.setdefault(permission_list(grant.permissions), []).append(grant.who.written)
    lines = [f"# Environment → workspace → permissions → {'people' if one == 'person' else 'service accounts'}."]
    lines.append(f"{variable} = {{")
    for environment, workspaces in tree.items():
        lines.append(f"    {quoted(environment)}: {{")
        for workspace, groups in workspaces.items():
            lines.append(f"        {quoted(workspace)}: {{")
            for permissions, people in sorted(groups.items()):
                lines.extend(list_entry(quoted(permissions), sorted(people), 12))
            lines.append("        },")
        lines.append("    },")
    lines.append("}")
    yield "\n".join(lines)
    name = 'f"' + separator.join(("{environment}", "{workspace}", f"{{{one}}}")) + suffix + '"'
    yield f"""\
for environment, workspaces in {variable}.items():
    for workspace, groups in workspaces.items():
        for permissions, {one}s in groups.items():
            for {one} in {one}s:
                WorkspacePermission(
                    {name},
                    workspace=workspace,
                    environment=environment,
                    {parameter}={one},
                    permissions=permissions.split(", "),
                )"""


def mapping_table(mappings: Mapping[str, Collection[str]], comment: str) -> str:
    """The role mappings as a table, by customer role."""
    lines = [comment, "ROLE_MAPPINGS = {"]
    for name in sorted(mappings):
        lines.extend(list_entry(quoted(name), sorted(mappings[name]), 4))
    return "\n".join([*lines, "}"])


def list_entry(key: str, items: Sequence[str], indent: int) -> list[str]:
    """`key: [items],`, on one line where it fits, else an item a line."""
    pad = " " * indent
    line = f"{pad}{key}: [{', '.join(quoted(item) for item in items)}],"
    if len(line) <= _WIDTH:
        return [line]
    return [f"{pad}{key}: [", *(f"{pad}    {quoted(item)}," for item in items), f"{pad}],"]


def _single(name: str, grant: LiveGrant) -> str:
    arguments = [
        f"    {quoted(name)},",
        *(f"    {key}={quoted(value)}," for key, value in target(grant.place, grant.who).items()),
    ]
    permissions = ", ".join(quoted(permission) for permission in sorted(grant.permissions))
    return "\n".join(["WorkspacePermission(", *arguments, f"    permissions=[{permissions}],", ")"])


def target(place: Place, who: Who) -> dict[str, str]:
    """The arguments that name a workspace and a principal."""
    where = {"workspace": place.name, "environment": place.environment} if place.by_name else {"workspace_id": place.id}
    kind = "user" if who.is_user else "service_account"
    return {**where, (kind if who.by_name else f"{kind}_id"): who.written}


def quoted(text: str) -> str:
    """`text` as a Python literal in double quotes where that is readable; escaped where it holds what cannot be seen."""
    return json.dumps(text, ensure_ascii=False) if text.isprintable() else ascii(text)
