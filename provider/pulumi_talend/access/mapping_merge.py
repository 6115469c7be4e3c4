"""The algebra of role mappings: what a list becomes when some mappings are put into it. No HTTP, no state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..api import RoleMapping

RoleSet = frozenset[str]


def merged(current: Sequence[RoleMapping], puts: Mapping[str, RoleSet]) -> list[RoleMapping]:
    """`current` with every mapping of `puts` in it.

    Nothing else changes: other mappings keep their order, their roles' order and whatever else the API keeps in them; a
    mapping that says the same already is left as it is; new ones come last, by name.
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


def roles_by_name(mappings: Iterable[RoleMapping]) -> dict[str, RoleSet]:
    """Customer role → set of Talend roles."""
    return {mapping.name: frozenset(mapping.roles) for mapping in mappings}
