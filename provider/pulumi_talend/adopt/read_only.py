"""A client that cannot write: commands that look at a tenant must never change it, whatever goes wrong in our own code."""

from __future__ import annotations

import os
from collections.abc import Callable

from ..api import Settings, TalendClient, resolve_settings
from ..api.requests import Request, Response
from ..errors import TalendError
from ..progress import Progress


class WriteRefusedError(TalendError):
    """A reading command was about to write: a bug of ours, stopped before anything was sent."""


class ReadOnlyClient(TalendClient):
    """Reads like any client, and refuses every call that writes before it is sent.

    Args:
        settings: Where the API is and with which credential.
        progress: Shows each call, and waits for the rate limit.
    """

    def __init__(self, settings: Settings, *, progress: Progress | None = None) -> None:
        super().__init__(settings, notify=progress.note if progress is not None else None)
        self._progress = progress

    def call(self, request: Request) -> Response:
        """As TalendClient.call. Raises WriteRefusedError for a call that writes."""
        if request.writes:
            raise WriteRefusedError(
                "this command only reads, and was about to write; nothing was sent",
                subject=request.subject,
                advice="Please report it.",
            )
        if self._progress is not None:
            self._progress.calling(request.subject)
        return super().call(request)


def read_only_client(config: Callable[[str], object], progress: Progress | None = None) -> ReadOnlyClient:
    """Makes a reading client with a stack's settings and the environment's. Raises ConfigurationError."""
    return ReadOnlyClient(resolve_settings(config, os.environ), progress=progress)
