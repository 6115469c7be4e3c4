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
    path = [pulumi.get_project(), pulumi.get_stack(), type_name, name]
    if parent is not None:
        path += [parent.pulumi_resource_type, parent.pulumi_resource_name]
    return json.dumps([_THIS_RUN, path, name])


Scope = Literal["grant", "exclusive", "mapping", "all-mappings"]

ALL_MAPPINGS = "role-mappings"
"""What all role mappings of a tenant are a part of."""


@dataclass(frozen=True)
class Claim:
    """That a resource speaks for something.

    `target` is a GrantKey or a customer role, or for a whole ("exclusive", "all-mappings") what `within` of its parts says.
    """

    scope: Scope
    target: Hashable
    within: str | None = None


@dataclass(frozen=True)
class Holder:
    """The other resource of a clash: its name, and whether it speaks for a whole of which this claim is a part."""

    name: str
    whole: bool


def reach(workspace_id: str, kind: str) -> str:
    """What a grant to a principal of that kind is a part of, and an exclusive set speaks for."""
    return f"{workspace_id}/{kind}"


@dataclass
class Claims:
    """The claims of one run on one tenant. Thread-safe."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _run: str | None = None
    _claims: dict[str, tuple[str, tuple[Claim, ...]]] = field(
        default_factory=dict[str, "tuple[str, tuple[Claim, ...]]"]
    )
    _holders: dict[Hashable, str] = field(default_factory=dict[Hashable, str])
    _parts: dict[Hashable, dict[str, None]] = field(default_factory=dict[Hashable, "dict[str, None]"])

    def make(self, declared: object, claims: Iterable[Claim]) -> dict[Claim, Holder]:
        """Makes `claims` for the resource that `declared` itself so; returns those that clash, and with whose.

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
                self._parts.clear()
            self._drop(owner)
            clashes = {claim: other for claim in wanted if (other := self._other(claim)) is not None}
            if not clashes:
                self._claims[owner] = (name, wanted)
                for claim in wanted:
                    self._holders[claim.scope, claim.target] = owner
                    if claim.within is not None:
                        self._parts.setdefault(claim.within, {})[owner] = None
            return clashes

    def holds(self, scope: Scope, target: Hashable) -> bool:
        """Whether a resource of this run claims `target` by itself."""
        with self._lock:
            return (scope, target) in self._holders

    def owner(self, scope: Scope, target: Hashable) -> str | None:
        """Which resource of which stack claims `target` by itself, the same text in every run; None where none does."""
        with self._lock:
            return self._holders.get((scope, target))

    def _other(self, claim: Claim) -> Holder | None:
        whole = self._holders.get(("exclusive", claim.within)) or self._holders.get(("all-mappings", claim.within))
        if claim.within is not None and whole is not None:
            return Holder(self._claims[whole][0], whole=True)
        same = self._holders.get((claim.scope, claim.target))
        if same is None and claim.scope in {"exclusive", "all-mappings"}:
            same = next(iter(self._parts.get(claim.target, {})), None)
        return Holder(self._claims[same][0], whole=False) if same is not None else None

    def _drop(self, owner: str) -> None:
        _, claims = self._claims.pop(owner, ("", ()))
        for claim in claims:
            self._holders.pop((claim.scope, claim.target), None)
            if claim.within is not None:
                self._parts[claim.within].pop(owner, None)


def _parsed(declared: object) -> tuple[str, str, str] | None:
    if not isinstance(declared, str):
        return None
    run, path, name = json.loads(declared)
    return run, json.dumps(path), name


def without_declaration(properties: Mapping[str, Any]) -> dict[str, Any]:
    """`properties` as the program gave them."""
    return {name: value for name, value in properties.items() if name not in {"__provider", DECLARATION}}
