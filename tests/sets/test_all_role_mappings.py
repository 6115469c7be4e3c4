"""RoleMappings: all role mappings of the tenant, as a whole, written with one call."""

from __future__ import annotations

from typing import Any

import pytest

from hosting import Lab, refusals
from pulumi_talend.resources.role_mapping import RoleMappingProvider as Mapping
from pulumi_talend.resources.role_mappings import RoleMappingsProvider as Mappings


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


def test_an_empty_set_of_mappings_needs_allow_disable(lab: Lab) -> None:
    before = all_of(lab)
    ((_, said),) = refusals(lambda: lab.run().check(Mappings, "all", mappings={}))
    assert said.startswith("mappings: is empty: nobody could sign in by SSO any more")
    assert "allow_disable=True" in said
    checked = lab.run().check(Mappings, "all", mappings={}, allow_disable=True)
    assert checked["removes"] == before
    lab.run().up(Mappings, "all", mappings={}, allow_disable=True)
    assert all_of(lab) == {}
    assert "DELETE /security/role-mappings 204" not in lab.tenant.calls.lines()


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
    assert lab.run().check(Mappings, "all", mappings=table, allow_removals=1)["removes"]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"a,b": ["Operator"]}, "a,b: has a comma"),
        ({"a": []}, "a: is empty"),
        ({"a": ["Operater"]}, "no Talend role 'Operater'; did you mean 'Operator'?"),
        (["a"], "must be a table of customer role: [Talend roles]"),
    ],
)
def test_wrong_mappings_are_refused(lab: Lab, table: Any, said: str) -> None:
    found = refusals(lambda: lab.run().check(Mappings, "all", mappings=table, allow_removals=True))
    assert any(said in reason for _, reason in found), found


def test_a_single_mapping_beside_the_whole_set_is_refused(lab: Lab) -> None:
    table = all_of(lab)
    run = lab.run()
    run.check(Mappings, "all", mappings=table)
    ((_, said),) = refusals(lambda: run.check(Mapping, "one", role_name="x", roles=["Operator"]))
    assert said == "'all' speaks for all role mappings of the tenant: put this one in there"
    run = lab.run()
    run.check(Mapping, "one", role_name="x", roles=["Operator"])
    ((_, said),) = refusals(lambda: run.check(Mappings, "all", mappings=table))
    assert "'one' speaks for role mappings too" in said


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
