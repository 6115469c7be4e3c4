"""The journal: what an update has begun to create, so that the next one recognizes its own work after an interruption.

A grant or mapping does not say who created it. Where a process dies between the API's work and the engine's record of it, the
object exists in the tenant and in no state, and looks like one that was created by hand. So before the first call that creates
something, an entry is written to a directory of the user's, and deleted once state has the object (`resources/recorded.py`; after
an interruption, the next check) or the API has refused it.
What exists exactly as an entry says, for the very resource that the entry names, is finished instead of refused. Everything
else is an unmanaged grant: no entry, another resource, or anything else that exists.

An entry has no secret: the tenant's URL, the owner, and what was to be created. Only its user can read it.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias, cast

from ..journal_files import MOST_CHARACTERS, OWNER, VARIABLE
from ..model.grants import GrantKey
from ..private_files import make_private_directory, read_private, replace_private

MAX_AGE_SECONDS = 7 * 24 * 3600.0
"""An older entry does not count."""

_CLOCK_TOLERANCE_SECONDS = 300.0
"""An entry from further in the future does not count."""

Notify = Callable[[str], object]
"""Receives what the user should know, in one line."""

Target: TypeAlias = "GrantKey | str"
"""What an entry is about: a grant, or the mapping of the customer role of that name."""


class Journal:
    """The journal of one tenant, one file for each target. Thread-safe, also against other processes.

    Args:
        directory: Where the files are; None for no journal.
        base_url: The tenant.
        owner_of: Which resource of which stack manages a target now; None for none.
        notify: Receives one line where the directory cannot be used; then nothing is noted.
        clock: Seconds of the epoch.
    """

    def __init__(
        self,
        directory: Path | None,
        base_url: str,
        *,
        owner_of: Callable[[Target], str | None],
        notify: Notify,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._directory = directory
        self._base_url = base_url
        self._owner_of = owner_of
        self._notify = notify
        self._clock = clock
        self._lock = threading.Lock()
        self._names: set[str] | None = None  # of the files there are; read once

    def begin(self, given: Mapping[Target, frozenset[str]]) -> None:
        """Notes that these are about to be created, where nothing exists. Targets that no resource manages are left out."""
        for target, value in given.items():
            owner = self._owner_of(target)
            if owner is not None:
                entry = {"tenant": self._base_url, "target": _text(target), OWNER: owner, "given": sorted(value)}
                self._write(self._name(target), json.dumps(entry))

    def begun(self, target: Target) -> frozenset[str] | None:
        """Returns what an earlier run of the resource that now asks for `target` began to create; None for nothing."""
        owner, directory = self._owner_of(target), self._directory  # which another thread may give up at any time
        if directory is None or owner is None:
            return None
        return self._read(directory / self._name(target), target, owner)

    def forget(self, targets: Iterable[Target]) -> None:
        """Deletes the entries of these, whoever owns them: state has them, or they were not created."""
        with self._lock:  # also while files are deleted: one that another thread writes meanwhile is a new entry
            directory = self._directory
            if directory is None:
                return
            try:
                existing = self._existing(directory)
                for target in targets if existing else ():
                    if (name := self._name(target)) in existing:
                        (directory / name).unlink(missing_ok=True)
                        existing.discard(name)
            except OSError as error:
                self._give_up(error)

    def _name(self, target: Target) -> str:
        return f"{_digest(self._base_url)}-{_digest(_text(target))}.json"

    def _existing(self, directory: Path) -> set[str]:
        if self._names is None:
            self._names = {entry.name for entry in directory.iterdir()} if directory.is_dir() else set()
        return self._names

    def _write(self, name: str, text: str) -> None:
        with self._lock:
            directory = self._directory
            if directory is None:
                return
            try:
                existing = self._existing(directory)
                make_private_directory(directory)
                replace_private(directory / name, text)
                existing.add(name)
            except OSError as error:
                self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        if self._directory is not None:
            self._notify(
                f"cannot keep a journal in {self._directory} ({error.strerror or type(error).__name__}): after an interrupted "
                f"update, what it had created would have to be adopted. {VARIABLE} names another directory, or `off`."
            )
            self._directory = None

    def _read(self, path: Path, target: Target, owner: str) -> frozenset[str] | None:
        """What an entry says, where there is one to be trusted: not too old, not from the future, whole, of target and owner."""
        try:
            text, written_at = read_private(path, most_characters=MOST_CHARACTERS)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            self._give_up(error)
            return None
        if not -_CLOCK_TOLERANCE_SECONDS <= self._clock() - written_at <= MAX_AGE_SECONDS:
            return None
        try:
            entry: Any = json.loads(text)
        except ValueError:
            return None
        if not isinstance(entry, dict):
            return None
        fields = cast("dict[str, Any]", entry)
        about = {"tenant": self._base_url, "target": _text(target), OWNER: owner}
        if any(fields.get(name) != value for name, value in about.items()):
            return None
        given: Any = fields.get("given")
        if not isinstance(given, list) or not all(isinstance(name, str) for name in cast("list[Any]", given)):
            return None
        return frozenset(cast("list[str]", given))


class NoJournal(Journal):
    """No journal: for callers that are no resource of a stack."""

    def __init__(self) -> None:
        super().__init__(None, "", owner_of=lambda _target: None, notify=lambda _message: None)


def _text(target: Target) -> str:
    return target.resource_id if isinstance(target, GrantKey) else f"role-mappings/{target}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:20]
