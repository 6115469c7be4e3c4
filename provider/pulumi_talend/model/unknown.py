"""Values that are not known before an update: what the Pulumi engine puts in their place in a preview."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""The engine's mark for an unknown text (pulumi's `sdk/go/common/resource/plugin/rpc.go`). Inputs use it for every unknown."""

UNKNOWN_MARKS = frozenset(
    {
        UNKNOWN,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # a truth value
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # a number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # a list
        "030794c1-ac77-496b-92df-f27374a8bd58",  # an asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # an archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # an object
    }
)
"""The engine's marks, by kind of value."""


def is_unknown(value: object) -> bool:
    """Whether `value` itself is not known yet."""
    return isinstance(value, str) and value in UNKNOWN_MARKS


def has_unknown(value: object) -> bool:
    """Whether `value`, or something in it, is not known yet."""
    if isinstance(value, (list, tuple)):
        return any(has_unknown(item) for item in cast("list[Any]", value))
    if isinstance(value, Mapping):
        return any(has_unknown(item) for item in cast("Mapping[str, Any]", value).values())
    return is_unknown(value)
