"""What needs a reviewer's attention: each kind, on the live tenant where it takes one."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import support
from pulumi_talend.access import TenantAccess
from pulumi_talend.model.grants import GrantKey
from pulumi_talend.review.alerts import Watch
from pulumi_talend.review.build import build_review
from pulumi_talend.review.document import read_preview
from pulumi_talend.review.model import Review
from pulumi_talend_sandbox.tenant import Fault, Tenant
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


def test_a_login_that_was_handed_on_to_another_person() -> None:
    login = "anna@example.com"
    review = review_of(
        step(
            "replace",
            "a",
            grant_state("old", "prod/Sales", ["VIEW"], login=login),
            grant_state("new", "prod/Sales", ["VIEW"], login=login),
        ),
        step("update", "b", grant_state("ben", "p/S", ["VIEW"]), grant_state("ben", "p/S", ["EXECUTE"])),
        step("delete", "c", grant_state("cleo", "p/S", ["VIEW"]), None),
    )
    assert items(review)["another-account"] == ("anna@example.com on prod/Sales: id new, was old",)


def test_a_role_that_is_no_longer_mapped_and_administrators() -> None:
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


def test_an_administrator_by_what_the_tenant_says_of_the_role() -> None:
    """Whatever it is called."""
    with Tenant.start() as tenant:
        name = next(each["name"] for each in tenant.roles() if "TMC_ENVIRONMENT_MANAGEMENT" in each["permissions"])
        tenant.rename_role(name, "Keeper of places")
        new = mapping_state("crew", ["Keeper of places"])
        assert "admin-role-mapped" in items(looked_at(tenant, step("create", "a", None, new, "RoleMapping")))


def test_the_last_access_removed(tenant: Tenant) -> None:
    known = {who for _, _, who in tenant.grants()}
    number = next(n for n in range(10, 30) if support.user_key(tenant, 0, n).principal.id not in known)
    key, other = support.user_key(tenant, 0, number), support.user_key(tenant, 1, number)
    support.grant_by_hand(tenant, key, "VIEW")
    removed = step("delete", "a", state_of(key, ["VIEW"]), None)
    who = login(tenant, key)
    (item,) = items(looked_at(tenant, removed))["last-access-removed"]
    assert item.startswith(f"{who} (loses ")
    assert "not read" not in item
    support.grant_by_hand(tenant, other, "VIEW")
    assert "last-access-removed" not in items(looked_at(tenant, removed))
    both = [removed, step("delete", "b", state_of(other, ["VIEW"]), None)]
    assert len(items(looked_at(tenant, *both))["last-access-removed"]) == 1
    moved = [*both, step("create", "c", None, state_of(support.user_key(tenant, 2, number), ["VIEW"]))]
    assert "last-access-removed" not in items(looked_at(tenant, *moved))


def test_the_last_access_without_the_tenant_is_only_possible() -> None:
    review = review_of(step("delete", "a", grant_state("anna", "prod/Sales", ["VIEW"]), None))
    (item,) = items(review)["last-access-removed"]
    assert item == "anna@example.com (loses prod/Sales; other workspaces were not read)"
    (alert,) = [alert for alert in review.alerts if alert.kind == "last-access-removed"]
    assert alert.title.startswith("Possibly ")
    moved = step("create", "b", None, grant_state("anna", "prod/Finance", ["VIEW"]))
    both = review_of(step("delete", "a", grant_state("anna", "prod/Sales", ["VIEW"]), None), moved)
    assert "last-access-removed" not in items(both)


def test_the_last_access_where_the_listing_is_refused_is_only_possible(tenant: Tenant) -> None:
    key = support.user_key(tenant, 0, 20)
    support.grant_by_hand(tenant, key, "VIEW")
    tenant.inject(Fault(kind="status", status=403, path=r"/security/permissions$", times=None))
    (item,) = items(looked_at(tenant, step("delete", "a", state_of(key, ["VIEW"]), None)))["last-access-removed"]
    assert "other workspaces were not read" in item


def test_what_is_not_granted_by_the_stack_and_goes(tenant: Tenant) -> None:
    key = support.user_key(tenant)
    support.grant_by_hand(tenant, key, "VIEW", "MANAGE")
    review = looked_at(tenant, step("update", "a", state_of(key, ["VIEW"]), state_of(key, ["VIEW", "EXECUTE"])))
    (change,) = review.grants
    assert (change.before, change.after) == ({"VIEW", "MANAGE"}, {"VIEW", "EXECUTE"})
    assert change.unmanaged == {"MANAGE"}
    assert items(review)["unmanaged-removed"][0].endswith("loses MANAGE")


def test_what_is_taken_over(tenant: Tenant) -> None:
    key, same = support.user_key(tenant), support.user_key(tenant, 1)
    support.grant_by_hand(tenant, key, "VIEW", "MANAGE")
    support.grant_by_hand(tenant, same, "VIEW")
    review = looked_at(
        tenant,
        step("create", "a", None, state_of(key, ["VIEW"], adopt_existing=True)),
        step("create", "b", None, state_of(same, ["VIEW"], adopt_existing=True)),
    )
    assert len(review.grants) == 2
    assert len(items(review)["taken-over"]) == 2
    assert any(item.endswith(": MANAGE, VIEW → VIEW") for item in items(review)["taken-over"])


def test_ends_put_off_and_removed() -> None:
    def state(who: str, until: str | None) -> dict[str, Any]:
        return grant_state(who, "prod/Sales", ["VIEW"], **({"expires_at": until} if until else {}))

    review = review_of(
        step("update", "a", state("anna", "2027-01-31T00:00:00Z"), state("anna", "9999-12-31T23:59:59Z")),
        step("update", "b", state("ben", "2027-01-31T00:00:00Z"), state("ben", None)),
        step("update", "c", state("cleo", "9999-01-31T00:00:00Z"), state("cleo", "9998-01-31T00:00:00Z")),
    )
    assert set(items(review)) == {"access-prolonged", "end-removed"}
    assert items(review)["access-prolonged"][0].startswith("anna@example.com on prod/Sales: VIEW until 31 Dec 9999")
    assert items(review)["end-removed"][0].startswith("ben@example.com on prod/Sales: VIEW, was until 31 Jan 2027")


def test_the_address_that_the_stack_names() -> None:
    grant = step("create", "a", None, grant_state("anna", "prod/Sales", ["VIEW"]))
    for value in ("http://elsewhere.example", "[secret]", {"structured": True}):
        preview = read_preview(document(grant, config={"talend:endpoint": value}))
        assert "endpoint-from-stack" in items(build_review(preview, None)[0])
    assert "endpoint-from-stack" not in items(build_review(read_preview(document(grant)), None)[0])


def test_what_a_complete_set_removes_by_id_also_of_namesakes() -> None:
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
        "removes": {
            "users/u2": {"name": "ben@example.com", "permissions": ["MANAGE", "VIEW"]},
            "users/u1": {"name": "anna@example.com", "permissions": ["PUBLISH"]},
            "service-accounts/s2": {"name": "service-account:loader", "permissions": ["VIEW"]},
            "service-accounts/s3": {"name": "service-account:loader", "permissions": ["VIEW"]},
        },
    }
    review = review_of(step("create", "set", None, {"inputs": inputs}, "WorkspaceAccess"))
    told = {change.target.principal.id: (change.who.label, change.before, change.after) for change in review.grants}
    assert told == {
        "u1": ("anna@example.com", None, {"VIEW"}),
        "u2": ("ben@example.com", {"MANAGE", "VIEW"}, frozenset()),
        "s1": ("loader", None, {"EXECUTE"}),
        "s2": ("loader", {"VIEW"}, frozenset()),
        "s3": ("loader", {"VIEW"}, frozenset()),
    }
    assert "ben@example.com on prod/Sales loses MANAGE, VIEW" in items(review)["unmanaged-removed"]


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
    assert any("until 5 Jan 2027, 00:00 UTC" in item for item in found)
    assert any("ended on 31 Dec 2026, 23:00 UTC" in item for item in found)


def test_the_tenant_has_it_already(tenant: Tenant) -> None:
    key = support.user_key(tenant)
    support.grant_by_hand(tenant, key, "VIEW")
    review = looked_at(tenant, step("update", "a", state_of(key, ["EXECUTE"]), state_of(key, ["VIEW"])))
    assert review.empty
    assert len(review.settled) == 1


def test_what_exists_since_the_preview_is_reported(tenant: Tenant) -> None:
    key = support.user_key(tenant)
    support.grant_by_hand(tenant, key, "MANAGE")
    (one,) = looked_at(tenant, step("create", "new", None, state_of(key, ["VIEW"]))).unknown
    assert one.targets == (key.resource_id,)
    assert "exists already" in one.reason


def test_the_tenant_is_only_read_and_in_few_calls(tenant: Tenant) -> None:
    steps = [
        step("create", f"g{n}", None, state_of(support.user_key(tenant, n % 3, 10 + n % 20), ["VIEW"]))
        for n in range(60)
    ]
    tenant.calls.clear()
    looked_at(tenant, *steps)
    assert {call.method for call in tenant.calls} == {"GET"}
    assert len(tenant.calls) <= 6, support.requests(tenant)
