"""What can go wrong with access itself, beyond a single call.

```
TalendError
└── AccessError                  a change of access that was refused or did not come out as asked
    ├── AlreadyThereError        what should be created exists already, and nobody said to adopt it
    ├── NotVerifiedError         the API said done, but does not show what was asked for
    ├── OverwrittenError         somebody else kept writing at the same time; the change did not stay
    ├── IncompleteListingError   a listing lacks what is known to exist, so nothing is written from it
    └── UnseenMappingError       a whole set would remove a mapping that nobody has been shown
```
"""

from __future__ import annotations

import re

from ..api.errors import TalendError


def reworded(error: TalendError, message: str) -> TalendError:
    """The same error with another message. The one given stays as it is: other threads may hold it too."""
    copy = type(error).__new__(type(error), message)
    copy.__dict__.update(error.__dict__)
    copy.args = (message,)
    return copy


class AccessError(TalendError):
    """A change of access that was refused or did not come out as asked."""


class AlreadyThereError(AccessError):
    """What should be created exists already, and nobody said to adopt it."""


class NotVerifiedError(AccessError):
    """The API said done, but does not show what was asked for."""


class OverwrittenError(AccessError):
    """Somebody else kept writing at the same time; the change did not stay."""


class IncompleteListingError(AccessError):
    """A listing lacks what is known to exist, so nothing is written from it."""


class UnseenMappingError(AccessError):
    """A whole set would remove a mapping that nobody has been shown."""


def could_not_verify(what: str, error: TalendError) -> NotVerifiedError:
    """For a write that was made, and could not be looked at afterwards because of `error`."""
    said = str(error)
    # What the look says of itself is not true of the write.
    advice = re.sub(r"Nothing was changed; (\w)", lambda found: found[1].upper(), said[:1].lower() + said[1:])
    return NotVerifiedError(f"Could not verify {what}: {advice}")


for _class in (
    UnseenMappingError,
    AccessError,
    AlreadyThereError,
    NotVerifiedError,
    OverwrittenError,
    IncompleteListingError,
):
    _class.__module__ = "pulumi_talend"
