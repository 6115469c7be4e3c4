"""The command `talend-sandbox`: an offline tenant to manage, and an offline engine to manage it with."""

from __future__ import annotations

import sys

import typer

from pulumi_talend_sandbox.engine.commands import register

app = typer.Typer(
    name="talend-sandbox",
    help="An offline Talend tenant, and an offline engine that runs Pulumi programs against it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
register(app)


# What the tenant needs takes longer to load than all the rest; its own options are read once it is asked for.
@app.command(
    name="tenant",
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def tenant(context: typer.Context) -> None:
    """Run an offline Talend tenant on this machine until Ctrl-C."""
    from pulumi_talend_sandbox.tenant.command import tenant_command

    command = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    command.command()(tenant_command)
    command(args=context.args, prog_name="talend-sandbox tenant")


def main() -> None:
    """Run the command line; an error becomes one message and its exit code."""
    from pulumi_talend_sandbox.engine.errors import EngineError

    try:
        app()
    except EngineError as error:
        sys.stdout.flush()
        sys.stderr.write(f"error: {error}\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
