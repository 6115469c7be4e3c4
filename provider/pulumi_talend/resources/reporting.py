"""How what goes wrong reaches the user: the one place where exceptions and reasons become messages of a line or two.

Imported by the program too, so what takes time to import is imported where it is used.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from pulumi.dynamic import CheckFailure

from .. import debuglog
from .claims import DECLARATION

if TYPE_CHECKING:
    from ..api import Problem

R = TypeVar("R")

_TABLES = ("grants", "mappings")


class MissingPackageError(Exception):
    """A package that pulumi-talend needs is not there. Part of no tree: what holds the tree needs the package too."""


MissingPackageError.__module__ = "pulumi_talend"


def say(message: str) -> None:
    """Tells the user something: the engine shows what its dynamic host prints as a line of its log."""
    debuglog.logger.debug("says: %s", message)
    print(f"talend: {message}", flush=True)


def needed(load: Callable[[], R]) -> R:
    """What `load` imports. Raises MissingPackageError where a package that pulumi-talend needs cannot be imported."""
    try:
        return load()
    except ImportError as error:
        name = (error.name or "").partition(".")[0]
        raise MissingPackageError(
            f"pulumi-talend cannot run in {sys.executable}: the package '{name or error}' is missing or broken. Install "
            "pulumi-talend again in the project's virtual environment (`pulumi install` does where it has a requirements.txt)."
        ) from None


def reported(what: str, work: Callable[[], R]) -> R:
    """Runs `work`; what it raises leaves as one exception with one line and no history, the way the engine shows it best.

    The history goes to the debug log, where there is one.
    """
    from ..api import TalendError

    try:
        return work()
    except TalendError as error:
        debuglog.log_error(what, error)
        error.__context__ = None
        raise error.with_traceback(None) from None
    except Exception as error:  # noqa: BLE001 - whatever it is, the user gets a line that says what to do
        debuglog.log_error(what, error)
        # A bug of ours. Its text may hold anything, so only its kind and its place are shown.
        raise TalendError(
            f"Something unexpected happened in pulumi-talend ({type(error).__name__} {debuglog.place_of(error)}), a bug of "
            f"its own. {debuglog.where_to_look()}"
        ) from None


def own_name(news: Mapping[str, Any]) -> str:
    """The name that the resource has in the program; empty where it did not declare itself (an import)."""
    declared = news.get(DECLARATION)
    return str(json.loads(declared)[-1]) if isinstance(declared, str) else ""


def check_failures(problems: Iterable[Problem]) -> list[CheckFailure]:
    """Reasons as the engine takes them, each with its property."""
    return [_failure(problem) for problem in problems]


def _failure(problem: Problem) -> CheckFailure:
    # The engine prints a property with the value it has among the inputs: a setting (talend:...) is none of those, and a whole
    # table would hide the reason.
    if ":" in problem.where or problem.where.isupper() or problem.where in _TABLES:
        return CheckFailure("", str(problem))
    return CheckFailure(problem.where, problem.reason)
