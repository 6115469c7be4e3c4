"""Adoption as a table of access: the table, a program with an AccessTable, and the names of its resources."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence

from ..model.grants import PERMISSIONS, in_usual_order
from ..model.named import Place, Who
from ..resources.access_table import joined
from ..table.models import TEAM
from ..table.yaml_reader import plain_kind
from .live import LiveGrant
from .program import by_place, head, quoted
from .sets import MAPPINGS_NAME, AdoptedSets, Exclusive, written

NO_ENVIRONMENT = "no environment"
"""What the table calls the environment of a workspace of which the API does not tell it."""

_PLAIN = re.compile(r"\w[\w.@+/-]*(?:[ :][\w.@+/-]+)*")
"""Texts that YAML reads as they are, wherever they stand, unless they are words like `no`."""

_Access = Mapping[str, tuple[str, ...]]


def table_of(
    grants: Sequence[LiveGrant],
    mappings: Mapping[str, frozenset[str]] | None,
    *,
    exclusive: Exclusive,
    taken: Iterable[str] = (),
) -> AdoptedSets:
    """Groups grants by workspace, for a component whose name is not in `taken`."""
    used, number = set(taken), 1
    while (name := "access" if number == 1 else f"access-{number}") in used:
        number += 1
    sets = tuple(
        (joined(name, _environment(place), _label(place)), place, tuple(held))
        for place, held in by_place(grants).items()
    )
    return AdoptedSets(sets, mappings or None, exclusive, "/", joined(name, MAPPINGS_NAME), name)


def write_table_program(adopted: AdoptedSets, *, title: str, file: str) -> str:
    """The program's text."""
    return (
        f"{head(title)}\n\nfrom pulumi_talend import AccessTable\n\n"
        f"AccessTable({quoted(adopted.table)}, file={quoted(file)})\n"
    )


def write_table(adopted: AdoptedSets, *, title: str) -> str:
    """The table's text."""
    places = [place for _, place, _ in adopted.workspaces]
    environments = sorted({_environment(place) for place in places})
    parts = [f"# {title}\n# Written by `talend-access adopt` from what the tenant granted. Edit it as you like.\n"]
    if environments:
        parts[0] += f"environments: {_list(environments)}\n"
        exclusive = adopted.exclusive
        why = (
            "nobody else has access" if exclusive is True else "no other person has; service accounts could not be read"
        )
        parts[0] += f"exclusive: {str(exclusive).lower()} # {why}\n"
        others = {right for _, _, held in adopted.workspaces for grant in held for right in grant.permissions}
        if extra := sorted(others - set(PERMISSIONS)):
            parts[0] += f"extra_permissions: {_list(extra)}\n"
        parts.append("workspaces:\n" + "".join(_workspaces(adopted, environments)))
    if adopted.mappings:
        lines = ["role_mappings:"]
        if len(environments) > 1:
            lines.append(f"  environment: {_text('prod' if 'prod' in environments else environments[-1])}")
        lines += ["  exclusive: true # no others exist", "  mappings:"]
        lines += [f"    {_text(name)}: {_list(sorted(roles))}" for name, roles in sorted(adopted.mappings.items())]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _workspaces(sets: AdoptedSets, environments: list[str]) -> Iterable[str]:
    by_label: dict[str, dict[str, _Access]] = {}
    ids: dict[str, str] = {}
    for _, place, held in sets.workspaces:
        access = {written_in_table(grant.who): in_usual_order(grant.permissions) for grant in held}
        by_label.setdefault(_label(place), {})[_environment(place)] = access
        if not place.by_name:
            ids[_label(place)] = place.id
    for label, places in by_label.items():
        first, *rest = places.values()
        common = {who: rights for who, rights in first.items() if all(each.get(who) == rights for each in rest)}
        yield f"  {_text(label)}:\n"
        if label in ids:
            yield f"    id: {_text(ids[label])} # its name is not unique, or cannot be written down\n"
        if sorted(places) != environments:
            yield f"    environments: {_list(sorted(places))}\n"
        yield from _access(common, "    ")
        different = {name: {who: each[who] for who in each if who not in common} for name, each in places.items()}
        if any(different.values()):
            yield "    overrides:\n"
        for name, access in sorted(different.items()):
            if access:
                yield f"      {_text(name)}:\n"
                yield from _access(access, "        ")


def _access(access: _Access, indent: str) -> Iterable[str]:
    if access:
        yield f"{indent}access:\n"
    for who, rights in access.items():
        yield f"{indent}  {_text(who)}: {_list(rights)}\n"


def _environment(place: Place) -> str:
    return place.environment or NO_ENVIRONMENT


def _label(place: Place) -> str:
    return place.name if place.by_name else place.id


def written_in_table(who: Who) -> str:
    """A principal as it is written in a table of access, where `team:` is a team."""
    text = written(who)
    return f"user:{text}" if text.startswith(TEAM) else text


def _list(items: Iterable[str]) -> str:
    return f"[{', '.join(_text(item) for item in items)}]"


def _text(text: str) -> str:
    """A text as YAML reads it back: plain where that is safe, else in double quotes."""
    return text if _PLAIN.fullmatch(text) and not plain_kind(text) else json.dumps(text, ensure_ascii=False)
