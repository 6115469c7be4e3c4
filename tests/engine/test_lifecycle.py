"""Preview, up, refresh and destroy: what the provider is called for, what the state says, what a person reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.workbench import GROUP, ITEM, URN, Workbench

PROGRAM = """
a = Item("a", label="one", tags=["x", "y"])
g = Group("g")
b = Item("b", label=a.size.apply(lambda n: f"size {n}"), opts=ResourceOptions(parent=g))
c = Item("c", opts=ResourceOptions(depends_on=[b], protect=False))
g.register_outputs({"label": b.label})
pulumi.export("size", a.size)
pulumi.export("nested", {"list": [1, {"k": a.id}]})
"""
CHANGED = """
a = Item("a", slot="a2", label="one", tags=["x", "y"])
g = Group("g")
b = Item("b", label=a.size.apply(lambda n: f"size {n}"), opts=ResourceOptions(parent=g))
pulumi.export("size", a.size)
"""
FIRST_REPLACED = 'Item("d", note="delete first", opts=ResourceOptions(retain_on_delete=False))'
COMPARED = ("urn", "type", "custom", "id", "parent", "inputs", "outputs", "dependencies", "propertyDependencies")


def test_a_stack_from_beginning_to_end(bench: Workbench) -> None:
    bench.program(PROGRAM)
    planned = bench.run("preview")
    assert planned.changes == {"create": 5}
    assert "+ size  : [unknown]" in planned.out
    assert bench.calls() == []
    assert not bench.state_file.exists()

    assert bench.change("up").changes == {"create": 5}
    assert bench.calls() == ["create a", "create b", "create c"]
    resources = bench.resources()
    assert resources["shelf-dev"]["outputs"] == {"size": 1, "nested": {"list": [1, {"k": "id-a"}]}}
    assert resources["g"]["outputs"] == {"label": "size 1"}
    assert resources["b"]["urn"] == f"{URN}{GROUP}${ITEM}::b"
    assert resources["b"]["propertyDependencies"]["label"] == [f"{URN}{ITEM}::a"]
    before = bench.state_file.read_text()
    assert bench.change("up").changes == {"same": 5}
    assert bench.calls() == []
    assert bench.state_file.read_text() == before, "an update without changes writes nothing"

    bench.program(PROGRAM.replace('"one"', '"two"'))
    changed = bench.run("up", "--yes")
    assert '~ label: "one" => "two"' in changed.out
    assert "[diff: ~label]" in changed.out
    assert changed.changes == {"update": 1, "same": 4}
    assert bench.calls() == ["update id-a"]
    now = bench.resources()["a"]
    assert now["created"] == resources["a"]["created"]
    assert now["modified"] > resources["a"]["modified"]

    assert bench.run("destroy", "--yes").changes == {"delete": 5}
    assert bench.calls() == ["delete id-c", "delete id-b", "delete id-a"]
    assert bench.objects() == bench.resources() == {}


@pytest.mark.parametrize("first", [True, False])
def test_a_replacement_in_either_order(bench: Workbench, first: bool) -> None:
    note = "delete first" if first else "create first"
    bench.program(f'a = Item("a", note="{note}")\nb = Item("b", opts=ResourceOptions(depends_on=[a]))')
    bench.change("up")
    bench.calls()
    bench.program(f'a = Item("a", slot="z", note="{note}")\nb = Item("b", opts=ResourceOptions(depends_on=[a]))')
    assert bench.run("preview").changes == {"replace": 1, "same": 2}
    bench.faults(fail=["create z"])
    assert "cannot create z" in bench.change("up", expect=1).out
    # Deleted, it is gone from the state too; and what was not deleted is not.
    assert set(bench.resources()) == ({"shelf-dev", "b"} if first else {"shelf-dev", "a", "b"})
    assert set(bench.objects()) == ({"id-b"} if first else {"id-a", "id-b"})
    bench.faults()
    bench.calls()
    bench.change("up")
    assert bench.calls() == (["create z"] if first else ["create z", "delete id-a"])
    assert bench.resources()["a"]["id"] == "id-z"
    assert bench.change("up").changes == {"same": 3}


def test_what_leaves_the_program_is_deleted_or_left_where_it_is(bench: Workbench) -> None:
    bench.program(
        'a = Item("a")\nItem("b", label=a.id)\nItem("c", opts=ResourceOptions(retain_on_delete=True))\n'
        'Item("d", label="one", opts=ResourceOptions(ignore_changes=["label"]))'
    )
    bench.change("up")
    bench.calls()
    bench.program('Item("d", label="two", opts=ResourceOptions(ignore_changes=["label"]))')
    assert bench.run("preview").changes == {"delete": 3, "same": 2}
    assert bench.change("up").changes == {"delete": 3, "same": 2}
    assert bench.calls() == ["delete id-b", "delete id-a"]
    assert set(bench.objects()) == {"id-c", "id-d"}


def test_a_renamed_resource_keeps_its_object_and_its_dependents(bench: Workbench) -> None:
    bench.program('a = Item("a")\nItem("b", label=a.slot)')
    bench.change("up")
    bench.calls()
    bench.program(
        'a = Item("new", slot="a", opts=ResourceOptions(aliases=[pulumi.Alias(name="a")]))\nItem("b", label=a.slot)'
    )
    assert bench.change("up").changes == {"same": 3}
    assert bench.calls() == []
    assert bench.resources()["b"]["dependencies"] == [f"{URN}{ITEM}::new"]
    bench.change("destroy")
    assert bench.calls() == ["delete id-b", "delete id-a"]


def test_refresh_takes_in_what_changed_outside(bench: Workbench) -> None:
    bench.program('Item("a", label="one")\nItem("b")\nItem("c")')
    bench.change("up")
    body = bench.objects()["id-a"]
    (bench.shelf / "id-a.json").write_text(json.dumps({**body, "label": "by hand"}))
    (bench.shelf / "id-b.json").unlink()
    bench.calls()

    before = bench.state_file.read_text()
    assert bench.run("preview", "--refresh").changes == {"create": 1, "update": 1, "same": 2}
    assert sorted(bench.calls()) == ["read id-a", "read id-b", "read id-c"]
    assert bench.state_file.read_text() == before
    assert bench.change("refresh").changes == {"update": 1, "delete": 1, "same": 2}
    assert set(bench.resources()) == {"shelf-dev", "a", "c"}
    assert bench.resources()["a"]["inputs"]["label"] == "by hand"
    assert bench.change("up", "--refresh").changes == {"create": 1, "update": 1, "same": 2}
    assert bench.objects()["id-a"]["label"] == "one"


def test_the_document_of_a_preview(bench: Workbench) -> None:
    bench.program('a = Item("a", label="one")\nItem("b", label=a.slot)\nItem("c")')
    bench.change("up")
    bench.program('a = Item("a", slot="z", label="one")\nItem("b", label=a.size.apply(str))\nItem("d")')
    document = json.loads(bench.run("preview", "--json").out)
    assert document["config"] == {"shelf:dir": str(bench.shelf)}
    assert document["changeSummary"] == {"create": 1, "delete": 1, "replace": 1, "same": 1, "update": 1}
    steps = {step["urn"].split("::")[-1]: step for step in document["steps"]}
    assert {name: step["op"] for name, step in steps.items()} == {
        "shelf-dev": "same",
        "a": "replace",
        "b": "update",
        "c": "delete",
        "d": "create",
    }
    assert steps["a"]["replaceReasons"] == ["slot"]
    assert steps["b"]["oldState"]["inputs"]["label"] == "a"
    assert steps["b"]["newState"]["inputs"]["label"] == "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    assert "oldState" not in steps["d"]
    bench.program('Item("a", label="bad")')
    messages = json.loads(bench.run("preview", "--json", expect=1).out)["diagnostics"]
    assert messages[0]["severity"] == "error"
    assert "is bad" in messages[0]["message"]


def test_the_program_sees_its_configuration_and_secrets_of_the_environment_are_stored_nowhere(bench: Workbench) -> None:
    bench.config(f"shelf:dir: {bench.shelf}", "flag: true", "shelf:list: [1, {k: [x]}]", "shelf:key: of the file")
    bench.program("""
