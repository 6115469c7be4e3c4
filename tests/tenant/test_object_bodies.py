"""Permissions sent as an object: refused, as the API's documentation has it, unless the tenant is told to take it."""

from __future__ import annotations

import httpx
import pytest

from pulumi_talend_sandbox.tenant import Tenant


def _place(workspace: str, user: str) -> str:
    return f"/security/workspaces/{workspace}/users/{user}/permissions"


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_an_object_is_refused_as_documented(
    tenant: Tenant, api: httpx.Client, workspace: str, user: str, method: str
) -> None:
    before = tenant.grants()
    answer = api.request(method, _place(workspace, user), json={"permissions": ["VIEW"]})
    assert answer.status_code == 400
    assert tenant.grants() == before


def test_an_object_counts_as_its_list_where_told_so(
    tenant: Tenant, api: httpx.Client, workspace: str, user: str
) -> None:
    tenant.set_behaviour(accept_object_bodies=True)
    place, key = _place(workspace, user), (workspace, "users", user)

    given = api.post(place, json={"permissions": ["VIEW"], "userId": user})
    assert given.json() == {"workspaceId": workspace, "userId": user, "permissions": ["VIEW"]}
    assert api.put(place, json={"permissions": ["EXECUTE"]}).status_code == 200
    assert tenant.grants()[key] == ["EXECUTE"]
    assert tenant.calls[-1].body == {"permissions": ["EXECUTE"]}

    # The documented form is taken beside it, and what is neither stays refused.
    assert api.put(place, json=["VIEW"]).status_code == 200
    for wrong in ({"rights": ["VIEW"]}, {"permissions": "VIEW"}, "VIEW"):
        assert api.put(place, json=wrong).status_code == 400
    assert tenant.grants()[key] == ["VIEW"]


def test_the_batch_calls_take_their_lists_all_the_same(
    tenant: Tenant, api: httpx.Client, workspace: str, user: str
) -> None:
    tenant.set_behaviour(accept_object_bodies=True)
    member = {"workspaceId": workspace, "userId": user, "permissions": ["VIEW"]}
    assert api.post("/security/permissions/batch", json=[member]).json() == [member]
    assert api.post("/security/permissions/batch", json=member).status_code == 400
