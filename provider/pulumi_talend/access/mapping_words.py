"""What is said about a role mapping that is in the way."""

from __future__ import annotations

import shlex

from ..api.permissions import words
from .mapping_merge import RoleSet


def already_there(name: str, roles: RoleSet) -> str:
    """The message for a mapping that exists before it is created."""
    return (
        f"customer role '{name}' is already mapped to {words(roles)}, outside this resource. Set adopt_existing=True to take it "
        f"over, or import it: talend-access adopt --only {shlex.quote(name)} --name NAME --out DIR. If another resource of this "
        "stack held it, give this one `aliases`."
    )
