"""Ownership over several runs of the Pulumi CLI: no access is lost that a resource of the program manages, none is left."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from e2e.company import FELIX, FINANCE, GRETA, LINNEA, NADINE, OSKAR, SALES, mapping, permission, program
from e2e.stack import Engine, Run, Stack
from pulumi_talend_sandbox.tenant import Tenant

ADOPT = "adopt_existing=True"
BESIDE = f"exclusive=False, {ADOPT}, max_removals='all'"


@pytest.fixture
def stack(pulumi_engine: Engine, tmp_path: Path, tenant: Tenant) -> Stack:
    return Stack(pulumi_engine, tmp_path / "stack", tenant)


def table(name: str, people: list[str], *, workspace: str = SALES, more: str = BESIDE) -> str:
    grants = {f"user-id:{who}": ["VIEW"] for who in people}
    return f"talend.WorkspaceAccess({name!r}, workspace_id={workspace!r}, grants={grants!r}, {more})"


def written(tenant: Tenant) -> Counter[str]:
    return Counter(call.method for call in tenant.calls.writes())


def deleted(run: Run) -> set[str]:
    return {name for name, what in run.steps if what == "deleted"}


def test_what_moves_stays_however_many_runs_it_takes(stack: Stack, tenant: Tenant) -> None:
    """A rename, into a set, out of one, from set to set; by `--target`, so that the old ones end in a later run."""
    empty = tenant.snapshot()
    stack.program(
        program(
            "import pulumi_talend as talend",
            permission("old", SALES, OSKAR, ["VIEW"]),
            mapping("old-mapping", "crew", ["Operator"]),
            permission("into-a-set", SALES, FELIX, ["VIEW"]),
            table("old-set", [NADINE, GRETA, LINNEA]),
        )
    )
    stack.up().ok()
    settled = tenant.snapshot()
    stack.program(
        program(
            "import pulumi_talend as talend",
            permission("new", SALES, OSKAR, ["VIEW"], more=ADOPT),
            mapping("new-mapping", "crew", ["Operator"], more=ADOPT),
            permission("new-out-of-a-set", SALES, NADINE, ["VIEW"], more=ADOPT),
            table("new-set", [FELIX, GRETA]),
            table("old-set", [LINNEA]),
        )
    )
    tenant.calls.clear()
    assert stack.up("--target", "**new**").ok().summary["create"] == 4
    assert tenant.snapshot() == settled
    run = stack.up().ok()
    assert deleted(run) == {"old", "old-mapping", "into-a-set"}
    assert tenant.snapshot() == settled
    assert written(tenant) == Counter()
    assert stack.preview().ok().summary == {"same": 6}

    # Replaced by force, and an old copy that an interrupted replacement has left.
    urn = stack.managed()["new"].urn
    assert stack.up("--replace", urn).ok().summary == {"replace": 1, "same": 5}
    stack.command("state", "taint", urn, "--yes", "--stack", stack.name).ok()
    assert stack.up().ok().summary == {"replace": 1, "same": 5}
    assert tenant.snapshot() == settled
    deployment = stack.export()
    copies = [
        {**resource, "delete": True}
        for resource in deployment["deployment"]["resources"]
        if resource["type"].startswith("pulumi-python:dynamic/talend:")
    ]
    deployment["deployment"]["resources"] += copies
    stack.take_over(deployment)
    run = stack.up().ok()
    assert {what for _, what in run.steps} == {"deleted original"}
    assert not [each for each in stack.export()["deployment"]["resources"] if each.get("delete")]
    assert tenant.snapshot() == settled
    assert written(tenant) == Counter()
    stack.destroy().ok()
    assert tenant.snapshot() == empty


def test_two_resources_on_one_grant_are_refused_however_they_are_declared(stack: Stack, tenant: Tenant) -> None:
    stack.program(
        program(
            "class Team(pulumi.ComponentResource):",
            "    def __init__(self, name):",
            "        super().__init__('acme:Team', name)",
            f"        WorkspacePermission('child', workspace_id={SALES!r}, user_id={OSKAR!r}, permissions=['VIEW'],",
            "                            opts=pulumi.ResourceOptions(parent=self))",
            "class Squad(pulumi.ComponentResource):",
            "    def __init__(self, name):",
            "        super().__init__('acme:Squad', name)",
            f"        WorkspacePermission('child', workspace_id={SALES!r}, user_id={OSKAR!r}, permissions=['VIEW'],",
            "                            opts=pulumi.ResourceOptions(parent=self))",
            "Team('a'), Squad('a')",
        )
    )
    (message,) = stack.preview().failed().errors
    assert "'child' already manages user 'oskar.berg" in message

    ignoring = "opts=pulumi.ResourceOptions(ignore_changes=['*'])"
    stack.program(
        program(
            permission("first", SALES, OSKAR, ["VIEW"]), permission("second", SALES, FELIX, ["VIEW"], more=ignoring)
        )
    )
    stack.up().ok()
    before = tenant.snapshot()
    stack.program(
        program(
            "class Ours(WorkspacePermission):",
            "    pass",
            permission("second", SALES, FELIX, ["EXECUTE"], more=ignoring),
            permission("third", SALES, FELIX, ["VIEW"], more=ADOPT).replace("WorkspacePermission", "Ours"),
        )
    )
    (message,) = stack.preview().failed().errors
    assert "already manages user 'felix.thomsen" in message
    assert tenant.snapshot() == before


def test_a_set_with_an_unknown_member_shows_its_removals_and_its_plan_can_be_applied(
    stack: Stack, tenant: Tenant
) -> None:
    tenant.grant(SALES, GRETA, ["VIEW"])
    stack.program(
        program(
            "import pulumi_talend as talend",
            f"first = {permission('first', FINANCE, OSKAR, ['VIEW'])}",
            f"grants = {{'user-id:{OSKAR}': first.permissions, 'user-id:{FELIX}': ['VIEW']}}",
            f"talend.WorkspaceAccess('set', workspace_id={SALES!r}, grants=grants, exclusive='users', max_removals='all')",
        )
    )
    plan = stack.directory / "plan.json"
    run = stack.preview("--save-plan", str(plan)).ok()
    assert "Greta Mortensen" in run.output
    stack.up("--plan", str(plan)).ok()
    held = {who: given for (where, kind, who), given in tenant.grants().items() if where == SALES and kind == "users"}
    assert held == {OSKAR: ["VIEW"], FELIX: ["VIEW"]}
    assert stack.preview().ok().summary == {"same": 3}


@pytest.mark.parametrize("first", ["loses", "gains"])
def test_people_who_move_between_two_sets_are_at_no_moment_without_access(
    stack: Stack, tenant: Tenant, first: str
) -> None:
    """Nor do they count as removed, though the engine may hear of the set that they leave before the other one."""

    def both(old: list[str], new: list[str]) -> str:
        sets = [table(name, who, more=f"exclusive=False, {ADOPT}") for name, who in (("loses", old), ("gains", new))]
        return program("import pulumi_talend as talend", *(sets if first == "loses" else reversed(sets)))

    stack.program(both([OSKAR, FELIX, LINNEA], [NADINE]))
    stack.up().ok()
    settled = tenant.snapshot()
    tenant.calls.clear()
    stack.program(both([FELIX], [NADINE, OSKAR, LINNEA]))
    said = stack.preview().ok().output
    assert "loses VIEW" not in said
    assert said.count("keeps VIEW, managed by another resource now") == 2, said
    stack.up("--parallel", "1").ok()
    assert tenant.calls.writes() == []
    assert tenant.snapshot() == settled
    assert stack.preview().ok().summary == {"same": 3}


def test_a_replacement_that_deletes_first_is_the_only_one_with_a_gap(stack: Stack, tenant: Tenant) -> None:
    def triggered(value: int) -> str:
        options = f"opts=pulumi.ResourceOptions(replacement_trigger={value}, delete_before_replace={{}})"
        return program(
            permission("created-first", SALES, OSKAR, ["VIEW"], more=options.format(False)),
            permission("deleted-first", SALES, FELIX, ["VIEW"], more=options.format(True)),
        )

    stack.program(triggered(1))
    stack.up().ok()
    settled = tenant.snapshot()
    tenant.calls.clear()
    stack.program(triggered(2))
    assert stack.up().ok().summary == {"replace": 2, "same": 1}
    assert tenant.snapshot() == settled
    assert [(call.method, FELIX in call.path) for call in tenant.calls.writes()] == [("DELETE", True), ("POST", True)]


def test_a_deletion_by_target_removes_what_others_manage_and_a_refresh_makes_it_good(
    stack: Stack, tenant: Tenant
) -> None:
    """`--target` checks only the targets, so nothing is known of the others. docs/guarantees.md has the way out."""
    stack.program(permission("old", SALES, OSKAR, ["VIEW"]))
    stack.up().ok()
    old = stack.managed()["old"].urn
    stack.program(permission("new", SALES, OSKAR, ["VIEW"], more=ADOPT))
    stack.up("--target", "**new**").ok()
    stack.up("--target", old).ok()
    assert (SALES, "users", OSKAR) not in tenant.grants()
    stack.up("--refresh").ok()
    assert tenant.grants()[SALES, "users", OSKAR] == ["VIEW"]
