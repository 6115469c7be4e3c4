"""The algebra of role mappings and of rectangles: nothing lost, nothing touched that was not meant."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from pulumi_talend.access import RoleSet, merged, roles_by_name
from pulumi_talend.access.rectangles import MAX_IDS, largest_rectangle, rectangles
from pulumi_talend.api import GrantKey, Principal, RoleMapping

NAMES = st.sampled_from(["a", "b", "c", "d", "Köln", "x/y", "e f"])
ROLES = st.lists(st.sampled_from(["Operator", "Data Steward", "Assets Manager"]), max_size=4)


def mapping_of(name: str, roles: list[str], extra: dict[str, str]) -> RoleMapping:
    return RoleMapping.model_validate({"name": name, "roles": roles, **extra})


EXTRAS = st.dictionaries(st.sampled_from(["description", "createdBy"]), st.text(max_size=5), max_size=2)
LISTINGS = st.lists(st.builds(mapping_of, NAMES, ROLES, EXTRAS), unique_by=lambda mapping: mapping.name)
PUTS = st.dictionaries(NAMES, ROLES.map(frozenset[str]))


@given(LISTINGS, PUTS)
def test_what_is_not_put_stays_as_it_is(current: Sequence[RoleMapping], puts: dict[str, RoleSet]) -> None:
    result = merged(current, puts)
    assert [one for one in result if one.name not in puts] == [one for one in current if one.name not in puts]
    assert [one.as_json() for one in result if one.name not in puts] == [
        one.as_json() for one in current if one.name not in puts
    ]


@given(LISTINGS, PUTS)
def test_what_is_put_is_there_once(current: Sequence[RoleMapping], puts: dict[str, RoleSet]) -> None:
    result = merged(current, puts)
    names = [one.name for one in result]
    assert len(names) == len(set(names))
    assert set(names) == {one.name for one in current} | set(puts)
    assert roles_by_name(result) == {**roles_by_name(current), **puts}


@given(LISTINGS, PUTS)
def test_order_and_unknown_fields_are_kept(current: Sequence[RoleMapping], puts: dict[str, RoleSet]) -> None:
    result = merged(current, puts)
    assert [one.name for one in result[: len(current)]] == [one.name for one in current]
    for before, after in zip(current, result, strict=False):
        assert {**after.as_json(), "roles": []} == {**before.as_json(), "roles": []}
        if frozenset(before.roles) == puts.get(before.name, frozenset(before.roles)):
            assert after.roles == before.roles  # the order of roles too


@given(LISTINGS, PUTS)
def test_once_is_as_good_as_twice(current: Sequence[RoleMapping], puts: dict[str, RoleSet]) -> None:
    once = merged(current, puts)
    assert merged(once, puts) == once
    assert merged(current, {}) == list(current)


@given(LISTINGS, PUTS, PUTS)
def test_distinct_names_may_come_in_any_order(
    current: Sequence[RoleMapping], first: dict[str, RoleSet], second: dict[str, RoleSet]
) -> None:
    second = {name: roles for name, roles in second.items() if name not in first}
    one = roles_by_name(merged(merged(current, first), second))
    assert one == roles_by_name(merged(merged(current, second), first))
    assert one == roles_by_name(merged(current, {**first, **second}))


def key_of(workspace: int, user: int) -> GrantKey:
    return GrantKey(f"w{workspace}", Principal("users", f"u{user}"))


KEYS = st.sets(st.builds(key_of, st.integers(0, 7), st.integers(0, 7)))


@given(KEYS, st.integers(1, 70))
def test_rectangles_cover_exactly_what_is_meant(keys: set[GrantKey], most_pairs: int) -> None:
    """The batch DELETE takes every pair of its two lists: one too many would be somebody's access."""
    covered = [
        (workspace, principal)
        for rectangle in rectangles(keys, most_pairs=most_pairs)
        for workspace in rectangle.workspace_ids
        for principal in rectangle.principal_ids
    ]
    assert len(covered) == len(set(covered))
    assert set(covered) == {(key.workspace_id, key.principal.id) for key in keys}
    for workspaces, principals in rectangles(keys, most_pairs=most_pairs):
        assert 1 <= len(workspaces) * len(principals) <= most_pairs
        assert max(len(workspaces), len(principals)) <= MAX_IDS


def test_a_full_grid_is_as_few_calls_as_its_size_allows() -> None:
    keys = {GrantKey(f"w{w}", Principal("users", f"u{u}")) for w in range(4) for u in range(25)}
    assert len(rectangles(keys)) == 1
    assert len(rectangles({GrantKey("w", Principal("users", f"u{u}")) for u in range(120)})) == 3
    assert rectangles([]) == []


@given(st.sets(st.builds(key_of, st.integers(0, 7), st.integers(0, 7)), min_size=1), st.integers(1, 70))
def test_the_largest_rectangle_holds_nothing_but_what_is_meant(keys: set[GrantKey], most_pairs: int) -> None:
    workspaces, principals = largest_rectangle(keys, most_pairs=most_pairs)
    covered = {(workspace, principal) for workspace in workspaces for principal in principals}
    assert covered <= {(key.workspace_id, key.principal.id) for key in keys}
    assert 1 <= len(covered) <= most_pairs
    assert max(len(workspaces), len(principals)) <= MAX_IDS
    longest_line = max(sum(key.workspace_id == line for key in keys) for line in {key.workspace_id for key in keys})
    assert len(covered) >= min(longest_line, most_pairs), "one workspace alone would be more"
