"""The options that several commands of `talend-access` take: one name, one help, one place in the help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

PROJECT = "Stack"
SELECTION = "What to read"
OUTPUT = "Output"


def option(panel: str, *names: str, help: str, **more: Any) -> Any:
    """An option in a panel of the help. `more` is what typer takes."""
    return typer.Option(*names, rich_help_panel=panel, help=help, **more)


Stack = Annotated[
    str | None,
    option(PROJECT, "--stack", "-s", help="Take the settings of this stack, before those of the environment."),
]
Cwd = Annotated[Path, option(PROJECT, "--cwd", "-C", help="The directory of the stack's project.")]
States = Annotated[
    list[Path] | None,
    option(PROJECT, "--state", help="The exported state of a stack, in place of the engine's; repeatable."),
]
Environments = Annotated[
    list[str] | None, option(SELECTION, "--environment", "-e", help="Only this environment; repeatable.")
]
Workspaces = Annotated[
    list[str] | None, option(SELECTION, "--workspace", "-w", help="Only this workspace, by name or id; repeatable.")
]
What = Annotated[str, option(SELECTION, "--what", help="permissions, role-mappings, or both with a comma.")]
BOTH = "permissions,role-mappings"
