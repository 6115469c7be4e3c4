"""Where a tenant and the stacks that manage it differ: what the planner would change if each stack were updated as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from ..access import TenantAccess
from ..model.grants import GrantKey, permission_list
from ..model.lines import TableLine
from ..model.named import Place, Who
from ..model.planning import NOTHING, Access, Desired, Rights, plan
from .live import LiveAccess, Namer, Unread
from .managed import Managed

Sort = Literal["unmanaged", "differs", "gone"]
SORTS: tuple[Sort, ...] = ("unmanaged", "differs", "gone")

T = TypeVar("T", GrantKey, str)


@dataclass(frozen=True)
class Difference:
    """One difference.

    Attributes:
        sort: In the tenant and no state; in both, and not alike; in a state alone.
        target: The grant, or the customer role.
        state: The rights in state.
        tenant: The rights in the tenant.
        urn: The resource that manages it; empty where none does.
        who: The principal of a grant.
        place: The workspace of a grant.
        line: The line of a table of access behind it, as of the last update; None without one.
    """

    sort: Sort
    target: GrantKey | str
    state: Rights
    tenant: Rights
    urn: str = ""
    who: Who | None = None
    place: Place | None = None
    line: TableLine | None = None

    @property
    def subject(self) -> str:
        """The person, service account or customer role that it is about."""
        return self.who.full if self.who is not None else f"customer role {self.target}"

    @property
    def resource(self) -> str:
        """The name of the resource that manages it; empty where none does."""
        return self.urn.split("::", 3)[-1]

    @property
    def sentence(self) -> str:
        """What differs, in words."""
        state, tenant = permission_list(self.state), permission_list(self.tenant)
        if self.sort == "unmanaged":
            return f"has {tenant}, managed by no stack"
        if self.sort == "gone":
            return f"has nothing; '{self.resource}' grants {state}"
        if not self.state:
            return f"has {tenant}; '{self.resource}' says that there are no others, and its next update removes it"
        return f"has {tenant}; '{self.resource}' grants {state}"


@dataclass(frozen=True)
class Drift:
    """All differences, and what could not be read: of that nothing is known."""

    differences: tuple[Difference, ...]
    unread: tuple[Unread, ...]
    notes: tuple[str, ...] = ()

    def of(self, sort: Sort) -> list[Difference]:
        """The differences of one sort."""
        return [difference for difference in self.differences if difference.sort == sort]


def find_drift(live: LiveAccess, managed: Managed, tenant: TenantAccess, *, partial: bool) -> Drift:
    """Compares them.

    Args:
        live: What the tenant grants.
        managed: What the stacks manage.
        tenant: The tenant: what is managed and the listings lack is read by itself before it counts as gone.
        partial: Whether only a part of the tenant was asked for; then what is managed outside of it is left out.

    Raises:
        TalendError: As the API client raises.
    """
    found: list[Difference] = []
    names = Namer(tenant)
    if "permissions" in live.parts:
        places = {place.id: place for place in live.places}
        kept = {
            key: access
            for key, access in managed.grants.items()
            if live.was_read(key.principal.kind) and (not partial or key.workspace_id in places)
        }
        shown = {grant.key: grant.permissions for grant in live.grants}
        missing = tenant.grants.snapshot.read_each(kept.keys() - shown.keys())
        now = {**shown, **{key: permissions or NOTHING for key, permissions in missing.items()}}
        for difference in _differences(kept, now, managed):
            key = difference.target
            assert isinstance(key, GrantKey)  # noqa: S101 - of grants come differences of grants
            place = places.get(key.workspace_id) or Place("", "", key.workspace_id)
            found.append(replace(difference, who=names.who(key.principal), place=place))
    if "role-mappings" in live.parts and live.was_read("role-mappings"):
        missing_roles = {
            name: tenant.mappings.read(name) or NOTHING for name in managed.mappings.keys() - live.mappings
        }
        found += _differences(managed.mappings, {**live.mappings, **missing_roles}, managed)
    ordered = sorted(
        found, key=lambda each: (each.who is None, each.subject, each.place.written if each.place else "", each.sort)
    )
    return Drift(tuple(ordered), live.unread, tuple(dict.fromkeys([*live.notes, *names.notes])))


def _differences(state: Mapping[T, Access], now: Mapping[T, Rights], managed: Managed) -> Iterable[Difference]:
    complete: Callable[[T], bool] = lambda target: bool(managed.complete_set(target))  # noqa: E731
    for change in plan(state, Desired(state, is_complete_for=complete), now):
        rights = state[change.target].rights if change.target in state else NOTHING
        sort: Sort = "differs" if change.before else "gone"
        target = change.target
        owner, line = managed.owner(target), managed.line(target)
        yield Difference(sort, target, rights or NOTHING, change.before or NOTHING, owner, line=line)
    for target, rights in now.items():
        if rights and target not in state and not managed.complete_set(target):
            yield Difference("unmanaged", target, NOTHING, rights)
