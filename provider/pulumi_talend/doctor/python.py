"""The Python that programs run in, and what is installed there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml
from packaging.requirements import InvalidRequirement, Requirement

from .findings import Finding

_OLDEST_PYTHON = (3, 10)
_SECONDS = 60

# Run by the Python that is looked at, so it needs nothing but Python.
_PROBE = """
import importlib.metadata as metadata, importlib.util as util, json, sys
versions = {}
for name in %r:
    try:
        versions[name] = metadata.version(name)
    except metadata.PackageNotFoundError:
        versions[name] = None
try:
    needs = metadata.requires("pulumi-talend") or []
except metadata.PackageNotFoundError:
    needs = []
print(json.dumps({"python": list(sys.version_info[:3]), "versions": versions, "needs": needs,
                  "pip": util.find_spec("pip") is not None}))
"""
_SHOWN = ("pulumi-talend", "pulumi", "httpx", "pydantic", "tenacity", "typing-extensions", "grpcio")


@dataclass(frozen=True)
class Project:
    """A Pulumi project as far as it says what it runs in; `virtualenv` is None where it names none."""

    file: Path
    virtualenv: Path | None


def find_project(cwd: Path) -> Project | Finding | None:
    """The project that Pulumi would use in `cwd`: the nearest Pulumi.yaml upwards. A Finding where it cannot be read."""
    for directory in (cwd.resolve(), *cwd.resolve().parents):
        for name in ("Pulumi.yaml", "Pulumi.yml"):
            if (directory / name).is_file():
                return _read_project(directory / name)
    return None


def _read_project(file: Path) -> Project | Finding:
    try:
        document: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        said = " ".join(str(error).split())[:200]
        return Finding("project", "missing", f"{file} cannot be read ({said})", "Mend the file; it is YAML.")
    runtime: Any = cast("dict[str, Any]", document).get("runtime") if isinstance(document, dict) else None
    options: Any = cast("dict[str, Any]", runtime).get("options") if isinstance(runtime, dict) else None
    name: Any = cast("dict[str, Any]", runtime).get("name") if isinstance(runtime, dict) else runtime
    if name != "python":
        return Finding(
            "project", "missing", f"{file} names no Python runtime", "Write `runtime: python`: programs are in Python."
        )
    named: Any = cast("dict[str, Any]", options).get("virtualenv") if isinstance(options, dict) else None
    return Project(file, file.parent / str(named) if named else None)


def look_at_python(project: Project | None, environ: Mapping[str, str]) -> Iterator[Finding]:
    """What is to be said about the Python that the project's programs run in; of this command's own without a project."""
    python, whose = _python_of(project, environ)
    if isinstance(python, Finding):
        yield python
        return
    told = _probe(python)
    if told is None:
        yield Finding(
            "python",
            "missing",
            f"{python} does not run",
            "Make the virtual environment anew: python3 -m venv DIRECTORY.",
        )
        return
    version = ".".join(str(part) for part in told["python"])
    if tuple(told["python"][:2]) < _OLDEST_PYTHON:
        yield Finding("python", "missing", f"{python} is Python {version}", "Use Python 3.10 or newer.")
    else:
        yield Finding("python", "ok", f"Python {version}, {whose} ({python})")
    yield from _packages(told, python)
    if told["pip"]:
        yield Finding("pip", "ok", "pip is there, which Pulumi calls in a virtual environment")
    else:
        yield Finding(
            "pip",
            "missing",
            f"no pip for {python}, which Pulumi calls",
            "Make it with `python3 -m venv`, or `uv venv --seed`.",
        )


def _python_of(project: Project | None, environ: Mapping[str, str]) -> tuple[str | Finding, str]:
    if project is None:
        return sys.executable, "this command's own, since there is no Pulumi.yaml here"
    if project.virtualenv is not None:
        place = "Scripts/python.exe" if os.name == "nt" else "bin/python"
        if not (project.virtualenv / place).exists():
            return (
                Finding(
                    "python",
                    "missing",
                    f"{project.file} names the virtual environment {project.virtualenv}, which is not there",
                    f"Make it: python3 -m venv {project.virtualenv}, or run `pulumi install`.",
                ),
                "",
            )
        return str(project.virtualenv / place), "of the project"
    active = environ.get("VIRTUAL_ENV")
    if active and (Path(active) / "bin" / "python").exists():
        return str(Path(active) / "bin" / "python"), "of the active virtual environment"
    return sys.executable, "this command's own, since Pulumi.yaml names no virtual environment"


def _probe(python: str) -> dict[str, Any] | None:
    try:
        done = subprocess.run(  # noqa: S603 - the project's own Python, with a fixed program
            [python, "-c", _PROBE % (_SHOWN,)], capture_output=True, text=True, check=False, timeout=_SECONDS
        )
        return cast("dict[str, Any]", json.loads(done.stdout)) if done.returncode == 0 else None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


def _packages(told: Mapping[str, Any], python: str) -> Iterator[Finding]:
    versions: dict[str, str | None] = told["versions"]
    install = f"{python} -m pip install"
    if versions["pulumi-talend"] is None:
        yield Finding(
            "packages",
            "missing",
            f"pulumi-talend is not installed for {python}",
            f"{install} pulumi-talend (see README).",
        )
        return
    wrong: list[str] = []
    for line in cast("list[str]", told["needs"]):
        try:
            need = Requirement(line)
        except InvalidRequirement:
            continue  # of a newer form than this command knows; pip, which put it there, has seen to it
        if need.marker is not None and not need.marker.evaluate({"extra": ""}):
            continue
        there = versions.get(need.name)
        if there is None or not need.specifier.contains(there, prereleases=True):
            wrong.append(f"{need.name} {need.specifier} is needed, {there or 'none'} is there")
    if wrong:
        yield Finding("packages", "missing", "; ".join(wrong), f"{install} --upgrade pulumi-talend.")
    else:
        shown = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
        yield Finding("packages", "ok", shown)
