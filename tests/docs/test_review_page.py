"""docs/review.md: its rules load, and its tables have every key of a rule and every kind of alert."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from docs.fences import ROOT, all_fences
from pulumi_talend.review.alerts import AlertName
from pulumi_talend.review.rules import Rule, load_rules

PAGE = (ROOT / "docs" / "review.md").read_text(encoding="utf-8")
FIRST_CELLS = " ".join(line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| "))


def test_the_rules_load(tmp_path: Path) -> None:
    (fence,) = all_fences("toml rules")
    (tmp_path / "review.toml").write_text(fence.text, encoding="utf-8")
    assert [rule.action for rule in load_rules(tmp_path / "review.toml").rule] == ["require-approval", "deny", "deny"]


def test_every_key_of_a_rule_is_in_a_table() -> None:
    assert [name for name in Rule.model_fields if f"`{name}`" not in FIRST_CELLS] == []


def test_every_kind_of_alert_is_in_a_table() -> None:
    assert [kind for kind in get_args(AlertName) if f"`{kind}`" not in FIRST_CELLS] == []
