"""The resources of the matrix, three of a kind in a run, and what stands around them that nobody asked to touch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from faults.stage import WORKSPACES, Stage, Target, World
from hosting import State
from pulumi_talend.provider.base import TalendProvider
from pulumi_talend.provider.role_mappings import RoleMappingsProvider
from pulumi_talend.provider.single import RoleMappingProvider, WorkspacePermissionProvider
from pulumi_talend.provider.workspace_access import WorkspaceAccessProvider

Asked = dict[Target, "frozenset[str] | None"]
AUTHOR, EXECUTE, MANAGE, VIEW = "AUTHOR", "EXECUTE", "MANAGE", "VIEW"
OPERATOR, STEWARD = "Operator", "Data Steward"


@dataclass(frozen=True)
class Declared:
    """One resource of a program. `asks` is what stands once it is applied (None: nothing); `called` what people call it."""

    name: str
    provider: type[TalendProvider[Any]]
    inputs: Mapping[str, Any]
    asks: Asked
    called: tuple[str, ...]


@dataclass(frozen=True)
class Kind:
    """A sort of resource. `old` is the program as applied first, `new` the one that the update applies.

    `bystanders` stand by hand from the start; `intruders` are given by hand between the two: those that the new program
    speaks for it removes (its `asks` say so). `drift` is done by hand before a refresh.
    """

    title: str
    old: Sequence[Declared]
    new: Sequence[Declared]
    bystanders: World
    intruders: World = field(default_factory=World)
    drift: Asked = field(default_factory=Asked)


class Place:
    """Three workspaces of their own in the stage's tenant, and people without access elsewhere."""

    def __init__(self, stage: Stage) -> None:
        tenant = stage.tenant
        self.workspaces = {one["name"]: one["id"] for one in tenant.workspaces() if one["name"] in WORKSPACES}
        busy = {who for _, _, who in tenant.grants()}
        plain = [
            user
            for user in sorted(tenant.users(), key=lambda user: user["login"])
            if user["id"] not in busy and "Engine User" not in {role["name"] for role in user["roles"]}
        ]
        self.users = {user["login"]: user["id"] for user in plain[:6]}
        self.logins = list(self.users)
        self.robots = {account["name"]: account["id"] for account in tenant.service_accounts()}
        self.seed = {name: frozenset(roles) for (what, name), roles in stage.world().items() if what == "mapping"}

    def user(self, workspace: str, number: int) -> Target:
        return "grant", f"{self.workspaces[workspace]}/users/{self.users[self.logins[number]]}"

    def robot(self, workspace: str, name: str) -> Target:
        return "grant", f"{self.workspaces[workspace]}/service-accounts/{self.robots[name]}"

    def bystanders(self) -> World:
        """On the same workspaces, of the same people, and in the corner of what a cross product would take along."""
        return {
            self.user("Harbour", 5): frozenset({MANAGE, VIEW}),
            self.user("Depot", 1): frozenset({VIEW}),
            self.user("Yard", 0): frozenset({EXECUTE, VIEW}),
            self.user("Yard", 5): frozenset({VIEW}),
            self.robot("Depot", "ci-publisher"): frozenset({VIEW}),
            self.robot("Yard", "audit-export"): frozenset({VIEW}),
            ("mapping", "matrix-bystander"): frozenset({OPERATOR, STEWARD}),
        }


def kinds(place: Place) -> dict[str, Kind]:
    """All kinds, by a short name."""
    return {
        "user": _users(place),
        "service-account": _robots(place),
        "mapping": _mapping(place),
        "access": _access(place, exclusive=True),
        "access-users": _access(place, exclusive="users"),
        "access-beside": _access(place, exclusive=False),
        "mappings": _mappings(place),
    }


def _permission(name: str, target: Target, permissions: Sequence[str], called: Sequence[str], **by: str) -> Declared:
    inputs = {**by, "permissions": list(permissions)}
    return Declared(name, WorkspacePermissionProvider, inputs, {target: frozenset(permissions)}, tuple(called))


