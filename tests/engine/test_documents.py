"""State, import files and JSON output: what one engine writes, the other reads."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from engine.workbench import GROUP, ITEM, URN, Workbench

PROGRAM = """
a = Item("a", label="one", secret=pulumi.Config().require_secret("password"))
g = Group("g")
b = Item("b", label=a.slot, opts=ResourceOptions(parent=g, protect=True, depends_on=[a]))
pulumi.export("secret", a.secret)
pulumi.export("label", b.label)
"""


@pytest.mark.skipif(shutil.which("pulumi") is None, reason="the Pulumi CLI is not on PATH")
@pytest.mark.parametrize(("first", "second"), [("offline", "pulumi"), ("pulumi", "offline")])
def test_the_other_engine_takes_a_stack_over_unchanged(tmp_path: Path, first: str, second: str) -> None:
    giver, taker = Workbench(first, tmp_path / "giver"), Workbench(second, tmp_path / "taker")
    for bench in (giver, taker):
        bench.config("password", "hunter2hunter2", "--secret")
        bench.config("dir", str(giver.shelf))
        bench.program(PROGRAM)
    giver.up()
    document = tmp_path / "document.json"
    document.write_text(giver.run("stack", "export", "--show-secrets").out)
    taker.run("stack", "import", "--file", str(document))
    giver.calls()
    assert taker.preview("--expect-no-changes", "--refresh").changes == {"same": 4}
    assert taker.up().changes == {"same": 4}
    mine, theirs = taker.resources(show_secrets=True), giver.resources(show_secrets=True)
    assert mine.keys() == theirs.keys()
    for name, entry in mine.items():
        for key in ("urn", "id", "type", "custom", "inputs", "outputs", "parent", "protect", "dependencies"):
            assert entry.get(key) == theirs[name].get(key), (name, key)
    assert "hunter2hunter2" not in taker.state_file.read_text()
    taker.program(PROGRAM.replace(", protect=True", "").replace('"one"', '"two"'))
    assert taker.up().changes == {"update": 1, "same": 3}
    assert taker.run("destroy", "--yes", "--skip-preview").changes == {"delete": 4}
    assert giver.objects() == {}


def provider_of(bench: Workbench) -> str:
    """How the SDK writes the provider class into inputs: taken from a preview of an item."""
    bench.program('Item("probe")')
    steps = json.loads(bench.preview("--json").out)["steps"]
    return next(step["newState"]["inputs"]["__provider"] for step in steps if step["urn"].endswith("::probe"))


def test_an_import_file_takes_existing_objects_in(bench: Workbench) -> None:
    provider = provider_of(bench)
    bench.put("a", label="one")
    bench.put("b", label="bee")

    def item(name: str, label: str, **more: Any) -> dict[str, Any]:
        inputs = {"__provider": provider, "slot": name, "label": label}
        return {
            "type": ITEM,
            "name": name,
            "id": f"id-{name}",
            "inputs": inputs,
            "outputs": {**inputs, "size": 1},
            **more,
        }

    resources = [item("b", "bee", parent="g"), {"type": GROUP, "name": "g", "component": True}, item("a", "one")]
    path = bench.project / "import.json"
    path.write_text(json.dumps({"resources": resources}))
    flags = ("--file", str(path), "--yes", "--skip-preview", "--generate-code=false")
    imported = bench.run("import", *flags)
    assert imported.changes["import"] == 3
    assert bench.urns() == {
        "pulumi:pulumi:Stack::shelf-dev",
        f"{GROUP}::g",
        f"{ITEM}::a",
        f"{GROUP}${ITEM}::b",
    }
    assert bench.resources()["a"]["protect"] is True
    assert bench.resources()["b"]["parent"] == f"{URN}{GROUP}::g"
    assert bench.calls() == []
    bench.program('g = Group("g")\nItem("a", label="one")\nItem("b", label="bee", opts=ResourceOptions(parent=g))')
    assert bench.up("--refresh", "--expect-no-changes").changes == {"same": 4}
    assert "protect" not in bench.resources()["a"]
    assert set(bench.calls()) == {"read id-a", "read id-b"}


def test_a_faulty_import_file_is_refused_with_all_its_faults(offline: Workbench) -> None:
    path = offline.project / "import.json"
    entries: list[dict[str, Any]] = [
        {"type": ITEM, "name": "a"},
        {"type": "aws:s3:Bucket", "name": "b", "id": "x"},
        {"name": "c", "id": "x"},
    ]
    path.write_text(json.dumps({"resources": entries}))
    refused = offline.run("import", "--file", str(path), "--yes", expect=1)
    for fault in ("resource 'a' has no ID", "'a' needs 'inputs'", "'b': the offline engine", "'c' has no type"):
        assert fault in refused.text
    assert offline.resources() == {}


def test_a_preview_as_json_has_the_same_shape(bench: Workbench) -> None:
    bench.program('a = Item("a", label="one")\nb = Item("b", label=a.slot)\nc = Item("c")')
    bench.up()
    bench.program('a = Item("a", slot="z", label="one")\nb = Item("b", label=a.size.apply(str))\nItem("d")')
    document = json.loads(bench.preview("--json").out)
    assert document["config"] == {"shelf:dir": str(bench.shelf)}
    assert document["changeSummary"] == {"create": 1, "delete": 1, "replace": 1, "same": 1, "update": 1}
    assert document["duration"] > 0
    steps = [(step["op"], step["urn"].split("::")[-1]) for step in document["steps"]]
    assert sorted(steps) == [
        ("create", "d"),
        ("delete", "c"),
        ("replace", "a"),
        ("same", "shelf-dev"),
        ("update", "b"),
    ]
    update = next(step for step in document["steps"] if step["op"] == "update")
    assert update["oldState"]["inputs"]["label"] == "a"
    assert update["newState"]["inputs"]["label"] == "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    assert update["newState"].get("outputs") is None
    assert update["detailedDiff"] is None
    created = next(step for step in document["steps"] if step["op"] == "create")
    assert "oldState" not in created
    replaced = next(step for step in document["steps"] if step["op"] == "replace")
    assert replaced["replaceReasons"] == ["slot"]

    bench.program('Item("a", label="bad")\nprint("printed")\npulumi.log.warn("careful")')
    broken = bench.preview("--json", expect=1)
    diagnostics = json.loads(broken.out)["diagnostics"]
    assert any(each["severity"] == "error" and "is bad" in each["message"] for each in diagnostics)


def test_an_update_as_json_is_a_line_for_each_event(bench: Workbench) -> None:
    bench.program('pulumi.export("size", Item("a").size)')
    events = [json.loads(line) for line in bench.up("--json").out.splitlines()]
    kinds = [next(key for key in event if key.endswith("Event")) for event in events]
    assert kinds[0] == "preludeEvent"
    assert kinds[-1] == "cancelEvent"
    ended = [e["resOutputsEvent"]["metadata"] for e in events if "resOutputsEvent" in e]
    assert [(each["op"], each["urn"].split("::")[-1]) for each in ended] == [("create", "a"), ("create", "shelf-dev")]
    assert ended[0]["new"]["outputs"]["size"] == 1
    assert ended[1]["new"]["outputs"] == {"size": 1}
    summary = next(event["summaryEvent"] for event in events if "summaryEvent" in event)
    assert summary["resourceChanges"] == {"create": 2}
    assert summary["result"] == "succeeded"


def test_a_program_in_a_directory_of_its_own(bench: Workbench) -> None:
    source = bench.project / "program"
    source.mkdir()
    shutil.move(bench.project / "shelf.py", source / "shelf.py")
    (source / "__main__.py").write_text(
        'from pathlib import Path\nfrom shelf import Item\nItem("a", note=Path().resolve().name)'
    )
    text = (bench.project / "Pulumi.yaml").read_text()
    (bench.project / "Pulumi.yaml").write_text(text + "main: program\n")
    bench.up()
    assert bench.objects()["id-a"]["note"] == "program"


def test_stacks_are_listed_chosen_and_removed(offline: Workbench) -> None:
    offline.program('pulumi.export("x", Item("a").slot)')
    offline.up()
    listing = json.loads(offline.run("stack", "ls", "--json").out)
    assert [(each["name"], each["resourceCount"]) for each in listing] == [("dev", 3)]
    shown = offline.run("stack").out
    assert "└─ pulumi-python:dynamic/shelf:Item" in shown
    assert offline.run("stack", "output", "x").out == "a\n"
    assert "does not have output property 'y'" in offline.run("stack", "output", "y", expect=1).err
    assert "still has resources" in offline.run("stack", "rm", "--yes", expect=1).err
    offline.run("destroy", "--yes", "--skip-preview")
    offline.run("stack", "rm", "--yes")
    assert not offline.state_file.exists()
    assert "no stack named 'dev' found" in offline.run("refresh", "--yes", expect=6).err
