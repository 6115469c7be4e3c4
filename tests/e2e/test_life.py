"""The life of a stack: created, unchanged, changed, put right after drift, replaced, destroyed; call by call."""

from __future__ import annotations

import json
from collections import Counter

from e2e.company import (
    AUDIT,
    FELIX,
    FINANCE,
    GRETA,
    LOGISTICS,
    NADINE,
    OSKAR,
    SALES,
    SCHEDULER,
    grant_path,
    mapping,
    permission,
    program,
    service_permission,
    taken,
    written,
)
from e2e.conftest import on_both_engines
from e2e.stack import Managed, Stack
from pulumi_talend_sandbox.tenant import Tenant

LISTING = "GET /security/permissions 200"
ACCOUNTS_LISTING = "GET /security/service-accounts/permissions 200"
MAPPINGS = "GET /security/role-mappings 200"


@on_both_engines
def test_created_unchanged_changed_destroyed(stack: Stack, tenant: Tenant) -> None:
    before = tenant.snapshot()
    oskar, audit = grant_path(SALES, OSKAR), grant_path(SALES, AUDIT)
    stack.program(
        program(
            permission("oskar", SALES, OSKAR, ["VIEW", "EXECUTE"]),
            service_permission("audit", SALES, AUDIT, ["VIEW"]),
            mapping("team", "Team Ö/1", ["Operator"]),
        )
    )

    # Preview: only reads, and only what is needed to see that nothing is in the way.
    run = stack.preview().ok()
    assert run.steps == Counter({("oskar", "create"): 1, ("audit", "create"): 1, ("team", "create"): 1})
    assert run.summary == {"create": 4}
    looked = Counter({LISTING: 1, ACCOUNTS_LISTING: 1, MAPPINGS: 1})
    assert taken(tenant) == looked
    assert tenant.snapshot() == before

    # Up: each grant given and looked at, the mapping put into all the others and looked at.
    run = stack.up().ok()
    assert run.steps == Counter({("oskar", "created"): 1, ("audit", "created"): 1, ("team", "created"): 1})
    assert run.summary == {"create": 4}
    given = [f"POST {oskar} 201", f"GET {oskar} 200", f"POST {audit} 201", f"GET {audit} 200"]
    mapped = Counter({MAPPINGS: 3, "POST /security/role-mappings 200": 1})
    assert taken(tenant) == looked + Counter(given) + mapped
    assert tenant.grants()[SALES, "users", OSKAR] == ["EXECUTE", "VIEW"]
    assert tenant.grants()[SALES, "service-accounts", AUDIT] == ["VIEW"]
    assert tenant.role_mappings()["Team Ö/1"] == ["Operator"]
    assert _without_ours(tenant) == before

    urn = "urn:pulumi:dev::access::pulumi-python:dynamic/talend:"
    grant = {"workspace_id": SALES, "user_id": OSKAR, "permissions": ["EXECUTE", "VIEW"]}
    service = {"workspace_id": SALES, "service_account_id": AUDIT, "permissions": ["VIEW"]}
    team = {"role_name": "Team Ö/1", "roles": ["Operator"]}
    expected = {
        "oskar": Managed(f"{urn}WorkspacePermission::oskar", f"{SALES}/users/{OSKAR}", grant, grant, protect=False),
        "audit": Managed(
            f"{urn}WorkspacePermission::audit", f"{SALES}/service-accounts/{AUDIT}", service, service, protect=False
        ),
        "team": Managed(f"{urn}RoleMapping::team", "Team Ö/1", team, team, protect=False),
    }
    assert stack.managed() == expected
    exported = stack.export()
    assert "talend:token" not in json.dumps(exported), "settings of the environment are not part of the state"
    if stack.engine.is_pulumi:
        traces = [one["stackTrace"] for one in exported["deployment"]["resources"] if one["urn"].startswith(urn)]
        lines = [[line["sourcePosition"].rpartition("/")[2].partition("#")[0] for line in trace] for trace in traces]
        assert sorted(lines) == [["role_mapping.py", "__main__.py"], *[["workspace_permission.py", "__main__.py"]] * 2]

    # The same again, in another order and twice: no change, no call at all.
    stack.program(
        program(
            permission("oskar", SALES, OSKAR, ["EXECUTE", "VIEW", "EXECUTE"]),
            service_permission("audit", SALES, AUDIT, ["VIEW", "VIEW"]),
            mapping("team", "Team Ö/1", ["Operator", "Operator"]),
        )
    )
    run = stack.up().ok()
    assert run.steps == Counter()
    assert run.summary == {"same": 4}
    document = stack.preview_json()
    assert document["changeSummary"] == {"same": 4}
    assert {step["op"] for step in document["steps"]} == {"same"}
    assert tenant.calls.lines() == []
    assert stack.managed() == expected

    # Changed in the program: one PUT, one replace-all.
    stack.program(
        program(
            permission("oskar", SALES, OSKAR, ["VIEW", "AUTHOR"]),
            service_permission("audit", SALES, AUDIT, ["VIEW"]),
            mapping("team", "Team Ö/1", ["Operator", "Assets Manager"]),
        )
    )
    run = stack.up().ok()
    assert run.steps == Counter({("oskar", "updated"): 1, ("team", "updated"): 1})
    assert run.diffs == {"oskar": "~permissions", "team": "~roles"}
    assert run.summary == {"update": 2, "same": 2}
    assert taken(tenant) == Counter({f"PUT {oskar} 204": 1, f"GET {oskar} 200": 1}) + mapped
    assert tenant.grants()[SALES, "users", OSKAR] == ["AUTHOR", "VIEW"]
    assert tenant.role_mappings()["Team Ö/1"] == ["Assets Manager", "Operator"]
    assert stack.managed()["oskar"].outputs["permissions"] == ["AUTHOR", "VIEW"]

    # Destroyed: the tenant is as it was.
    run = stack.destroy().ok()
    assert run.steps == Counter({("oskar", "deleted"): 1, ("audit", "deleted"): 1, ("team", "deleted"): 1})
    assert run.summary == {"delete": 4}
    assert taken(tenant) == Counter(
        {
            f"DELETE {oskar} 204": 1,
            f"GET {oskar} 404": 1,
            f"DELETE {audit} 204": 1,
            f"GET {audit} 404": 1,
            "DELETE /security/role-mappings/Team%20%C3%96%2F1 204": 1,
            MAPPINGS: 2,  # until it is not visible, and once more after other writers could have undone it
        }
    )
    assert tenant.snapshot() == before
    assert stack.managed() == {}


