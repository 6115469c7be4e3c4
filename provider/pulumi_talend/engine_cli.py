"""The engine as a command: its previews, a stack's state and a stack's settings, for the commands of `talend-access`.

The Pulumi CLI where it is on PATH; else the embedded engine of the sandbox, which previews and nothing else.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import yaml

from .api.text import clean
from .errors import TalendError

EMBEDDED = "talend-sandbox"
PROJECT_FILES = ("Pulumi.yaml", "Pulumi.yml", "Pulumi.json")

_NOT_PASSED_ON = frozenset({"PULUMI_ENABLE_STREAMING_JSON_PREVIEW"})
"""With it a preview prints events in place of one document."""


class EngineError(TalendError):
    """The engine did not do what it was run for.

    Attributes:
        said: What the engine printed about it, in one line; empty where it printed nothing, or where that may hold a secret.
    """

    def __init__(self, reason: str, *, subject: str = "", advice: str = "", said: str = "") -> None:
        super().__init__(reason, subject=subject, advice=advice)
        self.said = said


class EngineNotFoundError(EngineError):
    """No engine was found, or only one that cannot do this."""


@dataclass(frozen=True)
class Output:
    """What a command of the engine printed."""

    code: int
    stdout: str = field(repr=False)
    stderr: str = field(repr=False)

    @property
    def said(self) -> str:
        """What it printed for the user, in one line."""
        return clean(" ".join((self.stderr or self.stdout).split()).removeprefix("error: "))


class StackSettings(dict[str, str]):
    """A stack's configuration with secrets in clear: for the client alone. Its repr shows nothing."""

    def __repr__(self) -> str:
        return "[secure]"


@dataclass(frozen=True)
class Engine:
    """An engine on this machine.

    Attributes:
        command: The path of the command.
        is_pulumi: Whether it is the Pulumi CLI.
        environ: The environment that it runs in.
    """

    command: str
    is_pulumi: bool
    environ: Mapping[str, str] = field(repr=False)

    @property
    def name(self) -> str:
        """What users call it."""
        return "pulumi" if self.is_pulumi else EMBEDDED

    def run(self, *arguments: str, cwd: Path, timeout: float | None = None) -> Output:
        """Runs a command of the engine in `cwd`, without input.

        Raises:
            EngineError: It cannot be run, or takes longer than `timeout` seconds.
        """
        kept = {name: value for name, value in self.environ.items() if name not in _NOT_PASSED_ON}
        try:
            done = subprocess.run(  # noqa: S603 - the engine, arguments as a list
                [self.command, *arguments],
                cwd=cwd,
                env={"PULUMI_SKIP_UPDATE_CHECK": "true", **kept},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                check=False,
                timeout=timeout,
            )
        except OSError as error:
            reason = f"{error.filename or self.command}: {error.strerror}"
        except subprocess.TimeoutExpired:
            reason = f"no answer within {timeout:.0f} s"
        else:
            return Output(done.returncode, done.stdout, done.stderr)
        raise EngineError(reason, subject=f"run {self.name} {arguments[0]}", advice="Check --cwd and the installation.")

    def preview(self, stack: str, cwd: Path, *, refresh: bool = False) -> Output:
        """Runs `preview --json`. A failed preview raises nothing: its document says why."""
        more = ["--refresh"] if refresh else []
        return self.run("preview", "--json", "--non-interactive", "--stack", stack, *more, cwd=cwd)

    def export_state(self, stack: str, cwd: Path) -> str:
        """Returns the stack's exported state, secrets encrypted.

        Raises:
            EngineError: The engine cannot export it.
        """
        subject = f"export the state of stack '{clean(stack)}'"
        if not self.is_pulumi:
            raise _pulumi_only(subject, "Give the exported state with --state FILE, or install the Pulumi CLI.")
        done = self.run("stack", "export", "--stack", stack, cwd=cwd)
        if done.code != 0:
            raise EngineError(
                f"{self.name} failed: {done.said or 'it printed nothing'}",
                subject=subject,
                advice="Check --stack and --cwd, and the login (`pulumi whoami`).",
                said=done.said,
            )
        return done.stdout

    def settings(self, stack: str, cwd: Path) -> StackSettings:
        """Returns the stack's configuration, secrets in clear.

        Raises:
            EngineError: It cannot be read. What the engine printed is left out: it may hold a secret.
        """
        subject = f"read the configuration of stack '{clean(stack)}'"
        advice = f"Try `pulumi config --stack {clean(stack)}`; check --cwd, and PULUMI_CONFIG_PASSPHRASE if the stack has one."
        if not self.is_pulumi:
            return _settings_file(stack, cwd, subject)
        done = self.run("config", "--json", "--show-secrets", "--stack", stack, cwd=cwd)
        listed = json_object(done.stdout) if done.code == 0 else None
        if listed is None:
            raise EngineError(f"{self.name} failed", subject=subject, advice=advice)
        return StackSettings(
            (name, str(entry["value"]))
            for name, entry in cast("dict[str, dict[str, Any]]", listed).items()
            if "value" in entry
        )


