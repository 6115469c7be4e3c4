"""What the calls on workspace permissions do: the documented rules, under the switches of `Behaviour`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .behaviour import Behaviour
from .errors import ApiError
from .store import Kind, Store

ENGINE_USE = "TMC_ENGINE_USE"
ENGINE_USE_MAY_HAVE = frozenset({"EXECUTE", "VIEW"})
FREE_OF_ENGINE_USE = frozenset({"TMC_OPERATOR", "TMC_CONNECTION_RESOURCE_EDIT"})
"""Who holds one of these beside TMC_ENGINE_USE is not bound by it."""
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
        self.must_exist(target)
        found = self._store.grant(target.workspace_id, target.account_id, lag=self._behaviour.read_lag)
        if found is None and self._behaviour.get_of_none == "404":
            raise ApiError(404, f"Permission not found: {target}")
        return list(found or ())

    def create(self, target: Target, permissions: Sequence[str]) -> list[str]:
        """POST: give permissions to a target that has none."""
        self.must_exist(target)
        present = self._store.grant(target.workspace_id, target.account_id)
        on_existing = self._behaviour.post_on_existing
        if present is not None and on_existing in ("409", "400"):
            raise ApiError(int(on_existing), f"The permission already exists: {target}; use PUT to change it")
        wanted = [*permissions, *(present or ())] if on_existing == "merge" else permissions
        return self._write(target, permissions, wanted)

    def update(self, target: Target, permissions: Sequence[str]) -> list[str]:
        """PUT: give a target these permissions in place of those it has."""
        self.must_exist(target)
        if self._behaviour.put_on_none == "404" and self._store.grant(target.workspace_id, target.account_id) is None:
            raise ApiError(404, f"Permission not found: {target}; use POST to create it")
        return self._write(target, permissions, permissions)

    def remove(self, target: Target, *, none_is_fine: bool) -> None:
        """DELETE: take all permissions from a target."""
        self.must_exist(target)
        present = self._store.grant(target.workspace_id, target.account_id)
        if not present:
            if none_is_fine:
                return
            raise ApiError(404, f"Permission not found: {target}")
        if self._behaviour.owner_rows == "fixed" and self._owns(target):
            raise ApiError(403, f"The permissions of the workspace's owner cannot be removed: {target}")
        self._store.drop_grant(target.workspace_id, target.account_id)

    def must_exist(self, target: Target) -> None:
        """Raise `ApiError` where the workspace or the principal of a target does not exist."""
        self.workspace_must_exist(target.workspace_id)
        self.account_must_exist(target.kind, target.account_id)

    def workspace_must_exist(self, workspace_id: str) -> None:
        """Raise `ApiError` (404, or 403 where the behaviour says so) where there is no such workspace."""
        if not self._store.directory.has_workspace(workspace_id):
            if self._behaviour.gone_workspace == "403":
                raise ApiError(403, f"Not authorized on workspace {workspace_id}")
            raise ApiError(404, f"Workspace not found: {workspace_id}")

    def account_must_exist(self, kind: Kind, account_id: str) -> None:
        """Raise `ApiError` (404) where there is no such user or service account."""
        if self._store.directory.kind_of(account_id) != kind:
            raise ApiError(404, f"{_LABELS[kind].capitalize()} not found: {account_id}")

    def names_must_be_known(self, permissions: Iterable[str]) -> None:
        """Raise `ApiError` (400) where one of these is not a workspace permission."""
        unknown = sorted(set(permissions) - set(self._behaviour.permission_names))
        if unknown:
            raise ApiError(400, f"Not a workspace permission: {', '.join(map(repr, unknown))}")

    def _write(self, target: Target, given: Sequence[str], wanted: Iterable[str]) -> list[str]:
        behaviour = self._behaviour
        self.names_must_be_known(given)
        if not given and behaviour.empty_permissions == "400":
            raise ApiError(400, "The list of permissions is empty")
        if "MANAGE" in given and behaviour.manage == "refused":
            raise ApiError(400, "The permission MANAGE no longer exists")
        kept = set(wanted) - ({"MANAGE"} if behaviour.manage == "dropped" else set[str]())
        if kept and behaviour.adds_view:
            kept.add("VIEW")
        if self._bound_to_engines(target) and not kept <= ENGINE_USE_MAY_HAVE:
            raise ApiError(400, f"An account with {ENGINE_USE} can have EXECUTE and VIEW only: {target}")
        if kept or behaviour.empty_permissions == "stays":
            return list(self._store.put_grant(target.workspace_id, target.account_id, kept))
        self._store.drop_grant(target.workspace_id, target.account_id)
        return []

    def _bound_to_engines(self, target: Target) -> bool:
        rights = self._store.directory.rights_of(target.account_id)
        if self._behaviour.engine_use_rule == "off" or ENGINE_USE not in rights:
            return False
        return self._behaviour.engine_use_rule == "has" or not rights & FREE_OF_ENGINE_USE

    def _owns(self, target: Target) -> bool:
        place = next(each for each in self._store.directory.workspaces() if each["id"] == target.workspace_id)
        return place["owner"] == self._store.directory.name_of(target.account_id)
