"""A client that cannot write: what looks at a tenant must never change it, whatever goes wrong in our own code."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from ..api import TalendClient, TalendError, resolve_settings
from ..api.transport import Action, Answer


class WriteRefusedError(TalendError):
    """A reading command was about to write: a bug of ours, stopped before anything was sent."""


class ReadOnlyClient(TalendClient):
    """Reads like any client; every call that is not a GET is refused before it is sent (asking for a token aside)."""

    def call(self, action: Action) -> Answer:
        """As TalendClient.call, for GET only. Raises WriteRefusedError otherwise."""
        if action.method != "GET":
            raise WriteRefusedError(
                f"Refused to {action.doing}: this command only reads. Nothing was sent; please report it."
            )
        return super().call(action)


def read_only_client(
    config: Callable[[str], object] | None = None, environ: Mapping[str, str] | None = None
) -> ReadOnlyClient:
    """A reading client from settings as `resolve_settings` takes them; by default from the environment alone.

    Raises ConfigurationError.
    """
    settings = resolve_settings(config or (lambda _name: None), os.environ if environ is None else environ)
    return ReadOnlyClient(settings)
