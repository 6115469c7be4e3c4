"""Goes wrong with resources: inputs, names, clashes, ends, half-done updates, writes that are refused."""
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import support
from hosting import Lab
from messages.provoke import ANNA, AT, MAPPINGS, SALES, Case, refuse
from pulumi_talend.resources.role_mapping import RoleMappingProvider as Mapping
from pulumi_talend.resources.role_mappings import RoleMappingsProvider as Mappings
from pulumi_talend.resources.workspace_access import WorkspaceAccessProvider as Access
from pulumi_talend.resources.workspace_permission import WorkspacePermissionProvider as Permission
from pulumi_talend_sandbox.tenant import Call, Fault


def inputs(lab: Lab, _place: Path, patch: pytest.MonkeyPatch) -> None:
    good: dict[str, Any] = {**SALES, "user": ANNA, "permissions": ["VIEW"]}
    for changed in (
        {"permissions": []},
        {"permissions": "VIEW"},
        {"permissions": 7},
        {"permissions": ["VIEWER", "OWN"]},
        {"permissions": [7]},
        {"permissions": ["VIEW", " "]},
        {"workspace": None},
        {"workspace": None, "environment": None},
        {"workspace": " "},
        {"workspace": "Sal\nes"},
        {"workspace": " Sales"},
        {"workspace": 7},
        {"workspace": None, "environment": None, "workspace_id": "a/b"},
        {"workspace": None, "environment": None, "workspace_id": "--"},
        {"workspace_id": "another"},
        {"workspace": None, "workspace_id": "another"},
        {"expires_at": "2030-13-45T10:00:00Z"},
        {"user": None},
        {"user_id": "a", "service_account_id": "b"},
        {"user": "anna.peterson"},
        {"user": None, "service_account": "nightly"},
        {"workspace": "Salse"},
        {"environment": "production"},
        {"environment": None},
        {"expires_at": "tomorrow"},
        {"expires_at": "2030-01-01T10:00:00"},
        {"adopt_existing": "maybe"},
        {"colour": "red"},
        {"user": None, "service_account": "engine-runner", "permissions": ["MANAGE"]},
    ):
        refuse(lambda changed=changed: lab.run().check(Permission, "x", **{**good, **changed}))
    refuse(lambda: lab.run().check(Permission, "x"))
    for changed in (
        {"role_name": "a,b", "roles": []},
        {"role_name": "--", "roles": ["Operator"]},
        {"role_name": "a//b", "roles": ["Operator"]},
        {"role_name": "crew", "roles": ["Operater"]},
        {"role_name": "nordlicht-platform", "roles": ["Operator"]},
    ):
        refuse(lambda changed=changed: lab.run().check(Mapping, "x", **changed))
    for grants in (
        {ANNA: ["VEIW"]},
        {ANNA: []},
        {ANNA: {"expires_at": "2030-01-01T00:00:00Z"}},
        {ANNA: {"permissions": ["VIEW"], "until": "x"}},
        {"service-account:": ["VIEW"]},
        {"an\x00na": ["VIEW"]},
        {"anna.peterson": ["VIEW"]},
        {ANNA: ["VIEW"], ANNA.upper(): ["VIEW"]},
        {"service-account:engine-runner": ["MANAGE"]},
        ["VIEW"],
        {},
    ):
        refuse(lambda grants=grants: lab.run().check(Access, "sales", **SALES, grants=grants, exclusive=False))
    refuse(
        lambda: lab.run().check(Access, "sales", **SALES, grants={}),
        lambda: lab.run().check(Access, "sales", **SALES, grants={ANNA: ["VIEW"]}, exclusive="people"),
        lambda: lab.run().check(Access, "sales", **SALES, grants={ANNA: ["VIEW"]}, allow_removals="all"),
        lambda: lab.run(maxRemovals="many").check(Mapping, "x", role_name="crew", roles=["Operator"]),
        lambda: lab.run().check(Mappings, "all", mappings={}),
        lambda: lab.run().check(Mappings, "all", mappings={"crew": ["Operater"]}, allow_removals=True),
        lambda: lab.run().check(Mappings, "all", mappings={"crew": []}, allow_removals=True),
        lambda: lab.run().check(Mappings, "all", mappings={"crew": ["Operator"]}),
        lambda: lab.run().check(Mappings, "all", mappings={"crew": ["Operator"]}, allow_removals="all"),
    )
    patch.setenv("TALEND_SANDBOX_NOW", "soon")
    refuse(
        lambda: lab.run().check(Mapping, "x", role_name="crew", roles=["Operator"], expires_at="2030-01-01T00:00:00Z")
    )
    patch.delenv("TALEND_SANDBOX_NOW")


