"""One write of role mappings on its way through the pipeline, and the algebra of lists of mappings."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ..api import RoleMapping
from ..model.grants import Roles, permission_list
from .group_commit import PendingWrite
from .names import folded


@dataclass(eq=False)
class MappingWrite(PendingWrite):
    """Role mappings that are to be written together.

    Attributes:
        sort: `put`: one mapping, beside all others. `remove`: one mapping. `whole`: these and no others.
        wanted: Customer role → Talend roles; for a removal its name alone, without roles.
        creates: Whether nothing may exist under the name yet, unless a journal entry or `adopts` allows it.
        adopts: Whether it may take over what exists.
        must_exist: Names that state has: a list that lacks one is not written back before that is clear.
        reviewed: For `whole`, the names that may vanish: somebody has been shown them.
        without_empty: Whether it leaves out mappings without roles: the API has refused the write with them.
        visible_after: How long after the last call the tenant showed it; None where it has not yet.
        was_seen: Whether the tenant has shown it at any time.
        stood: The names that were mapped before its first call.
    """

    sort: Literal["put", "remove", "whole"]
    wanted: Mapping[str, Roles]
    creates: bool = False
    adopts: bool = False
    must_exist: frozenset[str] = frozenset()
    reviewed: frozenset[str] = frozenset()
    without_empty: bool = False
    visible_after: float | None = None
    was_seen: bool = False
    stood: frozenset[str] = frozenset()
    tried: set[str] = field(default_factory=set[str])

    @property
    def name(self) -> str:
        """The customer role of a `put` or `remove`."""
        return next(iter(self.wanted))

    @property
    def target(self) -> str:
        """The customer role; empty for `whole`."""
        return "" if self.sort == "whole" else self.name

    @property
    def removes(self) -> bool:
        """Whether it removes the mapping."""
        return self.sort == "remove"

    @property
    def subject(self) -> str:
        """What was attempted, completing "Could not ..."."""
        if self.sort == "whole":
            return "write the role mappings of the tenant"
        if self.sort == "remove":
            return f"remove the mapping of customer role '{self.name}'"
        return f"map customer role '{self.name}' to {permission_list(self.wanted[self.name])}"

    def is_in(self, listing: Mapping[str, Roles]) -> bool:
        """Whether a listing shows the write."""
        if self.sort == "remove":
            return self.name not in listing
        if self.sort == "whole":
            return without_empty(listing) == self.wanted
        return listing.get(self.name) == self.wanted[self.name]

    def spelled_otherwise(self, listing: Mapping[str, Roles]) -> tuple[str, str] | None:
        """A name of this write, and how an API that normalises names lists it; None where there is none."""
        for name, roles in self.wanted.items() if self.sort != "remove" else ():
            alike = [other for other in listing if folded(other) == folded(name) and listing[other] == roles]
            if name not in listing and alike and alike[0] not in self.wanted:
                return name, alike[0]
        return None


def merged(current: Sequence[RoleMapping], puts: Mapping[str, Roles]) -> list[RoleMapping]:
    """Returns `current` with every mapping of `puts` in it.

    Nothing else changes: other mappings keep their order, the order of their roles and whatever else the API keeps in them.
    A mapping that has the same roles already stays as it is; new ones come last, by name.
    """
    result = [
        mapping
        if mapping.name not in puts or frozenset(mapping.roles) == puts[mapping.name]
        else mapping.with_roles(sorted(puts[mapping.name]))
        for mapping in current
    ]
    present = {mapping.name for mapping in current}
    result.extend(RoleMapping(name=name, roles=sorted(puts[name])) for name in sorted(puts) if name not in present)
    return result


def roles_by_name(mappings: Iterable[RoleMapping]) -> dict[str, Roles]:
    """Customer role → Talend roles."""
    return {mapping.name: frozenset(mapping.roles) for mapping in mappings}


def without_empty(listing: Mapping[str, Roles]) -> dict[str, Roles]:
    """The mappings that give somebody a role. One without roles counts as none, and is kept as it is."""
    return {name: roles for name, roles in listing.items() if roles}


_SETTLING_SECONDS = 0.25
_SETTLING_TIMES = 3.0
_MOST_SETTLING_SECONDS = 10.0


def settling_seconds(round_trip: float) -> float:
    """How long after a write another writer may still overwrite it, where a call takes `round_trip` seconds.

    A writer that had read before our write undoes it when it writes, and needs about as long for that as we do. Two writers
    that look after the same time would meet again with every attempt, so chance has a part in it.
    """
    least = min(max(_SETTLING_SECONDS, _SETTLING_TIMES * round_trip), _MOST_SETTLING_SECONDS)
    return least * random.uniform(1.0, 1.5)  # noqa: S311 - guards nothing
