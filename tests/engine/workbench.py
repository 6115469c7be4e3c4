"""A little project and an engine to run it with; the same commands for the offline engine and the Pulumi CLI."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PASSPHRASE = "horse battery"
STACK = "dev"
URN = "urn:pulumi:dev::shelf::"
ITEM = "pulumi-python:dynamic/shelf:Item"
GROUP = "shelf:index:Group"
_PROJECTS = Path(__file__).parent / "projects"
_HEAD = "import pulumi\nfrom pulumi import ResourceOptions\nfrom shelf import Group, Item\n\n"
_SUMMARY = re.compile(r"^ {4}(?:[+~=-] |\+-)?(\d+) (?:to )?(\w+)$")
_WORDS = {
    "created": "create",
    "updated": "update",
    "deleted": "delete",
    "replaced": "replace",
    "imported": "import",
    "unchanged": "same",
}


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err

    @property
    def changes(self) -> dict[str, int]:
        """The last summary: how many resources each operation concerned."""
        lines = self.out.split("Resources:\n")[-1].splitlines()
        result: dict[str, int] = {}
        for line in lines:
            for part in line.split(". ") if "changes. " in line else [line]:
                match = _SUMMARY.match(part if part.startswith(" ") else f"    {part}")
                if match and match[2] != "changes":
                    result[_WORDS.get(match[2], match[2])] = int(match[1])
        return result


class Workbench:
    """A copy of a test project, its objects and its state, all within one directory."""

    def __init__(self, engine: str, root: Path, project: str = "shelf") -> None:
        self.engine = engine
        self.project = root / "project"
        self.shelf = root / "objects"
        self.state = root / "state"
        shutil.copytree(_PROJECTS / project, self.project)
        self.shelf.mkdir()
        self.state.mkdir()
        if engine == "pulumi":
            # The CLI looks for a virtualenv of the project; here it is the one the tests run in.
            virtualenv = Path(sys.prefix)
            text = f"name: shelf\nruntime:\n  name: python\n  options:\n    virtualenv: {virtualenv}\n"
            (self.project / "Pulumi.yaml").write_text(text)
            self.run("stack", "init", STACK)
        self.config("dir", str(self.shelf))

    @property
    def environment(self) -> dict[str, str]:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}
        return {
            **environment,
            "PULUMI_BACKEND_URL": f"file://{self.state}",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_HOME": str(self.state.parent / "home"),
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            "COLUMNS": "200",
        }

    def command(self, *arguments: str) -> list[str]:
        if self.engine == "pulumi":
            tail = [] if arguments[0] in ("stack", "config", "cancel") else ["--non-interactive"]
            stack = [] if arguments[:2] == ("stack", "init") else ["--stack", STACK]
            return ["pulumi", *arguments, *stack, *tail]
        stack = [] if arguments[:2] == ("stack", "ls") else ["--stack", STACK]
        return [sys.executable, "-m", "pulumi_talend_sandbox.cli", *arguments, *stack]

    def run(
        self,
        *arguments: str,
        expect: int | None = 0,
        env: dict[str, str] | None = None,
        without: Sequence[str] = (),
    ) -> Outcome:
        """Run a command; its exit code must be `expect` (None: any). `env` adds to its environment."""
        environment = {**self.environment, **(env or {})}
        for name in without:
            environment.pop(name)
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.project,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        outcome = Outcome(done.returncode, done.stdout, done.stderr)
        if expect is not None:
            assert outcome.code == expect, f"{arguments}: exit code {outcome.code}\n{outcome.text}"
        return outcome

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command and leave it running."""
        return subprocess.Popen(
            self.command(*arguments),
            cwd=self.project,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def config(self, key: str, value: str, *flags: str) -> None:
        self.run("config", "set", *flags, key, value)

    def program(self, body: str) -> None:
        (self.project / "__main__.py").write_text(_HEAD + body)

    def up(self, *flags: str, expect: int | None = 0) -> Outcome:
        return self.run("up", "--yes", "--skip-preview", *flags, expect=expect)

    def preview(self, *flags: str, expect: int | None = 0) -> Outcome:
        return self.run("preview", *flags, expect=expect)

    def calls(self) -> list[str]:
        """What the provider was called for since the last time, in order."""
        log = self.shelf / "calls.log"
        if not log.exists():
            return []
        lines = log.read_text().splitlines()
        log.unlink()
        return lines

    def objects(self) -> dict[str, dict[str, Any]]:
        return {path.stem: json.loads(path.read_text()) for path in sorted(self.shelf.glob("id-*.json"))}

    def put(self, slot: str, **values: Any) -> None:
        """Place an object by hand, or change one."""
        body = {"slot": slot, "label": None, "tags": None, "secret": None, "note": None, **values}
        (self.shelf / f"id-{slot}.json").write_text(json.dumps(body))

    def remove(self, slot: str) -> None:
        (self.shelf / f"id-{slot}.json").unlink()

    def faults(self, **faults: list[str]) -> None:
        (self.shelf / "faults.json").write_text(json.dumps(faults))

    def no_faults(self) -> None:
        (self.shelf / "faults.json").unlink()

    @property
    def state_file(self) -> Path:
        return self.state / ".pulumi" / "stacks" / "shelf" / f"{STACK}.json"

    def deployment(self, *, show_secrets: bool = False) -> dict[str, Any]:
        """The state: as the file has it, or as `stack export` gives it with its secrets in clear."""
        if show_secrets:
            document: dict[str, Any] = json.loads(self.run("stack", "export", "--show-secrets").out)
            assert document["version"] == 3
            return document["deployment"]
        document = json.loads(self.state_file.read_text())
        assert document["version"] == 3
        return document["checkpoint"].get("latest") or {}

    def resources(self, *, show_secrets: bool = False) -> dict[str, dict[str, Any]]:
        """The state's resources by name, without those that the engine brought in, comparable between engines."""
        result: dict[str, dict[str, Any]] = {}
        entries: list[dict[str, Any]] = self.deployment(show_secrets=show_secrets).get("resources") or []
        for entry in entries:
            if not entry["type"].startswith("pulumi:providers:"):
                assert entry["urn"].split("::")[3] not in result, "one entry for each name"
                result[entry["urn"].split("::")[3]] = entry
        return result

    def urns(self) -> set[str]:
        return {entry["urn"].removeprefix(URN) for entry in self.resources().values()}
