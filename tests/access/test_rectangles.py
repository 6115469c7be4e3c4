"""Rectangles cover exactly what is meant: the batch DELETE takes every pair of its two lists."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pulumi_talend.access.rectangles import MAX_IDS, largest_rectangle, rectangles
from pulumi_talend.model.grants import GrantKey, Principal


def key_of(workspace: int, user: int) -> GrantKey:
    return GrantKey(f"w{workspace}", Principal("users", f"u{user}"))


def pairs_of(keys: set[GrantKey]) -> set[tuple[str, str]]:
    return {(key.workspace_id, key.principal.id) for key in keys}


KEYS = st.sets(st.builds(key_of, st.integers(0, 11), st.integers(0, 11)), min_size=1)


@given(KEYS, st.integers(1, 70))
def test_they_cover_exactly_what_is_meant_each_once(keys: set[GrantKey], most_pairs: int) -> None:
    covered: list[tuple[str, str]] = []
    for workspaces, principals in rectangles(keys, most_pairs=most_pairs):
        assert 1 <= len(workspaces) * len(principals) <= most_pairs
        assert max(len(workspaces), len(principals)) <= MAX_IDS
        covered += [(workspace, principal) for workspace in workspaces for principal in principals]
    assert len(covered) == len(set(covered))
    assert set(covered) == pairs_of(keys)


@given(KEYS, st.integers(1, 70))
def test_the_largest_has_nothing_but_what_is_meant(keys: set[GrantKey], most_pairs: int) -> None:
    found = largest_rectangle(keys, most_pairs=most_pairs)
    covered = {(workspace, principal) for workspace in found.workspace_ids for principal in found.principal_ids}
    assert covered <= pairs_of(keys)
    assert 1 <= len(covered) <= most_pairs
    assert pairs_of(set(found.of(keys))) == covered
    longest = max(sum(key.workspace_id == line for key in keys) for line in {key.workspace_id for key in keys})
    if len(keys) <= 64:
        assert len(covered) >= min(longest, most_pairs), "one workspace alone would be more"


def test_a_full_grid_is_as_few_calls_as_its_size_allows() -> None:
    assert len(rectangles({key_of(w, u) for w in range(4) for u in range(25)})) == 1
    assert len(rectangles({key_of(0, u) for u in range(120)})) == 3
    assert rectangles([]) == []
