"""Unit tests of programs: with Pulumi's mocks, look-ups ask the mocks, and what resources send is the same in every run."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Iterator
from typing import Any

import pulumi
import pytest
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs
from pulumi.runtime.settings import SETTINGS

import pulumi_talend as talend
from docs.fences import all_fences

SALES = {"id": "w-1", "name": "Sales", "environment": "prod"}


class Mocks(pulumi.runtime.Mocks):
    """Answers two look-ups, refuses a third, and notes what is asked and declared."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.declared: list[dict[str, Any]] = []

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        inputs: dict[str, Any] = args.inputs  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        self.declared.append({"type": args.typ, **inputs})
        return f"{args.name}-id", dict(inputs)

    def call(self, args: MockCallArgs) -> Any:
        given: dict[str, Any] = args.args  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        self.asked.append((args.token, given))
        if args.token == "talend:index:getWorkspace":
            return SALES
        if args.token == "talend:index:getUsers":
            return {"items": [{"id": "u-2", "login": "bob"}, {"id": "u-1", "login": "anna", "roles": ["Operator"]}]}, []
        if args.token == "talend:index:getRoles":
            return {"items": [{"id": "r", "title": "?"}]}
        return {}, [("name", "nobody is called so")]


@pytest.fixture
def mocks() -> Iterator[Mocks]:
    before = dict(vars(SETTINGS))
    try:
        asyncio.get_event_loop()
    except RuntimeError:  # another test of the process has closed its own
        asyncio.set_event_loop(asyncio.new_event_loop())
    mocks = Mocks()
    pulumi.runtime.set_mocks(mocks, preview=False)
    yield mocks
    SETTINGS.__dict__.update(before)


def program(mocks: Mocks, declare: Callable[[], object]) -> None:
    """Runs `declare` as a program of its own: in a new context there is no stack yet."""
    pulumi.runtime.set_mocks(mocks, preview=False)
    declare()


def test_look_ups_ask_the_mocks_and_not_the_tenant(mocks: Mocks) -> None:
    place = talend.get_workspace("Sales", environment="prod")
    assert (place.id, place.environment, place.owner) == ("w-1", "prod", None)
    assert [user.login for user in talend.get_users()] == ["anna", "bob"]
    assert talend.get_users()[0].roles == ("Operator",)
    assert mocks.asked[0] == ("talend:index:getWorkspace", {"name": "Sales", "environment": "prod"})
    assert mocks.asked[1] == ("talend:index:getUsers", {})


def test_a_mock_that_refuses_or_returns_an_unknown_field_is_one_line(mocks: Mocks) -> None:
    with pytest.raises(talend.LookupFailedError, match=r"^nobody is called so$"):
        talend.get_user("x")
    with pytest.raises(talend.LookupFailedError, match="a mock returns 'title'"):
        talend.get_roles()


def test_what_a_resource_sends_is_the_same_in_every_run(mocks: Mocks) -> None:
    @pulumi.runtime.test  # pyright: ignore[reportUnknownMemberType, reportUntypedFunctionDecorator]
    def declare() -> Any:
        place = talend.get_workspace_output("Sales")
        made = talend.WorkspacePermission("one", workspace_id=place.id, user_id="u-1", permissions=["VIEW"])
        return made.workspace_id.apply(lambda id_: id_)

    declare()
    declare()
    first, second = mocks.declared
    assert first == second
    assert first["type"] == "pulumi-python:dynamic/talend:WorkspacePermission"
    assert first["workspace_id"] == "w-1"


def test_a_table_and_look_ups_of_one_program(mocks: Mocks) -> None:
    """What a look-up gives becomes inputs, and the resources of a table are there to look at."""
    table: dict[str, Any] = {
        "exclusive": False,
        "environments": ["prod"],
        "workspaces": {"Sales": {"access": {"anna": ["VIEW"]}}},
        "role_mappings": {"exclusive": False, "mappings": {"crew": ["Operator"]}},
    }

    @pulumi.runtime.test  # pyright: ignore[reportUnknownMemberType, reportUntypedFunctionDecorator]
    def declare() -> Any:
        access = talend.AccessTable.from_dict("access", table)
        place = talend.get_workspace_output("Sales")
        one = talend.WorkspacePermission("one", workspace_id=place.id, user_id="u-1", permissions=["VIEW"])
        inside = access.workspaces["prod", "Sales"]

        def look(found: list[Any]) -> None:
            assert found == ["w-1", {"anna": ["VIEW"]}]

        return pulumi.Output.all(one.workspace_id, inside.grants).apply(look)

    for _ in range(2):
        contextvars.Context().run(program, mocks, declare)
    half = len(mocks.declared) // 2
    by_type = [sorted(part, key=lambda each: each["type"]) for part in (mocks.declared[:half], mocks.declared[half:])]
    assert by_type[0] == by_type[1]
    assert [each["type"].rpartition(":")[2] for each in by_type[0]] == [
        "RoleMapping",
        "WorkspaceAccess",
        "WorkspacePermission",
        "AccessTable",
    ]


def test_the_examples_of_the_pages(mocks: Mocks) -> None:
    for fence in all_fences("python mocks"):
        exec(compile(fence.text, fence.name, "exec"), {"__name__": "example"})
    assert mocks.asked == []
