"""The limit on removals: a set that takes all access from too many is refused until the program says that it may.

Counted are, in a WorkspaceAccess the principals, in RoleMappings the customer roles, that have access now within what the
set is complete for and would have none of it afterwards. Who keeps some of it is not counted, nor is access that ends because
its `expires_at` has come. The share is of all that have access there now.

One may always go, so that small sets can change, unless nobody would be left. Otherwise more than the limit (30 %, or
`talend:maxRemovals`) needs `max_removals` on the resource.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ..api.text import first_of
from ..errors import ConfigurationError
from ..model.problems import Problem
from ..model.unknown import is_unknown
from .advice import set_input

VARIABLE = "TALEND_MAX_REMOVALS"

DEFAULT_SHARE = 0.3
ALWAYS_ALLOWED = 1
_NAMED_AT_MOST = 5


@dataclass(frozen=True)
class Limit:
    """How many may lose all their access: a share of those there are, a number, or all.

    Attributes:
        share: Between 0 and 1; None where the limit is a number.
        count: A number; None where the limit is a share.
        is_explicit: Whether the resource itself says so: then it counts for the last one too.
    """

    share: float | None = DEFAULT_SHARE
    count: int | None = None
    is_explicit: bool = False

    def allows(self, removed: int, before: int) -> bool:
        """Whether `removed` of `before` may go."""
        if self.count is not None:
            return removed <= self.count
        return removed <= max(ALWAYS_ALLOWED, int((self.share or 0.0) * before + 1e-9))

    def __str__(self) -> str:
        return str(self.count) if self.count is not None else f"{round((self.share or 0.0) * 100)} %"


def parse_limit(text: str) -> Limit:
    """Parses `30%` or `5`. Raises ValueError."""
    found = re.fullmatch(r"(\d{1,6})\s*(%?)", text.strip())
    if found is None or (found[2] and int(found[1]) > 100):
        raise ValueError(f"{ascii(text)[:40]} is not a limit; write a share like 30% or a number like 5")
    return Limit(share=int(found[1]) / 100) if found[2] else Limit(share=None, count=int(found[1]))


def limit_of(max_removals: int | str | None, default: Limit) -> Limit:
    """The limit of a resource: its own `max_removals`, else that of the stack. One that is not known yet is for the update."""
    if max_removals is None:
        return default
    if max_removals == "all" or is_unknown(max_removals):
        return Limit(share=1.0, is_explicit=True)
    own = parse_limit(str(max_removals))
    return Limit(own.share, own.count, is_explicit=True)


def refusal(
    *, what: str, removed: Sequence[str], before: int, left: int, limit: Limit, in_table: bool = False
) -> str | None:
    """Why `removed` (names) of `before` may not lose `what` while `left` have it afterwards; None where they may.

    `in_table`: whether a table of access declares the resource, not Python.
    """
    if not removed:
        return None
    nobody = left == 0 and not limit.is_explicit
    if limit.allows(len(removed), before) and not nobody:
        return None
    named = first_of(sorted(removed), _NAMED_AT_MOST)
    why = "nobody would be left" if nobody else f"the limit is {limit}"
    return (
        f"would take {what} from {len(removed)} of {before} ({named}), and {why}. If that is meant, "
        f"{set_input('max_removals', len(removed), in_table=in_table)} for this change"
    )


def stack_limit(config: Callable[[str], object], environ: Mapping[str, str]) -> Limit:
    """The limit of the stack (`talend:maxRemovals`), else of the environment.

    Raises:
        ConfigurationError: It is not a limit.
    """
    configured = config("talend:maxRemovals")
    is_set = configured is not None and str(configured).strip()
    name, value = ("talend:maxRemovals", configured) if is_set else (VARIABLE, environ.get(VARIABLE))
    del config, environ  # so that the credentials in them are not among the variables of a traceback
    if value is None or not str(value).strip():
        return Limit()
    try:
        return parse_limit(str(value))
    except ValueError as error:
        raise ConfigurationError([Problem(name, str(error), is_setting=True)]) from None