def lives(lab: Lab, _place: Path, patch: pytest.MonkeyPatch) -> None:
    """What is said in the life of resources: ends, successors, clashes, takeovers, lock-outs."""
    tenant = lab.tenant
    patch.setenv("TALEND_SANDBOX_NOW", "2029-12-30T00:00:00Z")
    end = "2030-01-01T00:00:00Z"
    lab.run().check(Permission, "x", **SALES, user=ANNA, permissions=["VIEW"], expires_at=end)
    lab.run().check(Mapping, "x", role_name="crew", roles=["Operator"], expires_at=end)
    table = {ANNA: {"permissions": ["VIEW"], "expires_at": end}}
    lab.run().check(Access, "x", **SALES, grants=table, exclusive=False)
    patch.delenv("TALEND_SANDBOX_NOW")
    refuse(
        lambda: lab.run().check(Access, "s", **SALES, grants={f"leonie.vogt{AT}": ["VIEW"]}, exclusive=False),
        lambda: lab.run().check(Access, "s", **SALES, grants={ANNA: ["VIEW"]}),
    )
    tenant.add_workspace("Again", environment="dev")
    again: dict[str, Any] = {"workspace": "Again", "environment": "dev", "grants": {ANNA: ["VIEW"]}, "exclusive": False}
    lab.run().up(Access, "again", **again)
    tenant.delete_workspace(lab.workspace("Again", "dev"))
    tenant.add_workspace("Again", environment="dev")
    lab.run().check(Access, "again", **again)
    own = {"token": "", "clientId": tenant.client_id, "clientSecret": tenant.client_secret}
    here = lab.workspace("Sales", "prod")
    tenant.grant(here, service_account_id=tenant.client_id, permissions=["MANAGE", "VIEW"])
    held = {
        who: grants for (where, _, who), grants in tenant.grants().items() if where == here and who != tenant.client_id
    }
    table = {f"user-id:{who}": grants for who, grants in held.items()}
    robot = {"service-account:access-automation": ["VIEW"]}
    refuse(lambda: lab.run(**own).check(Access, "s", **SALES, grants={**table, **robot}))
    single: dict[str, Any] = {**SALES, "user": ANNA, "permissions": ["VIEW"]}
    run = lab.run()
    run.check(Permission, "single", **single)
    refuse(
        lambda: run.check(Permission, "again", **single),
        lambda: run.check(Access, "set", **SALES, grants={**table, **robot, ANNA: ["VIEW"]}),
        lambda: run.check(Access, "set", **SALES, grants={ANNA: ["VIEW"]}, exclusive=False),
    )
    run = lab.run()
    run.check(Access, "set", **SALES, grants={**table, "service-account:access-automation": ["MANAGE", "VIEW"]})
    refuse(lambda: run.check(Permission, "single", **single))
    run = lab.run()
    run.check(Mapping, "one", role_name="crew", roles=["Operator"])
    refuse(
        lambda: run.check(Mapping, "two", role_name="crew", roles=["Operator"]),
        lambda: run.check(Mappings, "all", mappings={"crew": ["Operator"]}, allow_removals=True),
    )
    run = lab.run()
    run.check(Mappings, "all", mappings={"crew": ["Operator"]}, allow_removals=True)
    refuse(lambda: run.check(Mapping, "one", role_name="crew", roles=["Operator"]))
    tenant.set_behaviour(lookup_rights="documented")
    limited = {"token": tenant.tokens["workspaces-only"]}
    plain = {f"user-id:{lab.user('anna.petersen')}": ["VIEW"]}
    refuse(lambda: lab.run(**limited).check(Access, "s", workspace_id=here, grants=plain, allow_removals=True))
    tenant.set_behaviour(lookup_rights="signed-in")
    # Somebody is made anew under the same name, somebody is gone, somebody is called otherwise.
    newcomer, theirs = "new.here@x.example", {**SALES, "user": "new.here@x.example", "permissions": ["VIEW"]}
    whole = {"workspace": "Sales", "environment": "dev", "grants": {newcomer: ["VIEW"]}, "exclusive": False}
    new = tenant.add_user(newcomer, email=newcomer)
    lab.run().up(Permission, "new", **theirs)
    lab.run().up(Access, "dev", **whole)
    tenant.delete_user(new)
    refuse(lambda: lab.run().check(Permission, "new", **theirs), lambda: lab.run().check(Access, "dev", **whole))
    tenant.add_user(newcomer, email=newcomer)
    lab.run().check(Permission, "new", **theirs)
    refuse(lambda: lab.run().check(Access, "dev", **whole))


def names(lab: Lab, _place: Path, _patch: pytest.MonkeyPatch) -> None:
    tenant = lab.tenant
    prod = {"id": "e1", "name": "prod"}
    twice = [{"id": id_, "name": "Sales", "environment": prod} for id_ in ("w1", "w2")]
    robots = [{"id": id_, "name": "ci-publisher"} for id_ in ("s1", "s2")]
    people = [{"id": id_, "login": f"{id_}@x.example", "email": "double@x.example"} for id_ in ("u1", "u2")]
    for changed, path, body in (
        ({**SALES, "user": "double@x.example"}, "/account/users", people),
        ({**SALES, "service_account": "ci-publisher"}, "/account/service-accounts", robots),
        ({**SALES, "user": ANNA}, "/orchestration/workspaces", twice),
        ({"workspace": "Sales", "user": ANNA}, "/nothing", None),
    ):
        tenant.inject(Fault(kind="status", status=200, path=path, body=body, times=None))
        refuse(lambda changed=changed: lab.run().check(Permission, "x", **changed, permissions=["VIEW"]))
        if changed.get("user") == "double@x.example":
            refuse(
                lambda: lab.run().check(Access, "s", **SALES, grants={"double@x.example": ["VIEW"]}, exclusive=False)
            )
        tenant.clear_faults()


