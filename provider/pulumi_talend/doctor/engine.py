"""The engine: whether the Pulumi CLI is installed, where it keeps state, and whether it can read its secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from ..api.text import clean
from ..engine_cli import Engine, EngineError, EngineNotFoundError, Output, find_engine, json_object
from .findings import Finding

_SECONDS = 60
_OLDEST = (3, 216)
"""The SDK whose refresh takes inputs back; an older CLI does not send what it needs."""

_INSTALL = "Install the Pulumi CLI: https://www.pulumi.com/docs/install/."


def check_engine(cwd: Path, stack: str | None, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Checks the engine that runs in `cwd`."""
    try:
        engine = find_engine(environ)
    except EngineNotFoundError:
        yield Finding("engine", "fail", "no Pulumi CLI on PATH", _INSTALL)
        return
    if not engine.is_pulumi:
        found = "no Pulumi CLI on PATH, only the embedded engine for a first look (talend-sandbox)"
        yield Finding("engine", "warn", found, _INSTALL)
        return
    answer = _run(engine, cwd, "version")
    version = answer.stdout.strip() if answer is not None else ""
    number = re.match(r"v?(\d+)\.(\d+)\.", version)
    if number is None:
        yield Finding("engine", "fail", f"{engine.command} does not report its version", _INSTALL)
        return
    if (int(number[1]), int(number[2])) < _OLDEST:
        oldest = ".".join(str(part) for part in _OLDEST)
        yield Finding("engine", "fail", f"Pulumi CLI {version}; {oldest} or newer is required", _INSTALL)
    else:
        yield Finding("engine", "ok", f"Pulumi CLI {version} ({engine.command})")
    yield from _backend(engine, cwd, stack, environ)


def _backend(engine: Engine, cwd: Path, stack: str | None, environ: Mapping[str, str]) -> Iterator[Finding]:
    answer = _run(engine, cwd, "whoami", "--json", "--non-interactive")
    who = json_object(answer.stdout) if answer is not None and answer.code == 0 else None
    if who is None:
        said = answer.said if answer is not None else "it does not answer"
        yield Finding(
            "backend",
            "fail",
            f"Pulumi has no backend for state: {said}",
            "Log in: `pulumi login` (Pulumi Cloud), or `pulumi login file://~` (a directory).",
        )
        return
    url = re.sub(r"://[^/@\s]*@", "://", str(who.get("url", "")))
    yield Finding("backend", "ok", f"state in {clean(url)}, as {clean(str(who.get('user', '?')))}")
    if url.startswith(("http://", "https://")):
        return  # Pulumi Cloud keeps the keys itself
    if _other_secrets_provider(cwd, stack):
        yield Finding("passphrase", "ok", "not needed: the stack names a secrets provider of its own")
    elif environ.get("PULUMI_CONFIG_PASSPHRASE") is not None or environ.get("PULUMI_CONFIG_PASSPHRASE_FILE"):
        yield Finding("passphrase", "ok", "the passphrase of the stack's secrets comes from the environment")
    else:
        yield Finding(
            "passphrase",
            "warn",
            "Pulumi asks for the passphrase of the stack's secrets, and fails where nobody can answer",
            "In CI, set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE.",
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


def _run(engine: Engine, cwd: Path, *arguments: str) -> Output | None:
    try:
        return engine.run(*arguments, cwd=cwd, timeout=_SECONDS)
    except EngineError:
        return None
