"""Everything is run with credentials that can be recognised, well and badly; then everything written is searched for them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from e2e.company import LOGISTICS, OSKAR, SALES, mapping, permission, program
from e2e.conftest import engine, pulumi_engine
from e2e.stack import PASSPHRASE, Engine, Stack
from pulumi_talend_sandbox.tenant import Fault, Tenant
from secrets_search import found_in, written_under

__all__ = ["engine", "pulumi_engine"]

TOKEN = "pat-planted/4711+geheim=="
WRONG_TOKEN = "pat-wrong/0815+geheim=="
CLIENT_SECRET = 'cs-planted/<"4711">&geheim'

# Python processes tell how they were started, and what they start: an argument can be seen by everybody on the machine.
WATCH = """
import os, sys

def told(text):
    with open(os.environ["WATCHED"], "a", encoding="utf-8", errors="replace") as file:
        file.write(text + "\\n")

told(repr(sys.orig_argv))
sys.addaudithook(lambda event, given: told(repr(given[1])) if event in ("subprocess.Popen", "os.exec") else None)
"""

LOOK_UPS = """
from pulumi_talend import WorkspaceAccess, get_roles, get_service_account, get_user, get_users, get_workspace, get_workspaces
pulumi.export("found", [get_user("oskar.berg@nordlicht-retail.example").id, len(get_users()), len(get_roles()),
    get_workspace("Sales", environment="dev").id, len(get_workspaces()), get_service_account("audit-export").id])
