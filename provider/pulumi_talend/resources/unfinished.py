"""The notes of what a stack was about to create, kept in the directory of whoever runs it (see `access.journal`)."""

from __future__ import annotations

import os
from collections.abc import Callable

from ..access.journal import FileJournal, Journal, Target, journal_directory
from ..api import GrantKey
from .claims import Claims


def file_journal(base_url: str, claims: Claims, say: Callable[[str], None]) -> Journal:
    """The notes on one tenant, each in the name of the resource that `claims` know to speak for its target."""

    def owner_of(target: Target) -> str | None:
        return claims.owner("grant" if isinstance(target, GrantKey) else "mapping", target)

    return FileJournal(journal_directory(os.environ), base_url, owner_of=owner_of, say=say)
