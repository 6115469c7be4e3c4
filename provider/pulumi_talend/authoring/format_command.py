"""`talend-access format`: a table in its usual form."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .. import exit_codes
from ..api.text import in_one_line
from ..table import TableError, TableProblem
from ..table.tables import files_of, shown_path
from ..table.yaml_reader import Source, read_yaml
from .formatting import FormatError, formatted
from .validate_command import DEFAULT, TableFile


def format(
    file: TableFile = DEFAULT,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit code 3 where a file would change.")
    ] = False,
) -> None:
    """Write a table of access in the usual form: two spaces a level. Order, comments and quotes stay.

    Exit codes: 0 done, or nothing to do; 3 a file is not valid YAML, or with --check would change; 1 error; 2 wrong options.

    Examples:

    - `talend-access format access.yaml`
    - `talend-access format --check access`
    """
    changed: list[Path] = []
    problems: list[TableProblem] = []
    for path in _files(file):
        source = Source(shown_path(path))
        content = _read(path)
        read_yaml(source, shown_path(path), content)
        problems += source.problems
        if source.problems:
            continue
        text = formatted(content.decode("utf-8"))
        if text.encode("utf-8") == content:
            continue
        changed.append(path)
        if not check:
            _write(path, text)
    for problem in problems:
        print(in_one_line(str(problem)))
    for path in changed:
        print(f"{'would change' if check else 'formatted'} {shown_path(path)}")
    if problems or (check and changed):
        raise typer.Exit(exit_codes.FOUND)


def _files(path: Path) -> list[Path]:
    try:
        return files_of(path)
    except TableError as error:
        raise FormatError(str(error)) from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FormatError(f"{path} cannot be read: {error.strerror}", advice="Check the path.") from None


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise FormatError(f"{path} cannot be written: {error.strerror}", advice="Check who may write it.") from None
