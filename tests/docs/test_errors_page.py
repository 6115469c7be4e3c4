"""docs/errors.md has an entry for every reason that an error of the package gives, and no entry for one that is gone."""

from __future__ import annotations

import re

from docs.fences import ROOT
from docs.reasons import every_text, reasons

PAGE = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
NOT_SHOWN = {
    "{} has no attribute {}": "Python's own form of an AttributeError",
    "module '{}' has no attribute '{}'": "Python's own form of an AttributeError",
    "the mapping of customer role '{}'": "a part of other messages",
}


def phrases(text: str) -> list[str]:
    """What a text has in backticks and is more than a word; `...` in it is anything."""
    found = [first or second for first, second in re.findall(r"``(.+?)``|`([^`\n]+)`", text)]
    return [phrase for phrase in found if len(phrase.replace(".", "").split()) >= 2]


def matches(phrase: str, reason: str) -> bool:
    parts = [re.escape(part.strip()) for part in phrase.split("...")]
    return re.search(r".*".join(parts), reason) is not None


def missing(given: dict[str, str]) -> list[str]:
    """The reasons that no phrase of the page fits."""
    listed = phrases(PAGE)
    return [
        f"{where}: {reason}"
        for reason, where in given.items()
        if reason not in NOT_SHOWN and not any(matches(phrase, reason) for phrase in listed)
    ]


def test_every_reason_has_an_entry() -> None:
    assert len(reasons()) > 200
    assert missing(reasons()) == []


def test_a_reason_without_an_entry_is_found() -> None:
    assert missing({"the phase of the moon is wrong for {}": "somewhere"})
    assert matches("no workspace '...'", "no workspace '{}'{}{}")


def test_every_entry_is_of_a_text_in_the_code() -> None:
    texts = every_text()
    first_cells = [line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| ")]
    listed = [phrase for cell in first_cells for phrase in phrases(cell)]
    assert len(listed) > 100
    assert [phrase for phrase in listed if not any(matches(phrase, text) for text in texts)] == []
