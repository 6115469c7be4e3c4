"""Who in a stack speaks for what: two resources on the same access would undo each other's work with every update.

The engine's dynamic host is one process for a whole run, so what its checks see is the whole program. A check is not told
which resource it is for; the resource classes say so in a hidden input, which the check takes out again before the engine
gets to see it, so that it stands in no state and no difference.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pulumi

DECLARATION = "__declaration"
"""The hidden input."""

_THIS_RUN = uuid.uuid4().hex


def declaration(type_name: str, name: str, opts: pulumi.ResourceOptions | None) -> str:
    """What a resource of this program's run says about itself: the run, what makes it unique in the stack, its name."""
    parent = opts.parent if opts is not None else None
    path = [type_name, name]
    if parent is not None:
        path += [parent.pulumi_resource_type, parent.pulumi_resource_name]
    return json.dumps([_THIS_RUN, path, name])


Scope = Literal["grant", "exclusive", "mapping", "all-mappings"]


@dataclass(frozen=True)
class Claim:
    """That a resource speaks for something.

    `target` is a GrantKey, a workspace id or a customer role. `within` is the workspace of a grant, which an exclusive set
    over that workspace would clash with.
    """

    scope: Scope
    target: Hashable = None
    within: str | None = None


@dataclass
class Claims:
    """The claims of one run on one tenant. Thread-safe."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _run: str | None = None
    _claims: dict[str, tuple[str, tuple[Claim, ...]]] = field(
        default_factory=dict[str, "tuple[str, tuple[Claim, ...]]"]
    )
    _holders: dict[Hashable, str] = field(default_factory=dict[Hashable, str])
    _within: dict[str, dict[str, int]] = field(default_factory=dict[str, "dict[str, int]"])

    def make(self, declared: object, claims: Iterable[Claim]) -> dict[Claim, str]:
        """Makes `claims` for the resource that `declared` itself so; returns those that clash, with the other's name.

        Asking again for the same resource replaces what it claimed before. Nothing is claimed where the resource did not
        declare itself (the engine checks imports so), and nothing of it stays where something clashes.
        """
        parsed = _parsed(declared)
        if parsed is None:
            return {}
        run, owner, name = parsed
        wanted = tuple(claims)
        with self._lock:
            if run != self._run:
                self._run = run
                self._claims.clear()
                self._holders.clear()
                self._within.clear()
            self._drop(owner)
            clashes = {claim: other for claim in wanted if (other := self._other(claim)) is not None}
            if not clashes:
                self._add(owner, name, wanted)
            return clashes

    def _other(self, claim: Claim) -> str | None:
        """The name of a resource that `claim` clashes with."""
        places: list[Hashable] = [(claim.scope, claim.target)]
        if claim.scope == "grant":
            places.append(("exclusive", claim.within))
        if claim.scope == "mapping":
            places.append(("all-mappings", None))
        for place in places:
            if place in self._holders:
                return self._name(self._holders[place])
        beside = claim.target if claim.scope == "exclusive" else "mappings" if claim.scope == "all-mappings" else None
        owners = self._within.get(str(beside), {}) if beside is not None else {}
        return self._name(next(iter(owners))) if owners else None

    def _name(self, owner: str) -> str:
        return self._claims[owner][0]

    def _add(self, owner: str, name: str, claims: tuple[Claim, ...]) -> None:
        self._claims[owner] = (name, claims)
        for claim in claims:
            self._holders[claim.scope, claim.target] = owner
            beside = _beside(claim)
            if beside is not None:
                owners = self._within.setdefault(beside, {})
                owners[owner] = owners.get(owner, 0) + 1

    def _drop(self, owner: str) -> None:
        _, claims = self._claims.pop(owner, ("", ()))
        for claim in claims:
            self._holders.pop((claim.scope, claim.target), None)
            beside = _beside(claim)
            if beside is not None:
                self._within[beside].pop(owner, None)


def _beside(claim: Claim) -> str | None:
    """Where a single claim stands that a claim on the whole would clash with."""
    if claim.scope == "grant":
        return claim.within
    return "mappings" if claim.scope == "mapping" else None


def _parsed(declared: object) -> tuple[str, str, str] | None:
    if not isinstance(declared, str):
        return None
    run, path, name = json.loads(declared)
    return run, json.dumps(path), name


def without_declaration(properties: Mapping[str, Any]) -> dict[str, Any]:
    """`properties` as the program gave them."""
    return {name: value for name, value in properties.items() if name not in {"__provider", DECLARATION}}