def cut_off(lab: Lab, place: Path, patch: pytest.MonkeyPatch) -> None:
    """Updates that ended without an answer, which the next ones finish; and notes that cannot be kept."""
    tenant = lab.tenant
    patch.setenv("TALEND_JOURNAL", str(place / "journal"))
    cases: list[tuple[Any, dict[str, Any]]] = [
        (Permission, {**SALES, "user": ANNA, "permissions": ["VIEW"]}),
        (Mapping, {"role_name": "crew", "roles": ["Operator"]}),
        (Access, {"workspace": "Sales", "environment": "dev", "grants": {ANNA: ["VIEW"]}, "exclusive": False}),
    ]
    for kind, inputs in cases:
        run = lab.run()
        checked = run.check(kind, "x", **inputs)

        def lose(call: Call) -> None:
            if call.method == "POST":
                tenant.inject(Fault(kind="drop-before", times=None))

        undo = tenant.on_call(lose)
        tenant.inject(Fault(kind="drop-after", method="POST"))
        patch.setattr("time.sleep", lambda _seconds: None)
        refuse(lambda run=run, kind=kind, checked=checked: run.provider(kind).create(checked))
        patch.undo()
        patch.setenv("TALEND_JOURNAL", str(place / "journal"))
        undo()
        tenant.clear_faults()
        refuse(lambda kind=kind, inputs=inputs: lab.run().check(kind, "x", **inputs))
    (place / "file").write_text("")
    patch.setenv("TALEND_JOURNAL", str(place / "file" / "journal"))
    lab.run().up(Permission, "y", **SALES, user=f"felix.thomsen{AT}", permissions=["VIEW"])


def writing(lab: Lab, _place: Path, _patch: pytest.MonkeyPatch) -> None:
    """Creates and updates that find the tenant otherwise than foretold."""
    tenant = lab.tenant
    run = lab.run()
    one: dict[str, Any] = {"workspace_id": lab.workspace("Finance", "prod"), "user_id": lab.user("anna.petersen")}
    tenant.grant(one["workspace_id"], one["user_id"], ["VIEW"])
    refuse(lambda: run.provider(Permission).create({**one, "permissions": ["VIEW", "EXECUTE"]}))
    refuse(lambda: run.provider(Permission).create({}))
    refuse(lambda: lab.run().check(Permission, "x", **one, permissions=["VIEW"]))
    with support.client_of(support.settings_for(tenant)) as client:
        from pulumi_talend.access import TenantAccess

        access = TenantAccess(client)
        refuse(lambda: access.mappings.create("nordlicht-platform", frozenset({"Operator"}), adopt=False))

    # A write that does not stay, and a listing that lacks what exists.
    def undone(call: Call) -> None:
        if call.method == "GET" and call.path == MAPPINGS and "crew" in tenant.role_mappings():
            tenant.unmap_role("crew")

    undo = tenant.on_call(undone)
    refuse(lambda: lab.run().provider(Mapping).create({"role_name": "crew", "roles": ["Operator"]}))
    undo()
    tenant.map_role("crew", ["Operator"])
    tenant.inject(Fault(kind="partial-listing", path=f"{MAPPINGS}$", method="GET", times=None))
    refuse(
        lambda: (
            lab.run().provider(Mapping).update("crew", {"roles": []}, {"role_name": "crew", "roles": ["Data Steward"]})
        )
    )
    tenant.clear_faults()
    # A set of which two members are refused, and a set of mappings beside one that nobody was shown.
    tenant.set_behaviour(permission_names=("EXECUTE", "VIEW"))
    table = {f"mareike.hansen{AT}": ["AUTHOR"], f"leonie.vogt{AT}": ["MANAGE"], ANNA: ["AUTHOR"]}
    refuse(
        lambda: lab.run().up(
            Access, "t", workspace="Sales", environment="staging", grants=table, exclusive=False, adopt_existing=True
        )
    )
    lone = {ANNA: ["AUTHOR"]}
    refuse(lambda: lab.run().up(Access, "u", workspace="Finance", environment="dev", grants=lone, exclusive=False))
    every = {name: list(roles) for name, roles in tenant.role_mappings().items()}
    run = lab.run()
    checked = run.check(Mappings, "all", mappings={**every, "more": ["Operator"]}, adopt_existing=True)
    tenant.map_role("unseen", ["Operator"])
    refuse(lambda: run.provider(Mappings).create(checked))


CASES: list[Case] = [inputs, lives, names, cut_off, writing]
