"""A stack's configuration: `Pulumi.<stack>.yaml` over the project's defaults."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import yaml

from .errors import EngineError
from .project import Project, read_yaml
from .values import Properties, Secret, compact_json


@dataclass(frozen=True)
class ConfigValue:
    """One value: its text (JSON for objects and lists), whether it is secret, whether it is JSON."""

    text: str = field(repr=False)
    secret: bool = False
    structured: bool = False


class StackConfig:
    """The configuration file of one stack, loaded and editable.

    Values marked `secure:` stay encrypted in it; `resolve` decrypts them.
    """

    def __init__(self, project: Project, stack: str) -> None:
        """Load the file of `stack`; a stack without one has an empty configuration."""
        self.project = project
        self.path: Path = project.stack_config_path(stack)
        self.data: dict[str, Any] = read_yaml(self.path) if self.path.exists() else {}
        entries: object = self.data.get("config") or {}
        if not isinstance(entries, dict):
            raise EngineError(f"{self.path}: config: a mapping is expected")
        self._entries = {self.full_key(str(key)): value for key, value in cast("dict[object, Any]", entries).items()}

    @property
    def salt(self) -> str | None:
        """The stack's `encryptionsalt`, None when it has none yet."""
        value = self.data.get("encryptionsalt")
        return value if isinstance(value, str) and value else None

    @salt.setter
    def salt(self, value: str) -> None:
        self.data = {"encryptionsalt": value, **{k: v for k, v in self.data.items() if k != "encryptionsalt"}}

    def full_key(self, key: str) -> str:
        """Give a key with its namespace; one without belongs to the project."""
        parts = key.split(":")
        if len(parts) == 3 and parts[1] == "config":
            return f"{parts[0]}:{parts[2]}"
        return key if len(parts) > 1 else f"{self.project.name}:{key}"

    def set(self, key: str, text: str, *, encrypt: Callable[[str], str] | None = None) -> None:
        """Set a value; with `encrypt` it is stored as a secret. `save` writes the file."""
        self._entries[self.full_key(key)] = text if encrypt is None else {"secure": encrypt(text)}

    def remove(self, key: str) -> bool:
        """Drop a value; tells whether there was one."""
        return self._entries.pop(self.full_key(key), None) is not None

    def save(self) -> None:
        """Write the file, keys sorted as Pulumi sorts them."""
        data = {k: v for k, v in self.data.items() if k != "config"}
        if self._entries:
            data["config"] = dict(sorted(self._entries.items()))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(yaml.safe_dump(data, sort_keys=False, allow_unicode=True), encoding="utf-8")

    def has_secrets(self) -> bool:
        """Tell whether any value is encrypted."""
        return any(_has_secure(value) for value in self._entries.values())

    def resolve(self, decrypt: Callable[[str], str]) -> dict[str, ConfigValue]:
        """Give every value by full key, decrypted, the project's defaults where the stack has none."""
        merged: dict[str, Any] = {**self.project.config, **self._entries}
        return {key: _resolve(value, decrypt) for key, value in sorted(merged.items())}


def _has_secure(value: object) -> bool:
    if isinstance(value, dict):
        entry = cast("dict[str, object]", value)
        if set(entry) == {"secure"} and isinstance(entry["secure"], str):
            return True
        return any(_has_secure(item) for item in entry.values())
    if isinstance(value, list):
        return any(_has_secure(item) for item in cast("list[object]", value))
    return False


def _resolve(value: object, decrypt: Callable[[str], str]) -> ConfigValue:
    secret = _has_secure(value)
    opened = _open(value, decrypt)
    if isinstance(opened, (dict, list)):
        return ConfigValue(compact_json(cast("object", opened)), secret, structured=True)
    return ConfigValue(_scalar_text(opened), secret)


def _open(value: object, decrypt: Callable[[str], str]) -> object:
    if isinstance(value, dict):
        entry = cast("dict[str, object]", value)
        if set(entry) == {"secure"} and isinstance(entry["secure"], str):
            return decrypt(entry["secure"])
        return {key: _open(item, decrypt) for key, item in entry.items()}
    if isinstance(value, list):
        return [_open(item, decrypt) for item in cast("list[object]", value)]
    return value


def _scalar_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def provider_inputs(config: dict[str, ConfigValue]) -> Properties:
    """Give the configuration as the inputs of the dynamic provider: text by full key, secrets marked."""
    return {key: Secret(value.text) if value.secret else value.text for key, value in config.items()}


def parse_assignment(text: str) -> tuple[str, str]:
    """Split a `key=value` of the command line; raises `EngineError` without the `=`."""
    key, separator, value = text.partition("=")
    if not separator or not key.strip():
        raise EngineError(f"--config {text!r}: write it as key=value")
    return key.strip(), value


def masked_config(config: dict[str, ConfigValue]) -> dict[str, str]:
    """Give the configuration for display, each secret as `[secret]`."""
    return {key: "[secret]" if value.secret else value.text for key, value in config.items()}


def as_json(value: ConfigValue) -> Any:
    """Give a value as data: structured ones parsed, others as text."""
    return json.loads(value.text) if value.structured else value.text
