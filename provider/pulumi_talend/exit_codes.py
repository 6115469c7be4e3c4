"""The exit codes of `talend-access`: one meaning for each, in every command."""

OK = 0
"""Done; nothing was found that needs attention."""
ERROR = 1
"""The command could not do its work."""
USAGE = 2
"""Wrong options."""
FOUND = 3
"""Done, and the answer is no: drift, a failed check of the doctor, a rule that denies a change."""
NOT_APPROVED = 4
"""The review needs an approval that is missing or is of something else."""
INCOMPLETE = 5
"""Done, but something could not be read; the output says what."""
INTERRUPTED = 130
"""Ctrl-C."""

EPILOG = (
    "Exit codes: 0 nothing needs attention; 1 error; 2 wrong options; 3 found (drift, a failed check, a denied change); "
    "4 approval is missing; 5 something could not be read."
)
