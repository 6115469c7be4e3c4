"""What a reviewer must not miss, each kind with all places where it happens.

What counts as what stands in the functions below and, for readers, in the documentation of the review.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from fnmatch import fnmatchcase

from ..api.models import GrantKey, Principal
from ..resources.expiry import WARNING_DAYS, moment
from .lookup import Looked
from .model import Alert, Change, GrantChange, MappingChange, Review, Unforeseen
from .text import rights_in_words

EXPIRY_WARNING = timedelta(days=WARNING_DAYS)

ADMIN_ROLES = ("*admin*",)
"""Names of Talend roles that count as administrator roles, upper and lower case alike; more where the tenant tells that a
role holds one of the account permissions in `lookup.ADMIN_PERMISSIONS`."""

BROAD_GROUPS = (
    "*everyone*", "*everybody*", "*all[-_. ]*", "*[-_. ]all", "all", "*all users*", "*allusers*", "*domain users*",
    "*domain[-_]users*", "*employees*", "*staff*", "*authenticated*", "users", "*public*", "*guests*", "*contractors*",
)  # fmt: skip
"""Customer roles whose name says that most people have them, upper and lower case alike."""


@dataclass(frozen=True)
class Watch:
    """What to watch for beyond what is always watched. `now` is the moment that expiry is reckoned from."""

    admin_roles: Sequence[str] = ADMIN_ROLES
    broad_groups: Sequence[str] = BROAD_GROUPS
    now: datetime | None = None


def alerts_of(review: Review, looked: Looked | None, watch: Watch) -> list[Alert]:
    """All alerts of `review`; `looked` is what the tenant showed, None where it was not looked at."""
    found = [
        _unforeseen(review.unforeseen),
        _alert("manage-gained", "MANAGE gained", _gaining(review.grants, "MANAGE")),
        _alert("publish-gained", "PUBLISH gained", _gaining(review.grants, "PUBLISH")),
        _alert("last-access-removed", "Last access removed", _last_accesses(review, looked)),
        _alert("customer-role-lost", "Customer roles that stand for nothing any more", _lost_roles(review.mappings)),
        _broad(review.mappings, looked, watch),
        _alert(
            "admin-role-mapped", "Administrator roles handed to a customer role", _admin(review.mappings, looked, watch)
        ),
        _alert("removed-by-hand-given", "Given by hand, and removed or reduced", _by_hand(review.changes)),
        _alert("gap", "Replaced, with a moment without access", _items(review.changes, lambda change: change.gap)),
        _alert("unknown-before", "Changes what this review cannot see", _unknown(review.changes)),
        _expiring(review.changes, watch),
    ]
    return [alert for alert in found if alert is not None]


def subject(change: Change) -> str:
    """What a change is about, in words: `anna@example.com on prod/Sales`, `everybody with customer role x`."""
    if isinstance(change, GrantChange):
        return f"{change.who.label} on {change.where.label}"
    assert isinstance(change, MappingChange)  # noqa: S101 - there are these two
    return f"everybody with customer role {change.customer_role}"


def _alert(kind: str, title: str, items: Iterable[str], *, urgent: bool = True) -> Alert | None:
    listed = tuple(sorted(items))
    return Alert(kind, title, listed, urgent) if listed else None


def _items(changes: Iterable[Change], wanted: Callable[[Change], bool]) -> list[str]:
    return [subject(change) for change in changes if wanted(change)]


def _unforeseen(unforeseen: Iterable[Unforeseen]) -> Alert | None:
    items = [f"{one.what}: {one.reason} ({one.cause.op} {one.cause.type} {one.cause.name})" for one in unforeseen]
    return _alert("unforeseen", "Cannot be foretold", items)


def _gaining(grants: Iterable[GrantChange], permission: str) -> list[str]:
    # Where nobody knows what was there before, it may be a gain: better said than missed.
    return _items(grants, lambda change: permission in change.gained)


def _lost_roles(mappings: Iterable[MappingChange]) -> list[str]:
    return [
        f"{subject(change)} loses {'whatever it stood for' if change.before is None else rights_in_words(change.lost)}"
        for change in mappings
        if change.ends
    ]


def _last_accesses(review: Review, looked: Looked | None) -> list[str]:
    """Those who have some access in the tenant now, and none after; without the tenant nobody can tell."""
    ended = {change.key: change for change in review.grants if change.ends and change.before}
    if looked is None:
        return []
    given = {change.key for change in review.grants if change.after}
    untold = {change.key for change in review.grants if change.after is None}
    held: dict[Principal, set[GrantKey]] = {}
    for key in looked.grants:
        held.setdefault(key.principal, set()).add(key)
    items: list[str] = []
    for principal in {key.principal for key in ended}:
        left = (
            held.get(principal, set()) | {key for key in given | untold if key.principal == principal}
        ) - ended.keys()
        if not left:
            change = next(change for key, change in ended.items() if key.principal == principal)
            doubt = "" if looked.lists(principal) else " (as far as the tenant lists it)"
            lost = sorted(each.where.label for key, each in ended.items() if key.principal == principal)
            items.append(f"{change.who.label} has no access left{doubt}: loses {', '.join(lost)}")
    return items


def _admin_gained(change: MappingChange, looked: Looked | None, watch: Watch) -> list[str]:
    known = looked.admin_roles if looked is not None else frozenset[str]()
    return sorted(role for role in change.gained if role in known or matches(role, watch.admin_roles))


def _admin(mappings: Iterable[MappingChange], looked: Looked | None, watch: Watch) -> list[str]:
    return [
        f"{subject(change)} gains {', '.join(roles)}"
        for change in mappings
        if not matches(change.customer_role, watch.broad_groups) and (roles := _admin_gained(change, looked, watch))
    ]


def _broad(mappings: Iterable[MappingChange], looked: Looked | None, watch: Watch) -> Alert | None:
    items = [
        f"{subject(change)} gains {', '.join(roles)}, and that looks like a broad group"
        for change in mappings
        if matches(change.customer_role, watch.broad_groups) and (roles := _admin_gained(change, looked, watch))
    ]
    return _alert("broad-admin-role", "Administrator roles for a broad group", items)


def _by_hand(changes: Iterable[Change]) -> list[str]:
    return [
        f"{subject(change)} loses {rights_in_words(change.lost)}"
        for change in changes
        if change.by_hand and change.lost
    ]


def _unknown(changes: Iterable[Change]) -> list[str]:
    return [
        f"{subject(change)}: becomes {rights_in_words(change.after)}, whatever it is now"
        for change in changes
        if change.before is None
    ]


def _expiring(changes: Iterable[Change], watch: Watch) -> Alert | None:
    now = watch.now or datetime.now(timezone.utc)
    items: list[str] = []
    for change in changes:
        if change.expires_at is None:
            continue
        if change.ends:
            items.append(f"{subject(change)} ended on {change.expires_at}")
        elif (until := _moment_of(change.expires_at)) is None:
            items.append(f"{subject(change)}: until {change.expires_at}, which is no moment that can be read")
        elif until - now <= EXPIRY_WARNING:
            items.append(f"{subject(change)}: until {change.expires_at}")
    return _alert("expiring", f"Ended, or ending within {WARNING_DAYS} days", items, urgent=False)


def _moment_of(text: str) -> datetime | None:
    try:
        return moment(text)
    except ValueError:
        return None


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether `name` fits one of `patterns` (`*`, `?`, `[...]`), upper and lower case alike."""
    return any(fnmatchcase(name.casefold(), pattern.casefold()) for pattern in patterns)
