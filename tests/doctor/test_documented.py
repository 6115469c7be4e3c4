"""The commands of the doctor's page."""

from __future__ import annotations

import shlex

import pytest

from docs.fences import ROOT, all_fences
from doctor.conftest import Doctor

LINES = [line for fence in all_fences("bash doctor") for line in fence.text.splitlines()]


def test_there_are_some() -> None:
    assert len(LINES) >= 2


@pytest.mark.parametrize("line", LINES)
def test_each_runs(line: str, doctor: Doctor, good: dict[str, str]) -> None:
    words = shlex.split(line)
    assert words[:2] == ["talend-access", "doctor"]
    assert doctor(*(word for word in words[2:] if word not in {"--format", "json"}), **good).code == 0


def test_everything_that_is_looked_at_is_in_the_table(doctor: Doctor, good: dict[str, str]) -> None:
    page = (ROOT / "docs/doctor.md").read_text(encoding="utf-8")
    named = {word.strip() for row in page.splitlines() if row.startswith("| ") for word in row.split("|")[1].split(",")}
    assert set(doctor(**good).findings) <= named