@on_both_engines
def test_drift_is_shown_and_repaired_and_identity_is_replaced(stack: Stack, tenant: Tenant) -> None:
    before = tenant.snapshot()

    def access(who: str = OSKAR, where: str = SALES, role: str = "crew") -> str:
        return program(
            permission("changed", SALES, who, ["VIEW", "EXECUTE"]),
            permission("removed", where, FELIX, ["VIEW"]),
            permission("kept", SALES, NADINE, ["VIEW"]),
            mapping("remapped", role, ["Operator"]),
            mapping("unmapped", "night shift", ["Data Steward"]),
        )

    stack.program(access())
    stack.up().ok()
    settled, held = tenant.snapshot(), stack.managed()
    taken(tenant)

    # Somebody at the console.
    tenant.grant(SALES, OSKAR, ["MANAGE"])
    tenant.revoke(SALES, FELIX)
    tenant.map_role("crew", ["Data Steward"])
    tenant.unmap_role("night shift")
    drifted = tenant.snapshot()

    run = stack.preview("--refresh").ok()
    assert run.steps == Counter(
        {("changed", "update"): 1, ("removed", "create"): 1, ("remapped", "update"): 1, ("unmapped", "create"): 1}
    )
    assert run.diffs == {"changed": "~permissions", "remapped": "~roles"}
    assert run.summary == {"update": 2, "create": 2, "same": 2}
    assert all(line.startswith("GET ") for line in taken(tenant))
    assert tenant.snapshot() == drifted
    assert stack.managed() == held

    run = stack.up("--refresh").ok()
    assert run.steps == Counter(
        {("changed", "updated"): 1, ("removed", "created"): 1, ("remapped", "updated"): 1, ("unmapped", "created"): 1}
    )
    assert run.summary == {"update": 2, "create": 2, "same": 2}
    wrote = written(tenant.calls)
    assert Counter(each for each in wrote if "role-mappings" not in each[1]) == Counter(
        [("PUT", f"{SALES}/users/{OSKAR}"), ("POST", f"{SALES}/users/{FELIX}")]
    )
    assert 1 <= wrote["POST", "role-mappings"] <= 2  # both at once, or one after the other
    assert set(wrote) - {("POST", "role-mappings")} == {each for each in wrote if "users" in each[1]}
    assert tenant.snapshot() == settled
    assert stack.managed() == held

    # Another user, another workspace, another customer role: the new one first, then the old one goes.
    tenant.calls.clear()
    stack.program(access(who=GRETA, where=FINANCE, role="crew of the night"))
    run = stack.up().ok()
    assert run.summary == {"replace": 3, "same": 3}
    assert run.steps == Counter(
        {
            (name, what): 1
            for name in ("changed", "removed", "remapped")
            for what in ("created replacement", "replaced", "deleted original")
        }
    )
    assert run.diffs == {"changed": "~user_id", "removed": "~workspace_id", "remapped": "~role_name"}
    new = {f"{SALES}/users/{GRETA}", f"{FINANCE}/users/{FELIX}"}
    old = {f"{SALES}/users/{OSKAR}", f"{SALES}/users/{FELIX}"}
    assert written(tenant.calls) == Counter(
        [
            *(("POST", each) for each in new),
            *(("DELETE", each) for each in old),
            ("POST", "role-mappings"),
            ("DELETE", "role-mappings/crew"),
        ]
    )
    order = [call.method for call in tenant.calls.writes()]
    assert order == sorted(order, reverse=True), "every POST comes before every DELETE"
    grants = tenant.grants()
    assert grants[SALES, "users", GRETA] == ["EXECUTE", "VIEW"]
    assert grants[FINANCE, "users", FELIX] == ["VIEW"]
    assert (SALES, "users", OSKAR) not in grants
    assert (SALES, "users", FELIX) not in grants
    assert tenant.role_mappings()["crew of the night"] == ["Operator"]
    assert "crew" not in tenant.role_mappings()
    assert {name: each.id for name, each in stack.managed().items()} == {
        "changed": f"{SALES}/users/{GRETA}",
        "removed": f"{FINANCE}/users/{FELIX}",
        "kept": f"{SALES}/users/{NADINE}",
        "remapped": "crew of the night",
        "unmapped": "night shift",
    }

    stack.destroy().ok()
    assert tenant.snapshot() == before


