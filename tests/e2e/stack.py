"""A stack as the tests hold it: the same few commands on whichever engine, and what became of them as data."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

import warm
from pulumi_talend_sandbox.language_host import WARM
from pulumi_talend_sandbox.tenant import Tenant

PASSPHRASE = "correct horse battery staple"
_HEAD = "import pulumi\nfrom pulumi_talend import RoleMapping, WorkspacePermission\n\n"
_KINDS = {
    "create": "create",
    "created": "create",
    "update": "update",
    "updated": "update",
    "delete": "delete",
    "deleted": "delete",
    "replace": "replace",
    "replaced": "replace",
    "unchanged": "same",
    "errored": "errored",
}
_DONE = r"created replacement|deleted original|created|updated|deleted|replaced"
_PLANNED = r"create replacement|delete original|create|update|delete|replace"
_CONSEQUENCES = {
    "update failed",
    "preview failed",
    "Resource monitor has terminated, shutting down",
    "an unhandled error occurred: program exited with non-zero exit code: 1",
}
"""What the engine and the SDK report of the stack because something else failed."""
_STEP = re.compile(
    rf"^ *[-+~]{{1,2}} +(\S+:\S+) (\S+) ({_DONE}|{_PLANNED})(?: \([\d.]+s\))?(?: (?:\[diff: ([^\]]*)\])?.*)?$"
)


@dataclass(frozen=True)
class Engine:
    """How an engine is run."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def is_pulumi(self) -> bool:
        return self.name == "pulumi"


def offline() -> Engine:
    return Engine("offline", warm.command("-m", "pulumi_talend_sandbox.cli"), warm.environment())


def pulumi(binary: Path, home: Path) -> Engine:
    """The Pulumi CLI at `binary`, with its own files in `home`."""
    path = f"{binary.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return Engine("pulumi", (str(binary),), {"PULUMI_HOME": str(home), "PATH": path, **warm.environment()})


@dataclass(frozen=True)
class Run:
    """What one command said and how it ended."""

    arguments: tuple[str, ...]
    code: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        return self.stdout + self.stderr

    @property
    def summary(self) -> dict[str, int]:
        """The lines under `Resources:`, e.g. {"create": 2, "same": 1}."""
        counts: dict[str, int] = {}
        inside = False
        for line in self.output.splitlines():
            if line.strip() == "Resources:":
                inside = True
            elif inside and not line.strip():
                inside = False
            elif inside:
                for part in line.split(". "):
                    found = re.fullmatch(r"\s*(?:\+-|[-+~])?\s*(\d+) (?:to )?([a-z]+)", part)
                    if found and found[2] in _KINDS:
                        counts[_KINDS[found[2]]] = int(found[1])
        return counts

    @property
    def steps(self) -> Counter[tuple[str, str]]:
        """What was done, or would be, with which resource: (resource name, what). The stack itself is left out."""
        return Counter((name, what) for name, what, _ in self._steps())

    @property
    def diffs(self) -> dict[str, str]:
        """Resource name → properties shown as changed, e.g. "~permissions"."""
        return {name: diff for name, _, diff in self._steps() if diff}

    def _steps(self) -> Iterator[tuple[str, str, str]]:
        for line in self.output.splitlines():
            found = _STEP.match(line.rstrip())
            if found and found[1] != "pulumi:pulumi:Stack":
                yield found[2], found[3], found[4] or ""

    @property
    def errors(self) -> list[str]:
        """The error messages under `Diagnostics:`, each once, without what only follows from them."""
        _, _, diagnostics = self.output.partition("Diagnostics:\n")
        lines = [line.strip() for line in diagnostics.splitlines()]
        messages = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
        return [message for message in dict.fromkeys(messages) if message not in _CONSEQUENCES]

    def ok(self) -> Run:
        """Itself, where it ended well."""
        assert self.code == 0, self.output
        assert self.errors == [], self.output
        self.no_traceback_of_ours()
        return self

    def failed(self) -> Run:
        """Itself, where it ended badly, and in a way that a person can be shown."""
        assert self.code != 0, self.output
        assert "errored" in self.summary or self.summary == {}, self.output
        self.no_traceback_of_ours()
        for message in self.errors:
            assert len(message) < 1000, message
        # The cause comes before what follows from it.
        first = re.search(r"error: (.*)", self.output)
        assert first is None or not self.errors or first[1].strip() not in _CONSEQUENCES, self.output
        return self

    def no_traceback_of_ours(self) -> None:
        # The Pulumi CLI shows a KeyboardInterrupt of its own where it ends a program; ours would name our files.
        for ours in ("pulumi_talend/", "pulumi_talend_sandbox/", "pulumi/dynamic/"):
            assert ours not in self.output, self.output


