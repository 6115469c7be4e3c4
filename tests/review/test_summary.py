"""The sentences at the head of a review: who loses and who gains what, for somebody who sees nothing else."""

from __future__ import annotations

from typing import Any

from pulumi_talend.model.unknown import UNKNOWN
from pulumi_talend.review.summary import summary
from review.documents import grant_state, mapping_state, review_of, step

VIEW, BOTH = ["VIEW"], ["VIEW", "EXECUTE"]


def gains(who: str, where: str, *permissions: str, **more: Any) -> dict[str, Any]:
    return step("create", f"new {who} {where}", None, grant_state(who, where, list(permissions) or VIEW, **more))


def loses_all(who: str, where: str) -> dict[str, Any]:
    return step("delete", f"old {who} {where}", grant_state(who, where, VIEW), None)


def test_one_change_is_one_sentence() -> None:
    old, new = grant_state("jan", "dev/Finance", BOTH), grant_state("jan", "dev/Finance", ["VIEW", "PUBLISH"])
    assert summary(review_of(step("update", "a", old, new))) == [
        "jan@example.com loses EXECUTE and gains PUBLISH on dev/Finance."
    ]
    assert summary(review_of()) == ["Nobody's access changes."]


def test_losses_come_before_gains_and_roles_last() -> None:
    review = review_of(
        gains("cleo", "prod/Sales", "EXECUTE"),
        gains("ben", "prod/Finance", "VIEW"),
        loses_all("anna", "prod/Sales"),
        loses_all("anna", "prod/Finance"),
        step("update", "c", grant_state("dora", "prod/Sales", BOTH), grant_state("dora", "prod/Sales", VIEW)),
        step("create", "m", None, mapping_state("crew", ["Operator"]), "RoleMapping"),
        step("delete", "n", mapping_state("guests", ["Operator"]), None, "RoleMapping"),
    )
    assert summary(review) == [
        "anna@example.com loses all access to 2 workspaces.",
        "dora@example.com loses EXECUTE on prod/Sales.",
        "ben@example.com and cleo@example.com gain permissions on some workspaces.",
        "Everybody with customer role guests loses all Talend roles.",
        "Everybody with customer role crew gains Operator.",
    ]


def test_many_are_counted() -> None:
    account = {"service_account_id": "robot", "user_id": None, "user": None, "service_account": "robot"}
    review = review_of(
        *(gains(f"p{number}", "prod/Sales") for number in range(4)),
        gains("robot", "prod/Sales", "EXECUTE", **account),
        *(
            step("create", f"r{number}", None, mapping_state(f"r{number}", ["Operator"]), "RoleMapping")
            for number in range(4)
        ),
    )
    assert summary(review) == [
        "4 people and 1 service account gain permissions on prod/Sales.",
        "Everybody with one of 4 customer roles gains Operator.",
    ]


def test_ends_take_overs_and_what_is_not_known() -> None:
    def until(who: str, end: str) -> dict[str, Any]:
        return grant_state(who, "prod/Sales", VIEW, expires_at=end)

    review = review_of(
        step("update", "a", until("anna", "2027-01-31T00:00:00Z"), until("anna", "2028-01-31T00:00:00Z")),
        step("update", "b", until("ben", "2028-01-31T00:00:00Z"), until("ben", "2027-01-31T00:00:00Z")),
        gains("cleo", "prod/Sales", adopt_existing=True),
        step("create", "d", None, grant_state("dora", "prod/Sales", UNKNOWN)),
        {
            "op": "create",
            "urn": "urn:pulumi:prod::access::pulumi-python:dynamic:Resource::x",
            "newState": {"inputs": {}},
        },
    )
    assert summary(review) == [
        "cleo@example.com gets VIEW on prod/Sales; what is there now is not known.",
        "anna@example.com keeps access to prod/Sales for longer.",
        "ben@example.com keeps access to prod/Sales for a shorter time.",
        "What 1 resource will change is not known before the update.",
        "1 resource runs code of the program's own.",
    ]


def test_names_are_written_as_the_renderer_writes_names() -> None:
    review = review_of(
        gains("anna", "prod/Sales"), step("create", "m", None, mapping_state("a*b", ["x|y"]), "RoleMapping")
    )
    assert summary(review, lambda name: f"<{name}>") == [
        "<anna@example.com> gains <VIEW> on <prod/Sales>.",
        "Everybody with customer role <a*b> gains <x|y>.",
    ]
