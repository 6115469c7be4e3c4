"""An approval holds for what was reviewed, one commit and one state of the stack, once and until it expires."""

from __future__ import annotations

import itertools
import json
import subprocess
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from pulumi_talend.review.approval import Approval, Basis, approve, differences, digest_of, is_used, read, written
from pulumi_talend.review.errors import ApprovalError
from pulumi_talend.review.model import Review
from pulumi_talend.review.origin import author_of, commit_of, content_of
from review.documents import UNKNOWN, grant_state, mapping_state, review_of, step
from review.test_command import DENY, GAIN, exported, repository, run

NOW = datetime(2027, 1, 1, 12, tzinfo=timezone.utc)
BASIS = Basis("sha256:files", "2027-01-01T11:00:00Z")
STEPS = [
    step("create", "a", None, grant_state("anna", "prod/Sales", ["VIEW", "MANAGE"])),
    step("delete", "b", grant_state("ben", "prod/Sales", ["VIEW"]), None),
    step("create", "c", None, mapping_state("team", ["Operator", "Assets Manager"]), "RoleMapping"),
    step("create", "d", None, mapping_state("later", UNKNOWN), "RoleMapping"),
    step(
        "update",
        "e",
        grant_state("cleo", "prod/Sales", ["VIEW"], expires_at="2027-01-31T00:00:00Z"),
        grant_state("cleo", "prod/Sales", ["VIEW"], expires_at="2028-01-31T00:00:00Z"),
    ),
]
OTHERS = [
    step("create", "a", None, grant_state("anna", "prod/Sales", ["VIEW"])),
    step("delete", "b", grant_state("ben", "prod/Sales", ["VIEW", "EXECUTE"]), None),
    step("create", "c", None, mapping_state("Team", ["Operator", "Assets Manager"]), "RoleMapping"),
    step("create", "d", None, mapping_state("even later", UNKNOWN), "RoleMapping"),
    step(
        "update",
        "e",
        grant_state("cleo", "prod/Sales", ["VIEW"], expires_at="2027-01-31T00:00:00Z"),
        grant_state("cleo", "prod/Sales", ["VIEW"]),
    ),
]


def reviewed() -> Review:
    return review_of(*STEPS)


def approval_of(review: Review) -> Approval:
    return approve(review, BASIS, by="Olga Owner <olga@example.com>", at=NOW, days=7)


def against(approval: Approval, review: Review, *, basis: Basis = BASIS, at: datetime = NOW) -> list[str]:
    return differences(approval, review, basis, at=at)


def test_the_order_makes_no_difference() -> None:
    digests = {digest_of(review_of(*steps)) for steps in itertools.permutations(STEPS)}
    assert len(digests) == 1
    turned = [
        *STEPS[:2],
        step("create", "c", None, mapping_state("team", ["Assets Manager", "Operator"]), "RoleMapping"),
        *STEPS[3:],
    ]
    assert digest_of(review_of(*turned)) in digests


@pytest.mark.parametrize("number", range(len(STEPS)))
def test_any_other_content_makes_a_difference(number: int) -> None:
    approval = approval_of(reviewed())
    for steps in ([*STEPS[:number], *STEPS[number + 1 :]], [*STEPS[:number], OTHERS[number], *STEPS[number + 1 :]]):
        other = review_of(*steps)
        assert digest_of(other) != digest_of(reviewed())
        assert against(approval, other)


def test_foreign_code_is_part_of_what_is_approved() -> None:
    foreign: dict[str, Any] = {
        "op": "create",
        "urn": "urn:pulumi:prod::access::pulumi-python:dynamic:Resource::x",
        "newState": {},
    }
    assert against(approval_of(reviewed()), review_of(*STEPS, foreign))


@pytest.mark.parametrize("what", ["project", "stack", "tenant", "endpoint", "source"])
def test_it_holds_for_one_project_stack_and_tenant(what: str) -> None:
    review = reviewed()
    other = replace(review, **{what: "tenant" if what == "source" else "https://other.example"})
    assert digest_of(other) != digest_of(review)
    (line,) = against(approval_of(review), other)
    assert line.startswith("approved for ")


def test_what_is_written_is_read_again() -> None:
    approval = approval_of(reviewed())
    assert read(written(approval)) == approval
    assert against(approval, reviewed()) == []


def test_an_approver_reads_names_permissions_and_ends() -> None:
    data = json.loads(written(approval_of(reviewed())))
    assert data["approved_by"] == "Olga Owner <olga@example.com>"
    assert (data["approved_at"], data["valid_until"]) == ("2027-01-01T12:00:00+00:00", "2027-01-08T12:00:00+00:00")
    assert data["changes"]["grant id-prod-Sales/users/anna"] == {
        "who": "anna@example.com",
        "where": "prod/Sales",
        "before": [],
        "after": ["MANAGE", "VIEW"],
    }
    assert data["changes"]["grant id-prod-Sales/users/cleo"] == {
        "who": "cleo@example.com",
        "where": "prod/Sales",
        "before": ["VIEW"],
        "after": ["VIEW"],
        "until_before": "2027-01-31T00:00:00Z",
        "until": "2028-01-31T00:00:00Z",
    }


