"""The commands for whoever writes a table: validate, format, schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pydantic
import pytest
import yaml

from docs.fences import ROOT
from pulumi_talend.authoring.schema_command import schema_text
from pulumi_talend.table.models import table_schema
from pulumi_talend.table.yaml_reader import Source, read_yaml
from pulumi_talend_sandbox.tenant import Fault, Tenant
from table.conftest import Access
from table.test_expanding import TABLE

AT = "@nordlicht-retail.example"
IN_TENANT = f"""\
environments: [dev, prod]
exclusive: false
workspaces:
  Sales:
    access:
      mareike.hansen{AT}: VIEW
      anna.peterson{AT}: VIEW
      service-account:nightly-schedule: VIEW
      user:mareike.hansen{AT}: VIEW
  Salse: {{access: {{mareike.hansen{AT}: VIEW}}}}
  gone: {{id: 60abc, environments: dev, access: {{mareike.hansen{AT}: VIEW}}}}
role_mappings: {{environment: prod, exclusive: true, mappings: {{guests: Operatr}}}}
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = Path("access.yaml")
    path.write_text(TABLE, encoding="utf-8")
    return path


@pytest.fixture
def stack_of(tmp_path: Path, tenant: Tenant) -> Path:
    """A project with the settings of a stack, which the embedded engine reads."""
    (tmp_path / "Pulumi.yaml").write_text("name: access\nruntime: python\n", encoding="utf-8")
    settings = {"config": {"talend:endpoint": tenant.url}}
    (tmp_path / "Pulumi.dev.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    return tmp_path


def test_validate_without_a_tenant(file: Path) -> None:
    command = Access({"TALEND_ENDPOINT": "http://127.0.0.1:9", "TALEND_TOKEN": "none"})
    said = command("validate")
    assert (said.code, said.stdout) == (
        0,
        "access.yaml: 10 grants on 3 workspaces, 1 role mapping. No problem found.\n",
    )
    said = command("validate", file, "--environment", "dev")
    assert said.stdout == "access.yaml: 5 grants on 1 workspace. No problem found.\n"
    said = command("validate", file, "--environment", "prd")
    assert said.code == 3
    assert said.stdout.startswith("access.yaml:1:15: no environment 'prd' in the table; did you mean 'prod'?")
    file.write_text(TABLE.replace("permissions: PUBLISH", "permissions: [PUBLSH, no]"), encoding="utf-8")
    said = command("validate", file)
    assert said.code == 3
    lines = said.stdout.splitlines()
    assert lines[0].startswith("access.yaml:22:39: 'PUBLSH' is neither a bundle nor a permission")
    assert lines[1].startswith("access.yaml:22:47: no is a truth value")
    assert lines[2:] == ["2 problems."]


def test_validate_notes_lines_whose_end_has_passed(file: Path) -> None:
    file.write_text(TABLE.replace("2035-06-30", "2020-06-30").replace("2030-01-01", "2021-01-01"), encoding="utf-8")
    said = Access({})("validate", file)
    assert said.code == 0
    *notes, summary = said.stdout.splitlines()
    assert [note.split("; ")[0] for note in notes] == [
        "access.yaml:13:9: note: the access of 'jan@x.example' ended 2020-06-30",
        "access.yaml:30:11: note: the access of 'boss@x.example' ended 2021-01-01",
        "access.yaml:42:5: note: the access of 'guests' ended 2021-01-01",
    ]
    assert summary.endswith("No problem found.")


def test_validate_looks_names_up_in_the_stacks_tenant(
    file: Path, stack_of: Path, access: Access, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def which(name: str, path: str) -> str | None:
        """The embedded engine alone, which needs no stack of the CLI."""
        return name if "sandbox" in name else None

    monkeypatch.setattr("pulumi_talend.engine_cli.shutil.which", which)
    file.write_text(IN_TENANT, encoding="utf-8")
    said = access("validate", "--stack", "dev")
    assert said.code == 3, said
    lines = [line.split("; did you mean")[0] for line in said.stdout.splitlines()]
    assert lines == [
        f"access.yaml:7:7: no user 'anna.peterson{AT}'",
        "access.yaml:8:7: no service account 'nightly-schedule'",
        "access.yaml:10:3: no workspace 'Salse' in environment 'dev'",
        "access.yaml:10:3: no workspace 'Salse' in environment 'prod'",
        "access.yaml:11:3: no workspace with the id 60abc; copy it again",
        "access.yaml:12:64: no Talend role 'Operatr'",
        "6 problems.",
    ]
    lists = [call.path for call in tenant.calls if call.method == "GET"]
    assert len(lists) == len(set(lists))
    assert tenant.calls.writes() == []

    good = IN_TENANT.replace("peterson", "petersen").replace("schedule:", "scheduler:").replace("Operatr", "Operator")
    good = "".join(line for line in good.splitlines(keepends=True) if "Salse" not in line and "gone" not in line)
    file.write_text(good, encoding="utf-8")
    said = access("validate", "--stack", "dev")
    assert said.stdout == (
        "access.yaml: 6 grants on 2 workspaces, 1 role mapping. No problem found in the tenant of stack 'dev'.\n"
    )
    tenant.inject(Fault(kind="status", status=403, path="/account/users", times=None))
    said = access("validate", "--stack", "dev")
    assert said.code == 1
    assert "Traceback" not in said.stderr


def test_the_schema_is_the_published_one(access: Access) -> None:
    said = access("schema")
    assert (said.code, said.stdout) == (0, schema_text())
    if tuple(map(int, pydantic.VERSION.split(".")[:2])) < (2, 11):
        pytest.skip("an older pydantic words the same schema in another way")
    assert (ROOT / "docs" / "access.schema.json").read_text(encoding="utf-8") == schema_text()


@pytest.mark.parametrize(
    ("wrong", "by"),
    [
        ({"teams": {"a": {"member": ["x"]}}}, "an unknown key"),
        ({"workspaces": {"S": {"exclusive": "yes"}}}, "another word"),
        ({"workspaces": {"S": {"access": {"a": None}}}}, "null"),
        ({"workspaces": {"S": {"access": {"a": {"expires": "2030-01-01T00:00:00Z"}}}}}, "no permissions"),
        ({"role_mappings": {"mappings": {}}}, "not saying what is exclusive"),
    ],
)
def test_the_schema_takes_what_the_reader_takes(wrong: dict[str, Any], by: str) -> None:
    jsonschema.Draft202012Validator.check_schema(table_schema())
    source = Source("access.yaml")
    read_yaml(source, "access.yaml", TABLE.encode())
    jsonschema.validate(source.data, table_schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, table_schema())
    assert by


def test_format_keeps_order_and_comments(file: Path, access: Access) -> None:
    text = (
        "# head\nworkspaces:\n    B:   # why\n        access: { 'a': [VIEW,MANAGE] }   \n"
        "    A:\n        access:\n        # below\n            b: VIEW\n\n\n"
    )
    file.write_text(text, encoding="utf-8")
    said = access("format", "--check")
    assert (said.code, said.stdout) == (3, "would change access.yaml\n")
    assert file.read_text(encoding="utf-8") == text
    said = access("format")
    assert (said.code, said.stdout) == (0, "formatted access.yaml\n")
    assert file.read_text(encoding="utf-8") == (
        "# head\nworkspaces:\n  B: # why\n    access: { 'a': [VIEW, MANAGE] }\n"
        "  A:\n    access:\n    # below\n      b: VIEW\n"
    )
    assert access("format", "--check").code == 0
    assert access("format").stdout == ""


def test_format_leaves_alone_what_it_cannot_read(file: Path, access: Access, tmp_path: Path) -> None:
    for text in ("a: [", "a: b\na: c\n", "a: &x b\n"):
        file.write_text(text, encoding="utf-8")
        said = access("format")
        assert said.code == 3
        assert said.stdout.startswith("access.yaml:")
        assert file.read_text(encoding="utf-8") == text
    said = access("format", tmp_path / "missing.yaml")
    assert said.code == 1
    assert "missing.yaml cannot be read" in said.stderr


def test_adopting_where_service_accounts_cannot_be_read(file: Path, access: Access, tenant: Tenant) -> None:
    tenant.inject(Fault(kind="status", status=403, path="/security/service-accounts/permissions", times=None))
    said = access("adopt", "--style", "table", "--environment", "prod", "--out", "out")
    assert said.code == 5, said
    text = Path("out/access.yaml").read_text(encoding="utf-8")
    assert "environments: [prod]\nexclusive: users # no other person has; service accounts could not be read\n" in text
    assert "role_mappings" not in text
    assert access("validate", "out/access.yaml").code == 0


def test_adopting_into_a_program_that_has_a_table(file: Path, access: Access, tenant: Tenant) -> None:
    urn = "urn:pulumi:prod::access::talend:index:AccessTable::access"
    state = {"version": 3, "deployment": {"resources": [{"urn": urn, "type": "talend:index:AccessTable"}]}}
    Path("state.json").write_text(json.dumps(state), encoding="utf-8")
    said = access("adopt", "--style", "table", "--state", "state.json", "--out", ".")
    assert said.code == 0, said
    assert 'AccessTable("access-2", file="adopted.yaml")' in Path("adopted.py").read_text(encoding="utf-8")
    resources = json.loads(Path("import.json").read_text(encoding="utf-8"))["resources"]
    assert resources[0] == {"type": "talend:index:AccessTable", "name": "access-2", "component": True}
    assert {each["parent"] for each in resources[1:]} == {"access-2"}
    assert all(each["name"].startswith("access-2/") for each in resources[1:])
    assert file.read_text(encoding="utf-8") == TABLE


def test_adopting_role_mappings_alone(file: Path, access: Access, tenant: Tenant) -> None:
    said = access("adopt", "--style", "table", "--what", "role-mappings", "--out", "out")
    assert said.code == 0, said
    text = Path("out/access.yaml").read_text(encoding="utf-8")
    assert text.splitlines()[3:5] == ["role_mappings:", "  exclusive: true # no others exist"]
    mappings = len(tenant.role_mappings())
    shown = access("validate", "out/access.yaml").stdout
    assert shown == f"out/access.yaml: 0 grants on 0 workspaces, {mappings} role mappings. No problem found.\n"
