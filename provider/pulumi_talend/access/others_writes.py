"""What somebody else does to our role mappings while we write: how late to look for it, and how it is said."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

from ..api.permissions import words
from .mapping_merge import RoleSet

Notify = Callable[[str], object]
"""Told something that the user should know, in one line."""


_SETTLING_SECONDS = 0.25
_SETTLING_TIMES = 3.0
_MOST_SETTLING_SECONDS = 10.0


def settling_seconds(took: float) -> float:
    """How long to wait after a write before it is verified, where reading and writing took us `took` seconds.

    Another writer that had read before our write undoes it when it writes. It needs about as long for that as we do: whoever
    looks later than that sees it. Two that look after the same time would meet again with every try, so chance has a part in it.
    """
    least = min(max(_SETTLING_SECONDS, _SETTLING_TIMES * took), _MOST_SETTLING_SECONDS)
    return least * random.uniform(1.0, 1.5)  # noqa: S311 - guards nothing


class OthersWrites:
    """Compares what stands with what we made. Not thread-safe: one thread at a time."""

    def __init__(self, notify: Notify | None) -> None:
        self._notify = notify
        self._said: set[str] = set()
        self.unsure = False
        """Whether the last write may not have been done: what does not stand as written then is nobody else's doing."""

    def look(self, current: Mapping[str, RoleSet], made: Mapping[str, RoleSet]) -> None:
        """Says which of those that were `made` do not stand in `current` any more, before they are put back."""
        for name in sorted(made):
            if current.get(name) != made[name] and name not in self._said:
                self._said.add(name)
                now = f"is mapped to {words(current[name])}" if name in current else "is not mapped any more"
                self._say(
                    f"customer role '{name}' {now}, though this update had mapped it to {words(made[name])}: somebody else "
                    "writes role mappings at the same time. It is put back; what they meant is theirs to check."
                )

    def _say(self, message: str) -> None:
        if self._notify is not None:
            self._notify(message)
