"""Files that are this user's alone: never written through a link, never read where others could have written.

The journal and the debug log are opened here. On Windows, where there are no such modes, the rules about owner and modes do not
apply.
"""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import IO

_NO_FOLLOW: int = getattr(os, "O_NOFOLLOW", 0)
_NON_BLOCKING: int = getattr(os, "O_NONBLOCK", 0)  # a FIFO must not keep the process waiting


class UnsafeFileError(OSError):
    """A file or directory that is not this user's alone. `strerror` says why."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(0, reason, str(path))


def make_private_directory(path: Path) -> None:
    """Makes a directory, with its parents, for this user alone.

    Raises:
        UnsafeFileError: It exists and is a link, another user's, or writable for others.
        OSError: It cannot be made.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise UnsafeFileError(path, "it is a link, not a directory")
    _check_owner(path, found)


def check_directory(path: Path) -> None:
    """Checks that nobody else can rename or replace files in a directory: it is this user's or root's, or has the sticky bit.

    Raises:
        UnsafeFileError: Others can.
        OSError: The directory does not exist.
    """
    found = path.stat()
    if not stat.S_ISDIR(found.st_mode):
        raise UnsafeFileError(path, "its directory is not a directory")
    if os.name != "posix" or found.st_mode & stat.S_ISVTX:
        return
    if found.st_uid not in {os.geteuid(), 0}:
        raise UnsafeFileError(path, "its directory belongs to another user")
    if stat.S_IMODE(found.st_mode) & 0o002:
        raise UnsafeFileError(path, "every user can write in its directory; chmod o-w it")


def open_private(path: Path) -> IO[str]:
    """Opens a file for appending, and creates it if it does not exist; readable by this user alone.

    Raises:
        UnsafeFileError: It exists and is a link, no regular file, another user's, or accessible for others.
        OSError: It cannot be opened.
    """
    descriptor = _open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        _check_file(path, os.fstat(descriptor), readable_by_others=False)
    except OSError:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace")


def replace_private(path: Path, text: str) -> None:
    """Writes a file as a whole: a new one, renamed over the old one. Raises OSError."""
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = _open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        new.replace(path)
    except OSError:
        with suppress(OSError):
            new.unlink()
        raise


def read_private(path: Path, *, most_characters: int) -> tuple[str, float]:
    """Reads a file and the time of its last change, in seconds of the epoch.

    Raises:
        FileNotFoundError: The file does not exist.
        UnsafeFileError: It is a link, no regular file, another user's, or writable for others.
        OSError: It cannot be read.
    """
    descriptor = _open(path, os.O_RDONLY)
    try:
        found = os.fstat(descriptor)
        _check_file(path, found, readable_by_others=True)
    except OSError:
        os.close(descriptor)
        raise
    with os.fdopen(descriptor, encoding="utf-8", errors="replace") as file:
        return file.read(most_characters), found.st_mtime


def _open(path: Path, flags: int) -> int:
    try:
        return os.open(path, flags | _NO_FOLLOW | _NON_BLOCKING, 0o600)
    except OSError as error:
        if path.is_symlink():
            raise UnsafeFileError(path, "it is a link") from None
        if path.exists() and not path.is_file():
            raise UnsafeFileError(path, "it is not a regular file") from None
        raise error from None


def _check_file(path: Path, found: os.stat_result, *, readable_by_others: bool) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise UnsafeFileError(path, "it is not a regular file")
    _check_owner(path, found, forbidden=0o022 if readable_by_others else 0o077)


def _check_owner(path: Path, found: os.stat_result, *, forbidden: int = 0o022) -> None:
    if os.name != "posix":
        return
    if found.st_uid != os.geteuid():
        raise UnsafeFileError(path, "it belongs to another user")
    if stat.S_IMODE(found.st_mode) & forbidden:
        raise UnsafeFileError(path, "other users have access to it; chmod go-rwx it")
