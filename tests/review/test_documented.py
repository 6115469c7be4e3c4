"""What the page about reviews says of files is so. The other tables of it are held to the code in tests/docs."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "review.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_files_that_need_owners_are_named_in_the_example_too() -> None:
    table = re.split(r"(?im)^\| files \| .*$", TEXT)[1].partition("\n\n")[0]
    files = {file for row in table.splitlines()[2:] for file in re.findall(r"`([^`]+)`", row.split("|")[1])}
    assert {"*.py", "review.toml", "approvals/"} <= files
    example = (PAGE.parents[1] / "examples" / "ci" / "README.md").read_text(encoding="utf-8")
    of_the_service = {".github/", ".gitlab-ci.yml", "azure-pipelines.yml"}
    assert {file for file in files - of_the_service if f"`{file}`" not in example} <= {"pyproject.toml"}


def test_pictures_are_there() -> None:
    pictures = re.findall(r"\]\((pictures/[^)]+)\)", TEXT)
    assert pictures
    for picture in pictures:
        assert (PAGE.parent / picture).is_file(), picture