"""
GRANTS = {"felix.thomsen@nordlicht-retail.example": ["VIEW"]}
SET = f"WorkspaceAccess('log', workspace_id={LOGISTICS!r}, grants={GRANTS!r}, max_removals={'all'!r})"
GOOD = LOOK_UPS + program(permission("oskar", SALES, OSKAR, ["VIEW"]), mapping("m", "nordlicht-x", ["Operator"]), SET)
OTHER = LOOK_UPS + program(
    permission("oskar", SALES, OSKAR, ["EXECUTE"]), mapping("m", "nordlicht-x", ["Data Steward"]), SET
)


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    with Tenant.start(token=TOKEN) as tenant:
        yield tenant


class Place:
    """A home, a place for temporary files and a record of processes of a test's own; `settings` lead everything there."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.processes = root / "processes.txt"
        for name in ("home", "tmp", "watch"):
            (root / name).mkdir()
        (root / "watch" / "sitecustomize.py").write_text(WATCH, encoding="utf-8")
        self.settings = {
            "HOME": str(root / "home"),
            "TMPDIR": str(root / "tmp"),
            "XDG_CACHE_HOME": str(root / "home" / "cache"),
            "PYTHONPATH": str(root / "watch"),
            "WATCHED": str(self.processes),
            "TALEND_JOURNAL": str(root / "home" / "journal"),
            "TALEND_DEBUG": "1",
        }
        self.outputs: list[tuple[str, bytes]] = []

    def access(self, stack: Stack, *arguments: str | Path) -> int:
        """Runs `talend-access`; its exit code."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TALEND_", "PULUMI_"))}
        ours = {
            "PULUMI_BACKEND_URL": f"file://{stack.backend}",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        done = subprocess.run(
            [sys.executable, "-m", "pulumi_talend.cli", *map(str, arguments)],
            cwd=stack.directory,
            env={**kept, **ours, **stack.engine.environment, **stack.settings},
            capture_output=True,
            timeout=600,
            check=False,
        )
        self.outputs.append((f"talend-access {arguments[0]}", done.stdout + b"\n" + done.stderr))
        assert b"Traceback" not in done.stderr, done.stderr.decode()
        return done.returncode

    def hides(self, secrets: Sequence[str], stack: Stack) -> None:
        """That none of `secrets` is in any output, file, or command line of a process."""
        everything = [*self.outputs, *((f"{run.arguments}", run.output.encode()) for run in stack.runs)]
        homes = [Path(home) for home in [stack.engine.environment.get("PULUMI_HOME")] if home]
        files = list(written_under(self.root, *homes))
        everything += [(str(path), content) for path, content in files]
        everything.append(("the names of files", "\n".join(str(path) for path, _ in files).encode()))
        names = [path.name for path, _ in files]
        assert "talend-debug.log" in names, "the debug log was not among what was searched"
        assert "processes.txt" in names
        assert any(name.endswith((".json", ".json.gz")) for name in names), "no state was among what was searched"
        leaks = [f"{where}: {how}" for where, content in everything if (how := found_in(content, secrets))]
        assert leaks == []


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def echo(tenant: Tenant, secrets: Sequence[str], **fault: object) -> None:
    """From here on the API answers with all that it was sent."""
    told = {"message": " ".join(secrets), "request": {"headers": {"authorization": [f"Bearer {s}" for s in secrets]}}}
    fault = {"kind": "status", "status": 400, "body": told, "headers": {"x-echo": secrets[0]}, "times": None, **fault}
    tenant.inject(Fault.model_validate(fault))


def run_well(stack: Stack) -> None:
    stack.program(GOOD)
    stack.preview("--diff")
    stack.up().ok()
    stack.program(OTHER)
    stack.preview_json()
    stack.tenant.revoke(SALES, OSKAR)
    stack.preview("--refresh").ok()
    stack.refresh().ok()


def run_badly(stack: Stack, secrets: Sequence[str]) -> None:
    stack.program(OTHER)
    for fault in ({"path": "permissions$|role-mappings"}, {"method": "GET", "status": 500, "kind": "html"}):
        echo(stack.tenant, secrets, **fault)
        stack.up().failed()
        stack.tenant.clear_faults()


def test_a_token_of_the_environment_is_nowhere(engine: Engine, tenant: Tenant, place: Place) -> None:
    settings = {"TALEND_ENDPOINT": tenant.url, "TALEND_TOKEN": TOKEN, **place.settings}
    stack = Stack(engine, place.root / "stack", tenant, settings=settings)
    run_well(stack)
    run_badly(stack, [TOKEN])
    out = stack.directory
    (out / "state.json").write_text(stack.command("stack", "export", "--stack", stack.name).stdout, encoding="utf-8")
    (out / "preview.json").write_text(stack.preview("--json").stdout, encoding="utf-8")
    assert place.access(stack, "adopt", "--out", out / "adopted") == 0
    assert place.access(stack, "drift", "--state", out / "state.json", "--format", "json") == 3
    written = ["--html", out / "r.html", "--json", out / "r.json", "--markdown", out / "r.md"]
    assert place.access(stack, "review", out / "preview.json", "--tenant", "require", *written) == 0
    assert place.access(stack, "review", out / "preview.json") == 0
    assert (
        place.access(stack, "report", "--html", out / "p.html", "--json", out / "p.json", "--markdown", out / "p.md")
        == 0
    )
    for arguments in (("report",), ("adopt", "--out", out / "b"), ("drift", "--state", out / "state.json")):
        echo(tenant, [TOKEN], status=401)
        assert place.access(stack, *arguments) == 1
        tenant.clear_faults()
    stack.destroy().ok()
    stack.settings["TALEND_TOKEN"] = WRONG_TOKEN
    stack.program(GOOD)
    stack.preview().failed()
    assert place.access(stack, "report") == 1
    place.hides([TOKEN, WRONG_TOKEN, PASSPHRASE], stack)


def test_a_service_account_of_the_configuration_is_nowhere(engine: Engine, tenant: Tenant, place: Place) -> None:
    """Its secret lies encrypted in the configuration and in the state; the tokens that it is given lie nowhere."""
    rights = ["TMC_ENVIRONMENT_MANAGEMENT", "TMC_PIPELINE_MANAGEMENT", "TMC_PROMOTION_EXECUTION", "TMC_USER_MANAGEMENT"]
    rights += ["TMC_SSO_MANAGEMENT", "TMC_SERVICE_ACCOUNT_MANAGEMENT"]
    client_id = tenant.add_service_account("planted", permissions=rights, secret=CLIENT_SECRET)
    stack = Stack(engine, place.root / "stack", tenant, settings=place.settings)
    stack.configure("talend:endpoint", tenant.url)
    stack.configure("talend:clientId", client_id)
    piped = subprocess.run(
        [*engine.command, "config", "set", "--secret", "talend:clientSecret", "--stack", stack.name],
        cwd=stack.directory,
        env=stack._environment(),  # pyright: ignore[reportPrivateUsage]
        input=CLIENT_SECRET,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert piped.returncode == 0, piped.stderr
    place.outputs.append(("config set", (piped.stdout + piped.stderr).encode()))
    stack.program(GOOD)
    stack.up().ok()
    issued = list(tenant._core.tokens._issued)  # pyright: ignore[reportPrivateUsage]
    run_badly(stack, [CLIENT_SECRET])
    beside = f"{Path(stack.engine.command[0]).parent}{os.pathsep}{os.environ['PATH']}"
    stack.settings["PATH"] = beside
    assert place.access(stack, "review", "--stack", stack.name, "--html", stack.directory / "r.html") == 0
    echo(tenant, [CLIENT_SECRET], path="oauth", status=401)
    assert place.access(stack, "review", "--stack", stack.name, "--tenant", "require") == 1
    stack.preview().failed()
    tenant.clear_faults()
    issued += list(tenant._core.tokens._issued)  # pyright: ignore[reportPrivateUsage]
    stack.export()
    stack.destroy().ok()
    place.hides([CLIENT_SECRET, *dict.fromkeys(issued), PASSPHRASE], stack)


@pytest.mark.parametrize("way", ["file", "zip", "database", "command", "output"])
def test_a_leak_is_found(tenant: Tenant, place: Place, way: str) -> None:
    """The search can fail: what is leaked on purpose is found, however it is packed."""
    import sqlite3
    import zipfile

    from e2e.stack import offline

    stack = Stack(offline(), place.root / "stack", tenant, settings=place.settings)
    for name in ("processes.txt", "talend-debug.log", "state.json"):
        (place.root / name).write_text("nothing here", encoding="utf-8")
    place.hides([TOKEN], stack)
    if way == "file":
        (place.root / "tmp" / "note").write_text(TOKEN.upper(), encoding="utf-16-le")
    elif way == "zip":
        with zipfile.ZipFile(place.root / "home" / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("deep.txt", f"x {TOKEN}")
    elif way == "database":
        with sqlite3.connect(place.root / "home" / "a.db") as database:
            database.execute("create table t (c)")
            database.execute("insert into t values (?)", [f"Bearer {TOKEN}"])
        database.close()
    elif way == "command":
        subprocess.run(
            [sys.executable, "-c", "pass", TOKEN], env={**os.environ, **place.settings}, check=True, timeout=300
        )
    else:
        place.outputs.append(("talend-access", b"said " + TOKEN.encode()))
    with pytest.raises(AssertionError, match=r"pat-\.\.\. as"):
        place.hides([TOKEN], stack)
