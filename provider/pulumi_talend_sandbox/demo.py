"""`make up`: the example stack on an offline tenant, from preview to who may do what.

The tenant runs inside this process and ends with it. What it knows and the stack's state lie together in `.talend` under the
project, so a second run finds both as the first left them, and has nothing to change.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from .pulumi_cli import HINT, find_pulumi
from .tenant import Tenant

STACK = "demo"

PASSPHRASE = "demo"  # noqa: S105 - both engines want one; the demo's state holds no secret
"""What would encrypt secrets in the demo's state."""

_PERMISSION = "WorkspacePermission"
_MAPPING = "RoleMapping"


class DemoError(Exception):
    """The demo cannot go on; the message says why and what to do."""


class Choice(str, Enum):
    """Which engine runs the stack."""

    AUTO = "auto"
    PULUMI = "pulumi"
    OFFLINE = "offline"


@dataclass(frozen=True)
class Engine:
    """An engine that runs the stack: what a person calls it, what they type for it, and the command that is run."""

    title: str
    typed: str
    command: tuple[str, ...]
    is_pulumi: bool = False


def choose_engine(choice: Choice) -> Engine:
    """The Pulumi CLI where there is one, else the embedded engine; or as `choice` says.

    Raises DemoError where the Pulumi CLI is asked for and missing, or does not run.
    """
    found = None if choice is Choice.OFFLINE else find_pulumi()
    if found is None:
        if choice is Choice.PULUMI:
            raise DemoError(f"there is no Pulumi CLI; {HINT}, or set ENGINE=offline")
        command = (sys.executable, "-m", "pulumi_talend_sandbox.cli")
        why = "" if choice is Choice.OFFLINE else " (there is no Pulumi CLI on PATH; `make cli` builds one)"
        return Engine(f"the embedded engine{why}", ".venv/bin/talend-sandbox", command)
    try:
        version = subprocess.run([found, "version"], capture_output=True, text=True, check=True, timeout=60).stdout  # noqa: S603
    except (OSError, subprocess.SubprocessError) as error:
        raise DemoError(f"{found} does not run ({error}): repair it, or set ENGINE=offline") from None
    typed = "pulumi" if shutil.which("pulumi") == str(found) else _short(found)
    return Engine(f"the Pulumi CLI {version.strip()}", typed, (str(found),), is_pulumi=True)


def _short(file: Path) -> str:
    """The path as somebody types it in the project's directory."""
    here = Path.cwd()
    return shlex.quote(str(file.relative_to(here) if file.is_relative_to(here) else file))


def choose_engine_again(choice: Choice, home: Path) -> Engine:
    """As `choose_engine`, but the embedded engine where it has begun the demo in `home`.

    Raises DemoError, also where the embedded engine began and the Pulumi CLI is asked for.
    """
    if not embedded_states(home):
        return choose_engine(choice)
    if choice is Choice.PULUMI:
        # Neither engine knows what the other one has made in the tenant.
        raise DemoError("the embedded engine began this demo: run `make clean` first, or go on with ENGINE=offline")
    return choose_engine(Choice.OFFLINE)


def embedded_states(home: Path) -> list[Path]:
    """The state files of the embedded engine in `home`; there is one where it runs the demo."""
    return list(home.glob(f".talend-sandbox/*/{STACK}.json"))


def settings(home: Path, url: str, token: str) -> dict[str, str]:
    """The environment that makes an engine, run in the project's directory, work on the demo's stack and tenant."""
    return {
        "TALEND_ENDPOINT": url,
        "TALEND_TOKEN": token,
        # Relative, so that a blank in the path of the checkout needs no escaping.
        "PULUMI_BACKEND_URL": f"file://./{home.as_posix()}",
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PULUMI_STACK": STACK,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "TALEND_JOURNAL": f"{home.as_posix()}/journal",
    }


def environment(base: Mapping[str, str], chosen: Mapping[str, str]) -> dict[str, str]:
    """`base` with what is `chosen`, and without what could lead the demo to a real tenant or another stack."""
    kept = {
        name: value
        for name, value in base.items()
        if name == "TALEND_DEBUG" or not name.startswith(("TALEND_", "PULUMI_CONFIG"))
    }
    # The tenant and the engine's own parts talk over loopback, which is no business of a company's proxy.
    direct = ",".join(filter(None, (base.get("no_proxy") or base.get("NO_PROXY"), "127.0.0.1,localhost")))
    return {**kept, "no_proxy": direct, "NO_PROXY": direct, **chosen}


