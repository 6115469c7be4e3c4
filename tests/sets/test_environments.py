"""examples/environments: one program, two stacks, on the Pulumi CLI."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from e2e.stack import Engine, Run, Stack
from pulumi_talend_sandbox.tenant import Tenant

EXAMPLE = Path(__file__).parents[2] / "examples/environments"
AT = "@nordlicht-retail.example"


class Environments:
    """The example as it stands, its two stacks side by side."""

    def __init__(self, engine: Engine, directory: Path, tenant: Tenant) -> None:
        self.stack = Stack(engine, directory, tenant, project="talend-environments", name="scratch")
        for file in EXAMPLE.iterdir():
            if file.is_file():
                shutil.copy(file, self.stack.directory)
        (self.stack.directory / ".venv").symlink_to(sys.prefix, target_is_directory=True)
        for name in ("dev", "prod"):
            self.stack.command("stack", "init", name).ok()

    def on(self, name: str) -> Stack:
        self.stack.name = name
        return self.stack

    def change(self, old: str, new: str) -> None:
        table = self.stack.directory / "access.yaml"
        text = table.read_text(encoding="utf-8")
        assert old in text
        table.write_text(text.replace(old, new), encoding="utf-8")


def who_may(tenant: Tenant, environment: str, team: str) -> dict[str, list[str]]:
    (place,) = [w["id"] for w in tenant.workspaces() if (w["environment"]["name"], w["name"]) == (environment, team)]
    names = {user["id"]: user["login"].removesuffix(AT) for user in tenant.users()}
    names.update({account["id"]: account["name"] for account in tenant.service_accounts()})
    return {names[who]: allowed for (where, _, who), allowed in tenant.grants().items() if where == place}


def refused(run: Run) -> str:
    (error,) = run.failed().errors[:1]
    return error


def test_dev_is_broader_than_prod(engine: Engine, tmp_path: Path, tenant: Tenant) -> None:
    both = Environments(engine, tmp_path / "both", tenant)
    run = both.on("prod").preview("--diff").ok()
    assert f"simon.reuter{AT}" in run.output  # granted by hand: shown before anything is done
    for name in ("dev", "prod"):
        assert both.on(name).up().ok().summary == {"create": 4}
        assert both.on(name).up().ok().summary == {"same": 4}
    assert who_may(tenant, "dev", "Sales")["freya.nilsson"] == ["AUTHOR", "EXECUTE", "PUBLISH", "VIEW"]
    assert who_may(tenant, "prod", "Sales") == {
        "mareike.hansen": ["AUTHOR", "EXECUTE", "MANAGE", "PUBLISH", "VIEW"],
        "freya.nilsson": ["VIEW"],
        "matthias.krueger": ["VIEW"],
        "leonie.vogt": ["EXECUTE", "VIEW"],
        "nightly-scheduler": ["EXECUTE", "VIEW"],
    }
    assert "oskar.berg" in who_may(tenant, "dev", "Sales")
    assert "simon.reuter" not in who_may(tenant, "prod", "Finance")

    # Two people out of the team: fine in dev (two of seven), refused in prod (one an update).
    both.change("      team:sales-developers: developer\n", "")
    assert both.on("dev").preview().ok().summary["update"] == 1
    said = refused(both.on("prod").preview())
    assert f"from 2 of 5 (freya.nilsson{AT}, matthias.krueger{AT})" in said
    both.change(
        "  Finance:\n", f"      matthias.krueger{AT}: developer\n      freya.nilsson{AT}: operator\n  Finance:\n"
    )
    assert both.on("prod").up().ok().summary["update"] == 1
    assert who_may(tenant, "prod", "Sales")["freya.nilsson"] == ["EXECUTE", "VIEW"]

    # The contractor's time is over.
    both.stack.settings["TALEND_SANDBOX_NOW"] = "2035-07-01T00:00:00Z"
    assert both.on("dev").up().ok().summary["update"] == 2  # dev's Sales changed above too
    assert "jan.petry" not in who_may(tenant, "dev", "Finance")

    both.change(": analyst", ": analist")
    assert "'analist' is neither a bundle nor a permission; did you mean 'analyst'?" in refused(
        both.on("dev").preview()
    )
    both.change(": analist", ": analyst")
    for name in ("dev", "prod"):
        assert both.on(name).destroy().ok().summary == {"delete": 4}
    assert who_may(tenant, "dev", "Sales") == who_may(tenant, "prod", "Finance") == {}
