"""The command `talend-access`: adopt, drift, review, validate, format, schema, report, doctor.

Each command is a function in a package of its own, which is imported when the command runs.
"""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Callable
from importlib.metadata import version
from typing import Annotated, Any, NoReturn

try:
    import typer
    from typer.core import TyperGroup
except ImportError:  # pragma: no cover - the extra is installed wherever tests run
    sys.exit("error: the command line needs its extra: pip install 'pulumi-talend[cli]'")

from . import debuglog, exit_codes

COMMANDS: dict[str, tuple[str, str]] = {
    "adopt": ("adopt.command", "Write a program and an import file for access that exists already."),
    "drift": ("adopt.drift_command", "List where the tenant and the stacks that manage it differ."),
    "review": ("review.command", "List who gains and who loses what in a preview."),
    "validate": ("authoring.validate_command", "List everything that is wrong with a table of access."),
    "format": ("authoring.format_command", "Write a table of access in the usual form; order and comments stay."),
    "schema": ("authoring.schema_command", "Print the JSON Schema of a table of access."),
    "report": ("review.report_command", "List who may do what now."),
    "doctor": ("doctor.command", "Check everything that a preview and an update need."),
}
"""Name → module, with the function of that name in it, and help."""


class _Commands(TyperGroup):
    """Commands that are imported when they run: `--help` and completion of names take 0.2 s in place of 0.8 s."""

    def list_commands(self, ctx: Any) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command with its name and help alone."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        stub = typer.Typer(add_completion=False)
        stub.command(cmd_name, help=COMMANDS[cmd_name][1])(_nothing)
        return typer.main.get_command(stub)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is about to run, with its options."""
        name, found, rest = super().resolve_command(ctx, args)
        if found is None or name is None:
            return name, found, rest
        module = importlib.import_module(f".{COMMANDS[name][0]}", __package__)
        target: Callable[..., object] = getattr(module, name)
        command = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="markdown")
        command.command(name, help=target.__doc__, no_args_is_help=False)(_reported(f"talend-access {name}", target))
        return name, typer.main.get_command(command), rest


def _nothing() -> None:
    """The body of a command that is only listed."""


app = typer.Typer(
    name="talend-access",
    cls=_Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        python = ".".join(str(part) for part in sys.version_info[:3])
        print(f"talend-access {version('pulumi-talend')} (pulumi {version('pulumi')}, Python {python})")
        raise typer.Exit


@app.callback(epilog=exit_codes.EPILOG)
def _main(  # pyright: ignore[reportUnusedFunction] - typer calls it
    version_: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Talend Cloud access as code.

    Reads the tenant and the stacks' state, and never writes to either. The settings are those of the program: the stack's,
    named by `--stack` and `--cwd`, then the environment's (`TALEND_REGION`, `TALEND_TOKEN`, ...).
    """


def _reported(what: str, target: Callable[..., object]) -> Callable[..., object]:
    """`target`, with every error as one message and an exit code."""
    from .errors import TalendError

    @functools.wraps(target)
    def run(*arguments: object, **options: object) -> object:
        debuglog.start("talend-access", _say)
        try:
            return target(*arguments, **options)
        except TalendError as error:
            debuglog.log_error(what, error)
            _end(str(error), exit_codes.ERROR)
        except KeyboardInterrupt as error:
            debuglog.log_error(what, error)
            _end("interrupted; nothing was changed in the tenant. Run it again.", exit_codes.INTERRUPTED)
        except (typer.Exit, typer.Abort, typer.BadParameter, BrokenPipeError):
            raise  # typer shows these
        except Exception as error:  # noqa: BLE001 - whatever it is, the user gets a line that says what to do
            debuglog.log_error(what, error)
            # Its text may hold anything, so only its kind and its place are shown.
            kind = f"{type(error).__name__} {debuglog.place_of(error)}"
            _end(f"an unexpected error ({kind}), a bug of {what}. {debuglog.where_to_look()}", exit_codes.ERROR)

    return run


def _say(text: str) -> None:
    sys.stderr.write(f"talend: {text}\n")


def _end(message: str, code: int) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.write(f"error: {message}\n")
    sys.exit(code)


def main() -> None:
    """Runs the command line. An error is one message and an exit code, never a traceback."""
    try:
        app()
    except KeyboardInterrupt:
        _end("interrupted before anything was done. Run it again.", exit_codes.INTERRUPTED)
    except ImportError as error:
        name = (error.name or str(error)).partition(".")[0]
        _end(
            f"the package '{name}' is missing or broken in {sys.executable}: pip install 'pulumi-talend[cli]'",
            exit_codes.ERROR,
        )


if __name__ == "__main__":
    main()
