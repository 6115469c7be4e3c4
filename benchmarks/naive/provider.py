"""One API call for each operation of the engine. Connections are kept open; apart from that nothing is done for speed.

A role mapping takes two calls to write, for the API replaces all of them at once: read all, change one, write all, one
resource after the other (side by side they would lose each other's writes).
"""

from __future__ import annotations

import os
import threading
from functools import cache
from typing import Any
from urllib.parse import quote

import httpx
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, ResourceProvider, UpdateResult

_MAPPINGS = "/security/role-mappings"
_writing_mappings = threading.Lock()


@cache
def _client() -> httpx.Client:
    headers = {"Authorization": f"Bearer {os.environ['TALEND_TOKEN']}"}
    return httpx.Client(base_url=os.environ["TALEND_ENDPOINT"], headers=headers, timeout=60)


def _call(method: str, path: str, body: object = None) -> httpx.Response:
    """The answer; raises where it is neither a success nor 404."""
    answer = _client().request(method, path, json=body)
    if answer.status_code != 404:
        answer.raise_for_status()
    return answer


class _Naive(ResourceProvider):
    serialize_as_secret_always = False
    compared: tuple[str, ...] = ()

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=any(_olds.get(name) != _news.get(name) for name in self.compared))


def _grant_path(properties: dict[str, Any]) -> str:
    return f"/security/workspaces/{properties['workspace_id']}/users/{properties['user_id']}/permissions"


class NaiveGrantProvider(_Naive):
    """POST, GET, PUT and DELETE of one user's permissions on one workspace."""

    compared = ("workspace_id", "user_id", "permissions")

    def create(self, props: dict[str, Any]) -> CreateResult:
        _call("POST", _grant_path(props), props["permissions"]).raise_for_status()
        return CreateResult(f"{props['workspace_id']}/{props['user_id']}", props)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        answer = _call("GET", _grant_path(props))
        if answer.status_code == 404:
            return ReadResult("", {})
        return ReadResult(id_, {**props, "permissions": answer.json()["permissions"]})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        _call("PUT", _grant_path(_news), _news["permissions"]).raise_for_status()
        return UpdateResult(_news)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        _call("DELETE", _grant_path(_props))


class NaiveMappingProvider(_Naive):
    """One mapping in the list of all of them."""

    compared = ("role_name", "roles")

    def create(self, props: dict[str, Any]) -> CreateResult:
        _put_mapping(props)
        return CreateResult(props["role_name"], props)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        answer = _call("GET", f"{_MAPPINGS}/{quote(id_, safe='')}")
        if answer.status_code == 404:
            return ReadResult("", {})
        return ReadResult(id_, {**props, "roles": answer.json()["roles"]})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        _put_mapping(_news)
        return UpdateResult(_news)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        _call("DELETE", f"{_MAPPINGS}/{quote(_id, safe='')}")


def _put_mapping(properties: dict[str, Any]) -> None:
    wanted = {"name": properties["role_name"], "roles": properties["roles"]}
    with _writing_mappings:
        others = [each for each in _call("GET", _MAPPINGS).json() if each["name"] != wanted["name"]]
        _call("POST", _MAPPINGS, [*others, wanted]).raise_for_status()


class NaiveGrant(Resource, module="benchmark", name="NaiveGrant"):
    """One user's permissions on one workspace."""

    def __init__(self, name: str, workspace_id: str, user_id: str, permissions: list[str]) -> None:
        properties = {"workspace_id": workspace_id, "user_id": user_id, "permissions": permissions}
        super().__init__(NaiveGrantProvider(), name, properties)


class NaiveMapping(Resource, module="benchmark", name="NaiveMapping"):
    """The Talend roles of one customer role."""

    def __init__(self, name: str, role_name: str, roles: list[str]) -> None:
        super().__init__(NaiveMappingProvider(), name, {"role_name": role_name, "roles": roles})
