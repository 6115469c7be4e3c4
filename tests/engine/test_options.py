"""Resource options: protect, ignore_changes, aliases, retain_on_delete, secret outputs."""

from __future__ import annotations

from engine.workbench import GROUP, ITEM, URN, Workbench


def test_what_is_protected_is_neither_deleted_nor_replaced(bench: Workbench) -> None:
    bench.program('Item("a", opts=ResourceOptions(protect=True))')
    bench.up()
    bench.calls()

    bench.program('Item("a", slot="a2", opts=ResourceOptions(protect=True))')
    refused = bench.up(expect=1)
    assert "unable to replace resource" in refused.text
    assert "marked for protection" in refused.text

    bench.program("")
    refused = bench.up(expect=1)
    assert f'resource "{URN}{ITEM}::a" cannot be deleted' in refused.text
    refused = bench.run("destroy", "--yes", expect=1)
    assert "because it is protected" in refused.text
    assert bench.calls() == []
    assert bench.resources()["a"]["protect"] is True

    bench.program('Item("a")')
    assert bench.up().changes == {"same": 2}
    assert "protect" not in bench.resources()["a"]
    bench.program("")
    assert bench.up().changes == {"delete": 1, "same": 1}


def test_ignored_changes_and_retained_objects(bench: Workbench) -> None:
    bench.program(
        'Item("a", label="one", tags=["x"], opts=ResourceOptions(ignore_changes=["label"]))\n'
        'Item("b", opts=ResourceOptions(retain_on_delete=True))'
    )
    bench.up()
    bench.calls()
    bench.program('Item("a", label="two", tags=["y"], opts=ResourceOptions(ignore_changes=["label"]))')
    assert bench.up().changes == {"update": 1, "delete": 1, "same": 1}
    assert bench.calls() == ["update id-a"]
    assert bench.objects()["id-a"]["label"] == "one"
    assert bench.objects()["id-a"]["tags"] == ["y"]
    assert "id-b" in bench.objects(), "forgotten, not deleted"
    bench.program('Item("a", label="three", tags=["y"], opts=ResourceOptions(ignore_changes=["label"]))')
    assert bench.up().changes == {"same": 2}


def test_renamed_and_moved_resources_keep_their_objects(bench: Workbench) -> None:
    bench.program(
        'a = Item("a")\nb = Item("b")\ng = Group("g")\n'
        'c = Item("g-c", opts=ResourceOptions(parent=g))\nd = Item("d", label=a.slot)'
    )
    bench.up()
    bench.calls()
    bench.program(
        "from pulumi import Alias\n"
        'a = Item("new-a", slot="a", opts=ResourceOptions(aliases=[Alias(name="a")]))\n'
        'h = Group("h", opts=ResourceOptions(aliases=[Alias(name="g")]))\n'
        'b = Item("b", opts=ResourceOptions(parent=h, aliases=[Alias(parent=None)]))\n'
        'c = Item("h-c", slot="g-c", opts=ResourceOptions(parent=h))\n'
        'd = Item("d", label=a.slot)'
    )
    renamed = bench.up()
    assert renamed.changes == {"same": 6}
    assert bench.calls() == []
    assert bench.urns() == {
        "pulumi:pulumi:Stack::shelf-dev",
        f"{ITEM}::new-a",
        f"{GROUP}::h",
        f"{GROUP}${ITEM}::b",
        f"{GROUP}${ITEM}::h-c",
        f"{ITEM}::d",
    }
    assert bench.resources()["d"]["dependencies"] == [f"{URN}{ITEM}::new-a"]
    assert bench.up().changes == {"same": 6}


def test_secrets_are_encrypted_in_state_and_never_shown(bench: Workbench) -> None:
    bench.config("password", "hunter2hunter2", "--secret")
    bench.config("key", "sesame-sesame", "--secret")
    bench.program("""
password = pulumi.Config().require_secret("password")
a = Item("a", secret=password, tags=["public", password])
b = Item("b", label="marked-as-secret", opts=ResourceOptions(additional_secret_outputs=["label"]))
pulumi.export("password", a.secret)
pulumi.export("label", b.label)
""")
    shown = [bench.preview(), bench.up(), bench.preview("--json"), bench.up("--json"), bench.run("stack", "output")]
    assert bench.objects()["id-a"]["secret"] == "hunter2hunter2"
    assert bench.objects()["id-a"]["tags"] == ["public", "hunter2hunter2"]
    assert (bench.shelf / "key.txt").read_text() == "sesame-sesame", "providers get the config in clear"
    files = [path.read_text(errors="replace") for path in bench.state.rglob("*") if path.is_file()]
    files.append((bench.project / "Pulumi.dev.yaml").read_text())
    for secret in ("hunter2hunter2", "sesame-sesame"):
        assert not any(secret in text for text in files)
        assert not any(secret in outcome.text for outcome in shown)
    resources = bench.resources(show_secrets=True)
    a, b = resources["a"], resources["b"]
    assert a["outputs"]["secret"]["plaintext"] == '"hunter2hunter2"'
    assert a["outputs"]["tags"]["plaintext"] == '["public","hunter2hunter2"]'
    assert b["outputs"]["label"]["plaintext"] == '"marked-as-secret"'
    assert b["inputs"]["label"] == "marked-as-secret"
    assert '"[secret]"' in bench.run("stack", "output", "--json").out
    assert "hunter2hunter2" in bench.run("stack", "output", "--json", "--show-secrets").out
    assert bench.up().changes == {"same": 3}
