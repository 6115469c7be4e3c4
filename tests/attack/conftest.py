"""What the attempts share with the tests of the review."""

from review.conftest import nothing_known, pulumi_engine

__all__ = ["nothing_known", "pulumi_engine"]