config = pulumi.Config()
pulumi.export("seen", [config.get_bool("flag"), config.get_object("list"), pulumi.get_stack(), pulumi.get_project()])
Item("a", label=str(pulumi.runtime.is_config_secret("shelf:key")))
""")
    secret = {"PULUMI_CONFIG": '{"shelf:key": "sesame-sesame"}', "PULUMI_CONFIG_SECRET_KEYS": '["shelf:key"]'}
    shown = [bench.run("up", "--yes", environment=secret), bench.run("preview", "--json", environment=secret)]
    assert bench.resources()["shelf-dev"]["outputs"]["seen"] == [True, [1, {"k": ["x"]}], "dev", "shelf"]
    assert bench.resources()["a"]["inputs"]["label"] == "True"
    assert (bench.shelf / "key.txt").read_text() == "sesame-sesame", "providers get it in clear"
    assert json.loads(shown[1].out)["config"]["shelf:key"] == "[secret]"
    written = [path.read_text() for path in bench.state.rglob("*") if path.is_file()]
    assert not any("sesame" in text for text in (*written, *(each.out + each.err for each in shown)))
    bench.change("destroy")
    assert (bench.shelf / "key.txt").read_text() == "of the file"


def test_as_the_pulumi_cli_does_it(tmp_path: Path, pulumi_cli: Path) -> None:
    """The same programs, one after the other: the same calls, counts and resources."""
    told: list[list[object]] = []
    for bench in (Workbench(tmp_path / "embedded"), Workbench(tmp_path / "pulumi", pulumi_cli)):
        seen: list[object] = []
        for program in (PROGRAM + FIRST_REPLACED, CHANGED + FIRST_REPLACED.replace('"d",', '"d", slot="d2",')):
            bench.program(program)
            seen += [bench.run("preview").changes, bench.change("up").changes, bench.calls()]
            resources = bench.resources()
            seen.append({name: {key: each.get(key) or None for key in COMPARED} for name, each in resources.items()})
        seen += [bench.change("destroy").changes, bench.calls()]
        told.append(seen)
    for embedded, pulumi in zip(*told, strict=True):
        if isinstance(embedded, list):  # operations that do not depend on each other come in any order
            assert sorted(embedded) == sorted(pulumi)  # pyright: ignore[reportUnknownArgumentType, reportArgumentType]
        else:
            assert embedded == pulumi
