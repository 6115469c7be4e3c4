"""The state of a stack while a run changes it, written to disk at every step.

The document is, at any moment: what this run has finished so far, in order, then what the last run left and
this one has not touched yet. An operation is recorded before it begins and struck out after it ended, so a
crash leaves at worst a pending operation, never a forgotten resource.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from typing import Any

from .secrets import Crypter
from .state import Deployment, PendingOperation, ResourceState, encode_resource, now_text

# The version this engine gives in a manifest: what the Pulumi CLI compares with its own to refuse state that
# is newer than itself. v3.200.0 is the oldest that this project works with.
MANIFEST_VERSION = "v3.200.0"


class Snapshot:
    """The resources of a stack during one run; all methods may be called from any thread.

    `save` gets the document's JSON text; it is None in a preview, where nothing is written. `crypter` gives
    the stack's crypter and is asked only when there is a secret to store.
    """

    def __init__(self, base: Deployment, *, crypter: Callable[[], Crypter], save: Callable[[str], None] | None) -> None:
        """Start from `base`, the state as the last run left it."""
        self._crypter = crypter
        self._save = save
        self._base = list(base.resources)
        self._gone: set[int] = set()  # positions in _base that this run has replaced or removed
        self._new: list[ResourceState] = []
        self._pending = list(base.pending)
        self._salt = base.salt
        self._metadata = base.metadata
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._version = 0
        self._written = 0
        self._renamed: dict[str, str] = {}
        self._texts: dict[int, tuple[ResourceState, str]] = {}

    @property
    def resources(self) -> list[ResourceState]:
        """The resources as they would be written now."""
        with self._lock:
            return self._resources()

    def _resources(self) -> list[ResourceState]:
        return self._new + [state for i, state in enumerate(self._base) if i not in self._gone]

    @property
    def leftover(self) -> list[ResourceState]:
        """What the last run left and this one has not taken over, in order, with what waits for deletion."""
        with self._lock:
            return [state for i, state in enumerate(self._base) if i not in self._gone]

    @property
    def pending(self) -> list[PendingOperation]:
        """The operations that have begun and not ended."""
        with self._lock:
            return list(self._pending)

    def begin(self, state: ResourceState, operation: str) -> PendingOperation:
        """Record that `operation` (`creating`, `updating`, ...) on `state` is about to begin."""
        pending = PendingOperation(state, operation)
        if self._save is not None and state.additional_secret_outputs:
            self._crypter()  # the outputs will need it, and then it would be too late to ask for a passphrase
        self._change(lambda: self._pending.append(pending))
        return pending

    def end(
        self,
        pending: PendingOperation | None,
        *,
        old: ResourceState | None = None,
        new: ResourceState | None = None,
        keep_old: ResourceState | None = None,
        write: bool = True,
    ) -> None:
        """Strike out a pending operation and record its result, in one write.

        `old` leaves the state, `new` enters it; `keep_old` stands in for `old` where it was, for a resource
        that waits for deletion. Without `write` the file waits for the next change, for a resource that stayed
        the same.
        """

        def apply() -> None:
            if pending is not None:
                self._pending = [each for each in self._pending if each is not pending]
            if old is not None:
                self._take(old, keep_old)
            if new is not None:
                self._new.append(new)

        self._change(apply, write=write)

    def replace(self, old: ResourceState, new: ResourceState) -> None:
        """Put another version of a resource where its present one stands."""

        def apply() -> None:
            for i, state in enumerate(self._new):
                if state is old:
                    self._new[i] = new
                    return
            self._take(old, new)

        self._change(apply)

    def rename(self, old_urn: str, new_urn: str) -> None:
        """Have the resources that refer to `old_urn` refer to `new_urn`, as that resource is now called."""
        with self._lock:
            self._renamed[old_urn] = new_urn

    def drop_pending(self, keep: Callable[[PendingOperation], bool]) -> None:
        """Forget the pending operations of earlier runs except those that `keep` chooses."""
        self._change(lambda: setattr(self, "_pending", [each for each in self._pending if keep(each)]))

    def _take(self, old: ResourceState, put: ResourceState | None) -> None:
        for i, state in enumerate(self._new):
            if state is old:
                self._new[i : i + 1] = [] if put is None else [put]
                return
        for i, state in enumerate(self._base):
            if state is old and i not in self._gone:
                if put is None:
                    self._gone.add(i)
                else:
                    self._base[i] = put
                return
        raise AssertionError(f"not in the state: {old.urn}")

    def _change(self, apply: Callable[[], None], *, write: bool = True) -> None:
        with self._lock:
            apply()
            self._version += 1
            version = self._version
        if write:
            self.flush(version)

    def flush(self, version: int | None = None) -> None:
        """Write the state unless a write that holds `version` has been done; None writes in any case.

        Threads that come while another writes share the next write, so many operations at once do not mean
        as many writes one after another.
        """
        if self._save is None:
            return
        with self._writing:
            with self._lock:
                if version is not None and self._written >= version:
                    return
                current = self._version
                resources = self._resources()
                pending = list(self._pending)
            if self._renamed:
                live = {state.urn for state in resources}
                names = {old: new for old, new in self._renamed.items() if old not in live}
                resources = [state.with_renamed(names) for state in resources]
            self._save(self._document(resources, pending))
            self._written = current

    def _document(self, resources: list[ResourceState], pending: list[PendingOperation]) -> str:
        texts: dict[int, tuple[ResourceState, str]] = {}
        for state in resources:
            known = self._texts.get(id(state))
            texts[id(state)] = known if known and known[0] is state else (state, self._encode(state))
        self._texts = texts
        operations = [
            f'{{"resource":{self._encode(each.resource)},"type":{json.dumps(each.type)}}}' for each in pending
        ]
        parts = [f'"manifest":{json.dumps(manifest())}']
        if self._salt:
            provider = {"type": "passphrase", "state": {"salt": self._salt}}
            parts.append(f'"secrets_providers":{json.dumps(provider)}')
        parts.append(f'"resources":[{",".join(texts[id(state)][1] for state in resources)}]')
        if operations:
            parts.append(f'"pending_operations":[{",".join(operations)}]')
        parts.append(f'"metadata":{json.dumps(self._metadata)}')
        return "{" + ",".join(parts) + "}"

    def _encode(self, state: ResourceState) -> str:
        return encode_resource(state, self._encrypt)

    def _encrypt(self, text: str) -> str:
        crypter = self._crypter()
        self._salt = crypter.salt
        return crypter.encrypt(text)


def manifest() -> dict[str, Any]:
    """Give the manifest of a document written now; `magic` is Pulumi's checksum over the version."""
    return {
        "time": now_text(),
        "magic": hashlib.sha256(MANIFEST_VERSION.encode()).hexdigest(),
        "version": MANIFEST_VERSION,
    }
