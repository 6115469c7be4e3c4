"""A review as workflow commands of GitHub Actions, which shows each at its line in the pull request's files.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions: a notice or a warning with file, line and title.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from ..model import Review
from ..text import visible
from .rows import row_of

MOST = 10
"""GitHub shows no more of a kind from one step."""

_PLACE = re.compile(r"(?P<file>[^:]+):(?P<line>\d+)(?::\d+)?")
_WARNS = 3  # risks up to this are warnings: see `rows.risk_of`
_ESCAPES = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_IN_PROPERTY = str.maketrans({":": "%3A", ",": "%2C"})


def github_annotations(review: Review, directory: PurePosixPath) -> list[str]:
    """A line for each change whose line in the table or the program is known, those first that need the most attention.

    `directory`: where the project is in the repository. What is deleted has no line any more.
    """
    found: list[tuple[int, str]] = []
    for change in review.changes:
        gone = change.line.is_gone if change.line is not None else change.causes[0].op.startswith("delete")
        place = _PLACE.fullmatch((change.line.line.at if change.line is not None else change.causes[0].line) or "")
        if place is None or gone:
            continue
        row = row_of(change)
        what = ", ".join(chip.text for chip in row.chips if chip.sign) or "same rights"
        text = f"{row.title} on {row.where}: {'; '.join([what, *row.notes])}"
        file = _escaped(str(directory / place["file"])).translate(_IN_PROPERTY)
        kind = "warning" if row.risk <= _WARNS else "notice"
        found.append((row.risk, f"::{kind} file={file},line={place['line']},title=Access::{_escaped(text)}"))
    return [line for _, line in sorted(found, key=lambda each: each[0])[:MOST]]


def _escaped(text: str) -> str:
    return visible(text).translate(_ESCAPES)
