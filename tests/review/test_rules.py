"""Rules as code: what they catch, what they let pass, and rules that are none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import support
from pulumi_talend.access import TenantAccess
from pulumi_talend.model.grants import PrincipalKind
from pulumi_talend.review.build import build_review
from pulumi_talend.review.document import read_preview
from pulumi_talend.review.errors import RulesError
from pulumi_talend.review.lookup import Live
from pulumi_talend.review.model import Review
from pulumi_talend.review.rules import RuleResult, Rules, find_rules, load_rules, results
from pulumi_talend_sandbox.tenant import Tenant
from review.documents import UNKNOWN, document, grant_state, mapping_state, review_of, step
from review.test_alerts import state_of

REVIEW = review_of(
    step("create", "a", None, grant_state("anna", "prod/Sales", ["VIEW", "MANAGE"])),
    step("create", "b", None, grant_state("ben", "dev/Sales", ["MANAGE"])),
    step("delete", "c", grant_state("cleo", "prod/Finance", ["VIEW"]), None),
    step("create", "d", None, mapping_state("everyone", ["Operator"]), "RoleMapping"),
)
ANNA, BEN, CLEO, EVERYONE = (
    "anna@example.com on prod/Sales",
    "ben@example.com on dev/Sales",
    "cleo@example.com",
    "everyone",
)


def broken(rules: Rules, review: Review, live: Live | None) -> list[RuleResult]:
    return [each for each in results(rules, review, live) if each.is_broken]


def caught(tmp_path: Path, rule: str) -> set[str]:
    file = tmp_path / "review.toml"
    file.write_text(f'[[rule]]\nname = "r"\naction = "deny"\n{rule}\n')
    items = [item for violation in broken(load_rules(file), REVIEW, None) for item in violation.items]
    return {who for who in (ANNA, BEN, CLEO, EVERYONE) if any(who in item for item in items)}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ('permission = "MANAGE"', {ANNA, BEN}),
        ('permission = ["manage"]\nenvironment = "PROD"', {ANNA}),
        ('permission = "VIEW"\nchange = "loss"', {CLEO}),
        ('permission = "VIEW"\nchange = "any"', {ANNA, CLEO}),
        ('person = "ben@*"', {BEN}),
        ('except_person = "anna@*"\npermission = "*"', {BEN}),
        ('workspace = "Fin*"\nchange = "any"', {CLEO}),
        ('kind = "service-account"', set[str]()),
        ('role = "Operator"', {EVERYONE}),
        ('customer_role = "every*"', {EVERYONE}),
        ('change = "loss"', {CLEO}),
        ('change = "any"', {ANNA, BEN, CLEO, EVERYONE}),
        ('alert = "manage-gained"', {ANNA, BEN}),
        ('environment = "staging"', set[str]()),
    ],
)
def test_what_a_rule_catches(rule: str, expected: set[str], tmp_path: Path) -> None:
    assert caught(tmp_path, rule) == expected


def test_what_is_not_known_counts_as_fitting(tmp_path: Path) -> None:
    file = tmp_path / "review.toml"
    file.write_text('[[rule]]\nname = "prod"\naction = "deny"\nenvironment = "prod"\nperson = "anna"\n')
    inputs = {"workspace_id": "w", "user_id": "u", "permissions": ["VIEW"]}
    nameless = review_of(step("create", "a", None, {"inputs": inputs}))
    assert len(broken(load_rules(file), nameless, None)) == 1
    untold = review_of(step("create", "a", None, {"inputs": {**inputs, "permissions": UNKNOWN}}))
    assert "what it does is not known" in broken(load_rules(file), untold, None)[0].items[0]


def test_a_share_removed(tmp_path: Path, tenant: Tenant) -> None:
    keys = [support.user_key(tenant, 0, n) for n in (10, 11)]
    for key in keys:
        support.grant_by_hand(tenant, key, "VIEW")
    steps = [step("delete", f"g{n}", state_of(key, ["VIEW"]), None) for n, key in enumerate(keys)]
    preview = read_preview(document(*steps))
    file = tmp_path / "review.toml"
    with support.client_of(support.settings_for(tenant)) as client:
        review, looked = build_review(preview, TenantAccess(client))
    workspace = review.grants[0].where.name
    # Of what the tenant lists, which is the access of people.
    held = sum(key[:2] == (keys[0].workspace_id, "users") for key in tenant.grants())
    for share, breaks in ((2 / held - 0.01, True), (2 / held + 0.01, False)):
        file.write_text(
            f'[[rule]]\nname = "s"\naction = "deny"\nremoved_share = {share:.3f}\n'
            f'workspace = "{workspace}"\nenvironment = "{review.grants[0].where.environment}"\n'
        )
        assert bool(broken(load_rules(file), review, looked)) is breaks
    file.write_text('[[rule]]\nname = "s"\naction = "deny"\nremoved_share = 0.9\n')
    assert looked is not None
    in_part = replace(looked, whole=frozenset[PrincipalKind]({"service-accounts"}))
    assert "without all grants of the tenant" in broken(load_rules(file), review, in_part)[0].items[0]
    assert "without all grants of the tenant" in broken(load_rules(file), review, None)[0].items[0]


def test_a_longer_end_is_a_gain(tmp_path: Path) -> None:
    def state(until: str | None) -> dict[str, Any]:
        return grant_state("anna", "prod/Sales", ["MANAGE"], **({"expires_at": until} if until else {}))

    file = tmp_path / "review.toml"
    file.write_text('[[rule]]\nname = "m"\naction = "deny"\npermission = "MANAGE"\nenvironment = "prod"\n')
    soon, never = "2027-01-31T00:00:00Z", "9999-12-31T00:00:00Z"
    for old, new, breaks in ((soon, never, True), (soon, None, True), (never, soon, False), (None, soon, False)):
        found = broken(load_rules(file), review_of(step("update", "a", state(old), state(new))), None)
        assert bool(found) is breaks
        assert not found or "keeps MANAGE" in found[0].items[0]


def test_all_rules_are_looked_at(tmp_path: Path) -> None:
    file = tmp_path / "review.toml"
    file.write_text(
        '[[rule]]\nname = "a"\naction = "deny"\npermission = "MANAGE"\n[[rule]]\nname = "b"\naction = "warn"\nchange = "loss"\n'
    )
    assert [violation.rule.name for violation in broken(load_rules(file), REVIEW, None)] == ["a", "b"]


def test_rules_are_found_in_the_project(tmp_path: Path) -> None:
    assert find_rules(tmp_path) is None
    project = tmp_path / "pyproject.toml"
    project.write_text("[project]\nname = 'x'\n")
    assert find_rules(tmp_path) is None
    project.write_text("[[tool.talend-access.review.rule]]\nname = 'x'\naction = 'warn'\nchange = 'any'\n")
    assert find_rules(tmp_path) == project
    assert [rule.name for rule in load_rules(project).rule] == ["x"]
    (tmp_path / "review.toml").write_text("")
    assert find_rules(tmp_path) == tmp_path / "review.toml"


def test_what_counts_as_broad_or_administrator_can_be_said(tmp_path: Path) -> None:
    file = tmp_path / "review.toml"
    file.write_text('admin_roles = ["Operator"]\nbroad_groups = "crew"\n')
    preview = read_preview(document(step("create", "d", None, mapping_state("Crew", ["Operator"]), "RoleMapping")))
    (alert,) = build_review(preview, None, watch=load_rules(file).watch)[0].alerts
    assert alert.kind == "broad-admin-role"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rule = 3", "rule"),
        ("[[rule]]\nname = 'a'", "action"),
        ("[[rule]]\nname = 'a'\naction = 'forbid'", "action"),
        ("[[rule]]\nname = 'a'\naction = 'deny'\npermision = 'MANAGE'", "permision"),
        ("[[rule]]\nname = 'a'\naction = 'deny'\npermission = []", "permission"),
        ("[[rule]]\nname = 'a'\naction = 'deny'\npermission = 'VIEW'\nrole = 'x'", "two rules"),
        ("[[rule]]\nname = 'a'\naction = 'deny'\nremoved_share = 3", "removed_share"),
        ("[[rule]]\nname = 'a'\naction = 'deny'\nalert = 'gap'\nperson = 'x'", "by itself"),
        ("[[rule]]\nname = 'a'\naction = 'deny'\nalert = 'nonsense'", "alert"),
        ("rule = [", "not TOML"),
    ],
)
def test_rules_that_are_none_are_refused(text: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "review.toml"
    file.write_text(text)
    with pytest.raises(RulesError, match=words):
        load_rules(file)
