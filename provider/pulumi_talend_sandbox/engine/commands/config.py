"""`config`: read and change a stack's configuration file."""

from __future__ import annotations

import json as json_module
import sys
from typing import Annotated, Any

import typer

from .options import Cwd, Json, ShowSecrets, Stack


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Read and change a stack's configuration.", invoke_without_command=True)
    group.callback()(ls)
    group.command(name="set")(set_)
    group.command()(get)
    group.command()(rm)
    app.add_typer(group, name="config")


Key = Annotated[str, typer.Argument(help="The key; one without a namespace belongs to the project.")]


def ls(
    context: typer.Context, stack: Stack = None, cwd: Cwd = None, json: Json = False, show_secrets: ShowSecrets = False
) -> None:
    """List the values."""
    if context.invoked_subcommand is not None:
        return
    from pulumi_talend_sandbox.engine.config import as_json
    from pulumi_talend_sandbox.engine.listing import table
    from pulumi_talend_sandbox.engine.stacks import open_stack

    opened = open_stack(cwd, stack)
    values = opened.resolved_config() if show_secrets else opened.config.resolve(lambda _: "[secret]")
    if json:
        entries: dict[str, dict[str, Any]] = {}
        for key, value in values.items():
            entry: dict[str, Any] = {} if value.secret and not show_secrets else {"value": value.text}
            if value.structured:
                entry["objectValue"] = as_json(value)
            entries[key] = {**entry, "secret": value.secret}
        typer.echo(json_module.dumps(entries, indent=2, ensure_ascii=False))
        return
    project = f"{opened.project.name}:"
    rows = [
        (key.removeprefix(project), "[secret]" if value.secret and not show_secrets else value.text)
        for key, value in values.items()
    ]
    typer.echo(table(("KEY", "VALUE"), rows))


def set_(
    key: Key,
    value: Annotated[str | None, typer.Argument(help="The value; default: standard input.")] = None,
    stack: Stack = None,
    cwd: Cwd = None,
    secret: Annotated[bool, typer.Option("--secret", help="Store the value encrypted.")] = False,
    plaintext: Annotated[bool, typer.Option("--plaintext", help="Store the value in clear.")] = False,
) -> None:
    """Set a value."""
    from pulumi_talend_sandbox.engine.errors import EngineError
    from pulumi_talend_sandbox.engine.stacks import open_stack

    if secret and plaintext:
        raise EngineError("--secret and --plaintext: choose one")
    opened = open_stack(cwd, stack)
    text = sys.stdin.read().rstrip("\n") if value is None else value
    opened.config.set(key, text, encrypt=opened.crypter().encrypt if secret else None)
    opened.config.save()


def get(key: Key, stack: Stack = None, cwd: Cwd = None, json: Json = False) -> None:
    """Show one value, a secret in clear."""
    from pulumi_talend_sandbox.engine.errors import EngineError
    from pulumi_talend_sandbox.engine.stacks import open_stack

    opened = open_stack(cwd, stack)
    value = opened.resolved_config().get(opened.config.full_key(key))
    if value is None:
        raise EngineError(f"configuration key '{key}' not found for stack '{opened.name}'")
    if json:
        shown = {"value": value.text, "secret": value.secret}
        typer.echo(json_module.dumps(shown, indent=2, ensure_ascii=False))
    else:
        typer.echo(value.text)


def rm(key: Key, stack: Stack = None, cwd: Cwd = None) -> None:
    """Remove a value."""
    from pulumi_talend_sandbox.engine.errors import EngineError
    from pulumi_talend_sandbox.engine.stacks import open_stack

    opened = open_stack(cwd, stack)
    if not opened.config.remove(key):
        raise EngineError(f"configuration key '{key}' not found for stack '{opened.name}'")
    opened.config.save()
