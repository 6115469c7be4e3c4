"""What an operation tells the engine: reasons with their lines of a table, and one error with one line."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from pulumi.dynamic import CheckFailure, CheckResult

from .. import debuglog
from ..dynamic_host import current_urn
from ..errors import TalendError
from ..model.inputs import Inputs
from ..model.lines import WHOLE, TableLine
from ..model.problems import Problem
from .claims import name_of

R = TypeVar("R")

_TABLES = ("grants", "mappings")


@dataclass(frozen=True)
class Program:
    """What the program says beside the inputs (`resources/program.py`).

    Attributes:
        preview: Whether this is a preview.
        computed: Inputs that come from another resource, and so may not have been known in the preview.
        lines: The lines of the table that the resource comes from, by how the principal or customer role is written.
        ended: The ends that have passed, by how the principal is written; `WHOLE` for the end of the resource itself.
        elsewhere: What other resources of the program grant on the workspace (`resources/announced.py`).
    """

    preview: bool = False
    computed: frozenset[str] = frozenset()
    lines: Mapping[str, TableLine] = field(default_factory=dict[str, TableLine])
    ended: Mapping[str, str] = field(default_factory=dict[str, str])
    elsewhere: Sequence[Mapping[str, str]] = ()

    def failures(self, problems: Iterable[Problem]) -> list[CheckFailure]:
        """Reasons as the engine takes them, each with its line of the table.

        The engine prints a property with its value: a setting has none among the inputs, and a whole table would hide the reason.
        """
        found: list[CheckFailure] = []
        for problem in problems:
            line = self.lines.get(problem.entry) or self.lines.get(WHOLE)
            if line is not None and not problem.is_setting:
                found.append(CheckFailure("", f"{line.at}: {problem.reason}"))
            elif problem.is_setting or problem.where in _TABLES:
                found.append(CheckFailure("", str(problem)))
            else:
                found.append(CheckFailure(problem.where, problem.reason))
        return found


def reported(what: str, work: Callable[[], R], id_: str = "") -> R:
    """Runs an operation. What it raises leaves as one error with one line; its history goes to the debug log."""
    name = name_of(current_urn())
    label = " ".join(part for part in (what, id_, name) if part)
    debuglog.logger.debug("%s begins", label)
    try:
        result = work()
    except TalendError as error:
        debuglog.log_error(label, error)
        error.__context__ = None
        raise error.with_traceback(None) from None
    except Exception as error:  # noqa: BLE001 - whatever it is, the user gets a line that says what to do
        debuglog.log_error(label, error)
        # A bug of ours. Its text may hold anything, so only its kind and its place are shown.
        raise TalendError(
            f"an unexpected error in pulumi-talend ({type(error).__name__} {debuglog.place_of(error)}), a bug of its own",
            subject=f"{what} '{name}'" if name else what,
            outcome="unknown",
            advice=debuglog.where_to_look(),
        ) from None
    if isinstance(result, CheckResult) and result.failures:
        reasons = "; ".join(f"{failure.property or 'all'}: {failure.reason}" for failure in result.failures)
        debuglog.logger.debug("%s is refused: %s", label, reasons)
    else:
        debuglog.logger.debug("%s is done", label)
    return result


@contextmanager
def naming_its_line(inputs: Inputs) -> Generator[None, None, None]:
    """Errors within name the line of the table that declares the resource, where none names a line of its own."""
    try:
        yield
    except TalendError as error:
        line = inputs.lines.get(WHOLE)
        if error.at or line is None:
            raise
        raise error.with_(at=line.at) from None
