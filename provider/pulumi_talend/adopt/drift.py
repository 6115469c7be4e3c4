"""Where a tenant and the stacks that manage it differ."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ..api import TalendClient
from ..api.permissions import words
from .live import LiveAccess
from .managed import Managed

Sort = Literal["unmanaged", "differs", "gone"]
SORTS: tuple[Sort, ...] = ("unmanaged", "differs", "gone")


@dataclass(frozen=True, order=True)
class Difference:
    """One difference. `what` names the grant or customer role; texts say what state and tenant have; `urn` who manages it."""

    sort: Sort
    what: str
    in_state: str
    in_tenant: str
    urn: str = ""


@dataclass(frozen=True)
class Drift:
    """All differences, and what could not be read: where something stands there, silence about it means nothing."""

    differences: tuple[Difference, ...]
    unread: tuple[str, ...]

    def of(self, sort: Sort) -> list[Difference]:
        """The differences of one sort."""
        return [difference for difference in self.differences if difference.sort == sort]


def find_drift(live: LiveAccess, managed: Managed, client: TalendClient, *, partial: bool) -> Drift:
    """Compares them. `partial`: only a part of the tenant was asked for, so what lies outside of it is no difference.

    A managed grant or mapping that the listings lack is looked at by itself before it counts as gone; raises what the client
    raises then.
    """
    found: list[Difference] = []
    if "permissions" in live.what:
        found.extend(_grants(live, managed, client, partial=partial))
    if "role-mappings" in live.what and not any(line.startswith("role mappings") for line in live.unread):
        found.extend(_mappings(live, managed, client))
    return Drift(tuple(sorted(found, key=lambda d: (SORTS.index(d.sort), d.what))), live.unread)


def _grants(live: LiveAccess, managed: Managed, client: TalendClient, *, partial: bool) -> Iterable[Difference]:
    shown = {grant.key: grant for grant in live.grants}
    places = {place.id: place for place in live.places}
    labels = {grant.who.principal: str(grant.who) for grant in live.grants}
    users_unread = any(line.startswith("permissions of users") for line in live.unread)
    accounts_unread = any(line.startswith("permissions of service accounts") for line in live.unread)
    for key, grant in shown.items():
        what = f"{grant.who} on {grant.place}"
        if key not in managed.grants:
            if key.workspace_id in managed.whole_workspaces:
                # An authoritative set holds this workspace: it will remove what it does not name.
                yield Difference(
                    "differs", what, "nothing", words(grant.permissions), managed.whole_workspaces[key.workspace_id]
                )
            else:
                yield Difference("unmanaged", what, "", words(grant.permissions))
        elif managed.grants[key][0] != grant.permissions:
            held, urn = managed.grants[key]
            yield Difference("differs", what, words(held), words(grant.permissions), urn)
    for key, (held, urn) in managed.grants.items():
        if key in shown or (partial and key.workspace_id not in places):
            continue
        if users_unread if key.principal.kind == "users" else accounts_unread:
            continue  # said in `unread`
        standing = client.permissions.get(key)
        place = places.get(key.workspace_id)
        what = f"{labels.get(key.principal, key.principal.id)} on {place or key.workspace_id}"
        if standing is None:
            yield Difference("gone", what, words(held), "", urn)
        elif standing != held:
            yield Difference("differs", what, words(held), words(standing), urn)


def _mappings(live: LiveAccess, managed: Managed, client: TalendClient) -> Iterable[Difference]:
    for name, roles in live.mappings.items():
        what = f"customer role {name}"
        if name in managed.mappings:
            held, urn = managed.mappings[name]
            if held != roles:
                yield Difference("differs", what, words(held), words(roles), urn)
        elif managed.whole_mappings:
            yield Difference("differs", what, "nothing", words(roles), managed.whole_mappings)
        else:
            yield Difference("unmanaged", what, "", words(roles))
    for name, (held, urn) in managed.mappings.items():
        if name not in live.mappings:
            standing = client.role_mappings.get(name)
            if standing is None:
                yield Difference("gone", f"customer role {name}", words(held), "", urn)
