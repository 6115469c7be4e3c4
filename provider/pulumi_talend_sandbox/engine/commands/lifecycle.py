"""`preview`, `up`, `refresh` and `destroy`, with the options of the Pulumi CLI that they share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .options import (
    Config,
    Cwd,
    Diff,
    ExpectNoChanges,
    Json,
    NonInteractive,
    Parallel,
    PreviewOnly,
    Refresh,
    SkipPreview,
    Stack,
    SuppressOutputs,
    Yes,
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(preview)
    app.command(name="up")(up)
    app.command(name="update", hidden=True)(up)
    app.command()(refresh)
    app.command()(destroy)
    app.command(name="import")(import_)
    app.command()(cancel)


def _run(kind: str, *, parallel: int, only_preview: bool = False, **options: Any) -> None:
    from pulumi_talend_sandbox.engine import operations
    from pulumi_talend_sandbox.engine.context import RunOptions

    kinds = {
        "update": operations.UPDATE,
        "refresh": operations.REFRESH,
        "destroy": operations.DESTROY,
        "import": operations.IMPORT,
    }
    chosen = operations.Options(run=RunOptions(parallel=parallel), **options)
    operation = operations.Operation(kinds[kind], chosen)
    raise typer.Exit(operation.preview() if only_preview else operation.perform())


def preview(
    stack: Stack = None,
    cwd: Cwd = None,
    json: Json = False,
    refresh: Refresh = False,
    expect_no_changes: ExpectNoChanges = False,
    non_interactive: NonInteractive = False,
    diff: Diff = False,
    suppress_outputs: SuppressOutputs = False,
    config: Config = None,
    parallel: Parallel = 16,
) -> None:
    """Show what `up` would do, and change nothing."""
    _run(
        "update",
        only_preview=True,
        parallel=parallel,
        stack=stack,
        cwd=cwd,
        json=json,
        refresh=refresh,
        expect_no_changes=expect_no_changes,
        non_interactive=non_interactive,
        diff=diff,
        suppress_outputs=suppress_outputs,
        config=config or [],
    )


def up(
    stack: Stack = None,
    cwd: Cwd = None,
    yes: Yes = False,
    json: Json = False,
    refresh: Refresh = False,
    skip_preview: SkipPreview = False,
    preview_only: PreviewOnly = False,
    expect_no_changes: ExpectNoChanges = False,
    non_interactive: NonInteractive = False,
    diff: Diff = False,
    suppress_outputs: SuppressOutputs = False,
    config: Config = None,
    parallel: Parallel = 16,
) -> None:
    """Bring the stack to what the program asks for."""
    _run(
        "update",
        parallel=parallel,
        stack=stack,
        cwd=cwd,
        yes=yes,
        json=json,
        refresh=refresh,
        skip_preview=skip_preview,
        preview_only=preview_only,
        expect_no_changes=expect_no_changes,
        non_interactive=non_interactive,
        diff=diff,
        suppress_outputs=suppress_outputs,
        config=config or [],
    )


def refresh(
    stack: Stack = None,
    cwd: Cwd = None,
    yes: Yes = False,
    json: Json = False,
    skip_preview: SkipPreview = False,
    preview_only: PreviewOnly = False,
    expect_no_changes: ExpectNoChanges = False,
    non_interactive: NonInteractive = False,
    diff: Diff = False,
    clear_pending_creates: Annotated[
        bool, typer.Option("--clear-pending-creates", help="Forget creations that were interrupted.")
    ] = False,
    parallel: Parallel = 16,
) -> None:
    """Take over into the state what the objects are now."""
    _run(
        "refresh",
        parallel=parallel,
        stack=stack,
        cwd=cwd,
        yes=yes,
        json=json,
        skip_preview=skip_preview,
        preview_only=preview_only,
        expect_no_changes=expect_no_changes,
        non_interactive=non_interactive,
        diff=diff,
        clear_pending_creates=clear_pending_creates,
    )


def destroy(
    stack: Stack = None,
    cwd: Cwd = None,
    yes: Yes = False,
    json: Json = False,
    refresh: Refresh = False,
    skip_preview: SkipPreview = False,
    preview_only: PreviewOnly = False,
    non_interactive: NonInteractive = False,
    diff: Diff = False,
    parallel: Parallel = 16,
) -> None:
    """Delete everything that the stack holds."""
    _run(
        "destroy",
        parallel=parallel,
        stack=stack,
        cwd=cwd,
        yes=yes,
        json=json,
        refresh=refresh,
        skip_preview=skip_preview,
        preview_only=preview_only,
        non_interactive=non_interactive,
        diff=diff,
    )


def import_(
    file: Annotated[Path, typer.Option("--file", "-f", help="The file that lists the resources.")],
    stack: Stack = None,
    cwd: Cwd = None,
    yes: Yes = False,
    json: Json = False,
    skip_preview: Annotated[bool, typer.Option("--skip-preview", help="Go ahead without a preview.")] = False,
    preview_only: PreviewOnly = False,
    non_interactive: NonInteractive = False,
    protect: Annotated[str, typer.Option("--protect", help="Protect what is imported: true or false.")] = "true",
    generate_code: Annotated[
        str, typer.Option("--generate-code", help="For the Pulumi CLI; code is never generated here.")
    ] = "false",
    parallel: Parallel = 16,
) -> None:
    """Take objects that exist already into the stack."""
    from pulumi_talend_sandbox.engine.errors import EngineError

    for name, value in (("protect", protect), ("generate-code", generate_code)):
        if value not in ("true", "false"):
            raise EngineError(f"--{name} {value!r}: give true or false")
    if generate_code == "true":
        raise EngineError("--generate-code=true: code cannot be generated for dynamic resources, leave it away")
    _run(
        "import",
        parallel=parallel,
        import_file=file.resolve(),
        protect=protect == "true",
        stack=stack,
        cwd=cwd,
        yes=yes,
        json=json,
        skip_preview=skip_preview,
        preview_only=preview_only,
        non_interactive=non_interactive,
    )


def cancel(stack: Stack = None, cwd: Cwd = None, yes: Yes = False) -> None:
    """Remove the locks that an interrupted run has left on a stack."""
    from pulumi_talend_sandbox.engine.stacks import open_stack

    opened = open_stack(cwd, stack, must_exist=True)
    if not yes:
        typer.confirm(f"This breaks the locks of runs on {opened.name} that may still be going on. Do so?", abort=True)
    for path in opened.backend.locks(opened.reference):
        path.unlink(missing_ok=True)
    typer.echo(f"The currently running update for '{opened.name}' has been canceled!")
