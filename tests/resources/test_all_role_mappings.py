"""RoleMappings: all role mappings of the tenant, as a whole, written with one call."""

from __future__ import annotations

from typing import Literal

import pytest

from hosting import Lab, refusals
from pulumi_talend.provider.role_mappings import RoleMappingsProvider as Mappings
from pulumi_talend.provider.single import RoleMappingProvider as Mapping


def all_of(lab: Lab) -> dict[str, list[str]]:
    return lab.tenant.role_mappings()


def test_role_mappings_are_exactly_these_with_one_write(lab: Lab) -> None:
    table = {**all_of(lab), "new": ["Operator"]}
    gone = table.pop("Buchhaltung Köln")
    what, checked = lab.run().preview(Mappings, "all", mappings=table)
    assert (what, checked["removes"]) == ("create", {"Buchhaltung Köln": gone})
    lab.run().up(Mappings, "all", mappings=table)
    assert all_of(lab) == table
    assert [call.line() for call in lab.tenant.calls if call.method != "GET"] == ["POST /security/role-mappings 200"]
    assert lab.run().preview(Mappings, "all", mappings=table)[0] == "same"
    lab.tenant.map_role("by hand", ["Operator"])
    lab.tenant.map_role("new", ["Data Steward"])
    what, checked = lab.run().preview(Mappings, "all", mappings=table)
    assert checked["removes"] == {"by hand": ["Operator"], "new": ["Data Steward"]}
    assert checked["restores"] == {"new": ["Operator"]}
    lab.run().up(Mappings, "all", mappings=table)
    assert all_of(lab) == table
    lab.tenant.map_role("not ours", ["Operator"])
    lab.run().destroy("all")
    assert all_of(lab) == {"not ours": ["Operator"]}
    assert lab.tenant.role_mappings_enabled()


def test_mappings_that_vanish_beyond_the_share_or_lock_the_administrators_out_are_refused(lab: Lab) -> None:
    table = all_of(lab)
    few = {name: roles for name, roles in table.items() if name.startswith("nordlicht")}
    ((_, said),) = refusals(lambda: lab.run().check(Mappings, "all", mappings=few))
    assert "would take the mapping from 2 of 4 (Buchhaltung Köln, Data & Analytics/Developers)" in said
    del table["nordlicht-it-security"]
    ((_, said),) = refusals(lambda: lab.run().check(Mappings, "all", mappings=table))
    assert (
        "would leave no customer role that may write role mappings (TMC_SSO_MANAGEMENT; now nordlicht-it-security)"
        in said
    )
    assert lab.run().check(Mappings, "all", mappings=table, max_removals=1)["removes"]


def test_from_single_mappings_to_the_whole_set_nothing_is_lost(lab: Lab) -> None:
    lab.run().up(Mapping, "one", role_name="team", roles=["Operator"])
    table = all_of(lab)
    run = lab.run()
    run.up(Mappings, "all", mappings=table)
    run.destroy("one")
    assert all_of(lab) == table


def test_refresh_shows_drift_of_mappings(lab: Lab) -> None:
    table = all_of(lab)
    lab.run().up(Mappings, "all", mappings=table)
    lab.tenant.map_role("nordlicht-platform", ["Operator"])
    outs = lab.run().refresh("all")
    assert outs is not None
    assert outs["mappings"]["nordlicht-platform"] == ["Operator"]
    assert lab.run().up(Mappings, "all", mappings=table) == "update"
    assert all_of(lab) == table


@pytest.mark.parametrize("in_a_write", ["done", "400"])
def test_a_mapping_without_roles_in_the_tenant_is_no_obstacle(lab: Lab, in_a_write: Literal["done", "400"]) -> None:
    lab.tenant.set_behaviour(empty_roles=in_a_write)
    lab.tenant.map_role("empty", [])
    table = {name: roles for name, roles in lab.tenant.role_mappings().items() if roles}
    assert lab.run().up(Mappings, "all", mappings=table) == "create"
    assert lab.tenant.calls.writes() == []
    for more in ({"ours": ["Operator"]}, {"ours": ["Operator"], "empty": ["Operator"]}):
        assert lab.run().up(Mappings, "all", mappings={**table, **more}) == "update"
        assert {name: roles for name, roles in lab.tenant.role_mappings().items() if roles} == {**table, **more}
        assert lab.run().preview(Mappings, "all", mappings={**table, **more})[0] == "same"
    assert lab.run().refresh("all") == lab.states["all"].outputs
