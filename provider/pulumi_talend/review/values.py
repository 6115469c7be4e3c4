"""Reading the values that a preview shows: what is not known yet, secret, or not what it should be, is said so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from .model import Rights

_NOT_KNOWN_YET = {
    # What the engine writes for a value that an operation of the same update will tell, one for each kind of value.
    "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    "030794c1-ac77-496b-92df-f27374a8bd58",
    "e48ece36-62e2-4504-bad9-02848725956a",
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
}
_SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key that marks an object as a secret, an output or another special value in states and plans."""


class Unreadable(Exception):
    """A value that does not tell what will be. `what` is the property, `reason` why."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(f"{what} {reason}")
        self.what = what
        self.reason = reason


def why_not(value: object) -> str | None:
    """Why `value` does not tell anything; None where it does, as far as it can be seen from outside."""
    if value is None:
        return "is not set"
    if isinstance(value, str) and value in _NOT_KNOWN_YET:
        return "is not known before the update"
    if value == "[secret]" or (isinstance(value, Mapping) and "ciphertext" in value):
        return "is secret"
    if isinstance(value, Mapping) and _SIGNATURE in value:
        return "is not known before the update"
    return None


def text(values: Mapping[str, Any], name: str) -> str:
    """The text called `name`. Raises Unreadable."""
    value = values.get(name)
    reason = why_not(value)
    if reason is None and not isinstance(value, str):
        reason = "is no text"
    if reason is None and not value:
        reason = "is empty"
    if reason is not None:
        raise Unreadable(f"property {name}", reason)
    return cast(str, value)


def text_if_any(values: Mapping[str, Any], name: str) -> str | None:
    """The text called `name`, None where there is none that says anything."""
    value = values.get(name)
    return value if isinstance(value, str) and value and why_not(value) is None else None


def rights(values: Mapping[str, Any], name: str) -> Rights:
    """The list of names called `name`. Raises Unreadable."""
    return names(values.get(name), f"property {name}")


def names(value: object, what: str) -> Rights:
    """`value` as a set of names. Raises Unreadable, which calls it `what`."""
    reason = why_not(value)
    if reason is not None:
        raise Unreadable(what, reason)
    if not isinstance(value, list):
        raise Unreadable(what, "is no list")
    found: set[str] = set()
    for item in cast("list[object]", value):
        reason = why_not(item)
        if reason is not None:
            raise Unreadable(what, f"has a member that {reason}")
        if not isinstance(item, str):
            raise Unreadable(what, "has a member that is no text")
        found.add(item)
    return frozenset(found)


def flag(values: Mapping[str, Any], name: str) -> bool:
    """The truth value called `name`, False where it is not set. Raises Unreadable."""
    value = values.get(name, False)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise Unreadable(f"property {name}", why_not(value) or "is neither true nor false")
    return value
