"""Prints the packages of the interpreter that runs it, and what each says about its Pulumi plugin, as JSON.

Started as a file by the project's interpreter, which needs no other package. It looks where the official host looks: a file
`pulumi-plugin.json` in the module directory beside the package's metadata.
"""

from __future__ import annotations

import importlib.metadata
import json
from pathlib import Path


def packages() -> list[dict[str, object]]:
    """Each installed distribution: `name`, `version`, and `plugin`, the content of its pulumi-plugin.json or None."""
    found: dict[str, dict[str, object]] = {}
    for distribution in importlib.metadata.distributions():
        name = distribution.metadata["Name"]
        file = Path(str(distribution.locate_file(""))) / name.replace("-", "_") / "pulumi-plugin.json"
        plugin = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None
        found.setdefault(name, {"name": name, "version": distribution.version, "plugin": plugin})
    return [found[name] for name in sorted(found)]


if __name__ == "__main__":
    print(json.dumps(packages()))
