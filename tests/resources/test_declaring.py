"""Arguments that Pulumi cannot carry are refused where they are given, in a line."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

import pulumi
import pytest

import support
from pulumi_talend import WrongArgumentError
from pulumi_talend.resources.claims import DECLARATION
from pulumi_talend.resources.declaring import declared

WRONG: dict[str, tuple[Any, str]] = {
    "a set": ({"VIEW"}, "permissions cannot be of type set; write a list, like sorted(...)"),
    "a generator": ((name for name in ["VIEW"]), "permissions cannot be of type generator; write a list"),
    "bytes": (b"VIEW", "permissions cannot be of type bytes"),
    "an object": (object(), "permissions cannot be of type object; write a text or a list"),
    "an object in a list": (["VIEW", object()], "an item of permissions cannot be of type object"),
    "a set in a table": ({"anna": {"VIEW"}}, "permissions['anna'] cannot be of type set"),
    "a key that is no text": ({7: ["VIEW"]}, "permissions has the key of type int; write texts as keys"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_carried(case: str) -> None:
    value, says = WRONG[case]
    with pytest.raises(WrongArgumentError) as caught:
        declared("WorkspacePermission", "x", None, {"workspace_id": "a", "permissions": value})
    support.readable(caught.value, "WorkspacePermission 'x': ", says)
    assert isinstance(caught.value, pulumi.RunError)


@pytest.mark.parametrize(
    ("name", "opts", "says"),
    [
        (None, None, "its first argument must be a text, the resource's name in the program, not nothing"),
        ("", None, "not an empty text"),
        (7, None, "not of type int"),
        ("x", {}, "WorkspacePermission 'x': opts cannot be of type dict; write opts=pulumi.ResourceOptions(...)"),
    ],
)
def test_name_and_options(name: Any, opts: Any, says: str) -> None:
    with pytest.raises(WrongArgumentError) as caught:
        declared("WorkspacePermission", name, opts, {})
    support.readable(caught.value, says)


def test_a_resource_itself_is_no_value() -> None:
    class Thing(pulumi.ComponentResource):
        def __init__(self) -> None:
            """Is never registered: what counts is what it is."""

    with pytest.raises(WrongArgumentError) as caught:
        declared("WorkspacePermission", "x", None, {"workspace_id": Thing()})
    support.readable(caught.value, "workspace_id is a resource (Thing)", "like its .id")


async def later() -> str:
    return "VIEW"


@pytest.mark.parametrize(
    "value", [None, True, 3, 0.5, "a", ["a", None], ("a",), deque(["a"]), {"a": {"permissions": ["b"]}}]
)
def test_what_pulumi_carries_passes_as_it_is(value: Any) -> None:
    given = declared("RoleMapping", "x", pulumi.ResourceOptions(), {"roles": value})
    assert given["roles"] is value
    assert set(given) == {"roles", DECLARATION}


def test_what_is_not_there_yet_passes() -> None:
    awaited = later()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        output = pulumi.Output.from_input("VIEW")
        given = declared("RoleMapping", "x", None, {"roles": [output, awaited]})
        assert given["roles"] == [output, awaited]
    finally:
        awaited.close()
        asyncio.set_event_loop(None)
        loop.close()