def _users(place: Place) -> Kind:
    def declared(*permissions: Sequence[str]) -> list[Declared]:
        first, second = place.logins[:2]
        harbour, depot = place.workspaces["Harbour"], place.workspaces["Depot"]
        by_name = {"workspace": "Harbour", "environment": "prod", "user": first}
        anna, jan = place.users[first], place.users[second]
        one, two, three = permissions
        return [
            _permission("one", place.user("Harbour", 0), one, (first, anna), **by_name),
            _permission("two", place.user("Harbour", 1), two, (second, jan), workspace_id=harbour, user_id=jan),
            _permission("three", place.user("Depot", 0), three, (first, anna), workspace_id=depot, user_id=anna),
        ]

    return Kind(
        "WorkspacePermission of a user",
        declared([VIEW], [VIEW, EXECUTE], [VIEW]),
        declared([AUTHOR, VIEW], [VIEW], [EXECUTE, VIEW]),
        place.bystanders(),
        drift={place.user("Harbour", 0): frozenset({MANAGE}), place.user("Depot", 0): None},
    )


def _robots(place: Place) -> Kind:
    def declared(*permissions: Sequence[str]) -> list[Declared]:
        harbour, depot = place.workspaces["Harbour"], place.workspaces["Depot"]
        audit, publisher = place.robots["audit-export"], place.robots["ci-publisher"]
        by_name = {"workspace": "Harbour", "environment": "prod", "service_account": "audit-export"}
        auditor, publishes = ("audit-export", audit), ("ci-publisher", publisher)
        one, two, three = permissions
        return [
            _permission("one", place.robot("Harbour", "audit-export"), one, auditor, **by_name),
            _permission(
                "two",
                place.robot("Harbour", "ci-publisher"),
                two,
                publishes,
                workspace_id=harbour,
                service_account_id=publisher,
            ),
            _permission(
                "three",
                place.robot("Depot", "audit-export"),
                three,
                auditor,
                workspace_id=depot,
                service_account_id=audit,
            ),
        ]

    return Kind(
        "WorkspacePermission of a service account",
        declared([VIEW], [VIEW, EXECUTE], [VIEW]),
        declared([AUTHOR, VIEW], [VIEW], [EXECUTE, VIEW]),
        place.bystanders(),
        drift={place.robot("Harbour", "audit-export"): frozenset({MANAGE}), place.robot("Depot", "audit-export"): None},
    )


def _mapping(place: Place) -> Kind:
    def declared(*roles: Sequence[str]) -> list[Declared]:
        return [
            Declared(
                name,
                RoleMappingProvider,
                {"role_name": f"matrix-{name}", "roles": list(mapped)},
                {("mapping", f"matrix-{name}"): frozenset(mapped)},
                (f"matrix-{name}",),
            )
            for name, mapped in zip(("one", "two", "three"), roles, strict=True)
        ]

    return Kind(
        "RoleMapping",
        declared([OPERATOR], [OPERATOR, STEWARD], [OPERATOR]),
        declared([OPERATOR, STEWARD], [STEWARD], [STEWARD]),
        place.bystanders(),
        drift={("mapping", "matrix-one"): frozenset({STEWARD}), ("mapping", "matrix-three"): None},
    )


