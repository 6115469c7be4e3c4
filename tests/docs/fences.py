"""The fenced examples of the documentation, each with what its info string says about how it is run.

```python                   a program by itself: previewed and upped, twice
```python file=__main__.py  a file of the document's project, as ```yaml file=Pulumi.yaml is
```python tenant            a script that needs nothing but the sandbox
```toml rules               rules of a review, which load
```text preview             what the preview of the program above it shows, line by line
```bash project|pulumi      commands in the document's project, for a machine with the Pulumi CLI
```bash tutorial            commands of the tutorial, which end with the code that `exit=` says
```text tutorial|pulumi     what the commands above it print, among other text
```bash offline             commands in the document's project, on the offline engine
```bash adopt               commands in an empty directory, on each engine: tests/adopt
```bash doctor              commands in an empty directory: tests/doctor
```bash table               commands beside a document's access.yaml
```text colleague           what a review says once a colleague is added to that table
```text table               what `validate` prints of that table once words in it are changed
```text tenant              what `validate --stack` prints of it
```                         what somebody sees or types elsewhere: not run
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
KINDS = {
    "",
    "text",
    "text preview",
    "text tutorial",
    "text pulumi",
    "python",
    "python tenant",
    "python mocks",
    "bash project",
    "bash pulumi",
    "toml rules",
    "bash tutorial",
    "bash tutorial exit=4",
    "bash offline",
    "bash adopt",
    "bash doctor",
    "bash table",
    "text table",
    "text tenant",
    "text colleague",
}
_FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"\w+ file=(\S+)")


@dataclass(frozen=True)
class Fence:
    """One example: where it stands, how it is run, what it says."""

    document: Path
    line: int
    info: str
    text: str

    @property
    def file(self) -> str | None:
        """The file of the document's project that it is, if it is one."""
        found = _FILE.fullmatch(self.info)
        return found[1] if found else None

    @property
    def name(self) -> str:
        return f"{self.document.relative_to(ROOT)}:{self.line}"


def documents() -> list[Path]:
    """Everything that people read."""
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")]
    return sorted(path for path in found if ".venv" not in path.parts)


def fences(document: Path) -> list[Fence]:
    """All fenced examples of a document, in order."""
    text = document.read_text(encoding="utf-8")
    return [
        Fence(document, text.count("\n", 0, found.start()) + 1, found["info"].strip(), found["text"])
        for found in _FENCE.finditer(text)
    ]


def all_fences(info: str) -> list[Fence]:
    """The examples of all documents that are run as `info` says."""
    return [fence for document in documents() for fence in fences(document) if fence.info == info]
