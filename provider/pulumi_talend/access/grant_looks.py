"""Looking at what was written: what the API shows after a moment, and whose word counts where even that fails."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from ..api import CancelledError, GrantKey, Permissions, RateLimitedError, TalendError
from .grant_messages import not_seen
from .snapshot import GrantSnapshot

Changes = Mapping[GrantKey, "Permissions | None"]

_LOOKS = 3
_SECONDS_BETWEEN_LOOKS = 0.5
"""How long the API may take to show what it has just written (it promises nothing)."""


class GrantLooks:
    """Looks at grants after writing them. Methods raise what the API client raises, where they say nothing else."""

    def __init__(self, snapshot: GrantSnapshot, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._snapshot = snapshot
        self._sleep = sleep

    def not_as_asked(self, part: Changes) -> dict[GrantKey, Permissions | None]:
        """Those of `part` that do not stand as it says."""
        now = self.confirmed(part)
        return {key: permissions for key, permissions in part.items() if now[key] != permissions}

    def confirmed(self, part: Changes) -> dict[GrantKey, Permissions | None]:
        """What stands under the keys; where a listing lacks what was asked for, by a look at the grant itself."""
        now = self._snapshot.read_again(part)
        if len(part) > 1:
            for key, permissions in part.items():
                if permissions is not None and now[key] is None:
                    now.update(self._snapshot.read_again([key]))
        return now

    def look(self, expected: Changes) -> dict[GrantKey, Permissions | None]:
        """What differs from `expected`, after giving the API a moment to show it.

        A look that fails is taken again, too: what was written is written, and must not be forgotten for one bad answer.
        """
        wrong: dict[GrantKey, Permissions | None] = {}
        left: Changes = expected
        for look in range(_LOOKS):
            if look:
                self._sleep(_SECONDS_BETWEEN_LOOKS)
            try:
                now = self.confirmed(left)
            except (RateLimitedError, CancelledError):
                raise  # has waited long enough
            except TalendError:
                if look == _LOOKS - 1:
                    raise
                continue
            wrong = {key: now[key] for key, permissions in left.items() if now[key] != permissions}
            if not wrong:
                return {}
            left = {key: expected[key] for key in wrong}
        return wrong

    def look_at(self, key: GrantKey) -> Permissions | None:
        """What stands under the key of a removed grant. Raises NotVerifiedError where that cannot be seen."""
        try:
            return self.look({key: None}).get(key)
        except TalendError as error:
            raise not_seen(key, None, error) from None

    def standing_after(self, key: GrantKey, error: TalendError) -> Permissions | None:
        """What stands after a write that failed by `error`, which is raised where that cannot be seen: it says more."""
        try:
            return self._snapshot.read_again([key])[key]
        except TalendError:
            raise error from None
