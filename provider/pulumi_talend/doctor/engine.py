"""The engine: whether the Pulumi CLI is there, which one, where it keeps state, and whether it can read its secrets."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from ..api.text import clean
from .findings import Finding

_SECONDS = 60
_OLDEST = (3, 216)
"""The SDK whose refresh takes inputs back; an older CLI does not send what it needs."""

_INSTALL = "Install the Pulumi CLI: https://www.pulumi.com/docs/install/."


def look_at_engine(cwd: Path, stack: str | None, environ: Mapping[str, str]) -> Iterator[Finding]:
    """What is to be said about the engine that would run here."""
    pulumi = shutil.which("pulumi", path=environ.get("PATH"))
    if pulumi is None:
        beside = shutil.which("talend-sandbox", path=os.pathsep.join([environ.get("PATH", ""), _own_directory()]))
        if beside:
            yield Finding("engine", "warn", "no Pulumi CLI on PATH; only the offline engine, talend-sandbox", _INSTALL)
        else:
            yield Finding("engine", "missing", "no Pulumi CLI on PATH", _INSTALL)
        return
    version = _run([pulumi, "version"], cwd, environ)
    number = re.match(r"v?(\d+)\.(\d+)\.", version.stdout.strip()) if version is not None else None
    if version is None or number is None:
        yield Finding("engine", "missing", f"{pulumi} does not tell its version", _INSTALL)
        return
    if (int(number[1]), int(number[2])) < _OLDEST:
        oldest = ".".join(str(part) for part in _OLDEST)
        yield Finding("engine", "missing", f"Pulumi CLI {version.stdout.strip()}, {oldest} is needed", _INSTALL)
    else:
        yield Finding("engine", "ok", f"Pulumi CLI {version.stdout.strip()} ({pulumi})")
    yield from _backend(pulumi, cwd, stack, environ)


def _backend(pulumi: str, cwd: Path, stack: str | None, environ: Mapping[str, str]) -> Iterator[Finding]:
    asked = _run([pulumi, "whoami", "--json", "--non-interactive"], cwd, environ)
    told = _object(asked.stdout) if asked is not None and asked.returncode == 0 else None
    if told is None:
        said = clean(asked.stderr.strip().removeprefix("error: ")) if asked is not None else "it does not answer"
        yield Finding(
            "backend",
            "missing",
            f"Pulumi has no place for state: {said}",
            "Log in: `pulumi login` (Pulumi Cloud), or `pulumi login file://~` (a directory).",
        )
        return
    url = re.sub(r"://[^/@\s]*@", "://", str(told.get("url", "")))
    yield Finding("backend", "ok", f"state is kept at {clean(url)}, as {clean(str(told.get('user', '?')))}")
    if url.startswith(("http://", "https://")):
        return  # Pulumi Cloud keeps the keys itself
    if _other_secrets_provider(cwd, stack):
        yield Finding("passphrase", "ok", "none is needed: the stack names a secrets provider of its own")
    elif environ.get("PULUMI_CONFIG_PASSPHRASE") is not None or environ.get("PULUMI_CONFIG_PASSPHRASE_FILE"):
        yield Finding("passphrase", "ok", "the passphrase for the stack's secrets comes from the environment")
    else:
        yield Finding(
            "passphrase",
            "warn",
            "Pulumi will ask for the passphrase of the stack's secrets, and fail where nobody can answer",
            "For CI set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE.",
        )


def _other_secrets_provider(cwd: Path, stack: str | None) -> bool:
    """Whether the stack's file names a key service in place of a passphrase."""
    if stack is None:
        return False
    file = cwd / f"Pulumi.{stack.rpartition('/')[2]}.yaml"
    try:
        named = re.search(r"(?m)^secretsprovider:\s*(\S+)", file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return False
    return named is not None and named[1] not in {"passphrase", "default"}


def _own_directory() -> str:
    return str(Path(sys.executable).parent)


def _object(text: str) -> dict[str, Any] | None:
    try:
        document: Any = json.loads(text)
    except ValueError:
        return None
    return cast("dict[str, Any]", document) if isinstance(document, dict) else None


def _run(command: list[str], cwd: Path, environ: Mapping[str, str]) -> subprocess.CompletedProcess[str] | None:
    """What the command printed; None where it does not run or does not end."""
    try:
        return subprocess.run(  # noqa: S603 - a fixed program, arguments as a list
            command,
            cwd=cwd,
            env={"PULUMI_SKIP_UPDATE_CHECK": "true", **environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
