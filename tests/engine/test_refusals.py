"""What the engine does not model is refused in one line, and nothing is done or written that would be wrong."""

from __future__ import annotations

import pytest

from engine.workbench import ITEM, URN, Workbench

OPTIONS = {
    'import_="x"': "import_",
    'custom_timeouts=pulumi.CustomTimeouts(create="1m")': "custom_timeouts",
    'deleted_with=Item("other")': "deleted_with",
    'replace_on_changes=["label"]': "replace_on_changes",
    'additional_secret_outputs=["label"]': "additional_secret_outputs",
    'ignore_changes=["tags[0]"]': "ignore_changes of the path",
    "aliases=[pulumi.Alias(parent=None)]": "an alias of another parent",
    "transformations=[lambda args: None]": "",
    "transforms=[lambda args: None]": "transforms",
}
PROGRAMS = {
    'pulumi.StackReference("organization/shelf/other")': "reading an existing object",
    'pulumi.runtime.invoke("aws:index:getThing", {}).value': "calling a function",
    'pulumi.CustomResource("aws:s3:Bucket", "b", {})': "package 'aws'",
    'pulumi.ComponentResource("a:b:C", "c", {"x": 1}, None, True)': "a remote component",
    'pulumi.ProviderResource("pulumi-python", "p", {})': "package 'pulumi'",
    'Item("a", secret=pulumi.Output.secret("planted"))': "a secret among its properties",
    'pulumi.export("hidden", pulumi.Output.secret("planted"))': "a secret among its properties",
    "pulumi.runtime.register_stack_transformation(lambda args: None)": "",
    "pulumi.runtime.register_resource_transform(lambda args: None)": "transforms",
}


@pytest.mark.parametrize(
    ("body", "what"),
    [*((f'Item("a", opts=ResourceOptions({option}))', what) for option, what in OPTIONS.items()), *PROGRAMS.items()],
)
def test_of_a_program(bench: Workbench, body: str, what: str) -> None:
    bench.program(body)
    if not what:  # the SDK does it by itself
        assert bench.change("up").changes["create"] >= 1
        return
    done = bench.change("up", expect=1)
    message = next(line for line in done.out.splitlines() if "error: " in line)
    assert what in message
    assert message.endswith("use the Pulumi CLI")
    assert done.out.count(message) == 1
    assert "planted" not in done.out + (bench.state_file.read_text() if bench.state_file.exists() else "")
    assert "create a" not in bench.calls()


def test_what_users_of_the_pulumi_cli_read_is_not_left_out(bench: Workbench) -> None:
    bench.program('Item("a", label="bad")')
    done = bench.change("up", expect=1)
    assert "error: Resource monitor has terminated, shutting down" in done.out
    assert "Traceback" not in done.out + done.err


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("stack", "ls"), "`stack`"),
        (("import", "--file", "x"), "`import`"),
        (("config",), "`config`"),
        (("up", "--target", "x"), "`--target`"),
        (("up", "--json", "--yes"), "--json of up"),
    ],
)
def test_of_the_command_line(bench: Workbench, arguments: tuple[str, ...], what: str) -> None:
    bench.program('Item("a")')
    refused = bench.run(*arguments, expect=1)
    assert refused.err.startswith("error: ")
    assert what in refused.err
    assert refused.err.endswith("use the Pulumi CLI\n")
    assert bench.calls() == []


def test_of_the_project_and_its_configuration(bench: Workbench) -> None:
    bench.program('Item("a")')
    text = (bench.project / "Pulumi.yaml").read_text()
    for other in (text.replace("name: python", "name: go"), text + "backend:\n  url: s3://x\n"):
        (bench.project / "Pulumi.yaml").write_text(other)
        assert bench.run("preview", expect=1).err.endswith("use the Pulumi CLI\n")
    (bench.project / "Pulumi.yaml").write_text(text)
    bench.config(f"shelf:dir: {bench.shelf}", "shelf:key: {secure: v1:abc}")
    assert "'shelf:key' is encrypted" in bench.run("preview", expect=1).err
    # As everybody does who has the secret in the environment.
    assert bench.run("preview", environment={"PULUMI_CONFIG": '{"shelf:key": "x"}'}).changes == {"create": 2}
    assert "not a JSON object" in bench.run("preview", environment={"PULUMI_CONFIG": "[]"}, expect=1).err
    assert "s3://x" in bench.run("preview", environment={"PULUMI_BACKEND_URL": "s3://x"}, expect=1).err


def test_of_a_stack_that_is_not_its_own(bench: Workbench) -> None:
    bench.program('Item("a")')
    theirs = bench.state / ".pulumi/stacks/shelf/dev.json"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("{}")
    assert "is one of the Pulumi CLI" in bench.change("up", expect=1).err
    theirs.unlink()
    bench.change("up")
    for damage in ('{"version": 3, "deployment": {}}', '{"engine": "talend-sandbox", "deployment": {}}', '{"engine"'):
        bench.state_file.write_text(damage)
        assert "the state" in bench.change("up", expect=1).err
        assert bench.state_file.read_text() == damage
    bench.state_file.unlink()
    assert "no stack named 'dev' found" in bench.change("refresh", expect=6).err


def test_what_is_protected_is_neither_deleted_nor_replaced_nor_anything_beside_it(bench: Workbench) -> None:
    bench.program('Item("a", opts=ResourceOptions(protect=True))\nItem("b")')
    bench.change("up")
    bench.calls()
    bench.program('Item("a", slot="z", opts=ResourceOptions(protect=True))\nItem("b")')
    for run in (bench.change("up", expect=1), bench.change("destroy", expect=1), bench.run("preview", expect=1)):
        (message,) = [line for line in run.out.splitlines() if "is protected" in line]
        assert f"'{URN}{ITEM}::a'" in message
        assert message.endswith("use the Pulumi CLI")
    bench.program("")
    bench.change("up", expect=1)
    assert bench.calls() == []
    assert bench.resources()["a"]["protect"] is True
    bench.program('Item("a")')
    assert bench.change("up").changes == {"delete": 1, "same": 2}
    assert bench.change("destroy").changes == {"delete": 2}
    assert bench.objects() == {}


def test_of_orders_that_take_a_plan_of_their_own(bench: Workbench) -> None:
    program = 'a = Item("a", note="delete first")\nItem("b", slot=a.slot.apply(lambda s: s + "b"))'
    bench.program(program)
    bench.change("up")
    bench.calls()
    bench.program(program.replace('Item("a"', 'Item("a", slot="z"'))
    assert f"while '{URN}{ITEM}::b' depends on it" in bench.change("up", expect=1).out
    assert bench.calls() == []
    bench.program('g = Group("g")\nItem("g-c", opts=ResourceOptions(parent=g))')
    bench.change("up")
    bench.program(
        'g = Group("h", opts=ResourceOptions(aliases=[pulumi.Alias(name="g")]))\n'
        'Item("h-c", slot="g-c", opts=ResourceOptions(parent=g))'
    )
    assert "under a parent that an alias has renamed" in bench.change("up", expect=1).out
