"""Workflow commands of GitHub Actions: each change at its line of the table or the program, in the pull request's files."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from pulumi_talend.loader import TABLE
from pulumi_talend.model.lines import TableLine
from pulumi_talend.review.model import CauseLine
from pulumi_talend.review.render.annotations import MOST, github_annotations
from review.documents import document, grant_state, mapping_state, nasty_review, review_of, step
from review.test_command import run

HERE = PurePosixPath()


def at(entry: dict[str, Any], line: int) -> dict[str, Any]:
    part = entry.get("newState") or entry["oldState"]
    part["stackTrace"] = [{"sourcePosition": f"project:///team.py#{line}"}]
    return entry


def with_line(state: Mapping[str, Any], line: str) -> dict[str, Any]:
    return {**state, "inputs": {**state["inputs"], TABLE: {"": [line, "", "on call"]}}}


def test_each_change_is_at_its_line() -> None:
    viewer, operator = grant_state("ben", "dev/Sales", ["VIEW"]), grant_state("ben", "dev/Sales", ["VIEW", "EXECUTE"])
    mapping = with_line(mapping_state("crew", ["Operator"]), "access.yaml:14:9")
    review = review_of(
        at(step("create", "g", None, grant_state("anna", "dev/Sales", ["VIEW"])), 3),
        at(step("update", "u", operator, viewer), 7),
        at(step("delete", "d", grant_state("cleo", "dev/Sales", ["VIEW"]), None), 9),
        step("create", "m", None, mapping, "RoleMapping"),
        step("create", "n", None, grant_state("dora", "dev/Sales", ["VIEW"])),
    )
    assert github_annotations(review, PurePosixPath("infra")) == [
        "::warning file=infra/team.py,line=7,title=Access::ben@example.com on dev/Sales: −EXECUTE",
        "::notice file=infra/team.py,line=3,title=Access::anna@example.com on dev/Sales: +VIEW",
        "::notice file=infra/access.yaml,line=14,title=Access::crew on Talend roles: +Operator; on call",
    ]


def test_only_as_many_as_github_shows_and_the_gravest_first() -> None:
    gains = [at(step("create", f"g{n}", None, grant_state(f"p{n}", "dev/S", ["VIEW"])), n) for n in range(1, 30)]
    asked = at(step("create", "m", None, grant_state("mia", "dev/S", ["MANAGE"])), 99)
    found = github_annotations(review_of(*gains, asked), HERE)
    assert len(found) == MOST
    assert found[0].startswith("::warning file=team.py,line=99,")


def test_names_add_no_command_and_no_property() -> None:
    review = nasty_review()
    change = replace(review.mappings[0], target="%0Aa,b:c\n::error::x", line=CauseLine(TableLine("a,b%.yaml:3:1")))
    (line,) = github_annotations(replace(review, grants=(), mappings=(change,)), HERE)
    properties, _, text = line.removeprefix("::").partition("::")
    assert properties == "warning file=a%2Cb%25.yaml,line=3,title=Access"
    assert text.startswith("%250Aa,b:c⟨U+000A⟩::error::x on Talend roles: ")
    assert "\n" not in text


def test_the_command_prints_them_from_the_top_of_the_repository(tmp_path: Path) -> None:
    folder = tmp_path / "infra"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: access\nruntime: python\n")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    preview = document(at(step("create", "g", None, grant_state("anna", "dev/Sales", ["VIEW"])), 3))
    done = run("review", "-", "-q", "--annotate", "--cwd", "infra", cwd=tmp_path, stdin=preview)
    assert done.stdout.splitlines() == [
        "::notice file=infra/team.py,line=3,title=Access::anna@example.com on dev/Sales: +VIEW"
    ]
