"""What can go wrong with a review."""

from __future__ import annotations

from ..errors import TalendError


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
