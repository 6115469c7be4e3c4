"""The command `talend-access`: adopt what a tenant already grants, look at drift, review a preview, report who may do what."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable

try:
    import typer
except ImportError:  # pragma: no cover - the extra is installed wherever tests run
    sys.exit("error: the command line needs its extra: pip install 'pulumi-talend[cli]'")

app = typer.Typer(
    name="talend-access",
    help="Talend Cloud access as code: adopt, drift, review, report.",
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
}


def _register(name: str, module: str, function: str, help_text: str) -> None:
    def run(context: typer.Context) -> None:
        command = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        target: Callable[..., object] = getattr(importlib.import_module(module), function)
        command.command(help=target.__doc__)(target)
        command(args=context.args, prog_name=f"talend-access {name}")

    app.command(
        name=name,
        help=help_text,
        add_help_option=False,
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    )(run)


for _name, (_module, _function, _help) in _COMMANDS.items():
    _register(_name, _module, _function, _help)


def main() -> None:
    """Runs the command line. What goes wrong with access or settings ends as one message and exit code 1."""
    from .api import TalendError

    try:
        app()
    except TalendError as error:
        sys.stdout.flush()
        sys.stderr.write(f"error: {error}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
