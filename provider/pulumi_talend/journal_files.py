"""Where the journal's entries are, and whose they are: what the provider, which writes them, and a program, which deletes those
that the engine has recorded, have in common. Imports nothing heavy, since programs import it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from .private_files import read_private

VARIABLE = "TALEND_JOURNAL"
"""Where the entries are: a directory, or `off`. By default `talend-journal` in PULUMI_HOME (`~/.pulumi`)."""

OWNER = "owner"
"""The field of an entry that names the resource."""

MOST_CHARACTERS = 1_000_000


def journal_directory(environ: Mapping[str, str]) -> Path | None:
    """Where the entries are, by the environment; None where they are switched off, or without a home directory."""
    value = environ.get(VARIABLE, "").strip()
    if value.lower() == "off":
        return None
    if value:
        return Path(value)
    with suppress(RuntimeError):  # an account without a home directory
        return _pulumi_home(environ) / "talend-journal"
    return None


def owner_texts(environ: Mapping[str, str], organization: str, urns: Iterable[str]) -> set[str]:
    """Resources as entries name them: a stack of the same name in another backend or organization is another owner."""
    backend = _backend(environ)
    return {f"{backend}|{organization}|{urn}" for urn in urns}


def _pulumi_home(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("PULUMI_HOME", "").strip() or Path("~/.pulumi").expanduser())


def _backend(environ: Mapping[str, str]) -> str:
    url = environ.get("PULUMI_BACKEND_URL", "").strip()
    if url:
        return url
    try:
        return str(json.loads((_pulumi_home(environ) / "credentials.json").read_text("utf-8")).get("current", ""))
    except (OSError, ValueError, AttributeError, RuntimeError):
        return ""  # not logged in by a file: the stack's URN alone


def delete_entries(directory: Path, owners: Collection[str]) -> None:
    """Deletes the entries of these owners. One that cannot be read or deleted stays, for the next check of its resource."""
    with suppress(OSError):
        for path in list(directory.iterdir()):
            with suppress(OSError, ValueError):
                entry: Any = json.loads(read_private(path, most_characters=MOST_CHARACTERS)[0])
                if isinstance(entry, dict) and cast("dict[str, Any]", entry).get(OWNER) in owners:
                    path.unlink(missing_ok=True)
