"""Configuration: namespaces, structured values, secrets, and the passphrase."""

from __future__ import annotations

import json

from engine.workbench import PASSPHRASE, Workbench

SHOW = """
import json
config = pulumi.Config()
other = pulumi.Config("other")
pulumi.export("seen", {
    "plain": config.get("plain"),
    "flag": config.get_bool("flag"),
    "list": config.get_object("list"),
    "other": other.get("key"),
    "secret": config.get_secret("secret"),
    "project": pulumi.get_project(),
    "stack": pulumi.get_stack(),
    "organization": pulumi.get_organization(),
    "preview": pulumi.runtime.is_dry_run(),
})
"""


def test_the_program_sees_its_configuration(bench: Workbench) -> None:
    bench.config("secret", "not for all", "--secret")
    path = bench.project / "Pulumi.dev.yaml"
    path.write_text(path.read_text() + "  shelf:flag: true\n  shelf:list:\n  - 1\n  - k: [x]\n  other:key: 0123\n")
    bench.program(SHOW)
    bench.up("--config", "plain=from the command line=x")
    assert "not for all" not in bench.state_file.read_text()
    seen = json.loads(bench.run("stack", "output", "seen", "--json", "--show-secrets").out)
    assert seen == {
        "plain": "from the command line=x",
        "flag": True,
        "list": [1, {"k": ["x"]}],
        "other": seen["other"],
        "secret": "not for all",
        "project": "shelf",
        "stack": "dev",
        "organization": "organization",
        "preview": False,
    }
    assert "shelf:plain: from the command line=x" in path.read_text(), "--config is kept, as Pulumi keeps it"


def test_config_commands(bench: Workbench) -> None:
    bench.run("config", "set", "colour", "red")
    bench.run("config", "set", "other:token", "abc", "--secret")
    assert bench.run("config", "get", "colour").out.strip() == "red"
    assert bench.run("config", "get", "other:token").out.strip() == "abc"
    listing = bench.run("config").out
    assert "[secret]" in listing
    assert "abc" not in listing
    data = json.loads(bench.run("config", "--json").out)
    assert data["shelf:colour"] == {"value": "red", "secret": False}
    assert data["other:token"] == {"secret": True}
    bench.run("config", "rm", "colour")
    assert "not found" in bench.run("config", "get", "colour", expect=1).text


def test_refresh_and_destroy_take_the_configuration_of_the_last_update(bench: Workbench) -> None:
    bench.config("key", "first", "--secret")
    bench.program('Item("a")')
    bench.up()
    bench.config("key", "second", "--secret")
    key = bench.shelf / "key.txt"
    bench.run("refresh", "--yes", "--skip-preview")
    assert key.read_text() == "first"
    assert bench.up("--refresh").changes == {"same": 2}
    assert key.read_text() == "second"
    key.unlink()
    bench.run("destroy", "--yes", "--skip-preview")
    assert key.read_text() == "second"


def test_a_wrong_or_missing_passphrase_is_one_message(offline: Workbench) -> None:
    offline.program('Item("a", secret=pulumi.Output.secret("x"))')
    offline.up()
    wrong = offline.run("preview", env={"PULUMI_CONFIG_PASSPHRASE": "other"}, expect=1)
    assert wrong.err.startswith("error: incorrect passphrase")
    environment = {key: value for key, value in offline.environment.items() if "PASSPHRASE" not in key}
    (offline.project / "phrase").write_text(PASSPHRASE + "\n")
    offline.calls()
    from_file = offline.run(
        "preview", env={**environment, "PULUMI_CONFIG_PASSPHRASE_FILE": "phrase"}, without=["PULUMI_CONFIG_PASSPHRASE"]
    )
    assert from_file.changes == {"same": 2}
    missing = offline.run("preview", without=["PULUMI_CONFIG_PASSPHRASE"], expect=1)
    assert "PULUMI_CONFIG_PASSPHRASE" in missing.err


def test_a_stack_without_secrets_needs_no_passphrase(offline: Workbench) -> None:
    offline.program('Item("a")')
    without = ["PULUMI_CONFIG_PASSPHRASE", "PULUMI_BACKEND_URL"]
    assert offline.run("up", "--yes", without=without).changes == {"create": 2}
    assert (offline.project / ".pulumi/stacks/shelf/dev.json").exists(), "state lies in the project by default"
    offline.calls()
    offline.program('Item("a")\nItem("b", secret=pulumi.Output.secret("x"))')
    refused = offline.run("up", "--yes", "--skip-preview", without=without, expect=1)
    assert "PULUMI_CONFIG_PASSPHRASE" in refused.text
    assert offline.calls() == [], "nothing is created whose secrets could not be recorded"
