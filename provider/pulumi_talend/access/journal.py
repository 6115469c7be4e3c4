"""What an update had begun to create when it was cut off, so that the next one may know its own half-done work.

A grant or a mapping carries no mark of who made it. Where a process dies between the API's work and the engine's record of it,
the object stands in the tenant and in no state, and looks like one that somebody made by hand. Before the first call that
creates something, a note of it is therefore written to a directory of the user's; it is torn up once state has the object, or
the API has refused it. What stands exactly as noted, for the very resource of the very stack that the note names, is finished
instead of refused. Nothing else is: no note, another resource, or anything else standing there, and it is somebody else's.

No secret is in a note: it holds the tenant's URL, the resource's name and what was to be created. The file is its owner's alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias, cast

from ..api import GrantKey

VARIABLE = "TALEND_JOURNAL"
"""Where the notes lie: a directory, or `off`. By default `talend-journal` in PULUMI_HOME (`~/.pulumi`)."""

MAX_AGE_SECONDS = 7 * 24 * 3600.0
"""After that a note counts no more: whoever has not run again by then is asked."""


Target: TypeAlias = "GrantKey | str"
"""What a note is about: a grant, or the mapping of the customer role of that name."""


class Journal(Protocol):
    """What `Grants` and `Mappings` ask."""

    def begin(self, given: Mapping[Target, frozenset[str]]) -> None:
        """Notes that each of these is about to be created, where nothing stood."""
        ...

    def begun(self, target: Target) -> frozenset[str] | None:
        """What an earlier run of the resource that now asks for `target` had begun to create there; None for nothing."""
        ...

    def forget(self, targets: Iterable[Target]) -> None:
        """Tears up what is noted of these: state has them, or they were not created."""
        ...


class NoJournal:
    """Notes nothing: for whoever is no resource of a stack."""

    def begin(self, given: Mapping[Target, frozenset[str]]) -> None:
        """Nothing."""

    def begun(self, target: Target) -> frozenset[str] | None:
        """None."""

    def forget(self, targets: Iterable[Target]) -> None:
        """Nothing."""


def journal_directory(environ: Mapping[str, str]) -> Path | None:
    """Where the notes of whoever has this environment lie; None where they are switched off, or there is no home for them."""
    value = environ.get(VARIABLE, "").strip()
    if value.lower() == "off":
        return None
    if value:
        return Path(value)
    home = environ.get("PULUMI_HOME", "").strip()
    with suppress(RuntimeError):  # an account without a home directory
        return Path(home or Path("~/.pulumi").expanduser()) / "talend-journal"
    return None


@dataclass(frozen=True)
class _Note:
    owner: str
    given: frozenset[str]


class FileJournal:
    """Notes on one tenant, one file for each target. Thread-safe, also against other processes.

    `owner_of` says which resource of which stack speaks for a target now, None for none; `say` is told, once, where the
    directory cannot be used: then nothing is noted, and what stands is refused as if there were no journal.
    """

    def __init__(
        self,
        directory: Path | None,
        base_url: str,
        *,
        owner_of: Callable[[Target], str | None],
        say: Callable[[str], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._directory = directory
        self._base_url = base_url
        self._owner_of = owner_of
        self._say = say
        self._clock = clock
        self._lock = threading.Lock()
        self._names: set[str] | None = None  # of the files there are; read once

    def begin(self, given: Mapping[Target, frozenset[str]]) -> None:
        """As `Journal.begin`. Targets that no resource speaks for are not noted."""
        for target, value in given.items():
            owner = self._owner_of(target)
            if owner is not None:
                note = {"tenant": self._base_url, "target": _text(target), "owner": owner, "given": sorted(value)}
                self._write(self._name(target), json.dumps(note))

    def begun(self, target: Target) -> frozenset[str] | None:
        """As `Journal.begun`: only where the note is this very resource's."""
        owner = self._owner_of(target)
        if self._directory is None or owner is None:
            return None
        note = self._read(self._directory / self._name(target), target)
        return note.given if note is not None and note.owner == owner else None

    def forget(self, targets: Iterable[Target]) -> None:
        """As `Journal.forget`, whoever has noted them."""
        if self._directory is None:
            return
        with self._lock:
            there = self._there()
            gone = [name for target in targets if there and (name := self._name(target)) in there]
            there.difference_update(gone)
        for name in gone:
            try:
                (self._directory / name).unlink(missing_ok=True)
            except OSError as error:
                self._give_up(error)

    def _name(self, target: Target) -> str:
        return f"{_digest(self._base_url)}-{_digest(_text(target))}.json"

    def _there(self) -> set[str]:
        if self._names is None:
            self._names = set()
            if self._directory is not None and self._directory.is_dir():
                self._names.update(entry.name for entry in self._directory.iterdir())
        return self._names

    def _write(self, name: str, text: str) -> None:
        with self._lock:
            if self._directory is None:
                return
            there = self._there()
            try:
                self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
                # Not flushed to the disk: a process that is killed loses nothing of it, and a torn note counts as none.
                opened = os.open(self._directory / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                with os.fdopen(opened, "w", encoding="utf-8") as file:
                    file.write(text)
                there.add(name)
            except OSError as error:
                self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        if self._directory is not None:
            self._say(
                f"cannot keep notes in {self._directory} ({error.strerror or type(error).__name__}): should this update be cut "
                f"off, what it had created would have to be adopted. {VARIABLE} names another directory, or `off`."
            )
            self._directory = None

    def _read(self, path: Path, target: Target) -> _Note | None:
        """The note, where there is one to be trusted: ours alone, not too old, whole, and about this very target."""
        try:
            with path.open(encoding="utf-8") as file:
                found = os.fstat(file.fileno())
                text = file.read(1_000_000)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            self._give_up(error)
            return None
        others = stat.S_IMODE(found.st_mode) & 0o022
        if os.name == "posix" and (found.st_uid != os.geteuid() or others):
            return None  # somebody else may have written it
        if self._clock() - found.st_mtime > MAX_AGE_SECONDS:
            return None
        try:
            note: Any = json.loads(text)
        except ValueError:
            return None  # cut off while it was written, so before the call it is about
        if not isinstance(note, dict):
            return None
        fields = cast("dict[str, Any]", note)
        if fields.get("tenant") != self._base_url or fields.get("target") != _text(target):
            return None
        return _Note(str(fields.get("owner")), frozenset(map(str, fields.get("given") or ())))


def _text(target: Target) -> str:
    return target.resource_id if isinstance(target, GrantKey) else f"role-mappings/{target}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:20]
