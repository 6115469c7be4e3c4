"""Imports run downward only, as docs/architecture.md draws them, and stand at the top of the file."""

from __future__ import annotations

import ast
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "provider" / "pulumi_talend"

MAY_IMPORT = {
    "model": {"model"},
    "dynamic_host": set[str](),
    "private_files": set[str](),
    "journal_files": {"private_files"},
    "shadowing": set[str](),
    "errors": {"model", "dynamic_host"},
    "api": {"api", "errors", "model"},
    "access": {"access", "api", "errors", "model", "journal_files", "private_files"},
    "loader": {"dynamic_host", "provider", "shadowing"},
    "table": {"table", "model"},
    "resources": {"resources", "loader", "shadowing", "table", "journal_files"},
    "provider": {"provider", "access", "api", "errors", "model", "loader", "dynamic_host", "journal_files", "debuglog"},
}
"""Room → rooms that it may import. The commands (adopt, review, doctor, ...) may import all of these."""


def imports_of(file: Path) -> set[str]:
    """The rooms of the package that a file imports, wherever in the file."""
    found: set[str] = set()
    package = ["pulumi_talend", *file.relative_to(PACKAGE).with_suffix("").parts]
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level]
            target = [*base, *(node.module.split(".") if node.module else [])]
            rooms = [target[1]] if len(target) > 1 else [alias.name for alias in node.names]
            found.update(rooms)
    return found


def files_of(room: str) -> list[Path]:
    folder = PACKAGE / room
    return sorted(folder.rglob("*.py")) if folder.is_dir() else [folder.with_suffix(".py")]


def test_rooms_import_downward_only() -> None:
    wrong = {
        f"{file.relative_to(PACKAGE)} imports {imported}"
        for room, allowed in MAY_IMPORT.items()
        for file in files_of(room)
        for imported in imports_of(file) - allowed
    }
    assert wrong == set()


def test_the_page_names_every_room() -> None:
    page = (PACKAGE.parents[1] / "docs" / "architecture.md").read_text(encoding="utf-8")
    for room in (
        "model",
        "errors",
        "api",
        "access",
        "table",
        "resources",
        "loader",
        "provider",
        "adopt",
        "review",
        "doctor",
    ):
        assert f"`{room}`" in page
        assert (PACKAGE / room).is_dir() or (PACKAGE / f"{room}.py").is_file()


def test_no_file_is_too_long_to_read_in_a_sitting() -> None:
    long = [
        f"{file.relative_to(PACKAGE)}: {lines}"
        for file in PACKAGE.rglob("*.py")
        if (lines := len(file.read_text(encoding="utf-8").splitlines())) > 520
    ]
    assert long == []
