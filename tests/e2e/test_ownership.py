"""Whose access it is: nothing is seized silently, nothing is taken away by a rename, what is protected stays."""

from __future__ import annotations

from collections import Counter

from e2e.company import FELIX, MATTHIAS, OSKAR, SALES, mapping, permission, program, taken, written
from e2e.stack import Stack
from pulumi_talend_sandbox.tenant import Tenant

ADOPT = "adopt_existing=True"


def test_existing_access_is_not_seized_but_adopted_where_told(stack: Stack, tenant: Tenant) -> None:
    before = tenant.snapshot()
    by_hand = tenant.grants()[SALES, "users", MATTHIAS]
    assert by_hand == ["AUTHOR", "EXECUTE", "VIEW"]

    stack.program(permission("matthias", SALES, MATTHIAS, ["VIEW"]))
    run = stack.up().failed()
    (message,) = run.errors
    assert "resource 'matthias'" in message
    assert "adopt_existing" in message
    assert "already has AUTHOR, EXECUTE, VIEW" in message
    assert MATTHIAS in message or "matthias.krueger" in message
    assert taken(tenant) == Counter({"GET /security/permissions 200": 1})

    stack.program(mapping("platform", "nordlicht-platform", ["Operator"]))
    run = stack.up().failed()
    (message,) = run.errors
    assert "resource 'platform'" in message
    assert "already mapped to Environment Administrator, Operator" in message
    assert taken(tenant) == Counter({"GET /security/role-mappings 200": 1})
    assert tenant.snapshot() == before
    assert stack.managed() == {}

    # Told to: a PUT for the grant, since there is one; the mapping that is as it should be is not written at all.
    stack.program(
        program(
            permission("matthias", SALES, MATTHIAS, ["VIEW"], more=ADOPT),
            mapping("platform", "nordlicht-platform", ["Operator", "Environment Administrator"], more=ADOPT),
        )
    )
    run = stack.up().ok()
    assert run.steps == Counter({("matthias", "created"): 1, ("platform", "created"): 1})
    assert written(tenant.calls) == Counter([("PUT", f"{SALES}/users/{MATTHIAS}")])
    assert tenant.grants()[SALES, "users", MATTHIAS] == ["VIEW"]
    assert tenant.role_mappings() == before["role_mappings"]

    # From now on they are the stack's, so they go with it.
    stack.destroy().ok()
    assert (SALES, "users", MATTHIAS) not in tenant.grants()
    assert "nordlicht-platform" not in tenant.role_mappings()


def test_a_rename_takes_nothing_away_and_protection_holds(stack: Stack, tenant: Tenant) -> None:
    empty = tenant.snapshot()
    stack.program(program(permission("first", SALES, OSKAR, ["VIEW"]), mapping("m1", "crew", ["Operator"])))
    stack.up().ok()
    settled = tenant.snapshot()

    # Renamed, and told to take over: the old resource's end leaves the access that the new one has just adopted.
    stack.program(
        program(
            permission("second", SALES, OSKAR, ["VIEW"], more=ADOPT), mapping("m2", "crew", ["Operator"], more=ADOPT)
        )
    )
    run = stack.up().ok()
    assert run.steps == Counter(
        {("second", "created"): 1, ("m2", "created"): 1, ("first", "deleted"): 1, ("m1", "deleted"): 1}
    )
    assert tenant.snapshot() == settled
    assert set(stack.managed()) == {"second", "m2"}

    # Renamed with an alias: the same object, no call at all; and protected from now on.
    def renamed(protect: bool) -> str:
        return program(
            permission(
                "third", SALES, OSKAR, ["VIEW"], more=f"opts=pulumi.ResourceOptions({protect=}, **aliases('second'))"
            ),
            mapping("m3", "crew", ["Operator"], more="opts=pulumi.ResourceOptions(**aliases('m2'))"),
        )

    aliases = "def aliases(name):\n    return {'aliases': [pulumi.Alias(name=name)]}"
    stack.program(program(aliases, renamed(protect=True)))
    tenant.calls.clear()
    run = stack.up().ok()
    assert run.summary["same"] == 3
    assert tenant.calls.lines() == []
    held = stack.managed()
    assert {name: each.protect for name, each in held.items()} == {"third": True, "m3": False}
    assert held["third"].urn.endswith("WorkspacePermission::third")

    run = stack.destroy().failed()
    assert "third" in run.output
    assert "protect" in run.output
    assert (SALES, "users", OSKAR) in tenant.grants()
    assert "third" in stack.managed()

    stack.program(program(aliases, renamed(protect=False)))
    stack.up().ok()
    stack.destroy().ok()
    assert tenant.snapshot() == empty


def test_a_rename_without_a_word_is_refused_in_preview(stack: Stack, tenant: Tenant) -> None:
    stack.program(permission("first", SALES, FELIX, ["VIEW"]))
    stack.up().ok()
    settled = tenant.snapshot()
    tenant.calls.clear()
    stack.program(permission("second", SALES, FELIX, ["VIEW"]))
    (message,) = stack.preview().failed().errors
    assert "resource 'second'" in message
    assert "Renamed? Add an alias" in message
    assert tenant.calls.writes() == []
    assert tenant.snapshot() == settled


def test_a_rename_without_an_alias_after_a_removal_by_hand_leaves_the_access_given(
    stack: Stack, tenant: Tenant
) -> None:
    """Nothing stands in the way of the new name then; the engine deletes the old name's object last, which is the same."""
    workspace = next(w["id"] for w in tenant.workspaces() if w["name"] == "Pricing Lab")
    taken = {principal for held, _, principal in tenant.grants() if held == workspace}
    user = next(u["id"] for u in tenant.users() if u["id"] not in taken and "TMC_ENGINE_USE" not in str(u))
    grant = f'WorkspacePermission({{name!r}}, workspace_id={workspace!r}, user_id={user!r}, permissions=["VIEW"])'
    mapping = 'RoleMapping({name!r}, role_name="wandering", roles=["Operator"])'
    stack.program("\n".join([grant.format(name="old-grant"), mapping.format(name="old-mapping")]))
    stack.up().ok()
    tenant.revoke(workspace, user)
    tenant.unmap_role("wandering")

    stack.program("\n".join([grant.format(name="new-grant"), mapping.format(name="new-mapping")]))
    assert stack.up().ok().summary == {"create": 2, "delete": 2, "same": 1}

    assert tenant.grants()[workspace, "users", user] == ["VIEW"]
    assert tenant.role_mappings()["wandering"] == ["Operator"]
    assert sorted(stack.managed()) == ["new-grant", "new-mapping"]
    stack.destroy().ok()
    assert (workspace, "users", user) not in tenant.grants()
    assert "wandering" not in tenant.role_mappings()
