"""The guard against locking people out: a set that takes too much away is refused until somebody says that it may.

What is counted: in a WorkspaceAccess the principals, in RoleMappings the customer roles, that have access now within what the
set speaks for and would have none of it afterwards. Whoever keeps some of it is not counted, nor is access that ends because
its `expires_at` has come. The share is of all that have access there now.

One may always go, so that small sets can be changed, unless nobody would be left. Otherwise more than the share (30 %, or
`talend:maxRemovals`) needs `allow_removals` on the resource: True, or how many may go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ..api import ConfigurationError, Problem
from ..api.text import clean

VARIABLE = "TALEND_MAX_REMOVALS"

DEFAULT_SHARE = 0.3
ALWAYS_ALLOWED = 1
_NAMED_AT_MOST = 5


@dataclass(frozen=True)
class Limit:
    """How many may go unasked: a share of those there are, or a number."""

    share: float | None = DEFAULT_SHARE
    count: int | None = None

    def allows(self, removed: int, before: int) -> bool:
        """Whether `removed` of `before` may go."""
        if self.count is not None:
            return removed <= self.count
        return removed <= max(ALWAYS_ALLOWED, int((self.share or 0.0) * before + 1e-9))

    def __str__(self) -> str:
        return str(self.count) if self.count is not None else f"{round((self.share or 0.0) * 100)} %"


def limit(text: str) -> Limit:
    """The limit that `30%` or `5` says. Raises ValueError."""
    found = re.fullmatch(r"(\d{1,6})\s*(%?)", text.strip())
    if found is None or (found[2] and int(found[1]) > 100):
        raise ValueError(f"'{clean(text)}' is no limit: write a share like 30% or a number like 5")
    return Limit(share=int(found[1]) / 100) if found[2] else Limit(share=None, count=int(found[1]))


def refusal(
    *, what: str, removed: Sequence[str], before: int, left: int, allowed: bool | int, most: Limit
) -> str | None:
    """Why `removed` (names) of `before` may not lose `what` while `left` have it afterwards; None where they may."""
    if not removed or allowed is True or (allowed is not False and len(removed) <= allowed):
        return None
    nobody = left == 0
    if most.allows(len(removed), before) and not nobody:
        return None
    named = ", ".join(sorted(removed)[:_NAMED_AT_MOST])
    more = len(removed) - _NAMED_AT_MOST
    and_more = f" and {more} more" if more > 0 else ""
    why = "nobody would be left" if nobody else f"more than {most}"
    return (
        f"would take {what} from {len(removed)} of {before} ({named}{and_more}), {why}: if that is meant, "
        f"set allow_removals={len(removed)} for this change"
    )


def removal_limit(config: Callable[[str], object], environ: Mapping[str, str]) -> Limit:
    """The limit of the stack (`talend:maxRemovals`), else of the environment. Raises ConfigurationError."""
    configured = config("talend:maxRemovals")
    name, value = ("talend:maxRemovals", configured) if configured is not None else (VARIABLE, environ.get(VARIABLE))
    del config, environ  # so that the credentials in them are not among the variables of a traceback
    if value is None or not str(value).strip():
        return Limit()
    try:
        return limit(str(value))
    except ValueError as error:
        raise ConfigurationError([Problem(name, str(error))]) from None
