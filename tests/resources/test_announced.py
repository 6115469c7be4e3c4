"""A set that others may stand beside is told what the other resources of the program grant on its workspace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from pulumi.runtime import test as in_program  # pyright: ignore[reportUnknownVariableType]

from pulumi_talend import GrantArgs, WorkspaceAccess, WorkspacePermission
from pulumi_talend.loader import PROGRAM
from pulumi_talend.resources import announced
from recording import recording

END = "2030-01-01T00:00:00Z"


def told(place: dict[str, Any], declare_others: Callable[[], object], *, exclusive: bool = False) -> Any:
    """What a set on `place` is told, that is declared before the others."""
    announced._declared.clear()  # pyright: ignore[reportPrivateUsage] - all tests of a process share one stack
    with recording() as recorder:

        @in_program
        def declare() -> None:
            WorkspaceAccess("set", **place, grants={"ana@example.com": ["VIEW"]}, exclusive=exclusive)
            declare_others()

        declare()
    return recorder.inputs["set"][PROGRAM].get("elsewhere")


def grants_of_each_form() -> None:
    """Everything that can grant on the workspace `w`, and a resource on another."""
    WorkspacePermission("a", workspace_id="w", user="bo@example.com", permissions=["VIEW"], expires_at=END)
    WorkspacePermission("b", workspace_id="w", user_id="u-1", permissions=["VIEW"])
    WorkspacePermission("c", workspace_id="w", service_account="nightly", permissions=["VIEW"])
    WorkspacePermission("d", workspace_id="w", service_account_id="s-1", permissions=["VIEW"])
    WorkspacePermission("other", workspace_id="x", user_id="u-2", permissions=["VIEW"])
    WorkspaceAccess(
        "e", workspace_id="w", grants={"cy@example.com": GrantArgs(["VIEW"], END), "di@example.com": ["VIEW"]}
    )


def test_each_form_of_a_grant_on_the_same_workspace() -> None:
    w = {"workspace_id": "w"}
    assert told(w, grants_of_each_form) == [
        {**w, "who": "user:bo@example.com", "expires_at": END},
        {**w, "who": "user-id:u-1"},
        {**w, "who": "service-account:nightly"},
        {**w, "who": "service-account-id:s-1"},
        {**w, "who": "cy@example.com", "expires_at": END},
        {**w, "who": "di@example.com"},
    ]


@pytest.mark.parametrize(
    ("place", "other", "may_be_one"),
    [
        ({"workspace_id": "w"}, {"workspace": "Sales", "environment": "prod"}, True),  # the provider tells
        ({"workspace": "Sales"}, {"workspace": "Sales", "environment": "prod"}, True),
        ({"workspace": "Sales"}, {"workspace": "Finance"}, False),
        ({"workspace_id": "w"}, {"workspace_id": "x"}, False),
    ],
)
def test_workspaces_that_may_be_the_same(place: dict[str, Any], other: dict[str, Any], *, may_be_one: bool) -> None:
    found = told(place, lambda: WorkspacePermission("a", **other, user_id="u", permissions=["VIEW"]))
    assert found == ([{**other, "who": "user-id:u"}] if may_be_one else [])


def test_what_is_an_output_is_left_out() -> None:
    """It may not be known yet, and the set must not wait for another resource."""

    def outputs() -> None:
        later = pulumi.Output.from_input("u")
        WorkspacePermission("a", workspace_id="w", user_id=later, permissions=["VIEW"])
        WorkspacePermission(
            "b", workspace_id="w", user="bo@example.com", permissions=["VIEW"], expires_at=pulumi.Output.from_input(END)
        )
        WorkspaceAccess("c", workspace_id="w", grants=pulumi.Output.from_input({"di@example.com": ["VIEW"]}))

    assert told({"workspace_id": "w"}, outputs) == []


def test_an_exclusive_set_is_told_nothing() -> None:
    """It is complete: whom it does not name loses access, whatever else grants it."""
    assert told({"workspace_id": "w"}, grants_of_each_form, exclusive=True) is None
