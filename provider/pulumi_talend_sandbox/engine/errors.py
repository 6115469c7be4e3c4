"""What can go wrong in the offline engine, as exceptions whose text is meant for the person at the terminal.

- `EngineError`: the command cannot go on; its text is the whole message, `exit_code` what the process returns.
  - `UnsupportedFeatureError`: the program uses something that only the Pulumi CLI can do.
  - `ProviderError`: a dynamic provider answered an operation with an error.
    - `HostLostError`: the provider host died, nobody knows what became of the operation.
  - `StoppedError`: the run is stopping (a failure elsewhere, or Ctrl-C); nothing new is started.
"""

from __future__ import annotations

# Exit codes of the Pulumi CLI, measured on v3.260 without a terminal.
EXIT_ERROR = 1
EXIT_CONFIGURATION = 2
EXIT_STACK_NOT_FOUND = 6
EXIT_UNEXPECTED_CHANGES = 7
EXIT_CANCELLED = 8


class EngineError(Exception):
    """A message of one or two lines for the user, with the exit code that belongs to it."""

    def __init__(self, message: str, *, exit_code: int = EXIT_ERROR) -> None:
        """Keep `message` (shown after `error: `) and `exit_code` (what the process returns)."""
        super().__init__(message)
        self.exit_code = exit_code


class UnsupportedFeatureError(EngineError):
    """The program needs a feature that this engine leaves to the Pulumi CLI."""

    def __init__(self, feature: str) -> None:
        """Name the `feature` in the message, and where it does work."""
        super().__init__(f"{feature}: the offline engine does not support this, use the Pulumi CLI")
        self.feature = feature


class ProviderError(EngineError):
    """A dynamic provider failed; the text is what it said."""


class HostLostError(ProviderError):
    """The provider host ended in the middle of an operation, which may or may not have taken place."""

    def __init__(self, details: str) -> None:
        """Say so, with what the connection reported."""
        super().__init__(
            f"the provider host has ended unexpectedly ({details}): whether the operation took place is unknown, "
            "look at the object where it lives"
        )


class StoppedError(EngineError):
    """The run is stopping; this operation was not started."""

    def __init__(self) -> None:
        """Say so in the words that reach the program when a registration is refused."""
        super().__init__("the deployment is stopping")
