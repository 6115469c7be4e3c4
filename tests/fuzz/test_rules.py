"""Rules of reviews, which people write by hand: they are read as meant, or refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.strange import examples
from pulumi_talend.api.text import clean
from pulumi_talend.errors import TalendError
from pulumi_talend.review.rules import Rules, find_rules, load_rules, results
from review.documents import grant_state, mapping_state, nasty_review, review_of, step

RULES = """
admin_roles = ["Environment*"]
broad_groups = ["everyone"]

[[rule]]
name = "managers"
action = "deny"
change = "gain"
permission = ["MANAGE", "PUB*"]
environment = "prod"
except_person = "anna@example.com"

[[rule]]
name = "too many"
action = "require-approval"
removed_share = 0.25
workspace = ["Sales"]

[[rule]]
name = "roles"
action = "warn"
customer_role = "every*"
role = ["Operator"]

[[rule]]
name = "alerts"
action = "warn"
alert = ["gap", "unknown-effect"]
"""
ODD_TOML = [
    'nan', 'inf', '-1', '1e400', "0x" + "f" * 5_000, "9" * 5_000, "[" * 3_000, "[" * 3_000 + "]" * 3_000, '""', "''",
    '"""\n"""', '[]', '{}', '{a = 1}', 'true', '1979-05-27', '25:61:00', '[[rule]]', '[rule]', '[tool]', '"\\ud800"',
    '"[a-"', '"[!]"', '"***"', '"\\u202e"', '\x00', '\ufeff', '=', '\r', '["VIEW", 1]',
    '"*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?z"',
]  # fmt: skip
REVIEWS = [
    nasty_review(),
    review_of(
        step("create", "a", None, grant_state("anna", "prod/Sales", ["VIEW", "MANAGE"])),
        step("delete", "c", grant_state("cleo", "prod/Finance", ["VIEW"]), None),
        step("create", "d", None, mapping_state("everyone", ["Operator"]), "RoleMapping"),
    ),
]


@st.composite
def tomls(draw: st.DrawFn) -> str:
    lines = [str(line) for line in RULES.splitlines()]
    for _ in range(draw(st.integers(1, 4))):
        number = draw(st.integers(0, len(lines) - 1))
        how = draw(st.sampled_from(["value", "value", "value", "remove", "repeat", "insert", "cut", "swap"]))
        if how == "value":
            name, equals, _ = lines[number].partition("=")
            lines[number] = f"{name}{equals or '='} {draw(st.sampled_from(ODD_TOML))}"
        elif how == "remove":
            lines[number] = ""
        elif how == "repeat":
            lines.append(lines[number])
        elif how == "insert":
            lines.insert(number, draw(st.sampled_from([*ODD_TOML, *lines])))
        elif how == "cut":
            lines[number] = lines[number][: draw(st.integers(0, 20))]
        else:
            other = draw(st.integers(0, len(lines) - 1))
            lines[number], lines[other] = lines[other], lines[number]
    return "\n".join(lines)


@examples(150)
@given(st.one_of(tomls().map(str.encode), st.binary(max_size=20)), st.sampled_from(["review.toml", "pyproject.toml"]))
def test_damaged_rules_are_rules_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str
) -> None:
    folder = tmp_path_factory.getbasetemp() / "rules"
    folder.mkdir(exist_ok=True)
    for file in folder.iterdir():
        file.unlink()
    (folder / name).write_bytes(content)
    try:
        found = find_rules(folder)
        rules = load_rules(found or folder / name)
    except TalendError as error:
        text = str(error)
        assert text.encode()
        assert text == clean(text) or len(text) > 200  # every reason is listed: long, but one line of printable text
        assert text.replace("\n", "") == text
        return
    assert isinstance(rules, Rules)
    for review in REVIEWS:
        assert len(results(rules, review, None)) == len(rules.rule)


def test_a_pattern_with_many_stars_is_matched_in_time(tmp_path: Path) -> None:
    """Patterns come from a file in the repository: one that takes for ever would stop every review."""
    (tmp_path / "review.toml").write_text(
        f'[[rule]]\nname = "r"\naction = "deny"\nperson = "{"*a" * 40}b"\n', encoding="utf-8"
    )
    person = "a" * 60
    review = review_of(step("create", "x", None, grant_state("id", "prod/Sales", ["VIEW"], login=person)))
    assert not any(result.is_broken for result in results(load_rules(tmp_path / "review.toml"), review, None))
