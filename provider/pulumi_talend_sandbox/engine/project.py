"""The project and its configuration: `Pulumi.yaml`, `Pulumi.<stack>.yaml`, the environment; and the Python of the program.

Secrets of the configuration come from the environment only, where nothing has to store them: in `PULUMI_CONFIG`, a JSON object of
full keys and texts, with the keys of the secret ones as a JSON list in `PULUMI_CONFIG_SECRET_KEYS`.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import yaml

from .errors import EngineError, NotModelledError


@dataclass(frozen=True)
class Project:
    """What the engine needs of the `Pulumi.yaml` in `root`: the name, the program's file or directory, its virtual environment.

    `config` has the project's own values by full key, and `config_directory` the `Pulumi.<stack>.yaml` files.
    """

    name: str
    root: Path
    main: Path
    virtualenv: Path | None
    config: dict[str, Any]
    config_directory: Path

    @property
    def program_directory(self) -> Path:
        """The working directory of the program and of its provider host."""
        return self.main if self.main.is_dir() else self.main.parent

    @property
    def python(self) -> str:
        """The interpreter of the project's virtual environment, or this one where the project names none."""
        if self.virtualenv is None:
            return sys.executable
        python = self.virtualenv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        if not python.exists():
            raise EngineError(
                f"Pulumi.yaml: runtime option virtualenv: no Python at {python}; make it with "
                f"`python -m venv {self.virtualenv}` and install the project's requirements"
            )
        return str(python)


@dataclass(frozen=True)
class Config:
    """The configuration of a stack: texts by full key (JSON for objects and lists), and which of them are secret."""

    values: dict[str, str] = field(repr=False)
    secret_keys: list[str]

    def masked(self) -> dict[str, str]:
        """Return the values with `[secret]` for the secret ones."""
        return {key: "[secret]" if key in self.secret_keys else text for key, text in self.values.items()}


def find_project(directory: Path) -> Project:
    """Load the project of a directory, or of the nearest one above it; raises `EngineError` where that is not possible."""
    start = directory.resolve()
    for candidate in (start, *start.parents):
        for name in ("Pulumi.yaml", "Pulumi.yml"):
            if (candidate / name).is_file():
                return _load(candidate / name)
    raise EngineError(f"no Pulumi.yaml project file found in {start} or above: use --cwd to name its directory")


def _load(path: Path) -> Project:
    data = _read(path)
    name = data.get("name")
    if not isinstance(name, str) or not name:
        raise EngineError(f"{path}: project is missing a 'name' attribute")
    runtime: Any = data.get("runtime")
    entry = cast("dict[str, Any]", runtime) if isinstance(runtime, dict) else {"name": runtime}
    options = cast("dict[str, Any]", entry.get("options") or {})
    if entry.get("name") != "python" or options.get("toolchain", "pip") != "pip" or "backend" in data:
        raise NotModelledError(f"{path}: a runtime that is not Python with pip, or a backend of its own")
    root = path.parent
    main = root / str(data.get("main") or ".")
    if not main.exists():
        raise EngineError(f"{path}: could not find the program at {main}: correct `main:`")
    virtualenv = options.get("virtualenv")
    config: dict[str, Any] = {}
    for key, value in _mapping(data, "config", path).items():
        declared = cast("dict[str, Any]", value) if isinstance(value, dict) else {"value": value}
        if "value" in declared or "default" in declared:
            config[_full_key(key, name)] = declared.get("value", declared.get("default"))
    return Project(
        name=name,
        root=root,
        main=main.resolve(),
        virtualenv=root / str(virtualenv) if virtualenv else None,
        config=config,
        config_directory=root / str(data.get("stackConfigDir") or "."),
    )


def load_config(project: Project, stack: str) -> Config:
    """Return the configuration: that of the environment over that of the stack's file over that of the project.

    Raises `EngineError` where a part of it is not well formed, or encrypted.
    """
    path = project.config_directory / f"Pulumi.{stack}.yaml"
    data = _read(path) if path.exists() else {}
    if "environment" in data:
        raise NotModelledError(f"{path}: `environment:`")
    values = {**project.config, **{_full_key(k, project.name): v for k, v in _mapping(data, "config", path).items()}}
    given = _environment("PULUMI_CONFIG", dict[str, Any]())
    secret_keys = _environment("PULUMI_CONFIG_SECRET_KEYS", list[str]())
    for key, value in values.items():
        if key not in given and '"secure":' in json.dumps(value):
            raise NotModelledError(f"{path}: '{key}' is encrypted")
    return Config({key: _text(value) for key, value in sorted({**values, **given}.items())}, secret_keys)


def _environment(name: str, default: Any) -> Any:
    try:
        value: Any = json.loads(os.environ.get(name) or "null")
    except ValueError:
        value = ...
    if value is not None and not isinstance(value, type(default)):
        raise EngineError(
            f"{name} is not a JSON {'object' if isinstance(default, dict) else 'list'}: correct or unset it"
        )
    return default if value is None else value


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _full_key(key: str, project: str) -> str:
    return key if ":" in key else f"{project}:{key}"


def _mapping(data: dict[str, Any], key: str, path: Path) -> dict[str, Any]:
    value: object = data.get(key) or {}
    if not isinstance(value, dict):
        raise EngineError(f"{path}: {key}: a mapping is required")
    return {str(name): each for name, each in cast("dict[object, Any]", value).items()}


def _read(path: Path) -> dict[str, Any]:
    try:
        data: object = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise EngineError(f"{path}: not well-formed YAML: {' '.join(str(error).split())}") from None
    if not isinstance(data, dict):
        raise EngineError(f"{path}: a mapping is required")
    return cast("dict[str, Any]", data)
