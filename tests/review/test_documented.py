"""What the page about reviews says of files is so. The other tables of it are held to the code in tests/docs."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "review.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_everything_but_data_has_an_owner_on_the_page_and_in_the_example() -> None:
    everything = re.search(r"```text\n\*\s+@\S+\n/(\S+)\n```", TEXT)
    assert everything
    table = re.split(r"(?im)^\| files \| .*$", TEXT)[1].partition("\n\n")[0]
    files = {file for row in table.splitlines()[2:] for file in re.findall(r"`([^`]+)`", row.split("|")[1])}
    assert {"*.py", "review.toml", "approvals/"} <= files
    assert everything[1] == "access.yaml", "what has no owner decides nothing but access, which a review shows"
    example = (PAGE.parents[1] / "examples" / "ci" / "README.md").read_text(encoding="utf-8")
    (owners,) = re.findall(r"^\d\. \*\*Owners\.\*\* (.*?)(?=^\d\. )", example, re.MULTILINE | re.DOTALL)
    for said in ("every file", "`*`", "`CODEOWNERS`", f"`{everything[1]}`", "review.md#what-a-review-cannot-see"):
        assert said in owners, said


def test_pictures_are_there() -> None:
    pictures = re.findall(r"\]\((pictures/[^)]+)\)", TEXT)
    assert pictures
    for picture in pictures:
        assert (PAGE.parent / picture).is_file(), picture
