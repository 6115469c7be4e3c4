"""The commands `preview`, `up`, `refresh` and `destroy`, with those options of the Pulumi CLI that a first look needs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from .errors import NotModelledError

COMMANDS = {
    "preview": "Show what `up` would do, and change nothing.",
    "up": "Bring the stack to what the program registers.",
    "refresh": "Take into the state what the objects are now.",
    "destroy": "Delete all objects of the stack.",
}


@dataclass(frozen=True)
class Options:
    """What a command is asked for; each field is the option of the same name."""

    command: str
    stack: str
    cwd: Path
    yes: bool
    skip_preview: bool
    non_interactive: bool
    json: bool
    refresh: bool
    diff: bool
    clear_pending_creates: bool
    parallel: int


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for name, help_ in COMMANDS.items():
        app.command(name, help=help_, context_settings={"ignore_unknown_options": True, "allow_extra_args": True})(
            _command
        )


def _command(
    context: typer.Context,
    stack: Annotated[str, typer.Option("--stack", "-s", envvar="PULUMI_STACK", help="The stack; `up` makes it.")],
    cwd: Annotated[Path, typer.Option("--cwd", "-C", help="Work as if started in this directory.")] = Path(),
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Go ahead after the preview without asking.")] = False,
    skip_preview: Annotated[bool, typer.Option("--skip-preview", "-f", help="Go ahead without a preview.")] = False,
    non_interactive: Annotated[bool, typer.Option("--non-interactive", help="Never ask.")] = False,
    json: Annotated[bool, typer.Option("--json", "-j", help="preview: as `pulumi preview --json`.")] = False,
    refresh: Annotated[bool, typer.Option("--refresh", "-r", help="First read what the objects are now.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Show the properties of new and deleted resources.")] = False,
    forget: Annotated[
        bool, typer.Option("--clear-pending-creates", help="refresh: forget interrupted creations.")
    ] = False,
    parallel: Annotated[
        int, typer.Option("--parallel", "-p", min=1, envvar="PULUMI_PARALLEL", help="Operations at once.")
    ] = 16,
) -> None:
    if context.args:
        raise NotModelledError(f"`{context.args[0]}` of {context.info_name}")
    from .work import Work  # with grpc and pulumi, which --help and the tenant need not load

    options = Options(
        str(context.info_name), stack, cwd, yes, skip_preview, non_interactive, json, refresh, diff, forget, parallel
    )
    raise typer.Exit(Work(options).run())
