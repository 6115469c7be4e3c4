"""What the doctor finds, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warn", "fail", "unknown"]
"""`ok`; `warn`: it works, but needs a look; `fail`: a preview or an update fails; `unknown`: it could not be found out."""


@dataclass(frozen=True)
class Finding:
    """The result of one check.

    Attributes:
        check: What was checked, in a word or two.
        status: The result.
        found: What was found.
        todo: What to do about it; empty where nothing is to do.
    """

    check: str
    status: Status
    found: str
    todo: str = ""
