"""Access with an end: times as ISO 8601 texts with a zone. What does not parse is an error, never "for ever"."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

WARNING_DAYS = 7
"""From so many days before its end on, the preview says that access ends."""

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?", re.ASCII)


def parse_time(value: Any) -> datetime:
    """Parses an ISO 8601 text of date, time and zone.

    Raises:
        ValueError: It has another form, or no zone.
    """
    example = "write date, time and zone, like 2027-01-31T18:00:00+01:00 or 2027-01-31T17:00:00Z"
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"{ascii(value)[:60]} is not an ISO 8601 time with a zone; {example}")
    if found[3] is None:
        raise ValueError(f"{value} has no time zone; {example}")
    text = re.sub(r"\.(\d+)", lambda digits: f".{digits[1]:0<6}", found[0].replace("Z", "+00:00"))
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{value} is not a date of the calendar; {example}") from None


def has_ended(expires_at: str | None, at: datetime) -> bool:
    """Whether access with this end is over. Raises ValueError like `parse_time`."""
    return expires_at is not None and parse_time(expires_at) <= at


def date_of(expires_at: str) -> str:
    """The date of an end, as it is written: `2027-01-31`."""
    return expires_at.partition("T")[0]


def ends_soon(expires_at: str | None, at: datetime) -> str:
    """In words how soon access ends (`in 3 days`); empty where it has ended or more than `WARNING_DAYS` are left."""
    if expires_at is None:
        return ""
    left = parse_time(expires_at) - at
    if not timedelta(0) < left <= timedelta(days=WARNING_DAYS):
        return ""
    hours = left // timedelta(hours=1)
    if hours < 1:
        return "in less than an hour"
    amount, unit = (hours, "hour") if hours < 48 else (left.days, "day")
    return f"in {amount} {unit}{'s' if amount > 1 else ''}"


def is_later(expires_at: str | None, than: str | None) -> bool:
    """Whether access until `expires_at` lasts longer than access until `than`; None is without an end."""
    if than is None:
        return False
    return expires_at is None or parse_time(expires_at) > parse_time(than)
