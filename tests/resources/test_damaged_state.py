"""A state that somebody has edited by hand: no access is lost or left, and the error names the way out, which works."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from hosting import Kind, Lab, Refused, State
from pulumi_talend.errors import TalendError
from pulumi_talend.provider.role_mappings import RoleMappingsProvider
from pulumi_talend.provider.single import RoleMappingProvider, WorkspacePermissionProvider
from pulumi_talend.provider.workspace_access import WorkspaceAccessProvider
from pulumi_talend_sandbox.tenant import Tenant

Damage = Callable[[dict[str, Any]], object]


def put(name: str, value: Any) -> Damage:
    return lambda properties: properties.update({name: value})


def without(name: str) -> Damage:
    return lambda properties: properties.pop(name, None)


def inside(name: str, value: Any) -> Damage:
    """The first entry of a table is `value`."""

    def damage(properties: dict[str, Any]) -> None:
        properties[name] = {**properties[name], min(properties[name]): value}

    return damage


REPAIRED: dict[str, tuple[Kind, Damage]] = {
    "permissions null": (WorkspacePermissionProvider, put("permissions", None)),
    "permissions missing": (WorkspacePermissionProvider, without("permissions")),
    "permissions a text": (WorkspacePermissionProvider, put("permissions", "VIEW")),
    "workspace_id missing": (WorkspacePermissionProvider, without("workspace_id")),
    "user_id missing": (WorkspacePermissionProvider, without("user_id")),
    "user_id a number": (WorkspacePermissionProvider, put("user_id", 5)),
    "expires_at not a time": (WorkspacePermissionProvider, put("expires_at", "soon")),
    "roles null": (RoleMappingProvider, put("roles", None)),
    "role_name missing": (RoleMappingProvider, without("role_name")),
    "an entry that is a number": (WorkspaceAccessProvider, inside("grants", 5)),
    "an entry that is null": (WorkspaceAccessProvider, inside("grants", None)),
    "grants a list": (WorkspaceAccessProvider, put("grants", [1])),
    "grants missing": (WorkspaceAccessProvider, without("grants")),
    "exclusive a number": (WorkspaceAccessProvider, put("exclusive", 7)),
    "the number of the plan a text": (WorkspaceAccessProvider, put("__plan", "x")),
    "workspace_id of a set missing": (WorkspaceAccessProvider, without("workspace_id")),
    "a mapping that is a text": (RoleMappingsProvider, inside("mappings", "Operator")),
}
"""What `pulumi refresh` repairs: the id or the rest of the state says what the resource has."""

NOT_REPAIRED: dict[str, tuple[Kind, Damage]] = {
    "principals missing": (WorkspaceAccessProvider, without("principals")),
    "principals a list": (WorkspaceAccessProvider, put("principals", [1])),
    "a principal that is no path": (WorkspaceAccessProvider, inside("principals", "nobody")),
    "workspace_id of another set": (WorkspaceAccessProvider, put("workspace_id", "0" * 24)),
    "mappings null": (RoleMappingsProvider, put("mappings", None)),
}


@pytest.fixture
def lab(tenant: Tenant) -> Lab:
    return Lab(tenant)


def made(lab: Lab, kind: Kind) -> dict[str, Any]:
    """Creates a resource of a kind; its inputs."""
    workspace, user = lab.workspace("Sales", "dev"), lab.user("oskar")
    inputs: dict[str, Any] = {
        "WorkspacePermission": {"workspace_id": workspace, "user_id": user, "permissions": ["VIEW"]},
        "RoleMapping": {"role_name": "crew", "roles": ["Operator"]},
        "WorkspaceAccess": {
            "workspace_id": workspace,
            "grants": {f"user-id:{lab.user(login)}": ["VIEW"] for login in ("oskar", "felix")},
            "exclusive": "users",
            "max_removals": "all",
        },
        "RoleMappings": {"mappings": {"crew": ["Operator"], "watch": ["Operator"]}, "max_removals": "all"},
    }[kind.type_name]
    lab.run().up(kind, "one", **inputs)
    return inputs


def damaged(lab: Lab, damage: Damage) -> State:
    state = lab.states["one"]
    inputs, outputs = copy.deepcopy(state.inputs), copy.deepcopy(state.outputs)
    damage(inputs)
    damage(outputs)
    lab.states["one"] = State(state.kind, state.urn, state.id, inputs, outputs)
    return lab.states["one"]


def refused(lab: Lab, act: Callable[[], object]) -> str:
    """The one line with which something is refused, without a write."""
    with pytest.raises((Refused, TalendError)) as caught:
        act()
    (text,) = (
        (reason for _, reason in caught.value.failures) if isinstance(caught.value, Refused) else (str(caught.value),)
    )
    assert "is damaged" in text
    assert f"`pulumi state delete '{lab.states['one'].urn}'`" in text
    assert "\n" not in text
    assert lab.tenant.calls.writes() == []
    return text


@pytest.mark.parametrize("case", REPAIRED)
def test_a_refresh_repairs_it_and_nothing_is_lost_or_left(lab: Lab, case: str) -> None:
    kind, damage = REPAIRED[case]
    seed = lab.tenant.snapshot()
    inputs = made(lab, kind)
    settled = lab.tenant.snapshot()
    state = damaged(lab, damage)

    assert "Run `pulumi refresh`" in refused(lab, lambda: lab.run().preview(kind, "one", **inputs))
    assert "Run `pulumi refresh`" in refused(lab, lambda: lab.run().delete(state))
    lab.run().refresh("one")
    assert "one" in lab.states
    lab.run().up(kind, "one", **inputs)
    assert lab.tenant.snapshot() == settled
    assert lab.run().preview(kind, "one", **inputs)[0] == "same"
    lab.run().destroy("one")
    left = lab.tenant.snapshot()
    assert not [grant for grant in left["grants"] if grant not in seed["grants"]]
    assert not left["role_mappings"].keys() - seed["role_mappings"].keys()


@pytest.mark.parametrize("case", NOT_REPAIRED)
def test_what_a_refresh_cannot_repair_says_so_and_can_be_taken_over_again(lab: Lab, case: str) -> None:
    kind, damage = NOT_REPAIRED[case]
    inputs = made(lab, kind)
    settled = lab.tenant.snapshot()
    state = damaged(lab, damage)

    refused(lab, lambda: lab.run().delete(state))
    assert "`pulumi refresh`" not in refused(lab, lambda: lab.run().refresh("one"))
    del lab.states["one"]  # `pulumi state delete`
    lab.run().up(kind, "one", **inputs)
    assert lab.tenant.snapshot() == settled
    assert lab.tenant.calls.writes() == []


def test_a_refresh_repairs_inputs_alone(lab: Lab) -> None:
    """The engine passes the outputs on to `read`; the inputs are what the next check gets."""
    inputs = made(lab, WorkspaceAccessProvider)
    state = lab.states["one"]
    lab.states["one"] = State(state.kind, state.urn, state.id, {**state.inputs, "grants": [1]}, state.outputs)
    refused(lab, lambda: lab.run().preview(WorkspaceAccessProvider, "one", **inputs))
    lab.run().refresh("one")
    assert lab.run().preview(WorkspaceAccessProvider, "one", **inputs)[0] == "same"


def test_an_id_that_is_not_that_of_the_properties(lab: Lab) -> None:
    made(lab, WorkspacePermissionProvider)
    state = lab.states["one"]
    state.id = state.id.replace(lab.user("oskar"), lab.user("felix"))
    refused(lab, lambda: lab.run().delete(state))
    state.id = "nonsense"
    refused(lab, lambda: lab.run().delete(state))
    assert "'nonsense' is not the id of a grant" in refused(lab, lambda: lab.run().refresh("one"))
