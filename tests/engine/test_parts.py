"""The parts that can be tried without a run: values, URNs, lines, and the order of deletions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_talend_sandbox.engine.display import output_lines, property_lines
from pulumi_talend_sandbox.engine.execution import _deletion_order  # pyright: ignore[reportPrivateUsage]
from pulumi_talend_sandbox.engine.state import Resource, State, StateFile, make_urn, urn_name
from pulumi_talend_sandbox.engine.values import UNKNOWN, changed_keys, from_struct, same, to_struct

ENGINE = Path(__file__).parents[2] / "provider/pulumi_talend_sandbox/engine"
scalars = st.none() | st.booleans() | st.integers(-(2**50), 2**50) | st.floats(allow_nan=False, allow_infinity=False)
values: st.SearchStrategy[Any] = st.recursive(
    scalars | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
names = st.text(st.characters(exclude_characters=":$"), min_size=1, max_size=8)


def test_it_can_be_read_in_a_sitting() -> None:
    assert sum(len(path.read_text().splitlines()) for path in ENGINE.rglob("*.py")) <= 2000


@given(st.dictionaries(st.text(min_size=1, max_size=4), values, max_size=4))
def test_values_survive_the_wire(properties: dict[str, Any]) -> None:
    assert from_struct(to_struct(properties)) == properties
    assert changed_keys(properties, properties) == {}


@given(values, values)
def test_sameness(a: Any, b: Any) -> None:
    assert same(a, b) == same(b, a)
    assert not same(UNKNOWN, a)
    assert not same(True, 1)
    assert changed_keys({"a": None, "b": 1, "c": "x"}, {"b": 2, "d": True}) == {
        "b": "update",
        "c": "delete",
        "d": "add",
    }


@given(st.lists(names, min_size=1, max_size=3), st.text(min_size=1, max_size=12))
def test_urns(types: list[str], name: str) -> None:
    urn = "urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev"
    for type_ in types:
        urn = make_urn("dev", "p", urn, type_, name)
    assert urn == f"urn:pulumi:dev::p::{'$'.join(types)}::{name}"
    assert urn_name(urn) == name


def test_lines_of_properties_and_outputs() -> None:
    old: dict[str, Any] = {"__provider": "p", "g": {"ann": ["VIEW"], "bob": ["VIEW"]}, "n": 1}
    new: dict[str, Any] = {"__provider": "q", "g": {"ann": ["VIEW", "EXECUTE"]}, "n": UNKNOWN, "m": "x"}
    assert property_lines(old, new) == [
        '~ g.ann: ["VIEW"] => ["VIEW", "EXECUTE"]',
        '- g.bob: ["VIEW"]',
        '+ m: "x"',
        "~ n: 1 => [unknown]",
    ]
    assert output_lines({"a": 1, "gone": "x", "same": 2}, {"a": 2, "new": True, "same": 2}, unchanged=False) == [
        "  ~ a   : 1 => 2",
        '  - gone: "x"',
        "  + new : true",
    ]


@given(st.lists(st.tuples(st.sets(st.integers(0, 7)), st.booleans()), max_size=8))
def test_dependents_are_deleted_first(graph: list[tuple[set[int], bool]]) -> None:
    """Each resource depends on some that come before it; some are what a replacement has left, beside it."""
    resources: list[Resource] = []
    for number, (needs, replaced) in enumerate(graph):
        urns = [f"u{each}" for each in sorted(needs) if each < number]
        resources.append(Resource(f"u{number}", "t", True, dependencies=urns))
        if replaced:
            resources.append(Resource(f"u{number}", "t", True, delete=True, dependencies=urns))
    order = _deletion_order(resources)
    gone: list[int] = []
    while order.is_active():
        ready = order.get_ready()
        for number in ready:
            standing = [each for i, each in enumerate(resources) if i not in gone and i not in ready]
            assert not any(resources[number].urn in each.needs() for each in standing if not resources[number].delete)
        gone += ready
        order.done(*ready)
    assert sorted(gone) == list(range(len(resources)))


def test_a_state_file_gives_back_what_was_put_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}")
    file = StateFile(tmp_path, "p", "dev")
    state: State = file.load()
    old = Resource("u", "t", True, id="1", inputs={"a": [1, None]}, protect=True, property_dependencies={"a": ["v"]})
    state.put(old)
    state.put(Resource("u", "t", True, id="2", retain=True), condemn=old)
    pending = state.begin(old, "deleting")
    again = file.load()
    assert (again.live, again.condemned, again.pending) == (state.live, state.condemned, [pending])
    assert again.condemned[0].delete
    state.remove(state.condemned[0], pending)
    assert (file.load().condemned, file.load().pending) == ([], [])
