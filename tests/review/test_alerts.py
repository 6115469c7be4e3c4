"""What a reviewer must not miss: each kind, on the live tenant where it takes one."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import support
from pulumi_talend.access import TenantAccess
from pulumi_talend.api import GrantKey
from pulumi_talend.review.alerts import Watch
from pulumi_talend.review.build import build_review
from pulumi_talend.review.document import read_preview
from pulumi_talend.review.model import Review
from pulumi_talend_sandbox.tenant import Tenant
from review.documents import document, grant_state, mapping_state, review_of, step


def items(review: Review) -> dict[str, tuple[str, ...]]:
    return {alert.kind: alert.items for alert in review.alerts}


def state_of(key: GrantKey, permissions: list[str], **more: Any) -> dict[str, Any]:
    principal = "user_id" if key.principal.kind == "users" else "service_account_id"
    inputs = {"workspace_id": key.workspace_id, principal: key.principal.id, "permissions": permissions, **more}
    return {"id": key.resource_id, "inputs": inputs, "outputs": inputs}


def looked_at(tenant: Tenant, *steps: dict[str, Any], now: datetime | None = None) -> Review:
    with support.client_of(support.settings_for(tenant)) as client:
        watch = Watch(now=now)
        return build_review(read_preview(document(*steps)), TenantAccess(client), insist=True, watch=watch)[0]


def login(tenant: Tenant, key: GrantKey) -> str:
    return next(each["login"] for each in tenant.users() if each["id"] == key.principal.id)


def test_manage_and_publish_gained() -> None:
    review = review_of(
        step("create", "a", None, grant_state("anna", "prod/Sales", ["VIEW", "MANAGE"])),
        step("update", "b", grant_state("ben", "p/S", ["VIEW"]), grant_state("ben", "p/S", ["PUBLISH"])),
        step("update", "c", grant_state("cleo", "p/S", ["MANAGE"]), grant_state("cleo", "p/S", ["MANAGE", "VIEW"])),
    )
    assert items(review) == {
        "manage-gained": ("anna@example.com on prod/Sales",),
        "publish-gained": ("ben@example.com on p/S",),
    }


def test_a_role_that_stands_for_nothing_and_administrators() -> None:
    review = review_of(
        step("delete", "a", mapping_state("team", ["Operator"]), None, "RoleMapping"),
        step("create", "b", None, mapping_state("All Employees", ["Security Administrator"]), "RoleMapping"),
        step("create", "c", None, mapping_state("platform", ["Environment Administrator", "Operator"]), "RoleMapping"),
    )
    found = items(review)
    assert set(found) == {"customer-role-lost", "broad-admin-role", "admin-role-mapped"}
    assert "team loses Operator" in found["customer-role-lost"][0]
    assert "All Employees gains Security Administrator" in found["broad-admin-role"][0]
    assert found["admin-role-mapped"] == ("everybody with customer role platform gains Environment Administrator",)


def test_an_administrator_by_what_the_tenant_says_of_the_role(tenant: Tenant) -> None:
    names = {each["name"] for each in tenant.roles() if "TMC_ENVIRONMENT_MANAGEMENT" in each["permissions"]}
    assert names
    new = mapping_state("crew", sorted(names))
    assert "admin-role-mapped" in items(looked_at(tenant, step("create", "a", None, new, "RoleMapping")))


def test_the_last_access_removed(tenant: Tenant) -> None:
    known = {who for _, _, who in tenant.grants()}
    number = next(n for n in range(10, 30) if support.user_key(tenant, 0, n).principal.id not in known)
    key, other = support.user_key(tenant, 0, number), support.user_key(tenant, 1, number)
    support.grant_by_hand(tenant, key, "VIEW")
    removed = step("delete", "a", state_of(key, ["VIEW"]), None)
    who = login(tenant, key)
    (item,) = items(looked_at(tenant, removed))["last-access-removed"]
    assert item.startswith(f"{who} has no access left: loses ")
    support.grant_by_hand(tenant, other, "VIEW")
    assert "last-access-removed" not in items(looked_at(tenant, removed))
    both = [removed, step("delete", "b", state_of(other, ["VIEW"]), None)]
    assert len(items(looked_at(tenant, *both))["last-access-removed"]) == 1
    moved = [*both, step("create", "c", None, state_of(support.user_key(tenant, 2, number), ["VIEW"]))]
    assert "last-access-removed" not in items(looked_at(tenant, *moved))


def test_what_was_given_by_hand_and_goes(tenant: Tenant) -> None:
    key = support.user_key(tenant)
    support.grant_by_hand(tenant, key, "VIEW", "MANAGE")
    review = looked_at(tenant, step("update", "a", state_of(key, ["VIEW"]), state_of(key, ["VIEW", "EXECUTE"])))
    (change,) = review.grants
    assert (change.before, change.after) == ({"VIEW", "MANAGE"}, {"VIEW", "EXECUTE"})
    assert change.by_hand
    assert items(review)["removed-by-hand-given"][0].endswith("loses MANAGE")


def test_what_a_whole_set_removes_by_name() -> None:
    inputs = {
        "workspace_id": "w1",
        "workspace": "Sales",
        "environment": "prod",
        "grants": {
            "anna@example.com": ["VIEW"],
            "service-account:loader": {"permissions": ["EXECUTE"], "expires_at": "2030-01-01T00:00Z"},
        },
        "principals": {"anna@example.com": "users/u1", "service-account:loader": "service-accounts/s1"},
        "exclusive": True,
        "removes": {"ben@example.com": ["MANAGE", "VIEW"], "anna@example.com": ["PUBLISH"]},
    }
    review = review_of(step("create", "set", None, {"inputs": inputs}, "WorkspaceAccess"))
    told = {change.who.label: (change.before, change.after, change.by_hand) for change in review.grants}
    assert told == {
        "anna@example.com": (None, {"VIEW"}, True),
        "ben@example.com": ({"MANAGE", "VIEW"}, frozenset(), True),
        "loader": (None, {"EXECUTE"}, False),
    }
    assert "ben@example.com on prod/Sales loses MANAGE, VIEW" in items(review)["removed-by-hand-given"]


def test_expiring_soon_and_ended(tenant: Tenant) -> None:
    now = datetime(2027, 1, 1, tzinfo=timezone.utc)
    keys = [support.user_key(tenant, 0, n) for n in (10, 11, 12)]
    for key in keys:
        support.grant_by_hand(tenant, key, "VIEW")
    ends = ("2027-01-05T00:00:00Z", "2027-03-01T00:00:00+01:00", "2026-12-31T23:00:00Z")
    steps = [
        step("update", f"g{n}", state_of(key, ["VIEW"], expires_at=end), state_of(key, rights, expires_at=end))
        for n, (key, end, rights) in enumerate(zip(keys, ends, (["EXECUTE"], ["EXECUTE"], []), strict=True))
    ]
    found = items(looked_at(tenant, *steps, now=now))["expiring"]
    assert len(found) == 2
    assert any(ends[0] in item and "until" in item for item in found)
    assert any(ends[2] in item and "ended" in item for item in found)


def test_the_tenant_says_that_nothing_changes(tenant: Tenant) -> None:
    key = support.user_key(tenant)
    support.grant_by_hand(tenant, key, "VIEW")
    review = looked_at(tenant, step("update", "a", state_of(key, ["EXECUTE"]), state_of(key, ["VIEW"])))
    assert review.empty
    assert len(review.settled) == 1


def test_given_and_taken_away_in_one_update_is_said(tenant: Tenant) -> None:
    key = support.user_key(tenant)  # its grant is in state, and was taken away by hand
    new, old = (
        step("create", "new", None, state_of(key, ["VIEW"])),
        step("delete", "old", state_of(key, ["VIEW"]), None),
    )
    (one,) = looked_at(tenant, new, old).unforeseen
    assert one.targets == (key.resource_id,)
    assert "the end of old would take it away again" in one.reason


def test_the_tenant_is_only_read_and_in_few_calls(tenant: Tenant) -> None:
    steps = [
        step("create", f"g{n}", None, state_of(support.user_key(tenant, n % 3, 10 + n % 20), ["VIEW"]))
        for n in range(60)
    ]
    tenant.calls.clear()
    looked_at(tenant, *steps)
    assert {call.method for call in tenant.calls} == {"GET"}
    assert len(tenant.calls) <= 6, support.requests(tenant)
