"""Attempts to get a change of access past the review with the example's rules. Each fails."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from review.documents import document, grant_state, mapping_state, step
from review.test_command import exported, repository, run

RULES = Path(__file__).parents[2] / "examples" / "ci" / "review.toml"
VIEWER = grant_state("anna", "dev/Sales", ["VIEW"])
HARMLESS = step("create", "viewer", None, VIEWER)


def gate(directory: Path, text: str, *more: str) -> subprocess.CompletedProcess[str]:
    """The review as CI runs it, with rules from elsewhere than the change."""
    return run("review", "-", "-q", "--rules", str(RULES), "--require-rules", *more, cwd=directory, stdin=text)


def ends(until: str | None, environment: str = "dev") -> dict[str, Any]:
    return grant_state("anna", f"{environment}/Sales", ["VIEW"], **({"expires_at": until} if until else {}))


def test_what_is_harmless_passes(tmp_path: Path) -> None:
    done = gate(tmp_path, document(HARMLESS))
    assert done.returncode == 0, done.stderr


def table(until: str) -> dict[str, Any]:
    inputs = {
        "workspace_id": "w",
        "exclusive": False,
        "grants": {"anna@example.com": {"permissions": ["VIEW"], "expires_at": until}},
        "principals": {"anna@example.com": "users/u"},
    }
    return {"id": "w", "inputs": inputs}


OTHER_CODE = "gASVCwAAAAAAAACMB290aGVylC4="

OTHERS = grant_state("ben", "dev/Sales", ["VIEW"], __provider=OTHER_CODE)

ATTEMPTS: Mapping[str, tuple[str, int]] = {
    "an end put off to the year 9999": (
        document(step("update", "a", ends("2027-01-31T00:00:00Z"), ends("9999-12-31T23:59:59Z"))),
        4,
    ),
    "an end taken away": (document(step("update", "a", ends("2027-01-31T00:00:00Z"), ends(None))), 4),
    "an end put off by a table's entry": (
        document(
            step("update", "set", table("2027-01-31T00:00:00Z"), table("2099-01-31T00:00:00Z"), "WorkspaceAccess")
        ),
        4,
    ),
    "an end of a mapping put off": (
        document(
            step(
                "update",
                "m",
                mapping_state("crew", ["Operator"], expires_at="2027-01-31T00:00:00Z"),
                mapping_state("crew", ["Operator"], expires_at="2099-01-31T00:00:00Z"),
                "RoleMapping",
            )
        ),
        4,
    ),
    "access taken over": (
        document(step("create", "a", None, grant_state("anna", "dev/Sales", ["VIEW"], adopt_existing=True))),
        0,  # without the tenant nobody knows whether there is something to take over; see the test with the tenant
    ),
    "a dynamic resource beside ours": (
        document(
            HARMLESS,
            {
                "op": "create",
                "urn": "urn:pulumi:prod::access::pulumi-python:dynamic:Resource::x",
                "newState": {"inputs": {}},
            },
        ),
        3,
    ),
    "our type with another provider": (
        document(step("create", "a", None, grant_state("anna", "dev/Sales", ["VIEW"], __provider=OTHER_CODE))),
        3,
    ),
    "our type with a hidden provider": (
        document(step("create", "a", None, grant_state("anna", "dev/Sales", ["VIEW"], __provider="[secret]"))),
        3,
    ),
    "an unchanged resource with another provider": (
        document(HARMLESS, step("same", "b", OTHERS, OTHERS)),
        3,
    ),
    "our type under a name of another": (
        document(
            {
                "op": "create",
                "urn": "urn:pulumi:prod::access::pulumi-python:dynamic/talend:WorkspacePermission$random:index:Id::x",
                "newState": {**VIEWER, "type": "pulumi-python:dynamic/talend:WorkspacePermission"},
            }
        ),
        3,
    ),
    "a permission that is not known yet": (
        document(
            step("create", "a", None, grant_state("anna", "dev/Sales", "04da6b54-80e4-46f7-96ec-b56ff0331ba9")),
        ),
        3,
    ),
    "a permission kept secret": (
        document(step("create", "a", None, grant_state("anna", "dev/Sales", ["VIEW", "[secret]"]))),
        3,
    ),
    "the token sent elsewhere": (document(HARMLESS, config={"talend:endpoint": "https://talend.example"}), 3),
    "the token sent elsewhere, in secret": (document(HARMLESS, config={"talend:endpoint": "[secret]"}), 3),
    "a step left out of the document": (
        json.dumps({**json.loads(document(HARMLESS)), "changeSummary": {"create": 2}}),
        1,
    ),
    "a step twice under one key": (
        document(HARMLESS).replace('"newState"', '"newState": {"inputs": {}}, "newState"'),
        1,
    ),
    "a resource whose id is another's": (
        document(
            step("update", "a", {**VIEWER, "id": "w9/users/mallory"}, {**VIEWER, "id": "w9/users/mallory"}),
        ),
        3,
    ),
    "two resources on one grant": (
        document(HARMLESS, step("create", "b", None, grant_state("anna", "dev/Sales", ["EXECUTE"]))),
        3,
    ),
}


@pytest.mark.parametrize("name", ATTEMPTS)
def test_an_attempt_does_not_pass_unseen(name: str, tmp_path: Path) -> None:
    text, code = ATTEMPTS[name]
    done = gate(tmp_path, text)
    assert done.returncode == code, done.stderr


def test_rules_of_the_change_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "review.toml").write_text("")
    text = document(step("create", "a", None, grant_state("anna", "prod/Sales", ["MANAGE"])))
    assert gate(tmp_path, text).returncode == 4
    assert run("review", "-", "-q", "--require-rules", cwd=tmp_path, stdin=text).returncode == 1
    (tmp_path / "review.toml").unlink()
    without = run("review", "-", "-q", cwd=tmp_path, stdin=text)
    assert "No rules were checked" in without.stderr


MANAGER = document(step("create", "a", None, grant_state("anna", "prod/Sales", ["MANAGE"])))
BEFORE, AFTER = "2027-01-01T11:00:00Z", "2027-01-01T12:00:00Z"


@pytest.fixture
def approved(tmp_path: Path) -> Path:
    """A checkout whose change is approved, and not applied yet."""
    (tmp_path / "__main__.py").write_text("print()\n")
    repository(tmp_path)
    (tmp_path / "state.json").write_text(exported(BEFORE))
    approve = ("--state", "state.json", "--approve", "approvals/prod.json", "--approved-by", "Olga Owner")
    assert gate(tmp_path, MANAGER, *approve).returncode == 0
    assert checked(tmp_path).returncode == 0
    return tmp_path


def checked(directory: Path, text: str = MANAGER) -> subprocess.CompletedProcess[str]:
    return gate(directory, text, "--state", "state.json", "--check", "approvals/prod.json")


def test_an_approval_is_not_replayed(approved: Path) -> None:
    (approved / "state.json").write_text(exported(AFTER))  # applied, revoked
    done = checked(approved)
    assert done.returncode == 4
    assert "holds once" in done.stderr


def test_an_approval_is_not_of_other_code_with_the_same_plan(approved: Path) -> None:
    (approved / "__main__.py").write_text("import os\n")
    assert "differs from the commit" in checked(approved).stderr
    repository(approved)
    done = checked(approved)
    assert done.returncode == 4
    assert "the files are not those" in done.stderr


def test_an_approval_is_not_of_another_plan(approved: Path) -> None:
    more = step("create", "b", None, grant_state("mallory", "prod/Sales", ["MANAGE"]))
    done = checked(approved, document(*json.loads(MANAGER)["steps"], more))
    assert done.returncode == 4
    assert "not approved: grant id-prod-Sales/users/mallory" in done.stderr


def test_an_approval_with_an_edit_is_refused(approved: Path) -> None:
    file = approved / "approvals" / "prod.json"
    file.write_text(file.read_text().replace("anna", "mallory"))
    assert "changed after it was written" in checked(approved, MANAGER.replace("anna", "mallory")).stderr


def test_an_approval_with_two_values_of_a_key_is_refused(approved: Path) -> None:
    file = approved / "approvals" / "prod.json"
    file.write_text(file.read_text().replace('"stack"', '"stack": "prod", "stack"'))
    assert checked(approved).returncode == 1


def test_a_denied_change_is_not_approved(tmp_path: Path) -> None:
    repository(tmp_path)
    (tmp_path / "state.json").write_text(exported(BEFORE))
    text = document(HARMLESS, config={"talend:endpoint": "https://talend.example"})
    approve = ("--state", "state.json", "--approve", "approvals/prod.json", "--approved-by", "Mallory")
    assert gate(tmp_path, text, *approve).returncode == 3
    assert not (tmp_path / "approvals").exists()
