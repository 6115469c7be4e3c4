"""A large table: everything in it is read, and it takes the calls that the same sets take, whatever its size."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from e2e.stack import Stack, offline
from pulumi_talend.table import read_table
from pulumi_talend_sandbox.tenant import Tenant

SEED = "big:6x60x0"
GRANTS = 120


def data_of(tenant: Tenant, grants: int) -> dict[str, Any]:
    """So many grants on workspaces of one environment, half of them through teams."""
    environment = tenant.workspaces()[0]["environment"]["name"]
    places = [each["name"] for each in tenant.workspaces() if each["environment"]["name"] == environment]
    people = [user["login"] for user in tenant.users()]
    workspaces: dict[str, Any] = {name: {"access": {}} for name in places}
    teams: dict[str, list[str]] = {}
    for number in range(grants):
        place, who = places[number % len(places)], people[(number // len(places)) % len(people)]
        if number % 2:
            teams.setdefault(f"of {place}", []).append(who)
            workspaces[place]["access"][f"team:of {place}"] = ["VIEW", "EXECUTE"]
        else:
            workspaces[place]["access"][who] = ["VIEW"]
    return {"environments": [environment], "exclusive": False, "teams": teams, "workspaces": workspaces}


def test_a_large_table_is_read_whole(tmp_path: Path) -> None:
    people = [f"person-{number}@nordlicht-retail.example" for number in range(500)]
    data = {
        "environments": ["dev"],
        "exclusive": True,
        "bundles": {"operator": ["VIEW", "EXECUTE"]},
        "workspaces": {f"Workspace {number}": {"access": dict.fromkeys(people, "operator")} for number in range(10)},
    }
    file = tmp_path / "access.yaml"
    file.write_text(yaml.safe_dump(data), encoding="utf-8")
    declared = read_table(file).declared("dev")
    assert declared.grants == 5_000
    lines = {str(access.line.at) for each in declared.sets for access in each.grants.values()}
    assert len(lines) == 5_000


def test_a_table_takes_the_calls_of_its_sets(tmp_path: Path) -> None:
    counted: dict[str, list[Counter[str]]] = {}
    for name in ("table", "sets"):
        with Tenant.start(seed=SEED) as tenant:
            data = data_of(tenant, GRANTS)
            stack = Stack(offline(), tmp_path / name, tenant)
            (stack.directory / "access.yaml").write_text(yaml.safe_dump(data), encoding="utf-8")
            declared = read_table(stack.directory / "access.yaml").declared(None)
            assert declared.grants == GRANTS
            if name == "table":
                stack.program('from pulumi_talend import AccessTable\nAccessTable("access")')
            else:
                sets = [
                    f"WorkspaceAccess({each.label!r}, workspace={each.label!r}, environment={each.environment!r}, "
                    f"exclusive=False, grants={ {who: list(access.rights) for who, access in each.grants.items()}!r})"
                    for each in declared.sets
                ]
                stack.program("\n".join(["from pulumi_talend import WorkspaceAccess", *sets]))
            tenant.calls.clear()
            for step in ("up", "preview", "destroy"):
                run = getattr(stack, step)()
                run.ok()
                counted.setdefault(name, []).append(Counter(f"{call.method} {call.path}" for call in tenant.calls))
                tenant.calls.clear()
    table, sets_ = counted["table"], counted["sets"]
    writes = [sum(number for line, number in each.items() if not line.startswith("GET")) for each in table]
    assert writes[1] == 0
    assert max(writes) <= 12
    assert [sum(each.values()) for each in table] == [sum(each.values()) for each in sets_]
