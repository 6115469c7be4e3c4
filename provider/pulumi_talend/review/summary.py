"""A review in a few sentences, for somebody who sees nothing else of it: who loses and who gains what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ..api.text import plural
from ..model.grants import Principal
from ..model.named import Place
from ..model.planning import Rights
from .model import AnyChange, GrantChange, MappingChange, Review

Kind = Literal["ends", "loses", "gap", "unknown", "gains", "longer", "shorter", "taken over", "same"]
"""What becomes of access, in the order of the sentences: losses before gains."""

Show = Callable[[str], str]
"""How a name is written: as it is, or as a renderer escapes it."""

_MOST_NAMED = 3
_MOST_RIGHTS = 5


def kinds_of(change: AnyChange) -> list[Kind]:
    """All that a change does; at least one."""
    if change.is_loss_unknown:
        return ["unknown"]
    found: dict[Kind, bool] = {
        "ends": change.ends,
        "loses": bool(change.lost) and not change.ends,
        "gap": change.has_gap,
        "gains": bool(change.gained),
        "longer": change.prolongs,
        "shorter": change.is_shortened,
        "taken over": change.is_taken_over,
    }
    return [kind for kind, applies in found.items() if applies] or ["same"]


def summary(review: Review, show: Show = str) -> list[str]:
    """Who loses and who gains what, as sentences: by name where it is few, else counted.

    `Jan Petry loses EXECUTE and gains PUBLISH on dev/Finance.`
    """
    if review.empty:
        return ["Nobody's access changes."]
    names = _names(review.grants)
    said: list[_Clause] = []
    for whole in (review.grants, review.mappings):
        by_kind: dict[Kind, list[AnyChange]] = {}
        for change in whole:
            for kind in kinds_of(change):
                by_kind.setdefault(kind, []).append(change)
        order: tuple[Kind, ...] = (
            "ends",
            "loses",
            "gap",
            "unknown",
            "gains",
            "longer",
            "shorter",
            "taken over",
            "same",
        )
        said += [_clause(kind, by_kind[kind], names, show) for kind in order if kind in by_kind]
    sentences = _joined(said)
    if number := len(review.unknown):
        sentences.append(f"What {plural(number, 'resource')} will change is not known before the update.")
    if number := len(review.foreign):
        sentences.append(f"{plural(number, 'resource')} {'runs' if number == 1 else 'run'} code of the program's own.")
    return sentences


@dataclass(frozen=True)
class _Clause:
    """`Jan Petry`, `loses EXECUTE`, ` on dev/Finance`."""

    who: str
    does: str
    where: str


def _joined(clauses: Iterable[_Clause]) -> list[str]:
    """The clauses as sentences; two of the same people at the same place become one."""
    merged: list[_Clause] = []
    for each in clauses:
        last = merged[-1] if merged else None
        if last and (last.who, last.where) == (each.who, each.where):
            merged[-1] = _Clause(last.who, f"{last.does} and {each.does}", last.where)
        else:
            merged.append(each)
    return [f"{each.who} {each.does}{each.where}." for each in merged]


def _clause(kind: Kind, changes: Sequence[AnyChange], names: dict[Principal, str], show: Show) -> _Clause:
    grants = [change for change in changes if isinstance(change, GrantChange)]
    roles = sorted({change.target for change in changes if isinstance(change, MappingChange)})
    who, is_one = _principals(grants, names, show) if grants else (_customer_roles(roles, show), True)
    place = _place({change.where: change.where.label for change in grants}, show, is_one=is_one)
    on, to = (f" on {place}", f" to {place}") if grants else ("", "")
    access, whole = ("access", "permissions") if grants else ("its Talend roles", "Talend roles")
    s = "s" if is_one else ""
    if kind == "ends":
        return _Clause(who, f"lose{s} {'all access' if grants else 'all Talend roles'}", to)
    if kind == "loses":
        return _Clause(who, f"lose{s} {_alike([each.lost for each in changes], whole, show)}", on)
    if kind == "gains":
        return _Clause(who, f"gain{s} {_alike([each.gained for each in changes], whole, show)}", on)
    if kind == "unknown":
        after = _alike([each.after for each in changes], whole, show)
        return _Clause(who, f"get{s} {after}", f"{on}; what is there now is not known")
    if kind == "taken over":
        of = who if grants else f"{who[0].lower()}{who[1:]}"
        return _Clause("This stack", "takes over", f" the {'access' if grants else 'Talend roles'} of {of}{to}")
    if kind == "gap":
        return _Clause(who, f"{'is' if is_one else 'are'} without {access}", f"{to} for a moment")
    how = {"longer": " for longer", "shorter": " for a shorter time"}.get(kind, "")
    return _Clause(who, f"keep{s} {access if how else f'the same {whole}'}", f"{to if how else on}{how}")


def _names(grants: Iterable[GrantChange]) -> dict[Principal, str]:
    """Principal → the person's name, or the login where several have that name."""
    people = {change.who.principal: change.who for change in grants}
    used = Counter(who.title for who in people.values())
    return {key: who.label if used[who.title] > 1 else who.title for key, who in people.items()}


def _principals(grants: Iterable[GrantChange], names: dict[Principal, str], show: Show) -> tuple[str, bool]:
    """`A`, `A, B and C`, or `4 people and 1 service account`; and whether it is one."""
    keys = {change.who.principal for change in grants}
    if len(keys) <= _MOST_NAMED:
        return _listed([show(names[key]) for key in sorted(keys, key=lambda key: (names[key].casefold(), key))]), len(
            keys
        ) == 1
    people = sum(key.kind == "users" for key in keys)
    counted = [plural(people, "person", "people")] if people else []
    counted += [plural(len(keys) - people, "service account")] if people < len(keys) else []
    return _listed(counted), False


def _customer_roles(roles: Sequence[str], show: Show) -> str:
    if len(roles) > _MOST_NAMED:
        return f"Everybody with one of {len(roles):,} customer roles"
    return f"Everybody with customer role {_listed([show(role) for role in roles], 'or')}"


def _place(labels: Mapping[Place, str], show: Show, *, is_one: bool) -> str:
    if len(labels) == 1:
        return show(next(iter(labels.values())))
    return f"{len(labels):,} workspaces" if is_one else "some workspaces"


def _alike(rights: Sequence[Rights], otherwise: str, show: Show) -> str:
    """The rights where all have the same few, else a word for them."""
    first = rights[0]
    if any(each != first for each in rights) or len(first) > _MOST_RIGHTS:
        return otherwise
    return ", ".join(show(right) for right in sorted(first)) or "nothing"


def _listed(names: Sequence[str], last: str = "and") -> str:
    *most, end = names
    return f"{', '.join(most)} {last} {end}" if most else end
