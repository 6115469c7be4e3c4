"""What the calls on workspace permissions do: the documented rules, and the open choices as `Behaviour` has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .behaviour import Behaviour, OnExisting, OnNone
from .errors import ApiError
from .store import Kind, Store

ENGINE_USE = "TMC_ENGINE_USE"
ENGINE_USE_MAY_HAVE = frozenset({"EXECUTE", "VIEW"})
_LABELS: dict[Kind, str] = {"users": "user", "service-accounts": "service account"}


@dataclass(frozen=True)
class Target:
    """One principal on one workspace."""

    workspace_id: str
    kind: Kind
    account_id: str

    def __str__(self) -> str:
        return f"{_LABELS[self.kind]} {self.account_id} on workspace {self.workspace_id}"


class Access:
    """Reads and writes of permissions; every refusal is an `ApiError`. Call within a store transaction."""

    def __init__(self, store: Store, behaviour: Behaviour) -> None:
        """Work on this store, under this behaviour."""
        self._store = store
        self._behaviour = behaviour

    def read(self, target: Target) -> list[str]:
        """The permissions of a target."""
        self._must_exist(target)
        found = self._store.grant(target.workspace_id, target.account_id)
        if found is None and self._behaviour.get_of_none == "404":
            raise ApiError(404, f"Permission not found: {target}")
        return list(found or ())

    def assign(self, target: Target, permissions: Sequence[str], *, on_existing: OnExisting) -> list[str]:
        """POST: give permissions to a target that has none."""
        self._must_exist(target)
        present = self._store.grant(target.workspace_id, target.account_id)
        if present is not None and on_existing == "400":
            raise ApiError(400, f"Permissions exist already: {target}; use PUT to change them")
        wanted = [*permissions, *(present or ())] if on_existing == "merge" else permissions
        return self._write(target, permissions, wanted)

    def replace(self, target: Target, permissions: Sequence[str], *, on_none: OnNone) -> list[str]:
        """PUT: give a target these permissions in place of those it has."""
        self._must_exist(target)
        if on_none == "404" and self._store.grant(target.workspace_id, target.account_id) is None:
            raise ApiError(404, f"Permission not found: {target}; use POST to assign the first")
        return self._write(target, permissions, permissions)

    def remove(self, target: Target, *, on_none: OnNone) -> None:
        """DELETE: take all permissions from a target."""
        self._must_exist(target)
        if not self._store.drop_grant(target.workspace_id, target.account_id) and on_none == "404":
            raise ApiError(404, f"Permission not found: {target}")

    def _write(self, target: Target, given: Sequence[str], wanted: Iterable[str]) -> list[str]:
        unknown = sorted(set(given) - set(self._behaviour.permission_names))
        if unknown:
            raise ApiError(400, f"Parameters not valid: {', '.join(map(repr, unknown))} is no workspace permission")
        if not given and self._behaviour.empty_permissions == "400":
            raise ApiError(400, "Parameters not valid: the list of permissions is empty")
        wanted = set(wanted)
        if self._bound_to_engines(target) and not wanted <= ENGINE_USE_MAY_HAVE:
            raise ApiError(
                400, f"Parameters not valid: an account with {ENGINE_USE} can have EXECUTE and VIEW only: {target}"
            )
        return list(self._store.put_grant(target.workspace_id, target.account_id, wanted))

    def _bound_to_engines(self, target: Target) -> bool:
        rights = self._store.directory.rights_of(target.account_id)
        if self._behaviour.engine_use_rule == "only":
            return rights == frozenset({ENGINE_USE})
        return ENGINE_USE in rights

    def _must_exist(self, target: Target) -> None:
        if not self._store.directory.has_workspace(target.workspace_id):
            raise ApiError(404, f"Workspace not found: {target.workspace_id}")
        if self._store.directory.kind_of(target.account_id) != target.kind:
            raise ApiError(404, f"{_LABELS[target.kind].capitalize()} not found: {target.account_id}")
