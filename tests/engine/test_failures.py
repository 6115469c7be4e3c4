"""Failures and interruptions: what succeeded is kept, what is unknown is said, and no object is forgotten."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import time

import psutil
import pytest

from engine.workbench import ITEM, Workbench


def wait_for_call(bench: Workbench, call: str, process: subprocess.Popen[str]) -> None:
    log = bench.shelf / "calls.log"
    while not log.exists() or call not in log.read_text().splitlines():
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)


def test_a_failed_check_is_one_line_for_each_reason(bench: Workbench) -> None:
    bench.program('Item("a", slot="worse", label="bad")')
    for outcome in (bench.run("preview", expect=1), bench.change("up", expect=1)):
        assert f"error: {ITEM} resource 'a': property label value {{bad}} has a problem: is bad" in outcome.out
        assert f"error: {ITEM} resource 'a' has a problem: the slot is worse" in outcome.out
        assert outcome.changes["create"] == 1
    assert bench.calls() == []
    assert set(bench.resources()) == {"shelf-dev"}


def test_what_succeeded_beside_a_failure_is_kept(bench: Workbench) -> None:
    bench.program('Item("a")\nb = Item("b")\nItem("c", label=b.slot)')
    bench.faults(fail=["create b"])
    failed = bench.change("up", expect=1)
    assert "cannot create b" in failed.out
    assert not {"b", "c"} & set(bench.resources())
    assert bench.deployment()["pending_operations"] == []
    bench.faults()
    bench.change("up")
    assert set(bench.objects()) == {"id-a", "id-b", "id-c"}
    bench.faults(fail=["update id-b"])
    bench.program('b = Item("b", label="new")\nItem("c", label=b.slot)')
    assert "cannot update id-b" in bench.change("up", expect=1).out
    assert "label" not in bench.resources()["b"]["inputs"]
    assert bench.objects()["id-b"]["label"] is None
    assert "a" in bench.resources(), "after a failure nothing is deleted"
    bench.faults(fail=["delete id-c"])
    assert "cannot delete id-c" in bench.change("destroy", expect=1).out
    assert {"b", "c"} <= set(bench.resources()), "b is needed by c, which is still there"
    bench.faults(fail=["read id-b"])
    before = bench.resources().keys()
    assert "cannot read id-b" in bench.change("refresh", expect=1).out
    assert bench.resources().keys() == before


def test_programs_that_fail_show_where_and_delete_nothing(bench: Workbench) -> None:
    bench.program('Item("a")')
    bench.change("up")
    for body, says in (
        ('raise ValueError("broken on purpose")', "ValueError: broken on purpose"),
        ("def f(:", "SyntaxError"),
        ("import not_installed_anywhere", "No module named 'not_installed_anywhere'"),
        ('Item("b")\nItem("b", slot="other")', "Duplicate resource URN"),
    ):
        bench.program(body)
        failed = bench.change("up", expect=1)
        assert says in failed.out
        assert "runpy" not in failed.out
        assert "id-a" in bench.objects()
        assert "a" in bench.resources()
    (bench.project / "__main__.py").unlink()
    assert "unable to find main python program `__main__.py`" in bench.change("up", expect=1).out


def test_a_killed_run_leaves_a_record_of_what_it_was_doing(bench: Workbench) -> None:
    bench.program('a = Item("a")\nItem("b", label=a.slot)')
    bench.faults(wait=["create b"])
    process = bench.start("up", "--yes", "--skip-preview")
    wait_for_call(bench, "create b", process)
    family = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.communicate()
    assert len(family) >= 2, "program and host"
    assert psutil.wait_procs(family, timeout=60)[1] == []
    (bench.shelf / "go").touch()  # for the next run
    assert set(bench.resources()) == {"shelf-dev", "a"}
    pending = bench.deployment()["pending_operations"]
    assert [(each["resource"]["urn"].split("::")[3], each["type"]) for each in pending] == [("b", "creating")]
    resumed = bench.change("up")  # the lock went with the process
    assert "interrupted while creating" in resumed.out
    assert resumed.changes == {"create": 1, "same": 2}
    assert bench.deployment()["pending_operations"], "the user says when it is settled"
    bench.change("refresh", "--clear-pending-creates")
    assert bench.deployment()["pending_operations"] == []
    assert "interrupted" not in bench.change("up").out


def test_an_operation_whose_host_died_stays_recorded(bench: Workbench) -> None:
    bench.program('Item("a")')
    bench.faults(crash=["create a"])
    assert "the outcome of the operation is unknown" in bench.change("up", expect=1).out
    assert "a" not in bench.resources()
    assert [each["type"] for each in bench.deployment()["pending_operations"]] == ["creating"]


def test_ctrl_c_lets_running_operations_finish_and_a_second_run_waits(bench: Workbench) -> None:
    bench.program('a = Item("a")\nItem("b", label=a.slot)')
    bench.faults(wait=["create a"])
    process = bench.start("up", "--yes", "--skip-preview")
    wait_for_call(bench, "create a", process)
    assert "another run works on stack 'dev'" in bench.change("destroy", expect=1).err
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    assert "running operations are finished first" in process.stderr.readline() + process.stderr.readline()
    (bench.shelf / "go").touch()
    out, _ = process.communicate()
    assert process.returncode == 8
    assert "the run was cancelled" in out
    assert bench.calls() == ["create a"]
    assert set(bench.resources()) == {"shelf-dev", "a"}
    assert bench.deployment()["pending_operations"] == []


@pytest.mark.parametrize("command", ["up", "destroy", "refresh"])
def test_a_second_ctrl_c_gives_up_at_once(bench: Workbench, command: str) -> None:
    bench.program('Item("a")')
    if command != "up":
        bench.change("up")
    call = {"up": "create a", "destroy": "delete id-a", "refresh": "read id-a"}[command]
    bench.faults(wait=[call])
    process = bench.start(command, "--yes", "--skip-preview")
    wait_for_call(bench, call, process)
    family = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    assert "press Ctrl-C again to give up" in process.stderr.readline() + process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 8
    assert "what was under way may be half done" in said
    assert psutil.wait_procs(family, timeout=60)[1] == []
    assert [each["type"] for each in bench.deployment()["pending_operations"]] != []


def test_every_written_state_is_whole(bench: Workbench) -> None:
    bench.program('for i in range(12):\n    Item(f"item-{i}")')
    process = bench.start("up", "--yes", "--skip-preview")
    seen: set[int] = set()
    while process.poll() is None:
        if bench.state_file.exists():
            entries = json.loads(bench.state_file.read_text())["deployment"]["resources"]
            urns = [entry["urn"] for entry in entries]
            assert len(urns) == len(set(urns))
            assert all(entry.get("parent", urns[0]) in urns for entry in entries)
            seen.add(len(entries))
    process.communicate()
    assert process.returncode == 0
    assert len(bench.resources()) == 13
    assert seen


def answer(bench: Workbench, text: str) -> tuple[int, str]:
    """Run `up` on a terminal and answer its question."""
    leader, follower = pty.openpty()
    command = [each for each in bench.command("up") if each != "--non-interactive"]
    process = subprocess.Popen(
        command, cwd=bench.project, env=bench.environment, stdin=follower, stdout=follower, stderr=follower
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


def test_on_a_terminal_up_asks_first(bench: Workbench) -> None:
    bench.program('Item("a")')
    assert "--yes or --skip-preview" in bench.run("up", expect=2).err
    code, shown = answer(bench, "no\n")
    assert (code, bench.calls()) == (1, [])
    assert "Do you want to perform this update? [yes/no]" in shown
    assert answer(bench, "yes\n")[0] == 0
    assert bench.calls() == ["create a"]
