"""Arguments that Pulumi cannot carry, or would carry wrongly, are refused where they are given, in a line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pulumi
import pytest
from pulumi.runtime import test as in_program  # pyright: ignore[reportUnknownVariableType]

import support
from pulumi_talend import (
    AccessTable,
    GrantArgs,
    InvalidArgumentError,
    RoleMapping,
    RoleMappings,
    WorkspaceAccess,
    WorkspacePermission,
)
from pulumi_talend.loader import PROGRAM
from pulumi_talend.resources.program import _without_null  # pyright: ignore[reportPrivateUsage]
from recording import Recorder, recording


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with recording() as found:
        yield found


class Thing(pulumi.ComponentResource):
    def __init__(self) -> None:
        """Is never registered: what counts is what it is."""


WRONG: dict[str, tuple[Any, str]] = {
    "a set": ({"VIEW"}, "permissions cannot be of type set; write a list, like sorted(...)"),
    "a generator": ((name for name in ["VIEW"]), "permissions cannot be of type generator; write a list"),
    "bytes": (b"VIEW", "permissions cannot be of type bytes"),
    "an object": (object(), "permissions cannot be of type object; write text or a list"),
    "an object in a list": (["VIEW", object()], "an item of permissions cannot be of type object"),
    "null in a list": (["VIEW", None], "an item of permissions is null (None); remove it"),
    "a resource": (Thing(), "permissions is a resource (Thing); write one of its properties, like its .id"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_carried(case: str) -> None:
    value, says = WRONG[case]
    with pytest.raises(InvalidArgumentError) as caught:
        WorkspacePermission("x", workspace_id="w", user_id="u", permissions=value)
    support.readable(caught.value, "WorkspacePermission 'x': ", says)
    assert isinstance(caught.value, pulumi.RunError)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"anna": None}, "grants['anna'] is null (None); write its value, or remove the entry"),
        ({"anna": {"permissions": None}}, "grants['anna']['permissions'] is null"),
        ({"anna": ["VIEW", None]}, "an item of grants['anna'] is null"),
        ({"anna": {"VIEW"}}, "grants['anna'] cannot be of type set"),
        ({7: ["VIEW"]}, "grants has the key of type int; write text as keys"),
    ],
)
def test_null_and_the_like_in_a_table(table: Any, says: str) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        WorkspaceAccess("x", workspace_id="w", grants=table)
    support.readable(caught.value, says)


@pytest.mark.parametrize(
    ("name", "opts", "says"),
    [
        (None, None, "must be text, not nothing"),
        ("", None, "not an empty text"),
        (7, None, "not of type int"),
        ("x", {}, "opts cannot be of type dict; write opts=pulumi.ResourceOptions(...)"),
        ("x", pulumi.ResourceOptions(import_="w/users/u"), "cannot import dynamic resources with import_="),
        ("x", pulumi.ResourceOptions(id="w/users/u"), "with id= Pulumi reads an object and manages nothing"),
    ],
)
def test_name_and_options(name: Any, opts: Any, says: str) -> None:
    """Of a table too: Pulumi passes over them where the resource is a component."""
    table = {"exclusive": False, "role_mappings": {"mappings": {"crew": ["Operator"]}}}
    for declare in (
        lambda: WorkspacePermission(name, workspace_id="w", user_id="u", permissions=["VIEW"], opts=opts),
        lambda: AccessTable.from_dict(name, table, opts=opts),
        lambda: AccessTable(name, file="nothing-here.yaml", opts=opts),
    ):
        with pytest.raises(InvalidArgumentError) as caught:
            declare()
        support.readable(caught.value, says)


@in_program
def test_an_entry_without_an_end_and_one_with_one(recorder: Recorder) -> Any:
    grants: Any = {
        "anna": ["VIEW"],
        "ben": GrantArgs(["VIEW"], expires_at="2027-01-31T18:00:00Z"),
        "carl": GrantArgs(["VIEW"]),
    }
    declared = WorkspaceAccess("x", workspace_id="w", grants=grants)

    def look(_urn: str) -> None:
        found = recorder.inputs["x"]
        assert found["grants"] == {
            "anna": ["VIEW"],
            "ben": {"permissions": ["VIEW"], "expires_at": "2027-01-31T18:00:00Z"},
            "carl": {"permissions": ["VIEW"]},
        }
        assert found[PROGRAM]["preview"] is False
        assert found[PROGRAM]["computed"] == {"workspace_id": False}

    return declared.urn.apply(look)


def later(value: Any) -> Callable[[], Any]:
    """Makes an output: outside a program there is no event loop for it yet."""
    return lambda: pulumi.Output.from_input(value)


def made(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: made(item) for key, item in cast("dict[str, Any]", value).items()}
    return value() if callable(value) else value


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (later({"anna": None}), "x['anna'] is null"),
        (later({"anna": {"permissions": None}}), "x['anna']['permissions'] is null"),
        (later({"anna": ["VIEW", None]}), "an item of x['anna'] is null"),
        ({"anna": later(None)}, "x['anna'] is null"),
        ({"anna": later([None])}, "an item of x['anna'] is null"),
        ({"anna": {"permissions": later(None)}}, "x['anna']['permissions'] is null"),
        ({"anna": {"permissions": ["VIEW"], "expires_at": later(None)}}, ""),
        (later(None), ""),
        (later({"anna": {"permissions": ["VIEW"], "expires_at": None}}), ""),
    ],
)
def test_null_in_an_output_is_refused_too(given: Any, says: str) -> None:
    """Pulumi would leave the entry out, and so take the access."""

    async def value() -> Any:
        return await pulumi.Output.from_input(_without_null(made(given), "x")).future()

    if says:
        with pytest.raises(InvalidArgumentError) as caught:
            asyncio.run(value())
        support.readable(caught.value, says)
    else:
        asyncio.run(value())


def test_a_file_that_hides_a_module_of_python_from_the_provider_host_is_named_once(
    recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The host may not even start then, and its traceback may name no file."""
    (tmp_path / "types.py").touch()
    (tmp_path / "people.py").touch()
    monkeypatch.chdir(tmp_path)

    @in_program
    def declare() -> None:
        for name in ("one", "two"):
            WorkspacePermission(name, workspace_id="w", user_id="u", permissions=["VIEW"])

    declare()
    assert sorted(recorder.inputs) == ["one", "two"]
    assert caplog.text.count(f"types.py in {tmp_path} has the name of a module of Python") == 1
    assert "people.py" not in caplog.text


