"""What is wished of the role mappings of a tenant."""

from __future__ import annotations

from dataclasses import dataclass

from .mapping_merge import RoleSet


@dataclass(frozen=True)
class Put:
    """Wish: `name` maps to `roles`. `known` tells that it exists as far as its resource's state knows."""

    name: str
    roles: RoleSet
    known: bool
    adopt: bool


@dataclass(frozen=True)
class Removal:
    """Wish: no mapping of that name."""

    name: str


@dataclass(frozen=True)
class Whole:
    """Wish: these mappings and no others. `seen` are the names that may be removed for it."""

    wanted: tuple[tuple[str, RoleSet], ...]
    seen: frozenset[str]


Wish = Put | Removal | Whole
