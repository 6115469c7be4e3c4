"""The command `talend-access`: adopt what a tenant already grants, look at drift, review previews, report, and a doctor."""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Callable
from typing import NoReturn

try:
    import typer
except ImportError:  # pragma: no cover - the extra is installed wherever tests run
    sys.exit("error: the command line needs its extra: pip install 'pulumi-talend[cli]'")

EXIT_ERROR = 1
EXIT_INTERRUPTED = 130

app = typer.Typer(
    name="talend-access",
    help="Talend Cloud access as code: adopt, drift, review, report, doctor.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

# Each command lives in its own package and is loaded once it is asked for: what one needs, another need not wait for.
_COMMANDS: dict[str, tuple[str, str, str]] = {
    "adopt": (
        "pulumi_talend.adopt.command",
        "adopt",
        "Write a program and an import file for access that exists already.",
    ),
    "drift": ("pulumi_talend.adopt.drift_command", "drift", "Say where the tenant and the stacks given to it differ."),
    "review": ("pulumi_talend.review.command", "review", "Say who gains and who loses what in a preview."),
    "report": ("pulumi_talend.review.command", "report", "Say who may do what now."),
    "doctor": ("pulumi_talend.doctor.command", "doctor", "Say what is missing before a preview or an update can work."),
}


def _register(name: str, module: str, function: str, help_text: str) -> None:
    def run(context: typer.Context) -> None:
        command = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        target: Callable[..., object] = getattr(importlib.import_module(module), function)
        command.command(help=target.__doc__)(_in_plain_words(f"talend-access {name}", target))
        command(args=context.args, prog_name=f"talend-access {name}")

    app.command(
        name=name,
        help=help_text,
        add_help_option=False,
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    )(run)


def _in_plain_words(what: str, target: Callable[..., object]) -> Callable[..., object]:
    """`target`, whose every end other than a good one is one message and an exit code."""

    @functools.wraps(target)
    def run(*arguments: object, **options: object) -> object:
        from . import debuglog
        from .api import TalendError

        debuglog.start("talend-access", _say)
        try:
            return target(*arguments, **options)
        except TalendError as error:
            debuglog.log_error(what, error)
            _end(str(error), EXIT_ERROR)
        except KeyboardInterrupt as error:
            debuglog.log_error(what, error)
            _end("interrupted. Nothing was changed in the tenant; run it again when you want to.", EXIT_INTERRUPTED)
        except (typer.Exit, typer.Abort, BrokenPipeError):
            raise  # the command's own exit codes, and a reader that has seen enough: typer ends these
        except Exception as error:
            if type(error).__module__.startswith(("click", "typer")):
                raise  # a wrong option, which typer explains
            debuglog.log_error(what, error)
            # Its text may hold anything, so only its kind and its place are shown.
            kind = f"{type(error).__name__} {debuglog.place_of(error)}"
            _end(f"something unexpected happened ({kind}), a bug of {what}. {debuglog.where_to_look()}", EXIT_ERROR)

    return run


def _say(text: str) -> None:
    sys.stderr.write(f"talend: {text}\n")


def _end(message: str, code: int) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.write(f"error: {message}\n")
    sys.exit(code)


for _name, (_module, _function, _help) in _COMMANDS.items():
    _register(_name, _module, _function, _help)


def main() -> None:
    """Runs the command line. What goes wrong ends as one message and an exit code, never as a traceback."""
    try:
        app()
    except KeyboardInterrupt:
        _end("interrupted before anything was done. Run it again when you want to.", EXIT_INTERRUPTED)
    except ImportError as error:
        name = (error.name or str(error)).partition(".")[0]
        _end(
            f"the package '{name}' is missing or broken in {sys.executable}: pip install 'pulumi-talend[cli]'",
            EXIT_ERROR,
        )


if __name__ == "__main__":
    main()
