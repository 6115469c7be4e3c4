"""What a table means in an environment: lines add up, an override replaces a line, a grant has one end."""

from __future__ import annotations

from collections.abc import Mapping

from pulumi_talend.table import Declared
from table.conftest import Read, Refused

TABLE = """\
environments: [dev, prod]
exclusive: true
max_removals: 30%
bundles:
  operator: [EXECUTE, VIEW]
  developer: {dev: [VIEW, EXECUTE, AUTHOR], prod: VIEW}
  analyst: {dev: [VIEW]}
teams:
  sales:
    owner: Mareike Hansen
    members:
      - freya@x.example
      - {who: jan@x.example, expires: 2035-06-30T18:00:00+02:00, reason: contractor, ticket: OPS-12}
      - user:linnea@x.example
  data: [service-account:nightly]
workspaces:
  Sales:
    owner: Sales Operations
    access:
      team:sales: developer
      team:data: operator
      freya@x.example: {permissions: PUBLISH, reason: releases}
      analyst@x.example: analyst
    overrides:
      prod:
        exclusive: users
        max_removals: 1
        access:
          team:data: []
          boss@x.example: {permissions: [operator, MANAGE], expires: 2030-01-01T00:00:00Z}
  Finance:
    environments: prod
    id: 60abc
    exclusive: false
    adopt_existing: true
    access: {linnea@x.example: VIEW}
role_mappings:
  environment: prod
  exclusive: false
  adopt_existing: true
  mappings:
    guests: {roles: [Operator, Auditor], expires: 2030-01-01T00:00:00Z, reason: fair}
"""


def rights(declared: Declared) -> dict[tuple[str, str], Mapping[str, tuple[str, ...]]]:
    return {
        (each.environment, each.label): {who: access.rights for who, access in each.grants.items()}
        for each in declared.sets
    }


def test_lines_add_up_and_bundles_mean_what_they_say_there(read: Read) -> None:
    declared = read(TABLE).declared("dev")
    assert rights(declared) == {
        ("dev", "Sales"): {
            "freya@x.example": ("VIEW", "EXECUTE", "AUTHOR", "PUBLISH"),
            "jan@x.example": ("VIEW", "EXECUTE", "AUTHOR"),
            "user:linnea@x.example": ("VIEW", "EXECUTE", "AUTHOR"),
            "service-account:nightly": ("VIEW", "EXECUTE"),
            "analyst@x.example": ("VIEW",),
        }
    }
    assert declared.mappings is None
    (sales,) = declared.sets
    assert (sales.exclusive, sales.max_removals, sales.adopt_existing, sales.workspace_id) == (True, "30%", False, None)


def test_an_override_replaces_lines_and_settings(read: Read) -> None:
    declared = read(TABLE).declared("prod")
    sales, finance = declared.sets
    assert rights(declared)["prod", "Sales"] == {
        "freya@x.example": ("VIEW", "PUBLISH"),
        "jan@x.example": ("VIEW",),
        "user:linnea@x.example": ("VIEW",),
        "boss@x.example": ("VIEW", "EXECUTE", "MANAGE"),
    }
    assert (sales.exclusive, sales.max_removals) == ("users", 1)
    assert (finance.exclusive, finance.adopt_existing, finance.workspace_id) == (False, True, "60abc")
    assert declared.mappings is not None
    assert (declared.mappings.exclusive, declared.mappings.adopt_existing) == (False, True)
    (guests,) = declared.mappings.mappings.values()
    assert (guests.rights, guests.expires_at) == (("Auditor", "Operator"), "2030-01-01T00:00:00Z")


def test_every_grant_knows_its_lines_and_what_is_said_about_it(read: Read) -> None:
    (sales,) = read(TABLE).declared("dev").sets
    told = {who: (str(access.line), access.line.note) for who, access in sales.grants.items()}
    assert told["freya@x.example"] == (
        "access.yaml:12:9, team sales, access.yaml:20:7; developer, access.yaml:6:3; access.yaml:22:7",
        "releases; team owner Mareike Hansen",
    )
    assert told["jan@x.example"] == (
        "access.yaml:13:9, team sales, access.yaml:20:7; developer, access.yaml:6:3",
        "contractor; ticket OPS-12; team owner Mareike Hansen",
    )
    assert told["analyst@x.example"] == ("access.yaml:23:7, analyst, access.yaml:7:3", "")
    assert (str(sales.line), sales.line.note) == ("access.yaml:17:3", "owner Sales Operations")


def test_without_an_environment_everything_is_declared(read: Read) -> None:
    declared = read(TABLE).declared(None)
    assert list(rights(declared)) == [("dev", "Sales"), ("prod", "Sales"), ("prod", "Finance")]
    assert declared.mappings is not None


def test_two_lines_with_different_ends_are_refused(refused: Refused) -> None:
    text = TABLE.replace("      analyst@x.example: analyst", "      user:jan@x.example: VIEW")
    assert refused(text) == [
        "access.yaml:23:7: user:jan@x.example has access to 'Sales' in dev by two lines with different ends (no end; "
        "2035-06-30T18:00:00+02:00 in access.yaml:13:9); write one line, with one end",
        "access.yaml:23:7: user:jan@x.example has access to 'Sales' in prod by two lines with different ends (no end; "
        "2035-06-30T18:00:00+02:00 in access.yaml:13:9); write one line, with one end",
    ]


def test_the_earlier_end_of_a_line_and_a_membership_counts(read: Read) -> None:
    text = TABLE.replace("team:sales: developer", "team:sales: {permissions: VIEW, expires: 2030-01-01T00:00:00Z}")
    text = text.replace("      freya@x.example: {permissions: PUBLISH, reason: releases}\n", "")
    (sales,) = read(text).declared("dev").sets
    assert sales.grants["jan@x.example"].expires_at == "2030-01-01T00:00:00Z"
    later = text.replace("2030-01-01T00:00:00Z}\n      team:data", "2040-01-01T00:00:00Z}\n      team:data")
    (sales,) = read(later).declared("dev").sets
    assert sales.grants["jan@x.example"].expires_at == "2035-06-30T18:00:00+02:00"


def test_what_only_adds_has_to_add_something(refused: Refused) -> None:
    text = TABLE.replace("access: {linnea@x.example: VIEW}", "access: {linnea@x.example: analyst}")
    assert refused(text) == [
        "access.yaml:31:3: gives nobody access in prod, and others are left alone; remove it",
    ]


def test_permissions_that_no_document_names_are_said_in_the_table(read: Read, refused: Refused) -> None:
    text = TABLE.replace("[EXECUTE, VIEW]", "[EXECUTE, ARCHIVE]")
    (problem,) = refused(text)
    assert problem.startswith("access.yaml:5:23: 'ARCHIVE' is not a valid permission")
    declared = read(text.replace("exclusive: true\n", "exclusive: true\nextra_permissions: ARCHIVE\n", 1)).declared(
        "dev"
    )
    assert rights(declared)["dev", "Sales"]["service-account:nightly"] == ("EXECUTE", "ARCHIVE")
