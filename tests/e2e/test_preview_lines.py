"""What a reader of the plain preview is told: who loses and who gains what, once, and nothing where nothing changes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, cast

import pytest

from docs.fences import ROOT, fences
from e2e.company import JAN, LINNEA, OSKAR, SALES
from e2e.stack import Engine, Stack
from pulumi_talend.access.names import UserNames
from pulumi_talend.api import User
from pulumi_talend.model.grants import GrantKey, Principal
from pulumi_talend.model.planning import Change
from pulumi_talend.provider.lines import MOST_GAINS, MOST_NAMED, change_line, lines
from pulumi_talend_sandbox.tenant import Tenant

SET = f"""
from pulumi_talend import WorkspaceAccess

WorkspaceAccess("sales", workspace_id={SALES!r}, exclusive=True, max_removals="all",
                grants={{"linnea.holm@nordlicht-retail.example": ["VIEW"]}})
"""


def shown(output: str) -> list[str]:
    """The lines about people, under Diagnostics."""
    _, _, diagnostics = output.partition("Diagnostics:\n")
    return [line.strip() for line in diagnostics.partition("Resources:")[0].splitlines() if " on " in line]


def test_each_person_is_named_once_and_nobody_without_a_change(
    pulumi_engine: Engine, tmp_path: Path, tenant: Tenant
) -> None:
    stack = Stack(pulumi_engine, tmp_path / "stack", tenant)
    for who in (OSKAR, JAN):
        tenant.grant(SALES, who, ["VIEW", "EXECUTE"])
    there = {who for where, _, who in tenant.grants() if where == SALES}
    stack.program(SET)
    run = stack.command("up", "--yes", "--stack", stack.name, "--non-interactive").ok()
    said = shown(run.output)
    assert len(said) == len(set(said)) == len(there | {LINNEA})
    assert "Oskar Berg loses EXECUTE, VIEW on dev/Sales (not in this program)" in said
    assert "Linnea Holm on dev/Sales: +VIEW" in said
    rows = [line for line in run.output.splitlines() if "WorkspaceAccess sales create " in line]
    assert all("Oskar Berg" in row and " lose all access; Linnea Holm gains access:" in row for row in rows)
    assert rows
    assert "Diagnostics" not in stack.preview().ok().output


def test_a_change_of_one_person_is_on_the_row(pulumi_engine: Engine, tmp_path: Path, tenant: Tenant) -> None:
    stack = Stack(pulumi_engine, tmp_path / "stack", tenant)
    stack.program(
        "WorkspacePermission('oskar', workspace='Sales', environment='dev', user='oskar.berg@nordlicht-retail.example', "
        "permissions=['VIEW'])"
    )
    assert "oskar create Oskar Berg on dev/Sales: +VIEW" in stack.preview().ok().output


def test_a_removal_is_a_row_without_a_name_and_shows_in_the_outputs_that_a_program_exports(
    pulumi_engine: Engine, tmp_path: Path, tenant: Tenant
) -> None:
    """What docs/faq.md says, with its program. Once the row names who loses what, the page can say so."""
    (program,) = (fence.text for fence in fences(ROOT / "docs" / "faq.md") if fence.info == "python")
    stack = Stack(pulumi_engine, tmp_path / "stack", tenant)
    stack.program(program)
    stack.up().ok()
    stack.program("")
    output = stack.preview().ok().output
    assert re.search(r"felix-operates-sales delete *$", output, re.MULTILINE), output
    outputs = output.partition("Outputs:")[2].partition("Resources:")[0]
    assert "- Felix Thomsen on prod/Sales: [" in outputs, output
    assert '"VIEW"' in outputs


def mapping_line(change: Change[str]) -> str:
    return change_line(cast("Any", None), change)  # no name is looked up for a mapping


def test_a_name_does_not_begin_a_line_of_its_own() -> None:
    changes = [
        Change(f"crew{n}\nAnna gains\x1b[1m", "grant", frozenset[str](), frozenset({"Op\rerator"})) for n in (1, 2)
    ]
    head, *rest = lines(changes, mapping_line, lambda name: f"customer role {name}").splitlines()
    assert head == "customer role crew1 Anna gains [1m and customer role crew2 Anna gains [1m gain roles:"
    assert rest == [f"customer role crew{n} Anna gains [1m: +Op erator" for n in (1, 2)]


def test_a_replacement_names_who_loses_what_it_leaves(pulumi_engine: Engine, tmp_path: Path, tenant: Tenant) -> None:
    """The engine checks it twice, the second time without its state; the row has what was said last."""
    programs = [
        "\n".join(
            [
                f"WorkspacePermission('jan', workspace='{name}', environment='dev', "
                "user='jan.petry@nordlicht-retail.example', permissions=['VIEW'])",
                f"WorkspaceAccess('set', workspace='{name}', environment='staging', exclusive=False, adopt_existing=True, "
                "grants={'linnea.holm@nordlicht-retail.example': ['VIEW']})",
            ]
        )
        for name in ("Finance", "Logistics")
    ]
    stack = Stack(pulumi_engine, tmp_path / "stack", tenant)
    stack.program(f"from pulumi_talend import WorkspaceAccess\n{programs[0]}")
    stack.up().ok()
    stack.program(f"from pulumi_talend import WorkspaceAccess\n{programs[1]}")
    output = stack.preview().ok().output
    row = next(line for line in output.splitlines() if "WorkspacePermission jan replace" in line)
    assert "Jan Petry loses VIEW on dev/Finance; Jan Petry on dev/Logistics: +VIEW" in row
    said = shown(output)
    assert len(said) == len(set(said))
    assert "Linnea Holm loses VIEW on staging/Finance" in said
    assert "Linnea Holm on staging/Logistics: +VIEW" in said


@pytest.mark.parametrize("number", [1, 2, MOST_NAMED, MOST_NAMED + 7])
def test_long_lists_are_cut_with_a_count(number: int) -> None:
    rights = frozenset({"VIEW"})
    lost: list[Change[GrantKey]] = []
    gained: list[Change[GrantKey]] = []
    for each in range(number):
        lost.append(Change(GrantKey("w", Principal("users", f"lost-{each}")), "remove", rights, frozenset()))
        gained.append(Change(GrantKey("w", Principal("users", f"new-{each}")), "grant", frozenset(), rights))
    text = lines([*gained, *lost], lambda change: f"{change.target.principal.id}.", lambda key: key.principal.id)
    head, *each_line = text.splitlines()
    named = min(number, MOST_NAMED) + min(number, MOST_GAINS)
    assert each_line[: min(number, MOST_NAMED)] == [f"lost-{each}." for each in range(min(number, MOST_NAMED))]
    counts = [int(line.split()[1]) for line in each_line[named:]]
    assert named + sum(counts) == 2 * number
    assert head.startswith("lost-0")
    assert ("more lose all access" in head) == (number > 6)
    assert len(head) < 300


def test_the_row_tells_who_loses_all_from_who_keeps_some() -> None:
    def change(name: str, before: str, after: str) -> Change[GrantKey]:
        key = GrantKey("w", Principal("users", name))
        return Change(key, "change", frozenset(before.split()), frozenset(after.split()))

    def row(*changes: Change[GrantKey]) -> str:
        return lines(changes, lambda each: each.target.principal.id, lambda key: key.principal.id).splitlines()[0]

    some = change("Mareike", "AUTHOR EXECUTE PUBLISH VIEW", "EXECUTE VIEW")
    more = change("Leonie", "VIEW", "EXECUTE VIEW")
    gone, new = change("Oskar", "VIEW", ""), change("Freya", "", "EXECUTE VIEW")
    assert row(some, more, gone, new) == (
        "Oskar loses all access; Mareike loses AUTHOR, PUBLISH; Freya gains access; Leonie gains EXECUTE:"
    )
    assert row(more, change("Jan", "PUBLISH", "EXECUTE PUBLISH")) == "Leonie and Jan gain EXECUTE:"
    assert row(more, change("Jan", "VIEW", "VIEW PUBLISH")) == "Leonie and Jan gain permissions:"
    assert row(some, change("Jan", "EXECUTE VIEW", "VIEW")) == "Mareike and Jan lose permissions:"
    assert row(change("Jan", "VIEW AUTHOR", "VIEW PUBLISH"), new) == (
        "Jan loses AUTHOR; Freya gains access; Jan gains PUBLISH:"
    )

    taken = [
        Change(GrantKey("w", Principal("users", name)), "adopt", frozenset({"VIEW"}), frozenset({"VIEW"}))
        for name in "AB"
    ]
    assert row(*taken) == "A and B keep access (taken over):"
    assert row(*taken, new) == "Freya gains access; A and B keep access (taken over):"

    def mapping(name: str, before: str, after: str) -> Change[str]:
        return Change(name, "change", frozenset(before.split()), frozenset(after.split()))

    mappings = [mapping("crew", "Operator", ""), mapping("guests", "Auditor Operator", "Auditor")]
    head, *_ = lines(mappings, mapping_line, lambda name: name).splitlines()
    assert head == "crew loses all roles; guests loses Operator:"


def test_a_name_that_two_people_have_comes_with_the_login() -> None:
    people = [
        User.model_validate(
            {"id": f"u{number}", "login": f"{number}@x.example", "firstName": first, "lastName": "Berg"}
        )
        for number, first in enumerate(["Anna", "ANNA", "Oskar"])
    ]
    names = UserNames(people)
    assert [names.shown(each) for each in people] == [
        "Anna Berg (0@x.example)",
        "ANNA Berg (1@x.example)",
        "Oskar Berg",
    ]
    # People choose their names: none of them may read as a line of its own, or reach the terminal.
    for name in (
        "Anna Berg on prod/Sales: +VIEW; Ben",
        "Anna\nBerg",
        "\x1b[31mAnna",
        "An\u202ena",
        "Anna (b@x.example)",
    ):
        posing = User.model_validate({"id": "u", "login": "m@x.example", "firstName": name})
        assert UserNames([posing]).shown(posing) == "m@x.example"
    kind = User.model_validate({"id": "u", "login": "l", "firstName": "Jean-Luc", "lastName": "O’Neil Śmith Jr."})
    assert UserNames([kind]).shown(kind) == "Jean-Luc O’Neil Śmith Jr."
    nameless = User.model_validate({"id": "u", "login": "l"})
    assert UserNames([nameless]).shown(nameless) == "l"
