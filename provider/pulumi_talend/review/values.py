"""Values that a preview does not show: what is not known before the update, and what is secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from ..model.unknown import is_unknown

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the mark of a secret, the same in every stack
"""The key that marks an object as a special value in states and plans, and its value for a secret (pulumi's
`sdk/go/common/resource/sig`)."""


class Unreadable(Exception):
    """A value that does not tell what the update does. `what` is the property, `reason` why."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(f"{what} {reason}")
        self.what = what
        self.reason = reason


def why_hidden(value: object) -> str | None:
    """Why `value`, or something in it, does not tell anything; None where nothing is hidden."""
    if is_unknown(value):
        return "is not known before the update"
    if value == "[secret]":
        return "is secret"
    if isinstance(value, Mapping):
        table = cast("Mapping[str, Any]", value)
        if _SIGNATURE in table:
            return "is secret" if table[_SIGNATURE] == _SECRET else "is not known before the update"
        return next((reason for item in table.values() if (reason := why_hidden(item))), None)
    if isinstance(value, list):
        return next((reason for item in cast("list[Any]", value) if (reason := why_hidden(item))), None)
    return None
