"""`preview`, `up`, `refresh` and `destroy`, with the options of the Pulumi CLI that they share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

Stack = Annotated[str | None, typer.Option("--stack", "-s", help="The stack; default: the selected one.")]
Cwd = Annotated[Path | None, typer.Option("--cwd", "-C", help="Work as if started in this directory.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Go ahead after the preview without asking.")]
Json = Annotated[bool, typer.Option("--json", "-j", help="Write JSON instead of text.")]
Refresh = Annotated[bool, typer.Option("--refresh", "-r", help="First read what the objects are now.")]
SkipPreview = Annotated[bool, typer.Option("--skip-preview", "-f", help="Go ahead without a preview.")]
PreviewOnly = Annotated[bool, typer.Option("--preview-only", help="Stop after the preview.")]
ExpectNoChanges = Annotated[bool, typer.Option("--expect-no-changes", help="Fail if anything changes or would change.")]
NonInteractive = Annotated[bool, typer.Option("--non-interactive", help="Never ask.")]
Diff = Annotated[bool, typer.Option("--diff", help="Show the properties of new and deleted resources too.")]
SuppressOutputs = Annotated[bool, typer.Option("--suppress-outputs", help="Do not show stack outputs.")]
Config = Annotated[
    list[str] | None, typer.Option("--config", "-c", help="key=value to set in the stack's configuration.")
]
Parallel = Annotated[int, typer.Option("--parallel", "-p", min=1, help="Operations at once.")]
Target = Annotated[list[str] | None, typer.Option("--target", "-t", help="Only this URN (repeatable).")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(preview)
    app.command(name="up")(up)
    app.command(name="update", hidden=True)(up)
    app.command()(refresh)
    app.command()(destroy)


def _run(kind: str, *, parallel: int, target: list[str], only_preview: bool = False, **options: Any) -> None:  # noqa: ANN401
    from pulumi_talend_sandbox.engine import operations
    from pulumi_talend_sandbox.engine.context import RunOptions

    kinds = {"update": operations.UPDATE, "refresh": operations.REFRESH, "destroy": operations.DESTROY}
    chosen = operations.Options(run=RunOptions(parallel=parallel, targets=target), **options)
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
    target: Target = None,
) -> None:
    """Show what `up` would do, and change nothing."""
    _run(
        "update",
        only_preview=True,
        parallel=parallel,
        target=target or [],
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
    target: Target = None,
) -> None:
    """Bring the stack to what the program asks for."""
    _run(
        "update",
        parallel=parallel,
        target=target or [],
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
    target: Target = None,
) -> None:
    """Take over into the state what the objects are now."""
    _run(
        "refresh",
        parallel=parallel,
        target=target or [],
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
    target: Target = None,
) -> None:
    """Delete everything that the stack holds."""
    _run(
        "destroy",
        parallel=parallel,
        target=target or [],
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
