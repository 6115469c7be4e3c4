"""What can go wrong with a review.

```
TalendError
└── ReviewError                  the review could not be made, or not be written; the message says what to do
    ├── DocumentError            what was given is not a preview, plan or state that can be read
    ├── PreviewFailedError       the preview itself failed; its own messages are in ours
    ├── RulesError               a rules file that cannot be read as meant
    └── ApprovalError            an approval file that cannot be read, or is not what was written
```
"""

from __future__ import annotations

from ..api.errors import TalendError


class ReviewError(TalendError):
    """The review could not be made, or not be written."""


class DocumentError(ReviewError):
    """What was given is not a preview, plan or state that can be read."""


class PreviewFailedError(ReviewError):
    """The preview itself failed."""


class RulesError(ReviewError):
    """A rules file that cannot be read as meant."""


class ApprovalError(ReviewError):
    """An approval file that cannot be read, or is not what was written."""
