"""What the other resources of the program grant on a workspace, told to a set before the engine has heard of them.

The engine hears of resources one by one. Where somebody moves from a set to a resource that comes later, the set would lose them
without knowing. But a program has declared all its resources before the first of them goes to the engine: what they grant goes
along with the sets that others may stand beside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast
from weakref import WeakKeyDictionary

import pulumi
from pulumi.runtime import get_root_resource

_PLACE = ("workspace", "environment", "workspace_id")
_FORMS = {
    "user": "user:",
    "user_id": "user-id:",
    "service_account": "service-account:",
    "service_account_id": "service-account-id:",
}

_declared: WeakKeyDictionary[pulumi.Resource, list[tuple[pulumi.Resource, Mapping[str, Any]]]] = WeakKeyDictionary()
"""The inputs of what each stack of this process has declared, by its root."""


def announce(resource: pulumi.Resource, inputs: Mapping[str, Any]) -> None:
    """Notes what a resource grants."""
    root = get_root_resource()
    if root is not None:
        _declared.setdefault(root, []).append((resource, inputs))


async def announced_to(resource: pulumi.Resource, inputs: Mapping[str, Any]) -> list[dict[str, str]]:
    """Returns what the others grant on the workspace of a set. Awaited once all of them are declared."""
    root = get_root_resource()
    return [
        grant
        for other, theirs in (_declared.get(root, ()) if root is not None else ())
        if other is not resource and _may_be_one_place(inputs, theirs)
        for grant in _grants(theirs)
    ]


def _may_be_one_place(inputs: Mapping[str, Any], theirs: Mapping[str, Any]) -> bool:
    """Whether the workspaces may be the same: a name and an id are compared by the provider."""
    if inputs["workspace_id"] is not None and theirs["workspace_id"] is not None:
        return inputs["workspace_id"] == theirs["workspace_id"]
    return inputs["workspace"] is None or theirs["workspace"] is None or inputs["workspace"] == theirs["workspace"]


def _grants(inputs: Mapping[str, Any]) -> Iterable[dict[str, str]]:
    """What a resource grants, as far as it does not come from an output."""
    place = {name: inputs[name] for name in _PLACE if inputs[name] is not None}
    for who, end in _principals(inputs):
        grant: dict[str, object] = {**place, "who": who, **({} if end is None else {"expires_at": end})}
        if all(isinstance(value, str) for value in grant.values()):
            yield cast("dict[str, str]", grant)


def _principals(inputs: Mapping[str, Any]) -> Iterable[tuple[object, object]]:
    table = inputs.get("grants")
    if isinstance(table, Mapping):
        for who, entry in cast("Mapping[str, object]", table).items():
            yield who, cast("Mapping[str, object]", entry).get("expires_at") if isinstance(entry, Mapping) else None
        return
    for name, form in _FORMS.items():
        value = inputs.get(name)
        if isinstance(value, str):
            yield f"{form}{value}", inputs.get("expires_at")
