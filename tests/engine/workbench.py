"""A little project whose objects are files, run by the embedded engine, or by the Pulumi CLI for comparison."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import warm

STACK = "dev"
URN = "urn:pulumi:dev::shelf::"
ITEM = "pulumi-python:dynamic/shelf:Item"
GROUP = "shelf:index:Group"
_HEAD = "import pulumi\nfrom pulumi import ResourceOptions\nfrom shelf import Group, Item\n\n"
_WORDS = {"created": "create", "updated": "update", "deleted": "delete", "replaced": "replace", "unchanged": "same"}


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def changes(self) -> dict[str, int]:
        """The last summary: how many resources each operation concerned."""
        lines = self.out.rpartition("Resources:\n")[2].splitlines()
        counts = re.compile(r"(\d+) (?:to )?(\w+)").finditer(
            "\n".join(each for each in lines if each.startswith("    "))
        )
        return {_WORDS.get(each[2], each[2]): int(each[1]) for each in counts if each[2] != "changes"}


class Workbench:
    """A copy of the project, its objects and its state, all within one directory. `pulumi` is the CLI to run it with."""

    def __init__(self, root: Path, pulumi: Path | None = None) -> None:
        self.pulumi = pulumi
        self.project, self.shelf, self.state = (root / name for name in ("project", "objects", "state"))
        shutil.copytree(Path(__file__).parent / "projects/shelf", self.project)
        self.shelf.mkdir(parents=True)
        self.state.mkdir()
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}
        self.environment |= {"PULUMI_BACKEND_URL": f"file://{self.state}"}
        runtime = f"runtime:\n  name: python\n  options:\n    virtualenv: {sys.prefix}\n"
        (self.project / "Pulumi.yaml").write_text(f"name: shelf\n{runtime}")
        self.config(f"shelf:dir: {self.shelf}")
        if pulumi is not None:
            self.environment |= {
                "PULUMI_HOME": str(root / "home"),
                "PULUMI_CONFIG_PASSPHRASE": "",
                "PULUMI_SKIP_UPDATE_CHECK": "true",
                "PATH": f"{pulumi.parent}{os.pathsep}{os.environ['PATH']}",
            }
            self.run("stack", "init", STACK)

    def config(self, *lines: str) -> None:
        (self.project / "Pulumi.dev.yaml").write_text("\n".join(["config:", *(f"  {line}" for line in lines)]) + "\n")

    def program(self, body: str) -> None:
        (self.project / "__main__.py").write_text(_HEAD + body)

    def command(self, *arguments: str) -> list[str]:
        engine = [str(self.pulumi)] if self.pulumi else warm.command("-m", "pulumi_talend_sandbox.cli")
        stack = [] if arguments[0] == "stack" else ["--stack", STACK, "--non-interactive"]
        return [*engine, *arguments, *stack]

    def run(self, *arguments: str, expect: int = 0, environment: Mapping[str, str] | None = None) -> Outcome:
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.project,
            env={**self.environment, **warm.environment(), **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        assert done.returncode == expect, f"{arguments}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
        return Outcome(done.returncode, done.stdout, done.stderr)

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

    def change(self, verb: str, *flags: str, expect: int = 0) -> Outcome:
        """Run `up`, `refresh` or `destroy`."""
        return self.run(verb, "--yes", "--skip-preview", *flags, expect=expect)

    def calls(self) -> list[str]:
        """What the provider was called for since the last time, in order."""
        log = self.shelf / "calls.log"
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return lines

    def objects(self) -> dict[str, dict[str, Any]]:
        return {path.stem: json.loads(path.read_text()) for path in sorted(self.shelf.glob("id-*.json"))}

    def faults(self, **faults: list[str]) -> None:
        (self.shelf / "faults.json").write_text(json.dumps(faults))

    @property
    def state_file(self) -> Path:
        return self.state / f".talend-sandbox/shelf/{STACK}.json"

    def deployment(self) -> dict[str, Any]:
        if self.pulumi:
            return json.loads(self.run("stack", "export", "--stack", STACK).out)["deployment"]
        return json.loads(self.state_file.read_text())["deployment"]

    def resources(self) -> dict[str, dict[str, Any]]:
        """The resources in the state by name, without providers."""
        entries: list[dict[str, Any]] = self.deployment().get("resources") or []
        entries = [each for each in entries if "pulumi:providers:" not in each["type"]]
        found = {str(each["urn"]).split("::")[3]: each for each in entries}
        assert len(found) == len(entries)
        return found