@in_program
async def test_every_property_is_an_output_and_only_those_given_or_found_are_declared(recorder: Recorder) -> None:
    by_id = WorkspacePermission("by-id", workspace_id="w", user_id="u", permissions=["VIEW"])
    by_name = WorkspacePermission("by-name", workspace="Sales", user="ana@example.com", permissions=["VIEW"])
    team = WorkspaceAccess("team", workspace="Sales", grants={"ana@example.com": ["VIEW"]})
    for resource in (by_id, by_name, team):
        for name in type(resource).__annotations__:
            if not name.startswith("_"):
                assert isinstance(getattr(resource, name), pulumi.Output), name
    assert await by_id.expires_at.future() is None
    assert await by_id.adopt_existing.future() is False
    declared = {
        each: {key for key in vars(each) if isinstance(vars(each)[key], pulumi.Output)} for each in (by_id, by_name)
    }
    own = {"id", "urn", "__provider", PROGRAM, "permissions", "workspace_id", "user_id"}
    assert declared == {by_id: own, by_name: own | {"workspace", "user"}}
    with pytest.raises(AttributeError, match="WorkspacePermission has no attribute 'group'"):
        by_id.group  # type: ignore # noqa: B018


def test_class_variables_say_of_what_they_are() -> None:
    """The SDK reads the types of a resource's outputs, and Python 3.10 refuses a bare ClassVar among them."""
    for resource in (WorkspacePermission, RoleMapping, WorkspaceAccess, RoleMappings):
        for each in resource.__mro__:
            assert "ClassVar" not in vars(each).get("__annotations__", {}).values(), each
