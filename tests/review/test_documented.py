"""What the page about reviews says is what there is: kinds of alerts, options, rules, exit codes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import typer.main
from typer import Typer

from docs.fences import fences
from pulumi_talend.review import command
from pulumi_talend.review.rules import AlertName, Rule, load_rules

PAGE = Path(__file__).parents[2] / "docs" / "review.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_every_kind_of_alert_is_in_the_table() -> None:
    assert set(get_args(AlertName)) <= set(re.findall(r"`([a-z-]+)`", TEXT.partition("## What comes first")[2]))


def test_the_rules_are_rules(tmp_path: Path) -> None:
    (example,) = [fence.text for fence in fences(PAGE) if fence.text.startswith("# review.toml")]
    file = tmp_path / "review.toml"
    file.write_text(example, encoding="utf-8")
    assert len(load_rules(file).rule) == 3
    table = TEXT.partition("| key | meaning |")[2].partition("\n\n")[0]
    assert set(Rule.model_fields) == set(
        re.findall(r"`([a-z_]+)`", " ".join(re.findall(r"^\| (.*?) \|", table, re.MULTILINE)))
    )


def test_every_option_is_in_the_table() -> None:
    app = Typer()
    app.command()(command.review)
    options = {
        option
        for parameter in typer.main.get_command(app).params
        for option in parameter.opts
        if option.startswith("--")
    }
    assert options - {
        "--stack",
        "--cwd",
        "--refresh",
        "--from-plan",
        "--install-completion",
        "--show-completion",
    } <= set(re.findall(r"--[a-z-]+", TEXT))


def test_exit_codes() -> None:
    assert f"{command.EXIT_DENIED} a rule denies it" in TEXT
    assert f"\n{command.EXIT_NOT_APPROVED} an approval is missing" in TEXT
