"""The Python that the program runs in, the toolchain that installs its packages, and what is installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from packaging.requirements import InvalidRequirement, Requirement

from ..shadowing import shadowing_files
from .findings import Finding
from .project import Project, nearest

_OLDEST_PYTHON = (3, 10)
_SECONDS = 60
_TOOLCHAINS = ("pip", "uv", "poetry")

# Runs in the Python that is checked, so it needs nothing but Python.
_PROBE = """
import importlib.metadata as metadata, importlib.util as util, json, os, re, sys
try:
    needs = metadata.requires("pulumi-talend") or []
except metadata.PackageNotFoundError:
    needs = []
versions = {}
for name in [*%r, *(re.match(r"[\\w.-]*", need)[0] for need in needs if "extra ==" not in need)]:
    try:
        versions[name] = metadata.version(name)
    except metadata.PackageNotFoundError:
        versions[name] = None
package = util.find_spec("pulumi_talend")
places = list(package.submodule_search_locations or []) if package else []
print(json.dumps({"python": list(sys.version_info[:3]), "versions": versions, "needs": needs,
                  "pip": util.find_spec("pip") is not None,
                  "plugin": any(os.path.isfile(os.path.join(place, "pulumi-plugin.json")) for place in places)}))
"""
# What a run imports, in the program's directory as Pulumi's provider host does.
_HOST = """
import concurrent.futures
concurrent.futures.ThreadPoolExecutor(1)
import pulumi.dynamic, pulumi_talend.lookups, pulumi_talend.provider, pulumi_talend.table
"""
_SHOWN = ("pulumi-talend", "pulumi", "grpcio")


def check_python(project: Project | None, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Checks the Python of the project; this command's own without a project."""
    toolchain = project.toolchain if project is not None else "pip"
    if toolchain not in _TOOLCHAINS:
        yield Finding(
            "toolchain",
            "fail",
            f"Pulumi.yaml names the toolchain '{toolchain}', which Pulumi does not know",
            f"Write one of {', '.join(_TOOLCHAINS)}.",
        )
        return
    path = environ.get("PATH")
    if toolchain != "pip" and shutil.which(toolchain, path=path) is None:
        yield Finding(
            "toolchain", "fail", f"`{toolchain}` is not on PATH", f"Install {toolchain}; Pulumi.yaml names it."
        )
        return
    python, whose = _python_of(project, toolchain, environ)
    if isinstance(python, Finding):
        yield python
        return
    report = _probe(python)
    if report is None:
        yield Finding("python", "fail", f"{python} does not run", _install(toolchain))
        return
    version = ".".join(str(part) for part in report["python"])
    if tuple(report["python"][:2]) < _OLDEST_PYTHON:
        yield Finding("python", "fail", f"{python} is Python {version}", "Use Python 3.10 or newer.")
    else:
        yield Finding("python", "ok", f"Python {version}, {whose} ({python})")
    if toolchain != "pip":
        yield Finding("toolchain", "ok", toolchain)
    elif report["pip"]:
        yield Finding("toolchain", "ok", "pip, which is in the environment")
    else:
        yield Finding(
            "toolchain",
            "fail",
            f"pip is missing for {python}, and Pulumi calls it",
            "Make the environment with `python3 -m venv` or `uv venv --seed`, or write `toolchain: uv` in Pulumi.yaml.",
        )
    yield from _packages(report, python, toolchain)
    if project is not None:
        yield from _files(project.program, python)


def _files(program: Path, python: str) -> Iterator[Finding]:
    """Files that Pulumi's provider host imports in place of a module of Python, and whether that does harm."""
    if found := shadowing_files(program):
        done = _run([python, "-c", _HOST], cwd=program)
        yield Finding(
            "files",
            "warn" if done is not None and done.returncode == 0 else "fail",
            f"{', '.join(found)} in {program} has the name of a module of Python, and is imported in its place",
            "Rename it: packages that need Python's module fail.",
        )


def _install(toolchain: str) -> str:
    commands = {"pip": "python3 -m venv DIRECTORY, then pip install", "uv": "uv sync", "poetry": "poetry install"}
    return f"Make the environment again: `pulumi install` ({commands[toolchain]})."


def _python_of(project: Project | None, toolchain: str, environ: Mapping[str, str]) -> tuple[str | Finding, str]:
    if project is None:
        return sys.executable, "this command's own: there is no Pulumi.yaml here"
    environment = project.virtualenv if toolchain != "poetry" else _poetry_environment(project)
    if environment is None and toolchain == "uv":
        place = nearest(project.program, "uv.lock") or nearest(project.program, "pyproject.toml") or project.program
        environment = place / environ.get("UV_PROJECT_ENVIRONMENT", ".venv")
    if environment is not None or toolchain == "poetry":
        python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python") if environment else None
        if python is None or not python.exists():
            which = f"the virtual environment {environment}" if environment else "poetry's environment of the project"
            return Finding("python", "fail", f"{which} does not exist", _install(toolchain)), ""
        return str(python), "of the project"
    active = environ.get("VIRTUAL_ENV")
    if active and (Path(active) / "bin" / "python").exists():
        return str(Path(active) / "bin" / "python"), "of the active virtual environment"
    return sys.executable, "this command's own: Pulumi.yaml names no virtual environment"


def _poetry_environment(project: Project) -> Path | None:
    done = _run(["poetry", "env", "info", "--path"], cwd=project.program)
    path = done.stdout.strip() if done is not None and done.returncode == 0 else ""
    return Path(path) if path else None


def _probe(python: str) -> dict[str, Any] | None:
    # In a directory without modules: those of the project would come before Python's.
    done = _run([python, "-c", _PROBE % (_SHOWN,)], cwd=Path(python).absolute().parent)
    try:
        return cast("dict[str, Any]", json.loads(done.stdout)) if done is not None and done.returncode == 0 else None
    except ValueError:
        return None


def _run(command: list[str], cwd: Path | None = None) -> subprocess.CompletedProcess[str] | None:
    """What a command printed; None where it does not run or does not end."""
    try:
        return subprocess.run(  # noqa: S603 - fixed arguments, as a list
            command, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return None


def _packages(report: Mapping[str, Any], python: str, toolchain: str) -> Iterator[Finding]:
    versions: dict[str, str | None] = report["versions"]
    install = {"pip": f"{python} -m pip install", "uv": "uv add", "poetry": "poetry add"}[toolchain]
    if versions["pulumi-talend"] is None:
        yield Finding("packages", "fail", f"pulumi-talend is not installed for {python}", f"{install} pulumi-talend")
        return
    wrong: list[str] = []
    for line in cast("list[str]", report["needs"]):
        try:
            need = Requirement(line)
        except InvalidRequirement:
            continue  # of a newer form than this command knows; what installed it has checked it
        if need.marker is not None and not need.marker.evaluate({"extra": ""}):
            continue
        installed = versions.get(need.name)
        if installed is None or not need.specifier.contains(installed, prereleases=True):
            wrong.append(f"{need.name} {need.specifier} is required, {installed or 'none'} is installed")
    if wrong:
        yield Finding("packages", "fail", "; ".join(wrong), f"{install} --upgrade pulumi-talend")
    else:
        shown = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
        yield Finding("packages", "ok", shown)
    if not report["plugin"]:
        yield Finding(
            "plugin",
            "fail",
            "pulumi-plugin.json is missing from the installed package, so Pulumi looks for a plugin 'talend' to download",
            f"{install} --force-reinstall pulumi-talend" if toolchain == "pip" else "Install pulumi-talend again.",
        )
