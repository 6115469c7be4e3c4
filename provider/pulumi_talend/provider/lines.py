"""Planned changes as lines for the reader of a preview: who gains and loses what, on which workspace."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from ..access.directory import Directory
from ..access.rules import abolished_note, engine_use_warning, inactive_note
from ..api.text import in_one_line
from ..model.expiry import date_of
from ..model.grants import GrantKey, Principal, permission_list
from ..model.lines import TableLine
from ..model.planning import NOTHING, Change, Rights

MOST_NAMED = 50
"""Removals, take-overs and prolonged access are named one by one, up to so many; ..."""
MOST_GAINS = 10
"""... grants up to so many. What is left out is counted."""
_MOST_IN_ROW = 6

T = TypeVar("T", GrantKey, str)

_NEEDS_ATTENTION = frozenset({"remove", "adopt", "revoke", "extend", "release"})


def who_and_where(directory: Directory, key: GrantKey) -> tuple[str, str]:
    """A principal and a workspace as a reader knows them, as far as their names were read already."""
    return principal_text(directory, key.principal), workspace_text(directory, key.workspace_id)


def principal_text(directory: Directory, principal: Principal) -> str:
    """A person's name, with the login where others have that name too; a service account's name, or kind and id."""
    if principal.kind == "users" and directory.users.known:
        users = directory.users.get()
        user = users.by_id.get(principal.id)
        if user is not None:
            return users.shown(user)
    name = directory.principal_name(principal)
    return f"service account {name}" if name else str(principal)


def workspace_text(directory: Directory, workspace_id: str) -> str:
    """`prod/Sales`, or the id."""
    place = directory.place(workspace_id)
    return place.label if place.name else f"workspace {workspace_id}"


def with_table_line(text: str, line: TableLine | None, ended: str | None = None) -> str:
    """A change with what the table says about it: `anna gains ... [on call; ticket OPS-12; access.yaml:14:9]`.

    `ended` is an end that has passed, and the reason of the change.
    """
    if not text:
        return text
    if line is None:
        return f"{text} (its end {date_of(ended)} has passed)" if ended else text
    parts = (f"ended {date_of(ended)}" if ended else "", line.note, line.at)
    return f"{text} [{'; '.join(part for part in parts if part)}]"


def change_line(directory: Directory, change: Change[T], *, has_ended: bool = False) -> str:
    """One change. `has_ended`: because the end that the program gives has passed."""
    if isinstance(change.target, str):
        who, where = f"customer role {change.target}", ""
    else:
        who, where = who_and_where(directory, change.target)
        where = f" on {where}"
    outside = {"remove": " (not in this program)", "restore": " (changed outside this stack)"}
    suffix = "" if has_ended else outside.get(change.action, "")
    until = _until(change)
    if change.after is None:
        return f"{who}{where}: not known before the update"
    if change.action == "release":
        return f"{who}{where}: keeps {permission_list(change.before or ())}, managed by another resource now"
    if not change.after:
        return f"{who} loses {permission_list(change.lost)}{where}{suffix}"
    signs = [f"+{right}" for right in sorted(change.gained)] + [f"−{right}" for right in sorted(change.lost)]
    if change.action == "adopt":
        taken = f"existing {permission_list(change.before or ())} taken over"
        return f"{who}{where}: {', '.join([taken, *signs])}{until}"
    if not signs:
        return f"{who}{where}: {until.removeprefix(', ')}" if until else ""
    return f"{who}{where}: {', '.join(signs)}{suffix}{until}"


def _until(change: Change[T]) -> str:
    if change.until == change.until_before:
        return ""
    if change.until is None:
        return f", no end any more (was {change.until_before})"
    if change.until_before is None:
        return f", until {change.until}"
    return f", until {change.until} (was {change.until_before})"


def say_changes(
    directory: Directory,
    changes: list[Change[T]],
    say: Callable[[str], None],
    line_of: Callable[[Change[T]], str],
    name_of: Callable[[T], str] | None = None,
) -> None:
    """Says the changes of a resource (see `lines`), and what a reader should know about each."""
    if text := lines(changes, line_of, name_of):
        say(text)
    for change in changes:
        for note in _notes(directory, change):
            say(note)


def _notes(directory: Directory, change: Change[T]) -> list[str]:
    """What a reader should know about a change."""
    if not change.gained or isinstance(change.target, str):
        return []
    principal = change.target.principal
    found = (
        abolished_note(change.gained),
        inactive_note(directory, principal),
        engine_use_warning(directory, principal, change.after or NOTHING),
    )
    return [note for note in found if note]


def lines(
    changes: Iterable[Change[T]], line_of: Callable[[Change[T]], str], name_of: Callable[[T], str] | None = None
) -> str:
    """All changes of a resource: what needs attention first, each named; long lists end in a count.

    With `name_of`, several are a line each, below one that names who loses and who gains: a row of the preview has one line.
    """
    changes = [change for change in changes if change.action != "conflict"]
    attention = [change for change in changes if change.action in _NEEDS_ATTENTION]
    others = [change for change in changes if change.action not in _NEEDS_ATTENTION]
    shown = [line_of(change) for change in attention[:MOST_NAMED]] + [line_of(change) for change in others[:MOST_GAINS]]
    shown = [in_one_line(line) for line in shown if line]  # names in it may hold anything
    left = max(0, len(attention) - MOST_NAMED), max(0, len(others) - MOST_GAINS)
    shown += [f"and {left[0]} more that lose or change hands"] if left[0] else []
    shown += [f"and {left[1]} more changes"] if left[1] else []
    if len(shown) < 2 or name_of is None:
        return "; ".join(shown)
    head = "; ".join(_heads(changes, name_of)) or f"{len(changes)} changes"
    return "\n".join([f"{in_one_line(head)}:", *shown])


def _heads(changes: Iterable[Change[T]], name_of: Callable[[T], str]) -> Iterable[str]:
    """Who loses all access, loses some, has access for the first time, gains more: in this order, as far as there are such; then
    whose access is taken over as it is."""
    names: dict[str, list[str]] = {"none left": [], "lost": [], "new": [], "gained": [], "kept": []}
    rights: dict[str, set[Rights]] = {part: set() for part in names}
    some, whole = "permissions", "access"
    for change in changes:
        if isinstance(change.target, str):
            some = whole = "roles"
        if change.action == "adopt" and not change.lost and not change.gained:
            names["kept"].append(name_of(change.target))
        for part, of in (
            ("lost" if change.after else "none left", change.lost),
            ("gained" if change.before else "new", change.gained),
        ):
            if of:
                names[part].append(name_of(change.target))
                rights[part].add(of)
    verbs = {"none left": "loses", "lost": "loses", "new": "gains", "gained": "gains", "kept": "keeps"}
    for part, verb in verbs.items():
        alike = permission_list(next(iter(rights[part]))) if len(rights[part]) == 1 else some
        what = {"none left": f"all {whole}", "new": whole, "kept": f"{whole} (taken over)"}.get(part, alike)
        if names[part]:
            yield _head(names[part], f"{verb} {what}")


def _head(names: list[str], change: str) -> str:
    """`A, B and 3 more lose all access`, for the one line of a row."""
    if len(names) == 1:
        return f"{names[0]} {change}"
    shown = names[:_MOST_IN_ROW] if len(names) > _MOST_IN_ROW else names[:-1]
    last = f"{len(names) - len(shown)} more" if len(names) > _MOST_IN_ROW else names[-1]
    return f"{', '.join(shown)} and {last} {change.replace('s ', ' ', 1)}"
