"""Access for a while: from `expires_at` on it is as if the program did not give it.

What does not parse is an error, never "forever". The clock is this machine's. On a tenant on this machine itself (the offline
tenant, in tests and demos) TALEND_SANDBOX_NOW sets it; against any other tenant that variable is not looked at, so that
nobody keeps ended access alive with it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit

from ..api.settings import is_loopback
from ..api.text import clean

CLOCK_VARIABLE = "TALEND_SANDBOX_NOW"
WARNING_DAYS = 7

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)")


def moment(value: Any) -> datetime:
    """The moment that `value` says: ISO 8601 with date, time and zone. Raises ValueError."""
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise ValueError(_no_moment(value))
    text = re.sub(r"\.(\d+)", lambda digits: f".{digits[1]:0<6}", value.replace("Z", "+00:00"))
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(_no_moment(value)) from None


def _no_moment(value: Any) -> str:
    return f"{clean(repr(value))} is no moment: write date, time and zone like 2027-01-31T18:00:00+01:00 or 2027-01-31T17:00:00Z"


def now(base_url: str, environ: Mapping[str, str] = os.environ) -> datetime:
    """The moment it is now, for grants in the tenant at `base_url`. Raises ValueError for a sandbox clock that is none."""
    if CLOCK_VARIABLE in environ and is_loopback(urlsplit(base_url).hostname or ""):
        return moment(environ[CLOCK_VARIABLE])
    return datetime.now(timezone.utc)


def has_ended(expires_at: str | None, at: datetime) -> bool:
    """Whether access until `expires_at` is over; None is never over. Raises ValueError for what is no moment."""
    return expires_at is not None and moment(expires_at) <= at


def ending_note(what: str, expires_at: str | None, at: datetime) -> str | None:
    """What to say within the last days of `what`; None before that, and after its end."""
    if expires_at is None:
        return None
    left = moment(expires_at) - at
    if not timedelta(0) < left <= timedelta(days=WARNING_DAYS):
        return None
    return f"{what} ends at {expires_at}, {_in_words(left)}: write a later expires_at if it should stay"


def _in_words(left: timedelta) -> str:
    hours = left // timedelta(hours=1)
    if hours < 1:
        return "in less than an hour"
    amount, unit = (hours, "hour") if hours < 48 else (left.days, "day")
    return f"in {amount} {unit}{'s' if amount > 1 else ''}"
