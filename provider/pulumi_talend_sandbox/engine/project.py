"""The project: `Pulumi.yaml`, where its program lies, and which Python runs it."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import yaml

from .errors import EngineError

_FILE_NAMES = ("Pulumi.yaml", "Pulumi.yml")


@dataclass(frozen=True)
class Project:
    """What the engine needs of a `Pulumi.yaml`.

    `root` is its directory, `main` the program's directory or file, `config` the project-wide values and
    defaults by full key, `stack_config_dir` where the `Pulumi.<stack>.yaml` files are.
    """

    name: str
    root: Path
    main: Path
    virtualenv: Path | None = None
    config: dict[str, Any] = field(default_factory=dict[str, Any])
    stack_config_dir: Path = field(default_factory=Path)

    @property
    def program_directory(self) -> Path:
        """The directory that the program and its provider host run in."""
        return self.main if self.main.is_dir() else self.main.parent

    def ensure_program(self) -> None:
        """Raise `EngineError` when the project has no program to run."""
        if self.main.is_dir() and not (self.main / "__main__.py").exists():
            raise EngineError(
                f"unable to find main python program `__main__.py` in `{self.main}`: write it, or correct "
                "`main:` in Pulumi.yaml"
            )

    @property
    def python(self) -> str:
        """The interpreter for the program: that of the project's virtualenv, else the one running now."""
        if self.virtualenv is None:
            return sys.executable
        scripts, name = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
        python = self.virtualenv / scripts / name
        if not python.exists():
            raise EngineError(
                f"Pulumi.yaml: runtime option virtualenv: no Python at {python}: "
                f"make it with `python -m venv {self.virtualenv}` and install the project's requirements"
            )
        return str(python)

    def stack_config_path(self, stack: str) -> Path:
        """The file that holds a stack's configuration, whether it exists or not."""
        for suffix in (".yaml", ".yml"):
            path = self.stack_config_dir / f"Pulumi.{stack}{suffix}"
            if path.exists():
                return path
        return self.stack_config_dir / f"Pulumi.{stack}.yaml"


def find_project(directory: Path) -> Project:
    """Load the project of `directory`, looking upwards as Pulumi does; raises `EngineError` when there is none."""
    start = directory.resolve()
    for candidate in (start, *start.parents):
        for name in _FILE_NAMES:
            path = candidate / name
            if path.is_file():
                return load_project(path)
    raise EngineError(f"no Pulumi.yaml project file found in {start} or above: use --cwd to name its directory")


def load_project(path: Path) -> Project:
    """Read one `Pulumi.yaml`; raises `EngineError` when it is no Python project or not well formed."""
    data = read_yaml(path)
    name = data.get("name")
    if not isinstance(name, str) or not name:
        raise EngineError(f"{path}: project is missing a 'name' attribute")
    runtime, options = _runtime(data.get("runtime"), path)
    if runtime != "python":
        raise EngineError(f"{path}: runtime {runtime!r}: the offline engine runs Python programs, use the Pulumi CLI")
    root = path.parent
    main = root / str(data.get("main") or ".")
    if not main.exists():
        raise EngineError(f"{path}: could not find the program at {main}: correct `main:`")
    virtualenv = options.get("virtualenv")
    return Project(
        name=name,
        root=root,
        main=main.resolve(),
        virtualenv=(root / str(virtualenv)) if virtualenv else None,
        config=_project_config(data.get("config"), name, path),
        stack_config_dir=root / str(data.get("stackConfigDir") or "."),
    )


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML mapping; an empty file is an empty mapping. Raises `EngineError` for anything else."""
    try:
        data: object = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise EngineError(f"cannot read {path}: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise EngineError(f"{path}: not well-formed YAML: {' '.join(str(error).split())}") from None
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise EngineError(f"{path}: a mapping is expected")
    return cast("dict[str, Any]", data)


def _runtime(value: object, path: Path) -> tuple[str, dict[str, Any]]:
    if isinstance(value, str):
        return value, {}
    if isinstance(value, dict):
        entry = cast("dict[str, Any]", value)
        options: object = entry.get("options") or {}
        if isinstance(entry.get("name"), str) and isinstance(options, dict):
            return str(entry["name"]), cast("dict[str, Any]", options)
    raise EngineError(f"{path}: project is missing a 'runtime' attribute")


def _project_config(value: object, project: str, path: Path) -> dict[str, Any]:
    """Give the project's own config: `key: value`, or `key: {value:|default:}`, keys made full."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise EngineError(f"{path}: config: a mapping is expected")
    result: dict[str, Any] = {}
    for key, entry in cast("dict[str, Any]", value).items():
        full = key if ":" in key else f"{project}:{key}"
        if isinstance(entry, dict):
            declared = cast("dict[str, Any]", entry)
            if "value" in declared:
                result[full] = declared["value"]
            elif "default" in declared:
                result[full] = declared["default"]
        else:
            result[full] = entry
    return result
