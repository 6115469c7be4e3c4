"""What ids are called, as far as the tenant or the documents tell."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..model import principals
from ..model.grants import GrantKey, Principal
from .model import Target, Where, Who


@dataclass
class Names:
    """Names by id. What is noted first stays."""

    principals: dict[Principal, str] = field(default_factory=dict[Principal, str])
    people: dict[str, str] = field(default_factory=dict[str, str])
    workspaces: dict[str, tuple[str, str | None]] = field(default_factory=dict[str, "tuple[str, str | None]"])

    def note_principal(self, principal: Principal, name: str | None) -> None:
        """Notes a login, or the name of a service account."""
        if name:
            self.principals.setdefault(principal, name)

    def note_written(self, principal: Principal, written: str) -> None:
        """Notes the name in how a principal is written in a table; an id is left out."""
        try:
            reference = principals.read(written)
        except ValueError:
            return  # an entry that was not checked: it is shown by id
        if not reference.is_id:
            self.note_principal(principal, reference.value)

    def note_workspace(self, id_: str, name: str | None, environment: str | None) -> None:
        """Notes a workspace's name; one with an environment is worth more than one without."""
        if name and (id_ not in self.workspaces or (environment and not self.workspaces[id_][1])):
            self.workspaces[id_] = (name, environment)

    def who(self, principal: Principal) -> Who:
        """A principal, named where the name is known."""
        return Who(principal.kind, principal.id, self.principals.get(principal), self.people.get(principal.id))

    def where(self, workspace_id: str) -> Where:
        """A workspace, named where the name is known."""
        return Where(workspace_id, *self.workspaces.get(workspace_id, (None, None)))

    def label(self, target: Target) -> str:
        """What a grant or mapping is about, in words."""
        if isinstance(target, str):
            return f"customer role {target}"
        return f"{self.who(target.principal).label} on {self.where(target.workspace_id).label}"


def target_text(target: Target) -> str:
    """A target as data: a grant's resource id, or the customer role."""
    return target.resource_id if isinstance(target, GrantKey) else target
