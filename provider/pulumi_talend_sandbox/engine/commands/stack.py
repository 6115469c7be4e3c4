"""`stack`: look at stacks, make, choose and remove them, and carry their state elsewhere."""

from __future__ import annotations

import json as json_module
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .options import Cwd, Json, ShowSecrets, Stack, Yes

if TYPE_CHECKING:
    from pulumi_talend_sandbox.engine.state import Deployment

File = Annotated[Path | None, typer.Option("--file", help="The file; default: standard output or input.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Look at stacks and manage them.", invoke_without_command=True)
    group.callback()(info)
    group.command()(ls)
    group.command()(init)
    group.command()(select)
    group.command()(output)
    group.command()(export)
    group.command(name="import")(import_)
    group.command()(rm)
    app.add_typer(group, name="stack")


def _chosen(context: typer.Context, stack: str | None, cwd: Path | None) -> tuple[str | None, Path | None]:
    """Give the options of a subcommand, those before the subcommand counting too."""
    outer: dict[str, Any] = context.parent.params if context.parent is not None else {}
    return stack or outer.get("stack"), cwd or outer.get("cwd")


def info(context: typer.Context, stack: Stack = None, cwd: Cwd = None, show_secrets: ShowSecrets = False) -> None:
    """Show the stack: its resources and outputs."""
    if context.invoked_subcommand is not None:
        return
    from pulumi_talend_sandbox.engine.listing import describe
    from pulumi_talend_sandbox.engine.stacks import open_stack

    opened = open_stack(cwd, stack, must_exist=True)
    typer.echo(describe(opened.name, opened.load(), show_secrets=show_secrets))


def ls(context: typer.Context, cwd: Cwd = None, json: Json = False) -> None:
    """List the project's stacks."""
    from pulumi_talend_sandbox.engine.listing import stack_table
    from pulumi_talend_sandbox.engine.stacks import open_project

    _, backend = open_project(_chosen(context, None, cwd)[1])
    rows = [(each.stack, backend.load(each)) for each in backend.stacks()]
    typer.echo(stack_table(rows, selected=backend.selected(), as_json=json))


def init(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="The stack's name.")] = None,
    stack: Stack = None,
    cwd: Cwd = None,
) -> None:
    """Make an empty stack and select it."""
    from pulumi_talend_sandbox.engine.errors import EngineError
    from pulumi_talend_sandbox.engine.stacks import open_stack

    stack, cwd = _chosen(context, name or stack, cwd)
    if not stack:
        raise EngineError("missing stack name: give one")
    opened = open_stack(cwd, stack)
    if not opened.ensure_exists():
        raise EngineError(f"stack '{opened.name}' already exists")
    opened.backend.select(opened.reference)
    typer.echo(f"Created stack '{opened.name}'")


def select(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="The stack's name.")] = None,
    stack: Stack = None,
    cwd: Cwd = None,
    create: Annotated[bool, typer.Option("--create", "-c", help="Make the stack when there is none.")] = False,
) -> None:
    """Choose the stack that commands without --stack work on."""
    from pulumi_talend_sandbox.engine.errors import EngineError
    from pulumi_talend_sandbox.engine.stacks import open_stack

    stack, cwd = _chosen(context, name or stack, cwd)
    if not stack:
        raise EngineError("missing stack name: give one")
    opened = open_stack(cwd, stack, must_exist=not create)
    opened.ensure_exists()
    opened.backend.select(opened.reference)


def output(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="Only this output.")] = None,
    stack: Stack = None,
    cwd: Cwd = None,
    json: Json = False,
    show_secrets: ShowSecrets = False,
) -> None:
    """Show the stack's outputs."""
    from pulumi_talend_sandbox.engine.errors import EngineError
    from pulumi_talend_sandbox.engine.listing import output_table, stack_outputs
    from pulumi_talend_sandbox.engine.stacks import open_stack
    from pulumi_talend_sandbox.engine.values import masked, plain

    stack, cwd = _chosen(context, stack, cwd)
    outputs = stack_outputs(open_stack(cwd, stack, must_exist=True).load())
    if name is not None and name not in outputs:
        raise EngineError(f"current stack does not have output property '{name}'")
    shown = {key: plain(value) if show_secrets else masked(value) for key, value in outputs.items()}
    chosen: Any = shown if name is None else shown[name]
    if json:
        typer.echo(json_module.dumps(chosen, indent=2, ensure_ascii=False))
    elif name is not None:
        typer.echo(chosen if isinstance(chosen, str) else json_module.dumps(chosen, ensure_ascii=False))
    else:
        typer.echo(output_table(shown))


def export(
    context: typer.Context,
    file: File = None,
    stack: Stack = None,
    cwd: Cwd = None,
    show_secrets: ShowSecrets = False,
) -> None:
    """Write the state as `pulumi stack import` takes it."""
    from pulumi_talend_sandbox.engine.stacks import open_stack
    from pulumi_talend_sandbox.engine.transfer import export_document

    stack, cwd = _chosen(context, stack, cwd)
    text = export_document(open_stack(cwd, stack, must_exist=True), show_secrets=show_secrets)
    if file is None:
        sys.stdout.write(text)
    else:
        file.write_text(text, encoding="utf-8")


def import_(context: typer.Context, file: File = None, stack: Stack = None, cwd: Cwd = None) -> None:
    """Replace the state by what `stack export` of this engine or of the Pulumi CLI has written."""
    from pulumi_talend_sandbox.engine.stacks import open_stack
    from pulumi_talend_sandbox.engine.transfer import import_document

    stack, cwd = _chosen(context, stack, cwd)
    text = sys.stdin.read() if file is None else file.read_text(encoding="utf-8")
    import_document(open_stack(cwd, stack), text)
    typer.echo("Import complete.")


def rm(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="The stack's name.")] = None,
    stack: Stack = None,
    cwd: Cwd = None,
    yes: Yes = False,
    force: Annotated[bool, typer.Option("--force", "-f", help="Forget resources that still exist.")] = False,
    preserve_config: Annotated[bool, typer.Option("--preserve-config", help="Keep its configuration.")] = False,
) -> None:
    """Remove a stack and its configuration."""
    from pulumi_talend_sandbox.engine.errors import EngineError
    from pulumi_talend_sandbox.engine.stacks import open_stack

    stack, cwd = _chosen(context, name or stack, cwd)
    opened = open_stack(cwd, stack, must_exist=True)
    if not force and _holds_resources(opened.load()):
        raise EngineError(
            f"'{opened.name}' still has resources; removal rejected. Run `talend-sandbox destroy` first, or use "
            "--force to forget them"
        )
    if not yes:
        typer.confirm(f"This will permanently remove the '{opened.name}' stack! Do so?", abort=True)
    with opened.backend.lock(opened.reference):
        opened.backend.remove(opened.reference)
    if not preserve_config:
        opened.config.path.unlink(missing_ok=True)
    typer.echo(f"Stack '{opened.name}' has been removed!")


def _holds_resources(deployment: Deployment) -> bool:
    return any(not state.hidden for state in deployment.resources)
