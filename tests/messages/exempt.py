"""Places that need no example here, and places that only tell."""

from __future__ import annotations

UNPROVOKED: dict[str, str] = {
    'access/gathering.py: raise ValueError("nothing was chosen': "a bug of ours, which users see as such: reporting.py",
    'resources/inputs.py: raise ValueError("a grant whose names': "a bug of ours, which users see as such: reporting.py",
    'api/pacing.py: raise NotSentError("Not sent: it would': "given up without a word: tests/access/test_side_by_side.py",
    'api/transport.py: raise NotSentError( f"Could not {action.doing}: the certificate': "tests/secrets/test_tls.py",
    "api/pacing.py: raise CancelledError(": "the end of the process while a call waits: tests/api/test_pacing.py",
}
"""Beginning of a site's key → why it is not provoked here."""

NOTES: dict[str, str] = {
    'resources/foretelling.py: say( f"takes over': "adopt_existing asked for it",
    'resources/foretelling.py: say(f"takes over': "adopt_existing asked for it",
    "resources/workspace_permission.py: say(note)": "a replacement that the preview shows",
    "resources/workspace_access.py: say(note)": "a replacement that the preview shows",
    "resources/naming.py: notes.append(": "a replacement that the preview shows",
    "review/command.py: _say(_violated(violation))": "what a rule has found; the rule's writer says in its name what to do",
    'review/command.py: _say(f"Approved: ': "what was asked for is done",
    'debuglog.py: announce(f"details of this run': "what was asked for is done",
    "resources/workspace_permission.py: say(finished_note": "a half-done update is finished",
    "resources/role_mapping.py: say(finished_note": "a half-done update is finished",
    "resources/foretelling.py: say(finished_note": "a half-done update is finished",
    'api/models.py: raise ValueError("is no token")': "becomes a part of the error of the whole answer",
    "api/transport.py: raise ValueError(text)": "caught where it is raised: an answer that is no JSON",
}
"""Beginning of a site's key → why nothing is to be done about what it says."""
