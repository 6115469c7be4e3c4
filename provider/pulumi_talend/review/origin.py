"""Which commit is reviewed, and what it holds, as git tells."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from ..api.text import first_of
from .errors import ApprovalError
from .text import visible

_COMMIT = re.compile("[0-9a-f]{7,64}")
_PROGRAM = {".py", ".toml", ".yaml", ".yml"}
_NAMED = 5
_TRUSTED_SETTINGS = ("safe.bareRepository=explicit", "core.fsmonitor=false", "log.showSignature=false")
"""A repository can hold a folder that git takes for another repository, whose settings name programs that git would run."""


def commit_of(directory: Path) -> str | None:
    """The commit that is checked out in `directory`; None where git does not tell."""
    return _git(directory, "rev-parse", "--verify", "--quiet", "HEAD")


def author_of(directory: Path) -> str | None:
    """Who wrote the commit that is checked out in `directory`; None where git does not tell."""
    return _git(directory, "log", "-1", "--format=%an")


def place_of(directory: Path) -> PurePosixPath:
    """Where `directory` is in its repository; the top where git does not tell."""
    return PurePosixPath(_git(directory, "rev-parse", "--show-prefix") or ".")


def user_of(directory: Path) -> str | None:
    """Who uses git in `directory`, as `Name <address>`; None where git does not tell."""
    name, address = (_git(directory, "config", f"user.{part}") for part in ("name", "email"))
    return f"{name} <{address}>" if name and address else name or address


def content_of(directory: Path, approval: Path, *, with_new: bool = False) -> str:
    """The digest of all files of the commit that is checked out, but for approvals.

    An approval is committed beside what it approves, so the JSON files in its folder are left out.

    Args:
        directory: A directory of the repository.
        approval: The approval's file.
        with_new: Whether files of a program or of its settings that git does not track are refused. Where they are
            committed afterwards, the approval is not for that commit.

    Raises:
        ApprovalError: This is not a git repository, or files differ from the commit.
    """
    root = _git(directory, "rev-parse", "--show-toplevel")
    listed = _git(directory, "ls-tree", "-r", "--full-tree", "-z", "HEAD")
    if root is None or listed is None:
        raise ApprovalError(
            f"{directory.resolve()} is not in a git repository with a commit, and an approval is for a commit. Run this in the "
            "project's checkout."
        )
    folder = _folder(Path(root), approval)
    changed = _git(directory, "status", "--porcelain", "-z", "--untracked-files=no") or ""
    dirty = [entry[3:] for entry in changed.split("\0") if entry and not _is_approval(entry[3:], folder)]
    if dirty:
        raise ApprovalError(
            f"{visible(dirty[0])} differs from the commit that is checked out. Commit it first, or restore it."
        )
    others = (_git(Path(root), "ls-files", "--others", "--exclude-standard", "-z") or "") if with_new else ""
    new = [path for path in others.split("\0") if _is_of_a_program(path)]
    if new:
        raise ApprovalError(
            f"The commit that is checked out does not have {listed_files(new)}. An approval is for a commit: commit what is "
            "new first, or delete it."
        )
    kept = [entry for entry in listed.split("\0") if entry and not _is_approval(entry.partition("\t")[2], folder)]
    return f"sha256:{hashlib.sha256(chr(0).join(kept).encode('utf-8', 'surrogateescape')).hexdigest()}"


def changed_since(directory: Path, commit: str | None, approval: Path) -> tuple[str, ...]:
    """The files, but for approvals, that differ between `commit` and the one that is checked out; none where git cannot tell."""
    root = _git(directory, "rev-parse", "--show-toplevel")
    if root is None or commit is None or _COMMIT.fullmatch(commit) is None:
        return ()
    folder = _folder(Path(root), approval)
    changed = _git(directory, "diff", "--name-only", "--no-renames", "-z", commit, "HEAD", "--") or ""
    return tuple(path for path in changed.split("\0") if path and not _is_approval(path, folder))


def listed_files(paths: Sequence[str]) -> str:
    """The first few of `paths`, and how many more there are."""
    return first_of([visible(path) for path in paths], _NAMED)


def _is_of_a_program(path: str) -> bool:
    file = PurePosixPath(path)
    if "site-packages" in file.parts:  # a virtual environment that no .gitignore names
        return False
    return file.suffix in _PROGRAM or fnmatchcase(file.name, "requirements*.txt")


def _folder(root: Path, approval: Path) -> PurePosixPath | None:
    try:
        return PurePosixPath(approval.resolve().parent.relative_to(root.resolve()).as_posix())
    except ValueError:
        return None  # kept elsewhere


def _is_approval(path: str, folder: PurePosixPath | None) -> bool:
    file = PurePosixPath(path)
    return folder is not None and folder != PurePosixPath() and file.parent == folder and file.suffix == ".json"


def _git(directory: Path, *arguments: str) -> str | None:
    git = shutil.which("git")
    if git is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program, arguments as a list
            [git, "-C", str(directory), *(part for each in _TRUSTED_SETTINGS for part in ("-c", each)), *arguments],
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
        )
    except OSError:
        return None
    return done.stdout.strip("\n") if done.returncode == 0 else None
