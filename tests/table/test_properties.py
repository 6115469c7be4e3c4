"""Properties of tables, on tables and texts that hypothesis writes."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_talend.authoring.formatting import FormatError, comments, formatted
from pulumi_talend.table import TableError, table_from_dict
from pulumi_talend.table.places import Position
from pulumi_talend.table.yaml_reader import Source, read_yaml

WORDS = st.sampled_from(
    ["dev", "prod", "VIEW", "operator", "team:sales", "sales", "anna@x", "no", "12", "", " a", "members", "who", "30%"]
)
KEYS = st.sampled_from(
    ["environments", "exclusive", "bundles", "teams", "workspaces", "role_mappings", "access", "overrides", "mappings"]
) | st.sampled_from(
    ["members", "who", "permissions", "expires", "roles", "id", "dev", "sales", "team:sales", "anna@x", "operator"]
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    WORDS | st.booleans() | st.integers(-1, 99) | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)
COMMENTS = st.sampled_from(["", "", "  # why", " # team: sales", "   #x"])
SCALARS = st.sampled_from(
    ["VIEW", "'no'", '"a: b # c"', "[VIEW, X]", "[ VIEW ,  MANAGE ]", "{ a: 1, b: [x] }", "a@b.example"]
)


@given(VALUES)
@settings(max_examples=300, deadline=None)
def test_whatever_a_program_gives_is_a_table_or_a_table_error(data: Any) -> None:
    with contextlib.suppress(TableError):
        table_from_dict(data, name="access").declared(None)


@given(st.text(alphabet="ab:-[]{}#'\"&*!|>%@`?, \n\t0n~<", max_size=60))
@settings(max_examples=300, deadline=None)
def test_whatever_a_file_holds_is_read_or_refused_with_a_line(text: str) -> None:
    source = Source("access.yaml")
    read_yaml(source, "access.yaml", text.encode())
    lines = text.count("\n") + 1
    for problem in source.problems:
        assert isinstance(problem.position, Position)
        assert 1 <= problem.position.line <= lines + 1
        assert problem.reason


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_what_is_read_without_a_problem_is_what_yaml_means(data: st.DataObject) -> None:
    wanted = data.draw(
        st.dictionaries(KEYS, st.lists(WORDS | st.booleans() | st.integers(0, 9), max_size=3) | WORDS, max_size=4)
    )
    source = Source("access.yaml")
    read_yaml(source, "access.yaml", yaml.safe_dump(wanted).encode())
    assert source.problems == []
    assert source.data == wanted == json.loads(json.dumps(wanted))


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A table as people type it: uneven indents, blank lines, comments anywhere."""
    lines: list[str] = []

    def value(before: str, indent: int) -> None:
        """A value, on one line or on several."""
        kind = draw(st.sampled_from(["one", "one", "one", "brackets", "block", "quoted"]))
        more = " " * (indent + draw(st.integers(5, 9)))
        if kind == "one":
            lines.append(before + draw(SCALARS) + draw(COMMENTS))
        elif kind == "brackets":
            lines.extend([f"{before}[VIEW,{draw(COMMENTS)}", f"{more}# within", f"{more}{{who: x}} ,", f"{more}b]"])
        elif kind == "block":
            lines.extend([f"{before}|", f"{more}text: # no comment", "", f"{more}  more"])
        else:
            lines.extend([f'{before}"one', f'{more}two"{draw(COMMENTS)}'])

    def block(indent: int, depth: int) -> None:
        step = draw(st.integers(1, 4))
        is_list = depth > 0 and draw(st.booleans())
        for number in range(draw(st.integers(1, 3))):
            lines.extend([""] * draw(st.integers(0, 2)))
            if draw(st.booleans()):
                lines.append(" " * indent + "# before")
            if is_list:
                value(" " * indent + "- ", indent)
            elif depth < 3 and draw(st.booleans()):
                lines.append(" " * indent + f"key{number}:" + draw(COMMENTS))
                block(indent + step, depth + 1)
            else:
                value(" " * indent + f"key{number}:" + " " * draw(st.integers(1, 3)), indent)

    block(0, 0)
    return "\n".join(lines) + draw(st.sampled_from(["", "\n", "\n\n", "\n# end\n"]))


@given(texts())
@settings(max_examples=200, deadline=None)
def test_format_is_idempotent_and_loses_nothing(text: str) -> None:
    once = formatted(text)
    assert formatted(once) == once
    assert yaml.safe_load(once) == yaml.safe_load(text + "\n")
    assert comments(once) == comments(text)
    assert not any(line != line.rstrip() for line in once.splitlines())


def test_comments_are_found_between_tokens_alone() -> None:
    assert comments("# a\nb: 'c # d'   # e\nf: [g, # h\n  i]\n# j") == ["a", "e", "h", "j"]
    assert formatted("a: b") == "a: b\n"
    assert issubclass(FormatError, Exception)
