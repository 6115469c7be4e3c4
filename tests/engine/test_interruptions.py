"""Runs that do not come to their end, and runs that come at the same time: no record of an object is lost."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import time
from pathlib import Path

from engine.workbench import Workbench


def wait_for_call(bench: Workbench, call: str, process: subprocess.Popen[str]) -> None:
    log = bench.shelf / "calls.log"
    while not log.exists() or call not in log.read_text().splitlines():
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)


def end_hosts_of(bench: Workbench) -> None:
    """End what a killed engine leaves running: its program and provider host, by the directory they run in."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").resolve() == bench.project.resolve():
                os.kill(int(entry.name), signal.SIGKILL)
        except (OSError, ProcessLookupError):
            continue


def test_a_killed_run_leaves_a_record_of_what_it_was_doing(offline: Workbench) -> None:
    offline.program('a = Item("a")\nb = Item("b", label=a.slot)')
    offline.faults(wait=["create b"])
    process = offline.start("up", "--yes", "--skip-preview")
    wait_for_call(offline, "create b", process)
    process.kill()
    process.communicate()
    end_hosts_of(offline)
    assert set(offline.resources()) == {"shelf-dev", "a"}
    pending = offline.deployment()["pending_operations"]
    assert [(each["resource"]["urn"].split("::")[3], each["type"]) for each in pending] == [("b", "creating")]

    locked = offline.up(expect=1)
    assert f"(pid {process.pid})" in locked.err
    assert "talend-sandbox cancel" in locked.err
    offline.run("cancel", "--yes")

    offline.no_faults()
    resumed = offline.up()
    assert "interrupted while creating" in resumed.out
    assert resumed.changes == {"create": 1, "same": 2}
    assert offline.deployment()["pending_operations"], "an interrupted creation is the user's to settle"
    settled = offline.run("refresh", "--yes", "--skip-preview", "--clear-pending-creates")
    assert settled.changes == {"same": 3}
    assert "pending_operations" not in offline.deployment()
    assert "interrupted" not in offline.up().out


def test_ctrl_c_lets_running_operations_finish_and_begins_nothing_new(offline: Workbench) -> None:
    offline.program('a = Item("a")\nb = Item("b", label=a.slot)')
    offline.faults(wait=["create a"])
    process = offline.start("up", "--yes", "--skip-preview")
    wait_for_call(offline, "create a", process)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    line = process.stderr.readline() + process.stderr.readline()
    assert "running operations are finished first" in line
    (offline.shelf / "go").touch()
    out, _ = process.communicate()
    assert process.returncode == 8
    assert "the run was cancelled" in out
    assert set(offline.resources()) == {"shelf-dev", "a"}
    assert offline.calls() == ["create a"]
    assert not offline.deployment().get("pending_operations")
    offline.no_faults()
    assert offline.up().changes == {"create": 1, "same": 2}


def test_two_runs_on_one_stack_do_not_mix(offline: Workbench) -> None:
    offline.program('Item("a")')
    offline.faults(wait=["create a"])
    first = offline.start("up", "--yes", "--skip-preview")
    wait_for_call(offline, "create a", first)
    second = offline.run("destroy", "--yes", "--skip-preview", expect=1)
    assert "locked by 1 lock(s)" in second.err
    assert f"(pid {first.pid})" in second.err
    (offline.shelf / "go").touch()
    first.communicate()
    assert first.returncode == 0
    assert set(offline.resources()) == {"shelf-dev", "a"}


def test_every_written_state_is_whole(offline: Workbench) -> None:
    """Whatever moment a reader picks, the file is a complete document that holds together."""
    offline.program('for i in range(12):\n    Item(f"item-{i}")')
    process = offline.start("up", "--yes", "--skip-preview")
    counts: set[int] = set()
    while process.poll() is None:
        if offline.state_file.exists():
            document = json.loads(offline.state_file.read_text())
            entries = document["checkpoint"].get("latest", {}).get("resources", [])
            urns = [entry["urn"] for entry in entries]
            assert len(urns) == len(set(urns))
            assert all(entry.get("parent", urns[0]) in urns for entry in entries)
            counts.add(len(entries))
    process.communicate()
    assert process.returncode == 0
    assert len(offline.resources()) == 13
    assert max(counts) >= 1


def test_an_operation_whose_host_died_stays_recorded(offline: Workbench) -> None:
    offline.program('Item("a")')
    offline.faults(crash=["create a"])
    failed = offline.up(expect=1)
    assert "whether the operation took place is unknown" in failed.out
    assert "a" not in offline.resources()
    assert [each["type"] for each in offline.deployment()["pending_operations"]] == ["creating"]
    assert not list(offline.state.glob(".pulumi/locks/**/*.json")), "a run that ends gives its lock back"


def answer(bench: Workbench, text: str) -> tuple[int, str]:
    """Run `up` on a terminal and answer its question."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        bench.command("up"), cwd=bench.project, env=bench.environment, stdin=follower, stdout=follower, stderr=follower
    )
    os.close(follower)
    os.write(leader, text.encode())
    shown = b""
    try:
        while part := os.read(leader, 4096):
            shown += part
    except OSError:  # what a terminal says whose other end is closed
        os.close(leader)
    return process.wait(), shown.decode()


def test_on_a_terminal_up_asks_first(offline: Workbench) -> None:
    offline.program('Item("a")')
    code, shown = answer(offline, "no\n")
    assert code == 1
    assert "Do you want to perform this update? [yes/no]" in shown
    assert "confirmation declined" in shown
    assert offline.calls() == []
    code, shown = answer(offline, "yes\n")
    assert code == 0
    assert "2 created" in shown
    assert offline.calls() == ["create a"]
