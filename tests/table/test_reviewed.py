"""Review, drift and report name the table's lines: a change of the table alone is read without the program."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from e2e.stack import Engine, Stack, offline
from pulumi_talend.review.render.jsonout import schema
from pulumi_talend_sandbox.tenant import Tenant
from table.conftest import Access

AT = "@nordlicht-retail.example"
FILE = f"""\
environments: [prod]
exclusive: true
max_removals: all
bundles:
  operator: [VIEW, EXECUTE]
teams:
  sales:
    owner: Mareike Hansen
    members:
      - freya.nilsson{AT}
      - {{who: leonie.vogt{AT}, reason: on call, ticket: OPS-12}}
workspaces:
  Sales:
    owner: Sales Operations
    access:
      team:sales: operator
      mareike.hansen{AT}: [VIEW, MANAGE]
role_mappings:
  exclusive: false
  mappings:
    guests: {{roles: Operator, reason: for guests}}
"""
GONE = f"      - freya.nilsson{AT}\n"
NEW = f"      - {{who: jan.petry{AT}, reason: contractor}}\n"


@pytest.fixture
def engine() -> Engine:
    return offline()


@pytest.fixture
def table(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The table of a stack that is up to date."""
    monkeypatch.chdir(stack.directory)
    path = stack.directory / "access.yaml"
    path.write_text(FILE, encoding="utf-8")
    stack.program("from pulumi_talend import AccessTable\nAccessTable('access', environment='prod')")
    stack.up().ok()
    return path


def test_a_review_gives_the_lines_as_reasons(stack: Stack, tenant: Tenant, access: Access, table: Path) -> None:
    place = next(w["id"] for w in tenant.workspaces() if (w["name"], w["environment"]["name"]) == ("Sales", "prod"))
    nadine = next(user["id"] for user in tenant.users() if user["login"].startswith("nadine"))
    tenant.grant(place, nadine, ["VIEW"])
    table.write_text(FILE.replace(GONE, NEW).replace("[VIEW, MANAGE]", "[VIEW]"), encoding="utf-8")
    (stack.directory / "preview.json").write_text(json.dumps(stack.preview_json()), encoding="utf-8")

    said = access("review", "preview.json", "--json", "r.json", "--markdown", "r.md", "--html", "r.html", "--no-rules")

    assert said.code == 0, said
    document: dict[str, Any] = json.loads(Path("r.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, schema())
    through = "team sales, access.yaml:16:7; operator, access.yaml:5:3"
    lines = {change["principal"]["name"].removesuffix(AT): change["tableLine"] for change in document["grants"]}
    assert lines == {
        "jan.petry": {
            "at": "access.yaml:10:9",
            "through": through,
            "note": "contractor; team owner Mareike Hansen",
            "removed": False,
        },
        "freya.nilsson": {
            "at": "access.yaml:10:9",
            "through": through,
            "note": "team owner Mareike Hansen",
            "removed": True,
        },
        "mareike.hansen": {"at": "access.yaml:17:7", "through": None, "note": None, "removed": False},
        "nadine.albers": {
            "at": "access.yaml:13:3",
            "through": None,
            "note": "owner Sales Operations",
            "removed": False,
        },
    }
    assert document["otherResources"] == 0
    for text in (said.stdout, Path("r.md").read_text(encoding="utf-8")):
        assert f"update access/prod/Sales (access.yaml:10:9, {through})" in text
        assert f"update access/prod/Sales (was access.yaml:10:9, {through})" in text
        assert "contractor; team owner Mareike Hansen" in text
        assert "__main__.py" not in text
    assert "access.yaml:17:7" in Path("r.html").read_text(encoding="utf-8").replace("<wbr>", "")


def test_a_bundle_that_changes_is_named(stack: Stack, tenant: Tenant, access: Access, table: Path) -> None:
    table.write_text(FILE.replace("operator: [VIEW, EXECUTE]", "operator: [VIEW]"), encoding="utf-8")
    (stack.directory / "preview.json").write_text(json.dumps(stack.preview_json()), encoding="utf-8")
    said = access("review", "preview.json", "--no-rules")
    assert said.stdout.count("operator, access.yaml:5:3") == 2


def test_drift_names_the_lines(stack: Stack, tenant: Tenant, access: Access, table: Path) -> None:
    place = next(w["id"] for w in tenant.workspaces() if (w["name"], w["environment"]["name"]) == ("Sales", "prod"))
    people = {user["login"].removesuffix(AT): user["id"] for user in tenant.users()}
    tenant.grant(place, people["mareike.hansen"], ["VIEW"])
    tenant.grant(place, people["nadine.albers"], ["VIEW"])
    tenant.map_role("guests", ["Data Steward"])
    state = stack.directory / "state.json"
    state.write_text(json.dumps(stack.export()), encoding="utf-8")
    arguments = ("drift", "--state", state, "--fail-on", "differs")

    said = access(*arguments)

    assert said.code == 3
    assert "prod/Sales: has VIEW; 'access/prod/Sales' grants MANAGE, VIEW (access.yaml:17:7)" in said.stdout
    assert "its next update removes it (access.yaml:13:3)" in said.stdout
    assert "'access/role/guests' grants Operator (access.yaml:21:5)" in said.stdout
    found = json.loads(access(*arguments, "--format", "json").stdout)["differences"]
    assert {each["tableLine"] for each in found if each["urn"]} == {
        "access.yaml:17:7",
        "access.yaml:13:3",
        "access.yaml:21:5",
    }
    assert "access/prod/Sales &#40;access.yaml:17:7&#41;" in access(*arguments, "--format", "markdown").stdout


def test_a_report_names_the_lines(tenant: Tenant, access: Access, table: Path) -> None:
    said = access("report", "--table", table, "--json", "r.json", "--markdown", "r.md", "--html", "r.html")
    assert said.code == 0, said
    assert access("report", "--table", table).code == 0
    document: dict[str, Any] = json.loads(Path("r.json").read_text(encoding="utf-8"))
    here = [each for each in document["grants"] if each["tableLine"]]
    assert {each["principal"]["name"].removesuffix(AT): each["tableLine"]["at"] for each in here} == {
        "freya.nilsson": "access.yaml:10:9",
        "leonie.vogt": "access.yaml:11:9",
        "mareike.hansen": "access.yaml:17:7",
    }
    (guests,) = [each for each in document["roleMappings"] if each["tableLine"]]
    assert guests["tableLine"] == {"at": "access.yaml:21:5", "through": None, "note": "for guests"}
    others = len(document["grants"]) + len(document["roleMappings"]) - 4
    assert document["notes"] == [f"{others} grants and mappings without a line in access.yaml."]
    why = "on call; ticket OPS-12; team owner Mareike Hansen; access.yaml:11:9"
    assert why in access("report", "--table", table).stdout
    assert why in Path("r.md").read_text(encoding="utf-8")
    assert why in Path("r.html").read_text(encoding="utf-8").replace("<wbr>", "")

    table.write_text(FILE.replace("freya.nilsson", "freya.nielsen"), encoding="utf-8")
    assert "no user 'freya.nielsen" in access("report", "--table", table).stdout
    table.write_text("teams: 3\n", encoding="utf-8")
    said = access("report", "--table", table)
    assert said.code == 1
    assert "access.yaml:1:8: " in said.stderr
