"""The inputs: every reason at once, each with its property; what is not known yet passes; what goes out comes in again."""

from __future__ import annotations

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_talend.model.inputs import (
    GrantEntry,
    Inputs,
    RoleMappingInputs,
    RoleMappingsInputs,
    WorkspaceAccessInputs,
    WorkspacePermissionInputs,
)
from pulumi_talend.model.parsing import parse
from pulumi_talend.model.planning import Access
from pulumi_talend.model.problems import Problem
from pulumi_talend.model.unknown import UNKNOWN, UNKNOWN_MARKS, has_unknown

END = "2027-01-31T18:00:00Z"


def problems_of(model: type[Inputs], properties: dict[str, Any]) -> list[Problem]:
    found = parse(model, properties)
    assert isinstance(found, list), found
    return found


def reasons(model: type[Inputs], **properties: Any) -> dict[str, str]:
    found = problems_of(model, properties)
    assert len({problem.where for problem in found}) == len(found), "one line for a property here"
    return {problem.where: problem.reason for problem in found}


def parsed(model: type[Inputs], **properties: Any) -> Any:
    found = parse(model, properties)
    assert not isinstance(found, list), [str(problem) for problem in found]
    return found


def test_every_reason_at_once_each_with_its_property() -> None:
    found = reasons(
        WorkspacePermissionInputs,
        workspace_id="a/b",
        user=" anna",
        permissions=["view", "Viewer", "VIEWS"],
        expires_at="tomorrow",
        adopt_existing="yes",
    )
    assert set(found) == {"workspace_id", "user", "permissions", "expires_at", "adopt_existing"}
    assert "is not an id" in found["workspace_id"]
    assert "leading or trailing whitespace" in found["user"]
    assert "write VIEW" in found["permissions"]
    assert "the console's Viewer is VIEW here" in found["permissions"]
    assert "did you mean VIEW?" in found["permissions"]
    assert "is not an ISO 8601 time" in found["expires_at"]
    assert "must be True or False" in found["adopt_existing"]


def test_what_properties_are_together() -> None:
    assert set(reasons(WorkspacePermissionInputs, permissions=["VIEW"])) == {"workspace_id", "user_id"}
    both = reasons(WorkspacePermissionInputs, workspace_id="w", user_id="u", service_account="s", permissions=["VIEW"])
    assert "cannot stand beside user_id" in both["service_account"]
    alone = reasons(WorkspacePermissionInputs, environment="prod", workspace_id="w", user_id="u", permissions=["VIEW"])
    assert "needs workspace beside it" in alone["environment"]
    assert "is empty" in reasons(WorkspaceAccessInputs, workspace_id="w", grants={}, exclusive=False)["grants"]
    assert "allow_empty=True" in reasons(RoleMappingsInputs, mappings={})["mappings"]
    assert parsed(RoleMappingsInputs, mappings={}, allow_empty=True).wanted == {}


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (None, "is required"),
        ([], "is empty"),
        ("VIEW", 'write ["VIEW"]'),
        (7, "must be a list of texts, not a number"),
        ({"a": 1}, "must be a list of texts, not an object"),
        ([None], "which is not a name"),
        ([" VIEW"], "leading or trailing whitespace"),
        ([["VIEW"]], "which is not a name"),
    ],
)
def test_a_list_that_is_none(value: Any, says: str) -> None:
    place = {"workspace_id": "w", "user_id": "u"}
    assert says in reasons(WorkspacePermissionInputs, **place, permissions=value)["permissions"]
    assert says in reasons(RoleMappingInputs, role_name="r", roles=value)["roles"]


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"anna": None}, "anna: is null"),
        ({"anna": []}, "anna: is empty"),
        ({"anna": {"permissions": None}}, "anna: is null"),
        ({"anna": {"expires_at": END}}, "anna: permissions is required"),
        ({"anna": {"permissions": ["VIEW"], "expires": END}}, "anna: has 'expires'"),
        ({"anna": {"permissions": ["VIEW"], "expires_at": "soon"}}, "anna: expires_at: 'soon'"),
        ({"anna": ["WRITE"]}, "'WRITE' is not a valid permission"),
        ({" anna": ["VIEW"]}, "' anna' has leading or trailing whitespace"),
        ({"user:": ["VIEW"]}, "'user:' names no principal"),
        (["anna"], "must be a table of principal: [permissions], not a list"),
        ("anna", "must be a table"),
    ],
)
def test_a_table_names_the_entry_that_is_wrong(table: Any, says: str) -> None:
    assert says in reasons(WorkspaceAccessInputs, workspace_id="w", grants=table)["grants"]


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"ops": None}, "ops: is null"),
        ({"ops": []}, "ops: is empty"),
        ({"a,b": ["Operator"]}, "has a comma"),
        ({"../x": ["Operator"]}, "step between slashes"),
        ({"": ["Operator"]}, "is blank"),
        ({"-": ["Operator"]}, "has no letter or digit"),
    ],
)
def test_a_table_of_mappings(table: Any, says: str) -> None:
    assert says in reasons(RoleMappingsInputs, mappings=table)["mappings"]


