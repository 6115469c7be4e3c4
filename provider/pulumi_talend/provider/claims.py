"""Which resource of the running program manages which access: two resources on one grant would undo each other's work.

The engine's dynamic host is one process for a whole run, so its checks see the whole program. A resource is known by its URN:
its real type, with the chain of its parents.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Literal

from ..dynamic_host import making_room

Scope = Literal["grant", "exclusive", "mapping", "all-mappings"]

ALL_MAPPINGS = "role-mappings"
"""What all role mappings of a tenant are a part of."""

QUIET_SECONDS = 0.25
_MOST_QUIET_SECONDS = 5.0


@dataclass(frozen=True)
class Claim:
    """That a resource manages something.

    Attributes:
        scope: What sort of thing.
        target: A GrantKey or a customer role; for a whole ("exclusive", "all-mappings") what `within` of its parts says.
        within: The whole that the target is a part of.
        has_ended: Whether the access is over: nobody else may manage the target, but nothing is left in place for it.
    """

    scope: Scope
    target: Hashable
    within: str | None = None
    has_ended: bool = False


@dataclass(frozen=True)
class Manager:
    """Another resource that manages the same. `is_whole`: it manages a whole of which the claim is a part."""

    urn: str
    is_whole: bool

    @property
    def name(self) -> str:
        """Its name in the program."""
        return name_of(self.urn)


def name_of(urn: str) -> str:
    """A resource's name in the program: the last part of its URN."""
    return urn.split("::", 3)[-1]


def whole_of(workspace_id: str, kind: str) -> str:
    """What a grant to a principal of a kind is a part of, and an exclusive set manages."""
    return f"{workspace_id}/{kind}"


class Claims:
    """The claims of one run on one tenant. Thread-safe."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._claims: dict[str, tuple[Claim, ...]] = {}
        self._managers: dict[tuple[Scope, Hashable], str] = {}
        self._ended: set[tuple[Scope, Hashable]] = set()
        self._parts: dict[Hashable, dict[str, None]] = {}
        self._held: dict[str, frozenset[Hashable]] = {}
        self._checked_anew: set[str] = set()
        self._created: dict[str, set[Hashable]] = {}
        self._announced: set[Hashable] = set()
        self._last_check = clock()

    def make(self, urn: str, claims: Iterable[Claim]) -> dict[Claim, Manager]:
        """Makes claims for a resource, in place of those it made before.

        Returns:
            The claims that clash, and with whose; then none is made. Nothing is claimed for an unknown resource.
        """
        wanted = tuple(claims)
        with self._lock:
            self._last_check = self._clock()
            if not urn:
                return {}
            self._drop(urn)
            clashes = {claim: other for claim in wanted if (other := self._other(claim)) is not None}
            if not clashes:
                self._claims[urn] = wanted
                for claim in wanted:
                    self._managers[claim.scope, claim.target] = urn
                    if claim.has_ended:
                        self._ended.add((claim.scope, claim.target))
                    if claim.within is not None:
                        self._parts.setdefault(claim.within, {})[urn] = None
            return clashes

    def note_state(self, urn: str, targets: Iterable[Hashable] | None) -> None:
        """Notes what state says that a resource has; None where the check gets no state, as for something new.

        The engine checks a resource that it replaces twice: with its state, then without. What state has, the replacement
        may take over.
        """
        with self._lock:
            if targets is None:
                self._checked_anew.add(urn)
            else:
                self._checked_anew.discard(urn)
                self._held[urn] = frozenset(targets)

    def note_created(self, urn: str, target: Hashable) -> None:
        """Notes that a resource has created or taken over a target in this run."""
        with self._lock:
            self._created.setdefault(urn, set()).add(target)

    def announce(self, targets: Iterable[Hashable]) -> None:
        """Notes that resources manage targets which the engine has not asked to check yet."""
        with self._lock:
            self._announced.update(targets)

    def is_held(self, urn: str, target: Hashable) -> bool:
        """Whether state says that this resource has a target."""
        with self._lock:
            return target in self._held.get(urn, ())

    def is_replacement(self, urn: str) -> bool:
        """Whether this is the second check of a resource that the engine replaces, without its state: see `note_state`."""
        with self._lock:
            return urn in self._held and urn in self._checked_anew

    def manager(self, scope: Scope, target: Hashable) -> str | None:
        """The URN of the resource that manages a target by itself; None where none does."""
        with self._lock:
            return self._managers.get((scope, target))

    def keeps(self, urn: str, scope: Scope, target: Hashable) -> bool:
        """Whether a target stays when a resource ends or no longer names it.

        So it is where another resource of the program manages it or is about to, the same one has just been created again with
        it, or what ends is what an interrupted replacement has left: then state has the resource that took its place, with the
        target.
        """
        with self._lock:
            manager = self._managers.get((scope, target))
            if (scope, target) in self._ended:
                return False
            if manager is None:
                return target in self._announced
            if manager != urn or target in self._created.get(urn, ()):
                return True
            return urn not in self._checked_anew and target in self._held.get(urn, ())

    def wait_until_quiet(self) -> None:
        """Waits until no check has come for a moment: then the claims of the whole program are known, most likely."""
        until = self._clock() + _MOST_QUIET_SECONDS
        with making_room():  # for checks: it would be quiet, too, where every thread of the host waits here
            while (now := self._clock()) < until:
                with self._lock:
                    left = self._last_check + QUIET_SECONDS - now
                if left <= 0:
                    return
                time.sleep(left)

    def _other(self, claim: Claim) -> Manager | None:
        whole = self._managers.get(("exclusive", claim.within)) or self._managers.get(("all-mappings", claim.within))
        if claim.within is not None and whole is not None:
            return Manager(whole, is_whole=True)
        same = self._managers.get((claim.scope, claim.target))
        if same is None and claim.scope in {"exclusive", "all-mappings"}:
            same = next(iter(self._parts.get(claim.target, {})), None)
        return Manager(same, is_whole=False) if same is not None else None

    def _drop(self, urn: str) -> None:
        for claim in self._claims.pop(urn, ()):
            self._managers.pop((claim.scope, claim.target), None)
            self._ended.discard((claim.scope, claim.target))
            if claim.within is not None:
                self._parts[claim.within].pop(urn, None)
