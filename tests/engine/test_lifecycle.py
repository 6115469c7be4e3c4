"""Create, nothing to do, change, replace, delete: the same verdict, calls and state on each engine."""

from __future__ import annotations

from engine.workbench import GROUP, ITEM, URN, Workbench

PROGRAM = """
config = pulumi.Config()
a = Item("a", label=config.get("label") or "one", tags=["x", "y"])
g = Group("g")
b = Item("b", label=a.size.apply(lambda n: f"size {n}"), opts=ResourceOptions(parent=g))
c = Item("c", opts=ResourceOptions(depends_on=[b]))
g.register_outputs({"label": b.label})
pulumi.export("size", a.size)
pulumi.export("label", a.label)
pulumi.export("nested", {"list": [1, {"k": a.id}]})
"""


def test_a_stack_from_birth_to_end(bench: Workbench) -> None:
    bench.program(PROGRAM)

    planned = bench.preview()
    assert planned.changes == {"create": 5}
    assert bench.calls() == []
    assert "size  : [unknown]" in planned.out
    assert 'label : "one"' in planned.out

    created = bench.up()
    assert created.changes == {"create": 5}
    assert bench.calls() == ["create a", "create b", "create c"]
    resources = bench.resources()
    assert bench.urns() == {
        "pulumi:pulumi:Stack::shelf-dev",
        f"{GROUP}::g",
        f"{ITEM}::a",
        f"{GROUP}${ITEM}::b",
        f"{ITEM}::c",
    }
    stack = f"{URN}pulumi:pulumi:Stack::shelf-dev"
    assert resources["shelf-dev"]["outputs"] == {
        "size": 1,
        "label": "one",
        "nested": {"list": [1, {"k": "id-a"}]},
    }
    assert resources["g"]["outputs"] == {"label": "size 1"}
    assert resources["g"]["parent"] == stack
    a, b, c = resources["a"], resources["b"], resources["c"]
    assert (a["id"], a["type"], a["custom"], a["parent"]) == ("id-a", ITEM, True, stack)
    provider = a["inputs"]["__provider"]
    assert a["inputs"] == {"__provider": provider, "slot": "a", "label": "one", "tags": ["x", "y"]}
    assert a["outputs"] == {**a["inputs"], "size": 1}
    assert a["provider"].startswith(f"{URN}pulumi:providers:pulumi-python::default::")
    assert b["parent"] == f"{URN}{GROUP}::g"
    assert b["dependencies"] == [a["urn"]]
    assert b["propertyDependencies"]["label"] == [a["urn"]]
    assert b["inputs"]["label"] == "size 1"
    assert c["dependencies"] == [b["urn"]]

    before = bench.resources()
    again = bench.up("--expect-no-changes")
    assert again.changes == {"same": 5}
    assert bench.calls() == []
    assert bench.resources() == before

    changed = bench.up("--config", "label=two")
    assert changed.changes == {"update": 1, "same": 4}
    assert '~ label : "one" => "two"' in changed.out
    assert "[diff: ~label]" in changed.out
    assert bench.calls() == ["update id-a"]
    assert bench.objects()["id-a"]["label"] == "two"
    a = bench.resources()["a"]
    assert a["created"] == before["a"]["created"]
    assert a["modified"] > before["a"]["modified"]

    ended = bench.run("destroy", "--yes")
    assert ended.changes == {"delete": 5}
    assert bench.calls() == ["delete id-c", "delete id-b", "delete id-a"]
    assert bench.objects() == {}
    assert bench.resources() == {}
    assert bench.run("destroy", "--yes").changes == {}


def test_resources_that_leave_the_program_are_deleted_dependents_first(bench: Workbench) -> None:
    bench.program('a = Item("a")\nb = Item("b", label=a.id)\nc = Item("c", label=b.id)\nd = Item("d")')
    bench.up()
    bench.calls()
    bench.program('Item("d")')
    assert bench.preview().changes == {"delete": 3, "same": 2}
    assert bench.up().changes == {"delete": 3, "same": 2}
    assert bench.calls() == ["delete id-c", "delete id-b", "delete id-a"]


def test_a_replacement_is_created_before_the_old_object_is_deleted(bench: Workbench) -> None:
    bench.program('a = Item("a")\nb = Item("b", label=a.slot)')
    bench.up()
    bench.calls()
    bench.program('a = Item("a", slot="a2")\nb = Item("b", label=a.slot)')
    assert bench.preview().changes == {"replace": 1, "update": 1, "same": 1}
    replaced = bench.up()
    assert replaced.changes == {"replace": 1, "update": 1, "same": 1}
    assert "[diff: ~slot]" in replaced.out
    assert bench.calls() == ["create a2", "update id-b", "delete id-a"]
    assert bench.resources()["a"]["id"] == "id-a2"


def test_deletion_first_takes_along_what_depends_on_the_replaced_properties(bench: Workbench) -> None:
    old = """
a = Item("a", note="delete first")
b = Item("b", slot=a.slot.apply(lambda s: f"{s}-b"))
c = Item("c", label=b.slot)
d = Item("d", opts=ResourceOptions(depends_on=[a]))
"""
    bench.program(old)
    bench.up()
    bench.calls()
    bench.program(old.replace('Item("a", note', 'Item("a", slot="z", note'))
    assert bench.preview().changes == {"replace": 2, "update": 1, "same": 2}
    assert bench.up().changes == {"replace": 2, "update": 1, "same": 2}
    assert bench.calls() == ["delete id-a-b", "delete id-a", "create z", "create z-b", "update id-c"]
    assert set(bench.objects()) == {"id-z", "id-z-b", "id-c", "id-d"}
    assert bench.up().changes == {"same": 5}


def test_the_program_may_ask_for_deletion_first_or_against_it(bench: Workbench) -> None:
    old = 'Item("a", opts=ResourceOptions(delete_before_replace=True))\n'
    old += 'Item("b", note="delete first", opts=ResourceOptions(delete_before_replace=False, depends_on=[]))'
    bench.program(old)
    bench.up("--parallel", "1")
    bench.calls()
    bench.program(old.replace('Item("a"', 'Item("a", slot="a2"').replace('Item("b"', 'Item("b", slot="b2"'))
    assert bench.up().changes == {"replace": 2, "same": 1}
    calls = bench.calls()
    assert calls.index("delete id-a") < calls.index("create a2")
    assert calls.index("create b2") < calls.index("delete id-b")


def test_refresh_takes_over_what_changed_by_hand(bench: Workbench) -> None:
    bench.program('a = Item("a", label="one")\nb = Item("b")\nc = Item("c")')
    bench.up()
    bench.put("a", label="by hand")
    bench.remove("b")
    bench.calls()

    planned = bench.preview("--refresh")
    assert planned.changes == {"create": 1, "update": 1, "same": 2}
    assert sorted(bench.calls()) == ["read id-a", "read id-b", "read id-c"]
    assert bench.resources()["a"]["inputs"]["label"] == "one", "a preview changes no state"

    refreshed = bench.run("refresh", "--yes", "--skip-preview")
    assert refreshed.changes == {"update": 1, "delete": 1, "same": 2}
    assert set(bench.resources()) == {"shelf-dev", "a", "c"}
    a = bench.resources()["a"]
    assert a["inputs"]["label"] == a["outputs"]["label"] == "by hand"

    bench.calls()
    assert bench.up().changes == {"create": 1, "update": 1, "same": 2}
    assert sorted(bench.calls()) == ["create b", "update id-a"]
    bench.put("c", note="by hand")
    assert bench.up("--refresh").changes == {"update": 1, "same": 3}
    assert bench.objects()["id-c"]["note"] is None
