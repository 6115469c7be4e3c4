"""The command `talend-sandbox`: an offline tenant, and an embedded engine for a first look at it."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import NoReturn

try:
    import typer
except ImportError:  # pragma: no cover - the extra is installed wherever tests run
    sys.exit("error: talend-sandbox needs its extra: pip install 'pulumi-talend[sandbox]'")

from pulumi_talend_sandbox.engine.commands import COMMANDS, register
from pulumi_talend_sandbox.engine.errors import EXIT_CANCELLED, EXIT_ERROR, EngineError, NotModelledError

app = typer.Typer(
    name="talend-sandbox",
    help="A first look on a machine with Python only: an offline Talend tenant, and an embedded engine that previews, updates, "
    "refreshes and destroys a stack of a Pulumi project. For everything else use the Pulumi CLI.",
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
    """Run the command line; an error becomes one message and its exit code, a bug a line that says where it is."""
    try:
        _refuse_other_commands(sys.argv[1:])
        app()
    except EngineError as error:
        _end(str(error), error.exit_code)
    except KeyboardInterrupt:
        _end("cancelled; what was under way may be half done, so preview with --refresh", EXIT_CANCELLED)
    except ImportError as error:
        name = (error.name or str(error)).partition(".")[0]
        _end(f"the package '{name}' is missing or broken: pip install 'pulumi-talend[sandbox]'", EXIT_ERROR)
    except OSError as error:
        _end(
            f"{error.filename or 'a file or connection'}: {error.strerror or error}; mend that and run again",
            EXIT_ERROR,
        )
    except Exception as error:  # noqa: BLE001 - whatever it is, the user gets a line that says what to do
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(last.filename).name}:{last.lineno}"
        _end(f"a bug of talend-sandbox ({type(error).__name__} in {place}): please report what you ran", EXIT_ERROR)


def _refuse_other_commands(arguments: list[str]) -> None:
    first = arguments[0] if arguments else "--help"
    if not first.startswith("-") and first not in (*COMMANDS, "tenant"):
        raise NotModelledError(f"the command `{first}`")


def _end(message: str, code: int) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.write(f"error: {message}\n")
    sys.exit(code)


if __name__ == "__main__":
    main()