def test_two_wrong_entries_are_two_reasons() -> None:
    found = parse(
        WorkspaceAccessInputs, {"workspace_id": "w", "grants": {"anna": None, "ben": ["X"], "carl": ["VIEW"]}}
    )
    assert isinstance(found, list)
    assert [problem.reason.partition(":")[0] for problem in found] == ["anna", "ben"]


@pytest.mark.parametrize("value", [0, 3, 2.0, "0%", "30%", "100%", "all"])
def test_max_removals(value: Any) -> None:
    assert parsed(RoleMappingsInputs, mappings={"a": ["x"]}, max_removals=value).max_removals == value


@pytest.mark.parametrize("value", [-1, 0.5, True, "30", "101%", "-1%", "most", float("nan"), float("inf"), [1]])
def test_max_removals_that_are_not_valid(value: Any) -> None:
    assert "must be a number" in reasons(RoleMappingsInputs, mappings={"a": ["x"]}, max_removals=value)["max_removals"]


@pytest.mark.parametrize("mark", sorted(UNKNOWN_MARKS))
def test_what_is_not_known_yet_passes(mark: str) -> None:
    single = parsed(WorkspacePermissionInputs, workspace_id=mark, user_id="u", permissions=["VIEW", mark])
    assert single.key is None
    assert single.given.rights is None
    assert single.permissions == UNKNOWN
    table = parsed(
        WorkspaceAccessInputs,
        workspace_id="w",
        grants={"anna": mark, "ben": {"permissions": ["VIEW"], "expires_at": mark}},
    )
    assert table.has_known_principals
    assert table.entries["anna"].permissions == UNKNOWN
    assert table.entries["ben"].expires_at == UNKNOWN
    assert not parsed(WorkspaceAccessInputs, workspace_id="w", grants=mark).has_known_principals
    assert not parsed(WorkspaceAccessInputs, workspace_id=mark, grants={"a": ["VIEW"]}).has_known_principals
    assert parsed(RoleMappingsInputs, mappings={"ops": mark}).wanted == {"ops": Access(None)}
    assert parsed(RoleMappingInputs, role_name=mark, roles=["x"]).key is None
    assert has_unknown(table.as_properties())


def test_an_unknown_value_hides_no_other_reason() -> None:
    assert set(reasons(WorkspacePermissionInputs, workspace_id=UNKNOWN, user_id="u/", permissions=["x"])) == {
        "user_id",
        "permissions",
    }


def test_access_that_has_ended_passes_after_a_check_only() -> None:
    properties: dict[str, Any] = {"workspace_id": "w", "user_id": "u", "permissions": [], "expires_at": END}
    assert isinstance(parse(WorkspacePermissionInputs, properties), list)
    found = parse(WorkspacePermissionInputs, properties, checked=True)
    assert isinstance(found, WorkspacePermissionInputs)
    assert found.given.rights == frozenset()


def test_more_permissions_are_valid_where_settings_say_so() -> None:
    properties = {"workspace_id": "w", "user_id": "u", "permissions": ["NEW"]}
    assert isinstance(parse(WorkspacePermissionInputs, properties), list)
    assert not isinstance(parse(WorkspacePermissionInputs, properties, extra_permissions=["NEW"]), list)


NAMES = st.sampled_from(["anna", "service-account:ci", "user-id:7"])
PERMISSIONS = st.lists(st.sampled_from(["VIEW", "EXECUTE", "AUTHOR"]), min_size=1)
ENTRIES = st.one_of(
    PERMISSIONS,
    st.fixed_dictionaries({"permissions": PERMISSIONS}, optional={"expires_at": st.just(END)}),
    st.just(UNKNOWN),
)


@given(st.dictionaries(NAMES, ENTRIES, min_size=1), st.sampled_from([True, False, "users", UNKNOWN]))
def test_what_goes_out_comes_in_again(table: dict[str, Any], exclusive: Any) -> None:
    inputs = parsed(WorkspaceAccessInputs, workspace_id="w", grants=table, exclusive=exclusive)
    assert parse(WorkspaceAccessInputs, inputs.as_properties()) == inputs
    for who, entry in table.items():
        given_: Any = cast("dict[str, Any]", entry)["permissions"] if isinstance(entry, dict) else entry
        found: GrantEntry = inputs.entries[who]
        assert found.permissions == (UNKNOWN if given_ == UNKNOWN else sorted(set(given_)))


def test_planned_properties_never_reach_the_outputs() -> None:
    inputs = parsed(RoleMappingsInputs, mappings={"a": ["x"]}, removes={"b": ["y"]})
    assert inputs.as_properties()["removes"] == {"b": ["y"]}
    assert "removes" not in inputs.as_outputs()
