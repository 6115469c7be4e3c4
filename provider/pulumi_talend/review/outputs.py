"""The files that reviews and reports write, and the options that name them."""

from __future__ import annotations

import enum
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from .. import options
from .errors import ReviewError
from .render.terminal import By
from .sources import STDIN


class Grouping(str, enum.Enum):
    """How the terminal groups grants."""

    person = "person"
    workspace = "workspace"

    @property
    def by(self) -> By:
        """As the renderers take it."""
        return "person" if self is Grouping.person else "workspace"


Json = Annotated[
    Path | None, options.option(options.OUTPUT, "--json", help="Write JSON to this file (- for standard output).")
]
Markdown = Annotated[
    Path | None,
    options.option(options.OUTPUT, "--markdown", help="Write Markdown to this file (- for standard output)."),
]
Html = Annotated[
    Path | None,
    options.option(options.OUTPUT, "--html", help="Write one self-contained HTML file (- for standard output)."),
]
Annotate = Annotated[
    bool,
    options.option(
        options.OUTPUT,
        "--annotate",
        help="Print workflow commands of GitHub Actions, which shows each change at its line.",
    ),
]
Limit = Annotated[
    int, options.option(options.OUTPUT, "--limit", min=1_000, help="Characters that the Markdown may have.")
]
GroupBy = Annotated[Grouping, options.option(options.OUTPUT, "--by", help="Group grants on the terminal by this.")]
Quiet = Annotated[bool, options.option(options.OUTPUT, "--quiet", "-q", help="Print nothing but what is refused.")]


def write(path: Path | None, text: Callable[[], str]) -> bool:
    """Writes to `path`; returns whether that was standard output. Raises ReviewError."""
    if path is None:
        return False
    if str(path) == STDIN:
        sys.stdout.buffer.write(text().encode())
        sys.stdout.buffer.flush()
        return True
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text(), encoding="utf-8")
    except OSError as error:
        raise ReviewError(f"{path} cannot be written: {error.strerror}. Name another file.") from None
    return False
