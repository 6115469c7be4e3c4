"""What ids are called, as far as the tenant or the documents tell."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..model import principals
from ..model.grants import GrantKey, Principal
from ..model.named import Place, Who
from .model import Target


@dataclass
class Names:
    """Names by id. What is noted first stays."""

    principals: dict[Principal, Who] = field(default_factory=dict[Principal, Who])
    workspaces: dict[str, Place] = field(default_factory=dict[str, Place])

    def note(self, who: Who) -> None:
        """Notes what a principal is called."""
        if who.name or who.person:
            self.principals.setdefault(who.principal, who)

    def note_written(self, principal: Principal, written: str) -> None:
        """Notes the name in how a principal is written in a table; an id is left out."""
        try:
            reference = principals.read(written)
        except ValueError:
            return  # an entry that was not checked: it is shown by id
        if not reference.is_id:
            self.note(Who(principal, reference.value))

    def note_workspace(self, place: Place) -> None:
        """Notes a workspace's name; one with an environment is worth more than one without."""
        known = self.workspaces.get(place.id)
        if place.name and (known is None or (place.environment and not known.environment)):
            self.workspaces[place.id] = place

    def who(self, principal: Principal) -> Who:
        """A principal, named where the name is known."""
        return self.principals.get(principal, Who(principal))

    def where(self, workspace_id: str) -> Place:
        """A workspace, named where the name is known."""
        return self.workspaces.get(workspace_id, Place("", "", workspace_id))

    def label(self, target: Target) -> str:
        """What a grant or mapping is about, in words."""
        if isinstance(target, str):
            return f"customer role {target}"
        return f"{self.who(target.principal).label} on {self.where(target.workspace_id).label}"


def target_text(target: Target) -> str:
    """A target as data: a grant's resource id, or the customer role."""
    return target.resource_id if isinstance(target, GrantKey) else target
