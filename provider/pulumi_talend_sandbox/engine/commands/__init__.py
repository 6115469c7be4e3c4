"""The commands of the offline engine, as functions of the command line.

Modules that do the work are imported within the functions: `--help` stays fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import config, lifecycle, stack

if TYPE_CHECKING:
    import typer


def register(app: typer.Typer) -> None:
    """Add all commands to the command line."""
    lifecycle.register(app)
    stack.register(app)
    config.register(app)
