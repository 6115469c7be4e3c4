"""What the doctor finds, as data."""

from __future__ import annotations

from collections.abc import Iterable
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


def counted(findings: Iterable[Finding]) -> dict[Status, int]:
    """How many findings there are of each status."""
    counts: dict[Status, int] = {"ok": 0, "warn": 0, "fail": 0, "unknown": 0}
    for finding in findings:
        counts[finding.status] += 1
    return counts
