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

from ..api.errors import TalendError


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


for _class in (
    UnseenMappingError,
    AccessError,
    AlreadyThereError,
    NotVerifiedError,
    OverwrittenError,
    IncompleteListingError,
):
    _class.__module__ = "pulumi_talend"