class Demo:
    """One run of a project's stack on `tenant`. What it keeps lies in `home`, a directory relative to `project`."""

    def __init__(self, project: Path, home: Path, engine: Engine, tenant: Tenant, screen: Console) -> None:
        self._project = project
        self._home = home
        self._engine = engine
        self._tenant = tenant
        self._screen = screen
        self._environment = environment(os.environ, settings(home, tenant.url, tenant.token))

    def run(self) -> None:
        """Preview, update, and the access that results; a line where nothing changes. Raises DemoError where the engine fails."""
        if self._make_stack() and self._is_unchanged():
            self._screen.print("\nUnchanged: the tenant is as the program says.")
            return
        self._show("What would change", "preview", "--refresh")
        self._show("The change", "up", "--refresh", "--yes", "--skip-preview")
        self._access()

    def _make_stack(self) -> bool:
        """Makes the stack where there is none. Returns whether there was one."""
        if not self._engine.is_pulumi:
            return bool(embedded_states(self._project / self._home))
        stacks: list[dict[str, Any]] = json.loads(self._output("stack", "ls", "--json"))
        if any(stack["name"] == STACK for stack in stacks):
            return True
        self._output("stack", "init", STACK, "--no-select")
        return False

    def _is_unchanged(self) -> bool:
        """Whether the update would change nothing; False where the preview fails, which then shows why."""
        try:
            preview: dict[str, Any] = json.loads(self._output("preview", "--refresh", "--json", "--stack", STACK))
        except DemoError:
            return False
        return set(preview.get("changeSummary", {})) == {"same"}

    def _show(self, title: str, *arguments: str) -> None:
        self._screen.print(f"\n== {title}: {self._engine.typed} {' '.join(arguments)}\n")
        code = subprocess.run(  # noqa: S603
            [*self._engine.command, *arguments, "--stack", STACK],
            cwd=self._project,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            check=False,
        ).returncode
        if code:
            raise DemoError(f"`{arguments[0]}` ended with exit code {code}; the lines above say why")

    def _output(self, *arguments: str) -> str:
        done = subprocess.run(  # noqa: S603
            [*self._engine.command, *arguments],
            cwd=self._project,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise DemoError(
                f"`{' '.join(arguments[:2])}` ended with exit code {done.returncode}:\n{done.stderr.strip()}"
            )
        return done.stdout

    def _access(self) -> None:
        """Who may do what, as the tenant has it now, on the workspaces and in the mappings that the stack is about."""
        managed: dict[str, set[str]] = {_PERMISSION: set(), _MAPPING: set()}
        for resource in self._state()["deployment"]["resources"]:
            managed.setdefault(resource["type"].rpartition(":")[2], set()).add(resource.get("id", ""))
        self._screen.print("\n== Who may do what there now, as the tenant reports it:\n")
        self._screen.print(self._grants_table(managed[_PERMISSION]))
        self._screen.print(self._mappings_table(managed[_MAPPING]))

    def _state(self) -> dict[str, Any]:
        if self._engine.is_pulumi:
            return json.loads(self._output("stack", "export", "--stack", STACK))
        (file,) = embedded_states(self._project / self._home)
        return json.loads(file.read_text(encoding="utf-8"))

    def _grants_table(self, managed: set[str]) -> Table:
        table = Table("Workspace", "Who", "May", "Granted by")
        places = {each["id"]: f"{each['environment']['name']}/{each['name']}" for each in self._tenant.workspaces()}
        people = {each["id"]: f"{each['firstName']} {each['lastName']}" for each in self._tenant.users()}
        accounts = {each["id"]: f"{each['name']} (service account)" for each in self._tenant.service_accounts()}
        names = people | accounts
        touched = {id_.partition("/")[0] for id_ in managed}
        rows = sorted(
            (places[workspace], names[who], ", ".join(may), "/".join((workspace, kind, who)) in managed)
            for (workspace, kind, who), may in self._tenant.grants().items()
            if workspace in touched
        )
        for place, who, may, ours in rows:
            table.add_row(place, who, may, *_origin(ours=ours))
        return table

    def _mappings_table(self, managed: set[str]) -> Table:
        table = Table("Customer role (SSO)", "Talend roles", "Mapped by")
        for name, roles in sorted(self._tenant.role_mappings().items()):
            table.add_row(name, ", ".join(roles), *_origin(ours=name in managed))
        return table


def _origin(*, ours: bool) -> tuple[str]:
    return ("[green]this stack[/green]" if ours else "[dim]hand[/dim]",)


def _what_next(engine: Engine, home: Path) -> str:
    return (
        "\nWhat next:\n"
        "  make up       after you edit examples/quickstart/__main__.py: see what the preview says\n"
        "  make tenant   the same tenant in the foreground, with a page that shows who may do what\n"
        "  make clean    forget tenant and stack, to start afresh\n"
        "By hand, in this directory, while `make tenant` runs in another terminal:\n"
        f"  set -a; . {shlex.quote((home / 'env').as_posix())}; set +a; {engine.typed} preview"
    )


def _write_settings(path: Path, chosen: Mapping[str, str]) -> None:
    path.touch(mode=0o600)
    path.write_text("".join(f"{name}={shlex.quote(value)}\n" for name, value in chosen.items()), encoding="utf-8")


def demo_command(
    engine: Annotated[Choice, typer.Option(help="auto: the Pulumi CLI where there is one.")] = Choice.AUTO,
    home: Annotated[Path, typer.Option(help="Where tenant and state are kept, relative to the project.")] = Path(
        ".talend"
    ),
    port: Annotated[int, typer.Option(help="Where `make tenant` will serve.")] = 8400,
) -> None:
    """Run the stack of the project in the current directory on an offline tenant, and show the resulting access."""
    screen = Console(highlight=False, soft_wrap=True)
    project = Path.cwd()
    try:
        chosen = choose_engine_again(engine, project / home)
        (project / home).mkdir(parents=True, exist_ok=True)
        with Tenant.start(database=project / home / "tenant.db") as tenant:
            screen.print(f"The stack is run by {chosen.title}, on an offline Talend tenant.")
            Demo(project, home, chosen, tenant, screen).run()
            by_hand = settings(home, f"http://127.0.0.1:{port}", tenant.token)
        _write_settings(project / home / "env", by_hand)
        screen.print(_what_next(chosen, home))
    except DemoError as error:
        Console(stderr=True, markup=False, highlight=False, soft_wrap=True).print(f"error: {error}.")
        raise typer.Exit(1) from None


if __name__ == "__main__":
    typer.run(demo_command)
