"""An approval holds for what was reviewed: whatever its order, and nothing else."""

from __future__ import annotations

import itertools
import json

import pytest

from pulumi_talend.review.approval import approve, differences, read, written
from pulumi_talend.review.errors import ApprovalError
from pulumi_talend.review.model import Review
from review.documents import UNKNOWN, grant_state, mapping_state, review_of, step

STEPS = [
    step("create", "a", None, grant_state("anna", "prod/Sales", ["VIEW", "MANAGE"])),
    step("delete", "b", grant_state("ben", "prod/Sales", ["VIEW"]), None),
    step("create", "c", None, mapping_state("team", ["Operator", "Assets Manager"]), "RoleMapping"),
    step("create", "d", None, mapping_state("later", UNKNOWN), "RoleMapping"),
]
OTHERS = [
    step("create", "a", None, grant_state("anna", "prod/Sales", ["VIEW"])),
    step("delete", "b", grant_state("ben", "prod/Sales", ["VIEW", "EXECUTE"]), None),
    step("create", "c", None, mapping_state("Team", ["Operator", "Assets Manager"]), "RoleMapping"),
    step("create", "d", None, mapping_state("even later", UNKNOWN), "RoleMapping"),
]


def reviewed() -> Review:
    return review_of(*STEPS)


def test_the_order_makes_no_difference() -> None:
    digests = {approve(review_of(*steps)).digest for steps in itertools.permutations(STEPS)}
    assert len(digests) == 1
    turned = [
        STEPS[0],
        STEPS[1],
        step("create", "c", None, mapping_state("team", ["Assets Manager", "Operator"]), "RoleMapping"),
        STEPS[3],
    ]
    assert approve(review_of(*turned)).digest in digests


@pytest.mark.parametrize("number", range(len(STEPS)))
def test_any_other_content_makes_a_difference(number: int) -> None:
    approval = approve(reviewed())
    for steps in ([*STEPS[:number], *STEPS[number + 1 :]], [*STEPS[:number], OTHERS[number], *STEPS[number + 1 :]]):
        other = review_of(*steps)
        assert approve(other).digest != approval.digest
        assert differences(approval, other)


def test_what_is_written_is_read_again() -> None:
    approval = approve(reviewed())
    assert read(written(approval)) == approval
    assert differences(approval, reviewed()) == []


def test_differences_say_what() -> None:
    lines = differences(approve(reviewed()), review_of(OTHERS[0], *STEPS[2:]))
    assert any(line.startswith("approved otherwise: grant id-prod-Sales/users/anna") for line in lines)
    assert any(line.startswith("approved, and no longer planned: grant id-prod-Sales/users/ben") for line in lines)
    assert any(line.startswith("not approved") for line in differences(approve(review_of(*STEPS[1:])), reviewed()))


@pytest.mark.parametrize("change", ["changes", "digest", "stack", "source"])
def test_a_changed_approval_is_refused(change: str) -> None:
    data = json.loads(written(approve(reviewed())))
    data[change] = {"grant x": "y"} if change == "changes" else "tenant" if change == "source" else "other"
    with pytest.raises(ApprovalError, match="changed after"):
        read(json.dumps(data))


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"kind": "access-approval", "version": 1}', '{"kind": "access-approval", "version": 9}']
)
def test_what_is_no_approval_is_refused(text: str) -> None:
    with pytest.raises(ApprovalError):
        read(text)