def test_a_workspace_and_a_user_are_gone(stack: Stack, tenant: Tenant) -> None:
    stack.program(
        program(
            permission("in-workspace", LOGISTICS, OSKAR, ["VIEW"]),
            service_permission("service", LOGISTICS, SCHEDULER, ["VIEW"]),
            permission("of-user", SALES, FELIX, ["VIEW"]),
            permission("stays", SALES, NADINE, ["VIEW"]),
        )
    )
    stack.up().ok()
    tenant.delete_workspace(LOGISTICS)
    tenant.delete_user(FELIX)
    before = tenant.snapshot()
    taken(tenant)

    run = stack.refresh().ok()
    assert run.summary == {"delete": 3, "same": 2}
    assert set(stack.managed()) == {"stays"}
    assert all(line.startswith("GET ") for line in taken(tenant))
    assert tenant.snapshot() == before

    # And once more without a refresh in between: what is gone is deleted without an error.
    tenant.delete_user(NADINE)
    before = tenant.snapshot()
    run = stack.destroy().ok()
    assert run.summary == {"delete": 2}
    # A 404 is believed of an API that answers something else at the same time.
    assert taken(tenant) == Counter(
        {
            f"DELETE {grant_path(SALES, NADINE)} 404": 1,
            f"GET {grant_path(SALES, NADINE)} 404": 1,
            "GET /security/permissions 200": 1,
        }
    )
    assert tenant.snapshot() == before
    assert stack.managed() == {}


def test_an_id_that_only_another_resource_knows(stack: Stack, tenant: Tenant) -> None:
    stack.program(
        program(
            f"first = {permission('first', SALES, OSKAR, ['VIEW'])}",
            f"where = first.id.apply(lambda id: {FINANCE!r} if '/users/' in id else '')",
            f"WorkspacePermission('second', workspace_id=where, user_id={FELIX!r}, permissions=['VIEW'])",
            "RoleMapping('third', role_name=first.id.apply(lambda id: 'crew-' + id[:4]), roles=['Operator'])",
        )
    )
    before = tenant.snapshot()
    run = stack.preview().ok()
    assert run.steps == Counter({("first", "create"): 1, ("second", "create"): 1, ("third", "create"): 1})
    assert taken(tenant) == Counter({LISTING: 1})
    assert tenant.snapshot() == before
    stack.up().ok()
    assert tenant.grants()[FINANCE, "users", FELIX] == ["VIEW"]
    assert tenant.role_mappings()[f"crew-{SALES[:4]}"] == ["Operator"]


def _without_ours(tenant: Tenant) -> dict[str, object]:
    now = tenant.snapshot()
    for id_ in (f"{SALES}/users/{OSKAR}", f"{SALES}/service-accounts/{AUDIT}"):
        del now["grants"][id_]
    del now["role_mappings"]["Team Ö/1"]
    return now
