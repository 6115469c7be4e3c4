"""What goes wrong: bad inputs, failing operations, broken programs, features left to the Pulumi CLI."""

from __future__ import annotations

import pytest

from engine.workbench import ITEM, Workbench


def test_a_failed_check_is_one_line_for_each_reason(bench: Workbench) -> None:
    bench.program('Item("a", slot="worse", label="bad")')
    for outcome in (bench.preview(expect=1), bench.up(expect=1)):
        assert f"error: {ITEM} resource 'a': property label value {{bad}} has a problem: is bad" in outcome.out
        assert f"error: {ITEM} resource 'a' has a problem: the slot is worse" in outcome.out
        assert outcome.changes == {"create": 1, "errored": 1}
    assert bench.calls() == []
    assert "a" not in bench.resources()


def test_what_succeeded_beside_a_failure_is_kept(bench: Workbench) -> None:
    bench.program('a = Item("a")\nb = Item("b")\nc = Item("c", label=b.slot)')
    bench.faults(fail=["create b"])
    failed = bench.up(expect=1)
    assert "error: RuntimeError: cannot create b" in failed.out
    assert "error: update failed" in failed.out
    assert failed.changes["errored"] == 2
    assert "b" not in bench.resources()
    assert "c" not in bench.resources()
    assert not bench.deployment().get("pending_operations")
    bench.no_faults()
    assert bench.up().changes["create"] >= 2
    assert set(bench.objects()) == {"id-a", "id-b", "id-c"}

    bench.faults(fail=["update id-b", "delete id-a"])
    bench.program('b = Item("b", label="new")\nc = Item("c", label=b.slot)')
    assert "cannot update id-b" in bench.up(expect=1).out
    assert bench.resources()["b"]["outputs"].get("label") is None
    assert "a" in bench.resources(), "after a failure nothing is deleted"
    bench.faults(fail=["delete id-a"])
    assert "cannot delete id-a" in bench.up(expect=1).out
    assert "a" in bench.resources()


def test_a_program_that_fails_shows_its_traceback_and_deletes_nothing(bench: Workbench) -> None:
    bench.program('Item("a")\nItem("b")')
    bench.up()
    bench.calls()
    bench.program('Item("a", label="new")\nraise ValueError("broken on purpose")')
    failed = bench.up(expect=1)
    assert "error: Program failed with an unhandled exception:" in failed.out
    assert "ValueError: broken on purpose" in failed.out
    assert "runpy" not in failed.out
    assert set(bench.objects()) == {"id-a", "id-b"}
    assert set(bench.resources()) == {"shelf-dev", "a", "b"}


def test_programs_that_cannot_start(bench: Workbench) -> None:
    bench.program("def f(:")
    assert "SyntaxError" in bench.preview(expect=1).out
    bench.program("import not_installed_anywhere")
    assert "No module named 'not_installed_anywhere'" in bench.preview(expect=1).out
    (bench.project / "__main__.py").unlink()
    assert "unable to find main python program `__main__.py`" in bench.preview(expect=None).text


def test_two_resources_of_one_name_are_refused(bench: Workbench) -> None:
    bench.program('Item("a")\nItem("a", slot="other")')
    failed = bench.up(expect=1)
    assert "uplicate resource URN" in failed.text
    assert len(bench.objects()) <= 1


def test_verdicts_without_an_answer_and_with_unexpected_changes(bench: Workbench) -> None:
    bench.program('Item("a")')
    assert "--yes" in bench.run("up", expect=2).err
    assert bench.calls() == []
    unexpected = bench.preview("--expect-no-changes", expect=7)
    assert "no changes were expected" in unexpected.err


@pytest.mark.parametrize(
    ("body", "feature"),
    [
        ('pulumi.StackReference("organization/shelf/other")', "reading an existing object"),
        ('pulumi.runtime.invoke("aws:index:getThing", {}).value', "function aws:index:getThing"),
        ('pulumi.CustomResource("aws:s3:Bucket", "b", {})', "resources of package 'aws'"),
        ('pulumi.ComponentResource("a:b:C", "c", {"x": 1}, None, True)', "remote components"),
        ('Item("a", opts=ResourceOptions(import_="x"))', "the import option"),
        ('pulumi.ProviderResource("aws", "p", {})', "explicit providers"),
    ],
)
def test_what_only_the_pulumi_cli_can_do_is_named(offline: Workbench, body: str, feature: str) -> None:
    offline.program(body)
    failed = offline.preview(expect=1)
    assert feature in failed.out
    assert "use the Pulumi CLI" in failed.out
    assert "Traceback" not in failed.text
    assert offline.calls() == []
