"""What goes wrong, as exceptions whose text is a message for the person at the terminal.

- `EngineError`: the command cannot go on.
  - `NotModelledError`: the program or stack needs something that only the Pulumi CLI does.
  - `ProviderError`: a provider answered an operation with an error.
    - `HostLostError`: the provider host ended during an operation; its outcome is unknown.
  - `StoppedError`: the run is stopping, and the operation was not started.
"""

from __future__ import annotations

# The exit codes of the Pulumi CLI for the same cases.
EXIT_ERROR = 1
EXIT_USAGE = 2
EXIT_STACK_NOT_FOUND = 6
EXIT_CANCELLED = 8


class EngineError(Exception):
    """A message of one or two lines, shown after `error: `, and the exit code of the command."""

    def __init__(self, message: str, *, exit_code: int = EXIT_ERROR) -> None:
        """Keep both."""
        super().__init__(message)
        self.exit_code = exit_code


class NotModelledError(EngineError):
    """The embedded engine leaves this to the Pulumi CLI."""

    def __init__(self, what: str) -> None:
        """Name what is not supported, and where it is."""
        super().__init__(f"{what}: the embedded engine does not support this, use the Pulumi CLI")


class ProviderError(EngineError):
    """A provider failed; the text is its own."""


class HostLostError(ProviderError):
    """The provider host ended in the middle of an operation."""


class StoppedError(EngineError):
    """Something else failed, or the user pressed Ctrl-C."""