def find_engine(environ: Mapping[str, str] | None = None) -> Engine:
    """Returns the Pulumi CLI on PATH, or the embedded engine; what is installed beside this Python counts as on PATH.

    Raises:
        EngineNotFoundError: There is neither.
    """
    environ = os.environ if environ is None else environ
    path = os.pathsep.join([environ.get("PATH", os.defpath), str(Path(sys.executable).parent)])
    for name in ("pulumi", EMBEDDED):
        found = shutil.which(name, path=path)
        if found is not None:
            return Engine(found, name == "pulumi", environ)
    raise EngineNotFoundError(
        f"neither `pulumi` nor `{EMBEDDED}` is on PATH",
        subject="run the engine",
        advice="Install the Pulumi CLI: https://www.pulumi.com/docs/install/.",
    )


def project_directory(cwd: Path) -> Path | None:
    """The directory of the project that Pulumi uses in `cwd`: the nearest with a Pulumi.yaml, upwards. None without one."""
    directory = cwd
    for _ in (cwd, *cwd.resolve().parents):
        if any((directory / name).is_file() for name in PROJECT_FILES):
            return directory
        directory = directory / ".."
    return None


def read_settings(stack: str | None, cwd: Path) -> StackSettings:
    """Returns the settings of a stack as `Engine.settings`; none where no stack is named."""
    return StackSettings() if stack is None else find_engine().settings(stack, cwd)


def _settings_file(stack: str, cwd: Path, subject: str) -> StackSettings:
    """The plain values of `Pulumi.<stack>.yaml`: all that the embedded engine reads, which takes secrets from the environment."""
    file = cwd / f"Pulumi.{stack.rpartition('/')[2]}.yaml"
    try:
        document: Any = yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else None
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        raise EngineError(f"{file} cannot be read", subject=subject, advice="Correct the file; it is YAML.") from None
    config: Any = cast("dict[str, Any]", document).get("config") if isinstance(document, dict) else None
    entries = cast("dict[str, Any]", config) if isinstance(config, dict) else {}
    encrypted = sorted(name for name, value in entries.items() if isinstance(value, dict) and "secure" in value)
    if encrypted:
        raise _pulumi_only(
            subject, f"{encrypted[0]} is encrypted: install the Pulumi CLI, or set it in the environment."
        )
    given = json_object(os.environ.get("PULUMI_CONFIG", "")) or {}
    return StackSettings(
        {name: value if isinstance(value, str) else json.dumps(value) for name, value in {**entries, **given}.items()}
    )


def _pulumi_only(subject: str, advice: str) -> EngineNotFoundError:
    return EngineNotFoundError("this needs the Pulumi CLI, which is not on PATH", subject=subject, advice=advice)


def json_object(text: str) -> dict[str, Any] | None:
    """The JSON object in a text; None where there is none."""
    try:
        document: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", document) if isinstance(document, dict) else None
