"""What can go wrong with access itself, beyond a single call."""

from __future__ import annotations

import shlex

from ..api import TalendError


def how_to_adopt(resource_id: str) -> str:
    """What to do where the object of that id exists and the resource may not adopt it."""
    return (
        f"Set adopt_existing=True, or import: talend-access adopt --only {shlex.quote(resource_id)} --name NAME --out DIR && "
        "pulumi import --file DIR/import.json --protect=false --generate-code=false. Renamed: `aliases`"
    )


class AccessError(TalendError):
    """A change of access that was refused, or did not come out as asked."""


class AlreadyExistsError(AccessError):
    """What should be created exists already, and the resource may not adopt it."""


class NotVerifiedError(AccessError):
    """The API confirmed a write, but does not show it."""


class OverwrittenError(AccessError):
    """Another writer keeps overwriting the change."""


class IncompleteListingError(AccessError):
    """A listing lacks what is known to exist, so nothing is written from it."""


class NotReviewedError(AccessError):
    """The update would remove what no preview has shown."""
