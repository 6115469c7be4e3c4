"""Which Python runs a project, and how its dependencies are installed, by the `runtime` options of Pulumi.yaml."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from . import WARM, WARM_CLIENT

Command = tuple[str, ...]


class ToolchainError(Exception):
    """The project's Python cannot be used; the message says what to do."""


@dataclass(frozen=True)
class Toolchain:
    """The toolchain of one project.

    Attributes:
        name: `pip`, `uv` or `poetry`.
        directory: Where the toolchain's commands run, an absolute path.
        virtualenv: The virtual environment, None for the Python on PATH.
    """

    name: str
    directory: Path
    virtualenv: Path | None

    def python(self) -> str:
        """The project's interpreter.

        Raises:
            ToolchainError: The virtual environment does not exist, or no Python is on PATH.
        """
        if self.virtualenv is None:
            named = os.environ.get("PULUMI_PYTHON_CMD")
            found = shutil.which(named) if named else shutil.which("python3") or shutil.which("python")
            if found is None:
                raise ToolchainError(f"{named or 'python3'} is not on PATH: install Python, or set `virtualenv`")
            return found
        python = self.virtualenv / "bin" / "python"
        if not python.is_file():
            raise ToolchainError(f"the virtual environment {self.virtualenv} does not exist: run `pulumi install`")
        return str(python)

    def environment(self) -> dict[str, str]:
        """The environment of the project's processes: this one's, with the virtual environment active."""
        environment = dict(os.environ)
        if self.virtualenv is not None:
            environment["VIRTUAL_ENV"] = str(self.virtualenv)
            environment["PATH"] = f"{self.virtualenv / 'bin'}{os.pathsep}{environment.get('PATH', '')}"
            environment.pop("PYTHONHOME", None)
        return environment

    def install_commands(self) -> list[Command]:
        """What `pulumi install` runs, in order, each in `directory`.

        Raises:
            ToolchainError: The toolchain's own command is not on PATH.
        """
        if self.name == "uv":
            return self._uv_commands()
        if self.name == "poetry":
            return [(_on_path("poetry"), "install", "--no-ansi", "--no-interaction")]
        commands: list[Command] = []
        python = str(self.virtualenv / "bin" / "python") if self.virtualenv else self.python()
        if self.virtualenv is not None and not Path(python).is_file():
            commands.append((_on_path("python3"), "-m", "venv", str(self.virtualenv)))
        pip = (python, "-m", "pip", "install", "--disable-pip-version-check")
        if (self.directory / "requirements.txt").is_file():
            commands.append((*pip, "-r", "requirements.txt"))
        elif (self.directory / "pyproject.toml").is_file():
            commands.append((*pip, "-e", "."))
        return commands

    def _uv_commands(self) -> list[Command]:
        uv = _on_path("uv")
        if _nearest(self.directory, "pyproject.toml") is not None:
            return [(uv, "sync")]
        commands: list[Command] = [(uv, "init", "--bare", "--no-package", "--no-pin-python")]
        if (self.directory / "requirements.txt").is_file():
            commands.append((uv, "add", "-r", "requirements.txt"))
        return [*commands, (uv, "sync")]


def toolchain_of(options: Mapping[str, object], root: Path, program_directory: Path) -> Toolchain:
    """The toolchain that `options` choose.

    Without the option `toolchain`, a `uv.lock` or `poetry.lock` in the program's directory or above it decides, as in
    the official host.

    Args:
        options: `runtime.options` of Pulumi.yaml.
        root: The directory of Pulumi.yaml.
        program_directory: The directory of the program.

    Raises:
        ToolchainError: The toolchain is unknown, or poetry has no environment for the project.
    """
    named = str(options.get("virtualenv") or "")
    virtualenv = root / named if named else None
    name = str(options.get("toolchain") or "").lower()
    if not name or name == "auto":
        locks = (each for each in ("uv", "poetry") if _nearest(program_directory, f"{each}.lock"))
        name = next(locks, "pip")
    if name == "pip":
        return Toolchain(name, program_directory, virtualenv)
    if name == "uv":
        return Toolchain(name, program_directory, virtualenv or _uv_environment(program_directory))
    if name == "poetry":
        return Toolchain(name, program_directory, _poetry_environment(program_directory))
    raise ToolchainError(f"the toolchain {name!r} of Pulumi.yaml is unknown: use pip, uv or poetry")


def _uv_environment(directory: Path) -> Path:
    place = _nearest(directory, "uv.lock") or _nearest(directory, "pyproject.toml") or directory
    return place / os.environ.get("UV_PROJECT_ENVIRONMENT", ".venv")


def _poetry_environment(directory: Path) -> Path | None:
    done = subprocess.run(  # noqa: S603
        [_on_path("poetry"), "env", "info", "--path"], cwd=directory, capture_output=True, text=True, check=False
    )
    path = done.stdout.strip()
    return Path(path) if done.returncode == 0 and path else None


def _nearest(directory: Path, name: str) -> Path | None:
    """The closest directory from `directory` upwards that has a file `name`."""
    return next((each for each in (directory, *directory.parents) if (each / name).is_file()), None)


def _on_path(command: str) -> str:
    found = shutil.which(command)
    if found is None:
        raise ToolchainError(f"`{command}` is not on PATH: install it, or choose another toolchain in Pulumi.yaml")
    return found


def is_this_python(python: str) -> bool:
    """Whether `python` belongs to the environment that this process runs in."""
    return Path(python).parent.parent.resolve() == Path(sys.prefix).resolve()


def python_command(python: str, script: Path, *arguments: str) -> list[str]:
    """The command that runs a script with an interpreter; in tests, where it can, as a fork of `warm.py`."""
    if WARM in os.environ and is_this_python(python):
        return [python, "-I", "-S", str(WARM_CLIENT), str(script), *arguments]
    return [python, "-u", str(script), *arguments]
