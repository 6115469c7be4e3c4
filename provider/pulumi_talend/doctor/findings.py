"""What the doctor finds, as data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "warn", "missing", "unknown"]
"""`ok`: as it should be; `warn`: works, but look at it; `missing`: does not work so; `unknown`: could not be found out."""


@dataclass(frozen=True)
class Finding:
    """One thing looked at: what it is called, how it is, what was found in plain words, and what to do about it."""

    check: str
    verdict: Verdict
    found: str
    todo: str = ""


def counted(findings: Iterable[Finding]) -> dict[Verdict, int]:
    """How many findings there are of each verdict."""
    counts: dict[Verdict, int] = {"ok": 0, "warn": 0, "missing": 0, "unknown": 0}
    for finding in findings:
        counts[finding.verdict] += 1
    return counts
