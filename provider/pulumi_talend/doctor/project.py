"""The Pulumi project, and what it runs in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from ..api.text import clean
from ..engine_cli import PROJECT_FILES, project_directory
from .findings import Finding


@dataclass(frozen=True)
class Project:
    """A Pulumi project.

    Attributes:
        file: Its Pulumi.yaml.
        program: The directory of the program.
        toolchain: What installs packages: pip, uv, poetry, or another text that the file has.
        virtualenv: The virtual environment that it names; None where it names none.
    """

    file: Path
    program: Path
    toolchain: str
    virtualenv: Path | None


def find_project(cwd: Path) -> Project | Finding | None:
    """The project that Pulumi uses in `cwd`: the nearest Pulumi.yaml upwards. A Finding where it cannot be used."""
    directory = project_directory(cwd.resolve())
    if directory is None:
        return None
    return _read(next(file for name in PROJECT_FILES if (file := directory.resolve() / name).is_file()))


def _read(file: Path) -> Project | Finding:
    try:
        document: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        return Finding(
            "project", "fail", f"{file} cannot be read ({clean(str(error))})", "Correct the file; it is YAML."
        )
    project = _table(document)
    runtime: Any = project.get("runtime")
    name: Any = _table(runtime).get("name") if isinstance(runtime, dict) else runtime
    if name != "python":
        return Finding("project", "fail", f"{file} has no Python runtime", "Write `runtime: python`.")
    options = _table(_table(runtime).get("options"))
    program = (file.parent / str(project.get("main") or ".")).resolve()
    program = program if program.is_dir() else program.parent
    virtualenv = options.get("virtualenv")
    return Project(file, program, _toolchain(options, program), file.parent / str(virtualenv) if virtualenv else None)


def _toolchain(options: dict[str, Any], program: Path) -> str:
    """As Pulumi chooses it: the option, else by the lock file in the program's directory or above it."""
    named = str(options.get("toolchain") or "auto").lower()
    if named != "auto":
        return named
    return next((each for each in ("uv", "poetry") if nearest(program, f"{each}.lock") is not None), "pip")


def nearest(directory: Path, name: str) -> Path | None:
    """The closest directory from `directory` upwards that has a file `name`."""
    return next((each for each in (directory, *directory.parents) if (each / name).is_file()), None)


def _table(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