def test_it_holds_for_one_state_of_the_stack() -> None:
    approval = approval_of(reviewed())
    later = Basis(BASIS.content, "2027-01-01T11:00:01Z")
    assert is_used(approval, later)
    assert not is_used(approval, BASIS)
    assert "holds once" in against(approval, reviewed(), basis=later)[0]


def test_it_holds_for_one_commit() -> None:
    other = Basis("sha256:other files", BASIS.state)
    assert "the files are not those" in against(approval_of(reviewed()), reviewed(), basis=other)[0]


def test_it_expires() -> None:
    approval = approval_of(reviewed())
    assert not against(approval, reviewed(), at=NOW + timedelta(days=7))
    assert "was valid until" in against(approval, reviewed(), at=NOW + timedelta(days=7, seconds=1))[0]


def test_differences_say_what() -> None:
    lines = against(approval_of(reviewed()), review_of(OTHERS[0], *STEPS[2:]))
    assert any(line.startswith("approved otherwise: grant id-prod-Sales/users/anna") for line in lines)
    assert any(line.startswith("approved, and no longer planned: grant id-prod-Sales/users/ben") for line in lines)
    assert any(line.startswith("not approved") for line in against(approval_of(review_of(*STEPS[1:])), reviewed()))


@pytest.mark.parametrize("change", ["changes", "digest", "stack", "source", "valid_until", "approved_by", "content"])
def test_a_changed_approval_is_refused(change: str) -> None:
    data = json.loads(written(approval_of(reviewed())))
    other: dict[str, Any] = {"changes": {}, "source": "tenant", "valid_until": "2099-01-01T00:00:00+00:00"}
    data[change] = other.get(change, "other")
    with pytest.raises(ApprovalError, match="changed after"):
        read(json.dumps(data))


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"kind": "access-approval", "version": 1}', '{"kind": "access-approval", "version": 9}']
)
def test_what_is_not_an_approval_is_refused(text: str) -> None:
    with pytest.raises(ApprovalError):
        read(text)


def git(directory: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Anna Author", "-c", "user.email=anna@example.com", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *identity, *arguments], cwd=directory, check=True, capture_output=True)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    git(tmp_path, "init")
    (tmp_path / "__main__.py").write_text("print()\n")
    (tmp_path / "approvals").mkdir()
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "Begin")
    return tmp_path


def test_the_commit_without_its_approvals(checkout: Path) -> None:
    approval = checkout / "approvals" / "prod.json"
    before = content_of(checkout, approval)
    approval.write_text("{}")
    git(checkout, "add", ".")
    git(checkout, "commit", "-m", "Approve")
    assert content_of(checkout, approval) == before
    (checkout / "approvals" / "run.py").write_text("print(1)\n")
    git(checkout, "add", ".")
    git(checkout, "commit", "-m", "Hide code beside approvals")
    assert content_of(checkout, approval) != before
    assert author_of(checkout) == "Anna Author"
    assert len(commit_of(checkout) or "") == 40


@pytest.mark.parametrize("name", ["ok.json", "deep/ok.json"])
def test_an_approval_elsewhere_leaves_nothing_out(checkout: Path, name: str) -> None:
    approval = checkout / name
    before = content_of(checkout, approval)
    (checkout / "settings.json").write_text("{}")
    git(checkout, "add", ".")
    git(checkout, "commit", "-m", "Add settings")
    assert content_of(checkout, approval) != before


def test_what_is_not_committed_cannot_be_approved(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    (checkout / "__main__.py").write_text("print(2)\n")
    with pytest.raises(ApprovalError, match=r"__main__\.py differs"):
        content_of(checkout, checkout / "approvals" / "prod.json")
    bare = tmp_path_factory.mktemp("bare")
    with pytest.raises(ApprovalError, match="not in a git repository"):
        content_of(bare, bare / "ok.json")


def test_rules_that_are_committed_after_the_approval_are_named(tmp_path: Path) -> None:
    repository(tmp_path)
    (tmp_path / ".gitignore").write_text("state.json\n.gitignore\n")
    (tmp_path / "state.json").write_text(exported("2027-01-01T11:00:00Z"))
    (tmp_path / "review.toml").write_text(DENY.replace("deny", "require-approval"))
    ask = ("review", "-", "-q", "--state", "state.json", "--approved-by", "Olga")
    refused = run(*ask, "--approve", "approvals/prod.json", cwd=tmp_path, stdin=GAIN)
    assert refused.returncode == 1
    assert "does not have review.toml. An approval is for a commit" in refused.stderr
    assert not (tmp_path / "approvals").exists()
    git(tmp_path, "add", "review.toml")
    git(tmp_path, "commit", "-m", "Add rules")
    assert run(*ask, "--approve", "approvals/prod.json", cwd=tmp_path, stdin=GAIN).returncode == 0
    (tmp_path / "notes.md").write_text("not a part of the program\n")
    check = ("review", "-", "-q", "--state", "state.json", "--check", "approvals/prod.json")
    assert run(*check, cwd=tmp_path, stdin=GAIN).returncode == 0
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "Add notes")
    other = run(*check, cwd=tmp_path, stdin=GAIN)
    assert other.returncode == 4
    assert "; changed since: notes.md" in other.stderr
