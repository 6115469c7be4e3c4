"""Everything that is wrong with a table is told at once, with its line; and YAML's traps are not read as something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulumi_talend.table import TableError, read_table, table_from_dict
from table.conftest import Read, Refused

HEAD = "environments: [dev, prod]\nexclusive: true\n"
TABLE = (
    HEAD
    + """\
bundles:
  operator: [VIEW, EXECUTE]
  developer: {dev: [VIEW, AUTHOR], prod: [VIEW]}
teams:
  sales:
    - freya@x.example
workspaces:
  Sales:
    access:
      team:sales: developer
      anna@x.example: operator
"""
)
MAPPINGS = "role_mappings: {{environment: dev, exclusive: true, mappings: {{a: {0}}}}}\n"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "freya@x.example",
            "no",
            "8:7: no is a truth value to YAML; write true or false; or 'no', in quotes, if it is text",
        ),
        ("freya@x.example", "on", "8:7: on is a truth value"),
        ("freya@x.example", "True", "8:7: True is a truth value"),
        ("freya@x.example", "~", "8:7: ~ is null to YAML; write the value, or remove the line"),
        ("- freya@x.example", "-", "8:6: an empty value is null to YAML"),
        ("freya@x.example", "2027-01-31", "8:7: 2027-01-31 is a date to YAML; write it in quotes"),
        ("freya@x.example", "0777", "8:7: 0777 is a number to YAML"),
        ("freya@x.example", "12:30:45", "8:7: 12:30:45 is a number to YAML"),
        ("freya@x.example", "1e3", "8:7: 1e3 is a number to YAML"),
        ("freya@x.example", "y", "8:7: y is a truth value"),
        ("freya@x.example", "12", "8:7: must be text; write '12' in quotes"),
        ("freya@x.example", "&f freya@x.example", "8:7: anchors (&f) are not accepted"),
        ("freya@x.example", "*f", "8:7: aliases (*f) are not accepted; write what repeats as a bundle or a team"),
        ("freya@x.example", "!!str freya", "8:7: tags (tag:yaml.org,2002:str) are not accepted"),
        ("freya@x.example", "freya@x.example\n      anna", "8:7: a text over several lines"),
        ("freya@x.example", "freya@x.example ", None),
        ("freya@x.example", "'freya@x.example '", "8:7: 'freya@x.example ' has leading or trailing whitespace"),
        ("freya@x.example", "'12'", None),
        ("freya@x.example", "team:ops", "8:7: a team cannot be in a team"),
        ("freya@x.example", "service-account:", "8:7: "),
        ("    - freya", "\t- freya", "8:1: a tab; indent with spaces"),
        ("    - freya", "    - freya\u202e", "8:12: an invisible character (right-to-left override); remove it"),
        ("    - freya", "  \u00a0 - freya", "8:3: an invisible character (no-break space)"),
        ("  sales:\n", "  sales: [\n", "8:5: is not valid YAML ("),
        ("freya@x.example", '"freya@x.example', "8:7: a text in quotes does not end"),
        (
            "      anna@x.example: operator",
            "      anna@x.example:operator",
            "13:7: a key without a value; write ': ' after it",
        ),
        ("  sales:\n", "<<<<<<< HEAD\n  sales:\n", "7:1: git's mark of a merge conflict"),
        ("      anna@x.example: operator", "      <<: operator", "13:7: merge keys (<<) are not accepted"),
        (
            "      anna@x.example: operator",
            "      yes: operator",
            "13:7: yes is a truth value to YAML; write it in quotes",
        ),
        ("      anna@x.example: operator", "      ? [a]\n      : operator", "13:9: a key must be text"),
        ("      anna@x.example: operator", "      team:sales: operator", "13:7: 'team:sales' is written twice"),
        (
            "anna@x.example: operator",
            "anna@x.example: operater",
            "13:23: 'operater' is neither a bundle nor a permission; did you",
        ),
        (
            "anna@x.example: operator",
            "anna@x.example: Operator",
            "13:23: 'Operator' is neither a bundle nor a permission; did you",
        ),
        (
            "anna@x.example: operator",
            "anna@x.example: Publisher",
            "13:23: 'Publisher' is neither a bundle nor a permission: the console's",
        ),
        (
            "anna@x.example: operator",
            "anna@x.example: [VIEW, view]",
            "13:30: 'view' is neither a bundle nor a permission: permissions are upper case, write VIEW",
        ),
        (
            "anna@x.example: operator",
            "anna@x.example: []",
            "13:23: gives nothing; write permissions, or remove the line",
        ),
        (
            "anna@x.example: operator",
            "anna@x.example: {permissions: operator, until: x}",
            "13:47: 'until' is not known here",
        ),
        (
            "anna@x.example: operator",
            "anna@x.example: {permissions: operator, expires: 2027-01-31}",
            "13:56: '2027-01-31' is not an ISO 8601 time with a zone",
        ),
        ("anna@x.example: operator", "anna@x.example: {permissions: operator, expires: 2027-01-31T00:00:00Z}", None),
        ("anna@x.example: operator", "anna@x.example: {reason: on call}", "13:7: permissions is required"),
        (
            "anna@x.example: operator",
            "anna@x.example: {permissions: operator, ticket: 12}",
            "13:55: must be text; write '12' in quotes",
        ),
        ("team:sales: developer", "team:slaes: developer", "12:7: no team 'slaes'; did you mean 'sales'?"),
        ("team:sales: developer", "team:: developer", "12:7: 'team:' names no team; write team:NAME"),
        ("prod: [VIEW]}", "prd: [VIEW]}", "5:36: no environment 'prd' here; did you mean 'prod'?"),
        ("[VIEW, AUTHOR]", "[VIEW, AUTHR]", "5:27: 'AUTHR' is not a valid permission; did you mean AUTHOR?"),
        ("  operator: [VIEW", "  MANAGE: [VIEW", "4:3: 'MANAGE' is a permission; give the bundle another name"),
        ("    access:\n", "    acess:\n", "11:5: 'acess' is not known here; did you mean 'access'?"),
        (
            "    access:\n",
            "    environments: [test]\n    access:\n",
            "11:20: no environment 'test' here; the table has dev, prod",
        ),
        (
            "    access:\n",
            "    overrides: {test: {}}\n    access:\n",
            "11:17: no environment 'test' here; the table has dev, prod",
        ),
        (
            "    access:\n",
            "    id: abc\n    access:\n",
            "11:9: is one workspace, and this one is in several environments",
        ),
        (
            "    access:\n",
            "    exclusive: 'true'\n    access:\n",
            "11:16: must be true (nobody else has access), false",
        ),
        (
            "    access:\n",
            "    max_removals: many\n    access:\n",
            '11:19: must be a number, a share like "30%" or "all"',
        ),
        (
            "    access:\n",
            "    adopt_existing: true\n    access:\n",
            "11:21: an exclusive table takes over what is there anyway",
        ),
        (
            "    - freya@x.example\n",
            "    - freya@x.example\n    - user:freya@x.example\n",
            "9:7: 'user:freya@x.example' is in the team already",
        ),
        ("exclusive: true\n", "", "9:3: may others have access? say it with `exclusive:`"),
        ("environments: [dev, prod]", "environments: [dev, prod, dev]", "1:27: 'dev' is written twice"),
        ("environments: [dev, prod]", "environments: []", "10:3: is in no environment"),
        (
            "workspaces:\n",
            "role_mappings: {exclusive: true, mappings: {a: Operator}}\nworkspaces:\n",
            "9:1: say with `environment:` whose stack",
        ),
        (
            "workspaces:\n",
            "role_mappings: {environment: dev, exclusive: true, mappings: {'a,b': Operator}}\nworkspaces:\n",
            "9:63: has a comma",
        ),
        (
            "workspaces:\n",
            MAPPINGS.format("{roles: Operator, expires: 2027-01-31T00:00:00Z}") + "workspaces:\n",
            "9:93: an end needs `exclusive: false`",
        ),
    ],
)
def test_one_mistake_is_told_with_its_line(read: Read, refused: Refused, old: str, new: str, said: str | None) -> None:
    assert TABLE.count(old) >= 1
    text = TABLE.replace(old, new, 1)
    if said is None:
        assert read(text).table.workspaces
    else:
        problems = refused(text)
        assert any(line.startswith(f"access.yaml:{said}") for line in problems), problems
        assert all(len(line) < 300 for line in problems)


def test_all_mistakes_are_told_at_once_and_in_the_order_of_the_file(refused: Refused) -> None:
    text = TABLE.replace("freya@x.example", "no").replace("prod: [VIEW]}", "prd: [VEW]}")
    text = text.replace("anna@x.example: operator", "anna@x.example: {permisions: operator}\n      team:ops: VIEW")
    lines = [line.split(": ")[0] for line in refused(text)]
    assert lines == [
        "access.yaml:5:36",
        "access.yaml:5:42",
        "access.yaml:8:7",
        "access.yaml:13:7",
        "access.yaml:13:24",
        "access.yaml:14:7",
    ]


def test_a_mistake_brings_no_other_that_only_follows_from_it(refused: Refused) -> None:
    text = TABLE.replace("    - freya@x.example\n", "    members: 7\n").replace("[VIEW, EXECUTE]", "{dev: 3}")
    assert [line.split(": ")[0] for line in refused(text)] == ["access.yaml:4:19", "access.yaml:8:14"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xef\xbb\xbf" + TABLE.encode(), "access.yaml:1:1: the file begins with a byte order mark"),
        (TABLE.encode("utf-16"), "access.yaml:1:1: is not UTF-8 text"),
        (TABLE.encode() + "x: Süd".encode("latin-1"), "access.yaml:14:1: is not UTF-8 text"),
        (b"- a\n", "access.yaml:1:1: a table is a mapping"),
        (b"just text\n", "access.yaml:1:1: a table is a mapping"),
        (b"", "access.yaml:1:1: the table declares nothing"),
        (TABLE.encode() + b"---\na: b\n", "access.yaml:14:1: a second document in one file"),
        (b"a: " + b"[" * 3000, "access.yaml:"),
        (b"a: " + b"{a: " * 40 + b"}" * 40, "access.yaml:1:"),
    ],
)
def test_what_is_no_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, said: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "access.yaml").write_bytes(content)
    with pytest.raises(TableError) as raised:
        read_table(Path("access.yaml"))
    assert str(raised.value).startswith(said)


def test_windows_line_ends_are_read(read: Read, tmp_path: Path) -> None:
    (tmp_path / "access.yaml").write_bytes(TABLE.replace("\n", "\r\n").encode())
    assert read_table(tmp_path / "access.yaml").declared("dev").grants == 2


def test_a_folder_is_one_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "access"
    folder.mkdir()
    (folder / "base.yaml").write_text(TABLE, encoding="utf-8")
    (folder / "finance.yml").write_text("workspaces:\n  Finance: {access: {team:sales: VIEW}}\n", encoding="utf-8")
    (folder / "notes.txt").write_text("no table", encoding="utf-8")
    declared = read_table(Path("access")).declared("dev")
    assert [(each.label, str(each.line)) for each in declared.sets] == [
        ("Sales", "access/base.yaml:10:3"),
        ("Finance", "access/finance.yml:2:3"),
    ]
    (folder / "z.yaml").write_text("exclusive: false\nworkspaces:\n  Sales: {access: {a: VIEW}}\n", encoding="utf-8")
    with pytest.raises(TableError) as raised:
        read_table(Path("access"))
    assert str(raised.value).splitlines() == [
        "access/z.yaml:1:1: 'exclusive' is written twice (first in access/base.yaml:2:1); keep one of them",
        "access/z.yaml:3:3: 'Sales' is written twice (first in access/base.yaml:10:3); keep one of them",
    ]


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TableError, match=r"missing\.yaml: cannot be read: No such file"):
        read_table(tmp_path / "missing.yaml")
    (tmp_path / "empty").mkdir()
    with pytest.raises(TableError, match="the folder has no file that ends in"):
        read_table(tmp_path / "empty")


def test_a_table_of_a_program_is_told_by_its_path() -> None:
    data = {"environments": ["dev"], "workspaces": {"Sales": {"access": {"anna@x": ["VIEW", "VEW"], "b": 3}}}}
    with pytest.raises(TableError) as raised:
        table_from_dict(data, name="access")
    first, second = str(raised.value).splitlines()
    assert first.startswith("access: workspaces.Sales.access.b.permissions: must be a list")
    assert second.startswith("access: workspaces.Sales.access['anna@x'].permissions[1]: 'VEW' is neither a bundle")


def test_an_environment_that_the_table_lacks(read: Read) -> None:
    with pytest.raises(TableError, match=r"access.yaml:1:15: no environment 'prd' in the table; did you mean 'prod'\?"):
        read(TABLE).declared("prd")
