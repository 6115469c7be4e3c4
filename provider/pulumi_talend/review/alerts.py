"""What needs a reviewer's attention, each kind with all places where it happens.

The functions below, and docs/review.md, say what counts as what.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from fnmatch import fnmatchcase
from typing import Literal

from ..model.expiry import WARNING_DAYS, parse_time
from ..model.grants import Principal, permission_list
from .lookup import Live
from .model import Alert, AnyChange, GrantChange, MappingChange, Review, UnknownEffect
from .text import day

AlertName = Literal[
    "unknown-effect",
    "foreign-code",
    "endpoint-from-stack",
    "manage-gained",
    "publish-gained",
    "access-prolonged",
    "end-removed",
    "last-access-removed",
    "customer-role-lost",
    "broad-admin-role",
    "admin-role-mapped",
    "another-account",
    "taken-over",
    "unmanaged-removed",
    "gap",
    "unknown-before",
    "expiring",
]
"""All kinds of alerts, as rules name them."""

SHOWN_ALONE: frozenset[str] = frozenset({"unknown-effect", "foreign-code", "endpoint-from-stack"})
"""Kinds about what no row of the changes shows. They come before the changes; the others tell more about rows."""

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


def alerts_of(review: Review, live: Live | None, watch: Watch) -> list[Alert]:
    """All alerts of `review`; `live` is what the tenant showed, None where it was not looked at."""
    changes = review.changes
    found = [
        _unknown_effects(review.unknown),
        _foreign(review),
        _endpoint(review),
        _alert("manage-gained", "MANAGE gained", _gaining(review.grants, "MANAGE")),
        _alert("publish-gained", "PUBLISH gained", _gaining(review.grants, "PUBLISH")),
        _alert("end-removed", "Access has no end any more", _ends_removed(changes)),
        _alert("access-prolonged", "Access ends later", _prolonged(changes)),
        _last_accesses(review, live),
        _alert("customer-role-lost", "Customer role no longer mapped", _lost_roles(review.mappings)),
        _broad(review.mappings, live, watch),
        _alert("admin-role-mapped", "Administrator roles for a customer role", _admin(review.mappings, live, watch)),
        _alert("another-account", "The name now leads to another account", _other_accounts(review.grants)),
        _alert("taken-over", "Taken over from outside this stack", _taken_over(changes)),
        _alert("unmanaged-removed", "Loses access that this stack did not grant", _unmanaged(changes)),
        _alert("gap", "A moment without access", _items(changes, lambda change: change.has_gap)),
        _alert("unknown-before", "What exists now is not known", _unknown_before(changes)),
        _expiring(changes, watch, review.origin.at),
    ]
    return [alert for alert in found if alert is not None]


def subject(change: AnyChange) -> str:
    """What a change is about, in words: `anna@example.com on prod/Sales`, `everybody with customer role x`."""
    if isinstance(change, GrantChange):
        return f"{change.who.label} on {change.where.label}"
    return f"everybody with customer role {change.target}"


def _alert(kind: AlertName, title: str, items: Iterable[str], *, urgent: bool = True) -> Alert | None:
    listed = tuple(sorted(items))
    return Alert(kind, title, listed, urgent) if listed else None


def _items(changes: Iterable[AnyChange], wanted: Callable[[AnyChange], bool]) -> list[str]:
    return [subject(change) for change in changes if wanted(change)]


def _unknown_effects(unknown: Iterable[UnknownEffect]) -> Alert | None:
    items = [f"{one.what}: {one.reason} ({one.cause.op} {one.cause.type} {one.cause.name})" for one in unknown]
    return _alert("unknown-effect", "Not known before the update", items)


def _foreign(review: Review) -> Alert | None:
    items = [
        f"{each.cause.op} {each.cause.name} ({each.type}): its code is the program's own, ran in this preview, and may do "
        "what no review sees"
        for each in review.foreign
    ]
    return _alert("foreign-code", "Runs code that is not this provider's", items)


def _endpoint(review: Review) -> Alert | None:
    if review.endpoint is None:
        return None
    item = f"talend:endpoint is {review.endpoint}: the token goes there"
    return _alert("endpoint-from-stack", "The stack's configuration names the API's address", [item])


def _gaining(grants: Iterable[GrantChange], permission: str) -> list[str]:
    # Where nobody knows what was there before, it may be a gain: better said than missed.
    return [
        subject(change) + (" (may have it already: what exists is not known)" if change.before is None else "")
        for change in grants
        if permission in change.gained
    ]


def _ends_removed(changes: Iterable[AnyChange]) -> list[str]:
    return [
        f"{subject(change)}: {permission_list(change.after)}, was until {day(change.until_before)}"
        for change in changes
        if change.is_end_removed
    ]


def _prolonged(changes: Iterable[AnyChange]) -> list[str]:
    return [
        f"{subject(change)}: {permission_list(change.after)} until {day(change.until)} (was {day(change.until_before)})"
        for change in changes
        if change.prolongs and not change.is_end_removed
    ]


def _lost_roles(mappings: Iterable[MappingChange]) -> list[str]:
    return [
        f"{subject(change)} loses {permission_list(change.lost) if change.before is not None else 'whatever it had'}"
        for change in mappings
        if change.ends
    ]


def _last_accesses(review: Review, live: Live | None) -> Alert | None:
    """Who has access to workspaces now and none after; "may" where not all access of the account was read."""
    ended: dict[Principal, list[GrantChange]] = {}
    for change in review.grants:
        if change.ends:
            ended.setdefault(change.target.principal, []).append(change)
    after = {change.target: change.after for change in review.grants}
    items: list[str] = []
    is_sure = True
    for principal, changes in ended.items():
        if any(rights for key, rights in after.items() if key.principal == principal):
            continue
        grants = live.grants_of(principal) if live is not None else None
        if grants is not None and any(key not in after for key in grants):
            continue
        # A listing that lacks even what is known to exist proves nothing.
        listed = grants is not None and all(change.target in grants for change in changes)
        unsure = not listed or any(_concerns(one, principal) for one in review.unknown)
        is_sure = is_sure and not unsure
        lost = ", ".join(sorted(change.where.label for change in changes))
        doubt = "; other workspaces were not read" if unsure else ""
        items.append(f"{changes[0].who.label} (loses {lost}{doubt})")
    title = "No access to any workspace left" if is_sure else "Possibly no access to any workspace left"
    return _alert("last-access-removed", title, items)


def _concerns(unknown: UnknownEffect, principal: Principal) -> bool:
    """Whether an unknown effect may give access to `principal`: one without targets may to anybody."""
    return not unknown.targets or any(f"/{principal.path}" in target for target in unknown.targets)


def _admin_gained(change: MappingChange, live: Live | None, watch: Watch) -> list[str]:
    known = live.admin_roles if live is not None else frozenset[str]()
    return sorted(role for role in change.gained if role in known or matches(role, watch.admin_roles))


def _admin(mappings: Iterable[MappingChange], live: Live | None, watch: Watch) -> list[str]:
    return [
        f"{subject(change)} gains {', '.join(roles)}"
        for change in mappings
        if not matches(change.target, watch.broad_groups) and (roles := _admin_gained(change, live, watch))
    ]


def _broad(mappings: Iterable[MappingChange], live: Live | None, watch: Watch) -> Alert | None:
    items = [
        f"{subject(change)} gains {', '.join(roles)}, and by its name most people have it"
        for change in mappings
        if matches(change.target, watch.broad_groups) and (roles := _admin_gained(change, live, watch))
    ]
    return _alert("broad-admin-role", "Administrator roles for a broad group", items)


def _other_accounts(grants: Iterable[GrantChange]) -> list[str]:
    """Grants of one name on one workspace that end for one account and begin for another."""
    changes = [change for change in grants if change.who.name]
    ended = {
        (change.who.principal.kind, change.who.name, change.where): change.who.id for change in changes if change.ends
    }
    return [
        f"{subject(change)}: id {change.who.id}, was {old}"
        for change in changes
        if not change.ends
        and (old := ended.get((change.who.principal.kind, change.who.name, change.where))) is not None
    ]


def _taken_over(changes: Iterable[AnyChange]) -> list[str]:
    items: list[str] = []
    for change in changes:
        if change.is_taken_over:
            had = "not known" if change.before is None else permission_list(change.before)
            then = ", unchanged" if change.before == change.after else f" → {permission_list(change.after)}"
            items.append(f"{subject(change)}: {had}{then}")
    return items


def _unmanaged(changes: Iterable[AnyChange]) -> list[str]:
    return [f"{subject(change)} loses {permission_list(change.unmanaged)}" for change in changes if change.unmanaged]


def _unknown_before(changes: Iterable[AnyChange]) -> list[str]:
    return [
        f"{subject(change)}: becomes {permission_list(change.after)}" for change in changes if change.before is None
    ]


def _expiring(changes: Iterable[AnyChange], watch: Watch, at: datetime | None) -> Alert | None:
    now = watch.now or at or datetime.now(timezone.utc)
    items: list[str] = []
    for change in changes:
        until = change.end
        if until is None:
            continue
        if not change.after:
            if parse_time(until) <= now:
                items.append(f"{subject(change)} ended on {day(until)}")
        elif parse_time(until) - now <= EXPIRY_WARNING:
            items.append(f"{subject(change)}: until {day(until)}")
    return _alert("expiring", f"Ended, or ending within {WARNING_DAYS} days", items, urgent=False)


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether `name` fits one of `patterns` (`*`, `?`, `[...]`), upper and lower case alike."""
    return any(fnmatchcase(name.casefold(), pattern.casefold()) for pattern in patterns)