def _access(place: Place, *, exclusive: object) -> Kind:
    def declared(harbour: Mapping[str, Sequence[str]], depot: Mapping[str, Sequence[str]]) -> list[Declared]:
        return [one("harbour", "Harbour", harbour), one("depot", "Depot", depot)]

    def one(name: str, workspace: str, table: Mapping[str, Sequence[str]]) -> Declared:
        grants = {_written(place, who): list(held) for who, held in table.items()}
        asks: Asked = {_target(place, workspace, who): frozenset(held) for who, held in table.items()}
        by = {"workspace": workspace, "environment": "prod"}
        inputs = {**by, "grants": grants, "exclusive": exclusive, "max_removals": "all"}
        called = (workspace, place.workspaces[workspace])
        return Declared(name, WorkspaceAccessProvider, inputs, asks, called)

    old = declared(
        {"0": [VIEW], "1": [EXECUTE, VIEW], "audit-export": [EXECUTE, VIEW]},
        {"0": [VIEW], "2": [VIEW]},
    )
    new = declared(
        {"0": [AUTHOR, VIEW], "3": [VIEW], "audit-export": [VIEW]},
        {"0": [EXECUTE, VIEW], "2": [VIEW], "1": [EXECUTE]},
    )
    intruders: World = {
        place.user("Harbour", 4): frozenset({VIEW}),
        place.robot("Harbour", "ci-publisher"): frozenset({VIEW}),
    }
    standing = {**place.bystanders(), place.user("Yard", 1): frozenset({VIEW})}
    # Who stands on the two workspaces from the start is spoken for by an exclusive set; the rest are bystanders.
    ours = (place.workspaces["Harbour"], place.workspaces["Depot"])
    spoken_for = {
        target
        for target in {**standing, **intruders}
        if target[1].startswith(ours) and (exclusive is True or (exclusive == "users" and "/users/" in target[1]))
    }
    new = [
        replace(one, asks={**dict.fromkeys(before.asks), **_none(spoken_for, one, place), **one.asks})
        for before, one in zip(old, new, strict=True)
    ]
    if exclusive is not False:
        standing = {target: held for target, held in standing.items() if target not in spoken_for}
    else:
        del standing[place.user("Depot", 1)]  # the program gives this one itself
    return Kind(
        f"WorkspaceAccess, exclusive={exclusive!r}",
        old,
        new,
        standing,
        intruders,
        drift={place.user("Harbour", 0): frozenset({MANAGE}), place.user("Harbour", 1): None},
    )


def _none(spoken_for: set[Target], one: Declared, place: Place) -> Asked:
    here = place.workspaces[one.called[0]]
    return {target: None for target in spoken_for if target[1].startswith(here) and target not in one.asks}


def _written(place: Place, who: str) -> str:
    return place.logins[int(who)] if who.isdigit() else f"service-account:{who}"


def _target(place: Place, workspace: str, who: str) -> Target:
    return place.user(workspace, int(who)) if who.isdigit() else place.robot(workspace, who)


def _mappings(place: Place) -> Kind:
    kept = {**place.seed, "matrix-bystander": frozenset({OPERATOR, STEWARD})}

    def declared(more: Mapping[str, Sequence[str]], removed: Sequence[str] = ()) -> list[Declared]:
        table = {**{name: sorted(roles) for name, roles in kept.items()}, **more}
        asks: Asked = {("mapping", name): frozenset(roles) for name, roles in table.items()}
        asks.update(dict.fromkeys((("mapping", name) for name in removed), None))
        inputs = {"mappings": table, "max_removals": "all"}
        return [Declared("all", RoleMappingsProvider, inputs, asks, ("role mapping",))]

    return Kind(
        "RoleMappings",
        declared({"matrix-one": [OPERATOR], "matrix-two": [OPERATOR]}),
        declared({"matrix-one": [OPERATOR, STEWARD], "matrix-new": [STEWARD]}, ["matrix-two", "by-hand"]),
        place.bystanders(),
        {("mapping", "by-hand"): frozenset({OPERATOR})},
        {("mapping", "matrix-one"): frozenset({STEWARD}), ("mapping", "matrix-two"): None},
    )


def claimed(state: State) -> World:
    """What a resource's state says to stand."""
    outputs = state.outputs
    if state.kind is WorkspacePermissionProvider:
        return {("grant", state.id): frozenset(outputs["permissions"])}
    if state.kind is RoleMappingProvider:
        return {("mapping", state.id): frozenset(outputs["roles"])}
    if state.kind is RoleMappingsProvider:
        return {("mapping", name): frozenset(roles) for name, roles in outputs["mappings"].items()}
    place, principals = outputs["workspace_id"], outputs["principals"]
    return {
        ("grant", f"{place}/{principals[who]}"): frozenset(permissions)
        for who, permissions in outputs["grants"].items()
    }