@dataclass(frozen=True)
class Managed:
    """One resource of a stack's state, without what only the SDK needs."""

    urn: str
    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    protect: bool


class Stack:
    """A project with one program and one stack on a tenant, run by `engine`. Everything lies under `directory`."""

    def __init__(
        self,
        engine: Engine,
        directory: Path,
        tenant: Tenant,
        *,
        settings: Mapping[str, str] | None = None,
        project: str = "access",
        name: str = "dev",
    ) -> None:
        """`settings` are the TALEND_ variables; None: the tenant's endpoint and its token with all rights."""
        self.engine = engine
        self.tenant = tenant
        self.name = name
        self.directory = directory / "project"
        self.backend = directory / "backend"
        self.runs: list[Run] = []
        self.settings = (
            {"TALEND_ENDPOINT": tenant.url, "TALEND_TOKEN": tenant.token} if settings is None else dict(settings)
        )
        self.directory.mkdir(parents=True)
        self.backend.mkdir()
        (self.directory / "Pulumi.yaml").write_text(
            f"name: {project}\nruntime:\n  name: python\n  options:\n    virtualenv: {sys.prefix}\n", encoding="utf-8"
        )
        self.program("")
        if engine.is_pulumi:
            self._new_state(project)

    def _new_state(self, project: str) -> None:
        """As `stack init`, which takes half a second: what it writes is the same for every stack of a project and name."""
        made = Path(self.engine.environment["PULUMI_HOME"]) / "stacks-of-tests" / project / self.name
        settings = f"Pulumi.{self.name}.yaml"
        if not made.exists():
            self._run(("stack", "init", self.name)).ok()
            self.runs.clear()
            new = made.with_name(f"{self.name}.new")
            shutil.copytree(self.backend, new / "backend")
            shutil.copy(self.directory / settings, new)
            new.replace(made)
            return
        shutil.copytree(made / "backend", self.backend, dirs_exist_ok=True)
        shutil.copy(made / settings, self.directory)

    # --- what is run

    def program(self, body: str) -> None:
        """Makes `body` the program; `pulumi` and the two resources are imported already."""
        (self.directory / "__main__.py").write_text(_HEAD + body + "\n", encoding="utf-8")
        # Bytecode counts as current for a file of the same size and second: a test is quicker than any person who edits.
        shutil.rmtree(self.directory / "__pycache__", ignore_errors=True)

    def command(self, *arguments: str) -> Run:
        """Runs the engine with `arguments` as they are."""
        return self._run(arguments)

    def preview(self, *flags: str) -> Run:
        return self._run(("preview", *flags, "--stack", self.name, "--non-interactive"))

    def preview_json(self, *flags: str) -> dict[str, Any]:
        """The document of `preview --json`. Raises AssertionError where the preview fails."""
        run = self.preview("--json", *flags)
        assert run.code == 0, run.output
        return json.loads(run.stdout)

    def up(self, *flags: str) -> Run:
        return self._change("up", *flags)

    def refresh(self, *flags: str) -> Run:
        return self._change("refresh", *flags)

    def destroy(self, *flags: str) -> Run:
        return self._change("destroy", *flags)

    def _change(self, verb: str, *flags: str) -> Run:
        return self._run((verb, "--yes", "--skip-preview", *flags, "--stack", self.name, "--non-interactive"))

    def configure(self, key: str, value: str, *, secret: bool = False) -> None:
        """Sets a value of the stack's configuration."""
        if not self.engine.is_pulumi:
            self._configure_embedded(key, value, secret=secret)
            return
        run = self._run(("config", "set", *(["--secret"] if secret else []), key, value, "--stack", self.name))
        assert run.code == 0, run.output

    def _configure_embedded(self, key: str, value: str, *, secret: bool) -> None:
        """The embedded engine has no command for it: secrets are in its environment, the rest in the stack's file."""
        if secret:
            secrets: dict[str, str] = json.loads(self.settings.get("PULUMI_CONFIG", "{}"))
            self.settings["PULUMI_CONFIG"] = json.dumps({**secrets, key: value})
            self.settings["PULUMI_CONFIG_SECRET_KEYS"] = json.dumps([*secrets, key])
            return
        file = self.directory / f"Pulumi.{self.name}.yaml"
        data: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else {}
        data.setdefault("config", {})[key] = value
        file.write_text(yaml.safe_dump(data), encoding="utf-8")

    def export(self) -> dict[str, Any]:
        """The stack's state, as `stack export` gives it, or as the embedded engine keeps it."""
        if not self.engine.is_pulumi:
            project = yaml.safe_load((self.directory / "Pulumi.yaml").read_text(encoding="utf-8"))["name"]
            file = self.backend / ".talend-sandbox" / project / f"{self.name}.json"
            return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {"version": 3, "deployment": {}}
        run = self._run(("stack", "export", "--stack", self.name))
        assert run.code == 0, run.output
        return json.loads(run.stdout)

    def take_over(self, deployment: dict[str, Any]) -> None:
        """`stack import` of what another engine has exported."""
        file = self.directory / "handed-over.json"
        file.write_text(json.dumps(deployment), encoding="utf-8")
        run = self._run(("stack", "import", "--file", str(file), "--stack", self.name))
        assert run.code == 0, run.output

    def start_up(self) -> subprocess.Popen[str]:
        """An update that is under way, for a test that does not let it come to its end.

        Its processes are its own children, so that the test can find and end them.
        """
        environment = {name: value for name, value in self._environment().items() if name != WARM}
        return subprocess.Popen(
            [*self.engine.command, "up", "--yes", "--skip-preview", "--stack", self.name, "--non-interactive"],
            cwd=self.directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def _run(self, arguments: tuple[str, ...]) -> Run:
        done = subprocess.run(
            [*self.engine.command, *arguments],
            cwd=self.directory,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=600,
            check=False,
        )
        run = Run(arguments, done.returncode, done.stdout, done.stderr)
        self.runs.append(run)
        return run

    def _environment(self) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("TALEND_", "PULUMI_")) and name != "PYTHONDONTWRITEBYTECODE"
        }
        ours = {
            "PULUMI_BACKEND_URL": f"file://{self.backend}",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "GOGC": "off",  # a command of the CLI is over before it pays
            "TALEND_JOURNAL": str(self.directory / "journal"),
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
        }
        return {**kept, **ours, **self.engine.environment, **self.settings}

    # --- what there is now

    def managed(self) -> dict[str, Managed]:
        """The stack's access resources by name, as its state has them."""
        resources: list[dict[str, Any]] = self.export()["deployment"].get("resources") or []
        return {
            resource["urn"].rpartition("::")[2]: Managed(
                urn=resource["urn"],
                id=resource["id"],
                inputs=_plain(resource["inputs"]),
                outputs=_plain(resource["outputs"]),
                protect=bool(resource.get("protect", False)),
            )
            for resource in resources
            if resource["type"].startswith("pulumi-python:dynamic/talend:")
        }

    def everything_written(self) -> Iterator[tuple[str, bytes]]:
        """All that was printed and all files that the engine keeps, for a search through them."""
        for number, run in enumerate(self.runs):
            yield f"output {number} of {' '.join(run.arguments[:1])}", run.output.encode()
        for root in (self.backend, self.directory):
            for path in sorted(root.rglob("*")):
                if path.is_file():
                    yield str(path), path.read_bytes()


def _plain(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in properties.items() if name != "__provider"}
