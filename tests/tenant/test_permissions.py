"""Workspace permissions by the vendor's documents, of users and of service accounts."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from pulumi_talend_sandbox.tenant import Tenant
from tenant.conftest import Principals, record

NOWHERE = "60" * 12


def detail(answer: httpx.Response) -> str:
    body = answer.json()
    assert set(body) == {"status", "message", "detail", "requestId"}
    assert body["status"] == answer.status_code
    return body["detail"]


def test_create_read_update_delete(tenant: Tenant, api: httpx.Client, workspace: str, principals: Principals) -> None:
    place, key = principals.path(workspace), principals.key(workspace)
    assert api.get(place).status_code == 404
    assert api.put(place, json=["VIEW"]).status_code == 404
    created = api.post(place, json=["VIEW", "EXECUTE", "VIEW"])
    assert (created.status_code, created.content) == (201, b"")
    assert tenant.grants()[key] == ["EXECUTE", "VIEW"]
    assert api.post(place, json=["AUTHOR"]).status_code == 409
    updated = api.put(place, json=["AUTHOR"])
    assert (updated.status_code, updated.content) == (204, b"")
    assert api.get(place).json() == record(workspace, principals.one, "AUTHOR")
    assert api.delete(place).status_code == 204
    assert key not in tenant.grants()
    assert api.delete(place).status_code == 404


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'["VIEW", "NOPE"]', "'NOPE'"),
        (b'["view"]', "'view'"),
        (b"[]", "empty"),
        (b"{}", "list"),
        (b'"VIEW"', "list"),
        (b"[1]", "string"),
        (b'["VIEW"', "JSON"),
        (b"null", "list|required"),  # older versions of FastAPI take it as none
        (b"", "required"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_body_that_is_not_valid_is_400_and_changes_nothing(
    tenant: Tenant, api: httpx.Client, workspace: str, user: str, method: str, content: bytes, says: str
) -> None:
    if method == "PUT":
        tenant.grant(workspace, user, ["VIEW"])
    before = tenant.snapshot()
    path = f"/security/workspaces/{workspace}/users/{user}/permissions"
    answer = api.request(method, path, content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert re.search(says, detail(answer))
    assert tenant.snapshot() == before


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_unknown_ids_are_404(
    tenant: Tenant, api: httpx.Client, workspace: str, user: str, service_account: str, method: str
) -> None:
    body = ["VIEW"] if method in ("POST", "PUT") else None
    for path, says in [
        (f"{NOWHERE}/users/{user}", "Workspace not found"),
        (f"{workspace}/users/nobody", "User not found"),
        (f"{workspace}/users/{service_account}", "User not found"),
        (f"{workspace}/service-accounts/{user}", "Service account not found"),
    ]:
        answer = api.request(method, f"/security/workspaces/{path}/permissions", json=body)
        assert answer.status_code == 404
        assert says in detail(answer)


def test_paths_that_do_not_exist_are_404_and_logged(tenant: Tenant, api: httpx.Client, workspace: str) -> None:
    assert api.get(f"/security/workspaces/{workspace}/groups/g/permissions").status_code == 404
    assert api.get("/security/permissions%0A").status_code == 404
    refused = api.patch("/security/permissions")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET")
    assert [call.status for call in tenant.calls] == [404, 404, 405]


# --- listings


def test_a_listing_has_its_kind_only_and_its_filters_hold(
    tenant: Tenant, api: httpx.Client, workspace: str, principals: Principals
) -> None:
    elsewhere = next(each for each in tenant.workspaces() if each["environment"]["name"] == "prod")
    for place in (workspace, elsewhere["id"]):
        principals.give(tenant, place, "VIEW")
    all_of_kind = {key: names for key, names in tenant.grants().items() if key[1] == principals.kind}

    def listed(**query: str) -> dict[tuple[str, str, str], list[str]]:
        rows: list[dict[str, Any]] = api.get(principals.listing, params=query).json()
        assert all(set(row) == {"workspaceId", "userId", "permissions"} for row in rows)
        return {(row["workspaceId"], principals.kind, row["userId"]): row["permissions"] for row in rows}

    def of_kind(workspace: str | None = None, account: str | None = None) -> dict[tuple[str, str, str], list[str]]:
        return {k: v for k, v in all_of_kind.items() if workspace in (None, k[0]) and account in (None, k[2])}

    assert listed() == all_of_kind
    assert listed(workspaceId=workspace) == of_kind(workspace)
    assert listed(**{principals.id_name: principals.one}) == of_kind(account=principals.one) != {}
    prod = [each["id"] for each in tenant.workspaces() if each["environment"] == elsewhere["environment"]]
    assert listed(environmentId=elsewhere["environment"]["id"]) == {
        k: v for k, v in all_of_kind.items() if k[0] in prod
    }
    for name in ("workspaceId", "environmentId", principals.id_name):
        assert api.get(principals.listing, params={name: "nowhere"}).status_code == 404


# --- batches


def test_a_batch_in_three_calls(tenant: Tenant, api: httpx.Client, principals: Principals) -> None:
    first, second, third = (each["id"] for each in tenant.workspaces()[:3])
    one, other = principals.one, principals.other
    before = tenant.grants()
    created = api.post(principals.batch, json=[record(first, one, "VIEW"), record(second, other, "VIEW", "AUTHOR")])
    assert (created.status_code, created.content) == (204, b"")
    assert api.put(principals.batch, json=[record(first, one, "PUBLISH")]).status_code == 204
    expected = {principals.key(first): ["PUBLISH"], principals.key(second, other): ["AUTHOR", "VIEW"]}
    assert tenant.grants() == {**before, **expected}
    api.post(principals.batch, json=[record(third, one, "VIEW")])
    # The cross product: two of these four pairs have nothing, which is fine; the third workspace is not meant.
    query = {"workspaceIds": [first, second], f"{principals.id_name}s": [one, other]}
    assert api.delete(principals.batch, params=query).status_code == 204
    assert tenant.grants() == {**before, principals.key(third): ["VIEW"]}


def test_refused_members_are_listed_and_the_others_done(
    tenant: Tenant, api: httpx.Client, workspace: str, principals: Principals
) -> None:
    one, other = principals.one, principals.other
    api.post(principals.path(workspace), json=["VIEW"]).raise_for_status()
    answer = api.post(principals.batch, json=[record(workspace, one, "EXECUTE"), record(workspace, other, "VIEW")])
    assert answer.status_code == 207
    (row,) = answer.json()
    assert (row["status"], row["permission"]) == (409, record(workspace, one, "EXECUTE"))
    assert "already exists" in row["message"]
    assert tenant.grants()[principals.key(workspace, other)] == ["VIEW"]
    tenant.set_behaviour(batch_delete_on_none="404")
    api.delete(principals.path(workspace))
    query = {"workspaceIds": [workspace], f"{principals.id_name}s": [one, other]}
    answer = api.delete(principals.batch, params=query)
    assert answer.status_code == 207
    (row,) = answer.json()
    assert (row["status"], row["permissionId"]) == (404, {"workspaceId": workspace, "userId": one})
    assert principals.key(workspace, other) not in tenant.grants()


def test_an_unknown_id_refuses_the_whole_batch(
    tenant: Tenant, api: httpx.Client, workspace: str, principals: Principals
) -> None:
    before = tenant.snapshot()
    good = record(workspace, principals.one, "VIEW")
    for bad in (record(NOWHERE, principals.one, "VIEW"), record(workspace, "nobody", "VIEW")):
        assert api.post(principals.batch, json=[good, bad]).status_code == 404
    ids = f"{principals.id_name}s"
    for query in ({"workspaceIds": [NOWHERE], ids: [principals.one]}, {"workspaceIds": [workspace], ids: ["nobody"]}):
        assert api.delete(principals.batch, params=query).status_code == 404
    # A list joined by commas is one unknown id.
    joined = {"workspaceIds": workspace, ids: f"{principals.one},{principals.other}"}
    assert api.delete(principals.batch, params=joined).status_code == 404
    assert tenant.snapshot() == before


def test_an_empty_list_of_ids_means_everybody(
    tenant: Tenant, api: httpx.Client, workspace: str, principals: Principals
) -> None:
    elsewhere = tenant.workspaces()[1]["id"]
    members = [
        record(place, who, "VIEW") for place in (workspace, elsewhere) for who in (principals.one, principals.other)
    ]
    ids = f"{principals.id_name}s"

    def gone(query: dict[str, Any]) -> set[tuple[str, str, str]]:
        api.post(principals.batch, json=members)
        before = tenant.grants()
        assert api.delete(principals.batch, params=query).status_code == 204
        return set(before) - set(tenant.grants())

    of_kind = {key for key in tenant.grants() if key[1] == principals.kind}
    keys = {principals.key(m["workspaceId"], m["userId"]) for m in members}
    on_workspace = {key for key in of_kind | keys if key[0] == workspace}
    assert gone({"workspaceIds": [workspace]}) == on_workspace
    assert gone({"workspaceIds": [workspace], ids: ""}) == {key for key in keys if key[0] == workspace}
    assert gone({ids: [principals.one]}) == {key for key in keys if key[2] == principals.one}
    assert gone({}) >= keys
    assert not [key for key in tenant.grants() if key[1] == principals.kind]


@pytest.mark.parametrize(
    "body", [{}, [{"workspaceId": "w", "permissions": ["VIEW"]}], [record("w", "")], [None], [record("w", "u", "NOPE")]]
)
def test_a_batch_that_is_not_valid_is_400(api: httpx.Client, body: Any) -> None:
    assert api.post("/security/permissions/batch", json=body).status_code == 400
    assert api.put("/security/service-accounts/permissions/batch", json=body).status_code == 400


# --- TMC_ENGINE_USE


def test_who_holds_engine_use_alone_may_execute_and_view(
    tenant: Tenant, api: httpx.Client, workspace: str, engine_user: str
) -> None:
    place = f"/security/workspaces/{workspace}/users/{engine_user}/permissions"
    refused = api.post(place, json=["EXECUTE", "VIEW", "PUBLISH"])
    assert refused.status_code == 400
    assert "TMC_ENGINE_USE" in detail(refused)
    assert api.post(place, json=["EXECUTE", "VIEW"]).status_code == 201
    runner = next(each["id"] for each in tenant.service_accounts() if each["name"] == "engine-runner")
    place = f"/security/workspaces/{workspace}/service-accounts/{runner}/permissions"
    assert api.post(place, json=["AUTHOR"]).status_code == 400


@pytest.mark.parametrize("role", ["Operator", "Assets Manager"])
def test_another_right_frees_from_engine_use(tenant: Tenant, api: httpx.Client, workspace: str, role: str) -> None:
    both = tenant.add_user("both@nordlicht-retail.example", roles=["Engine User", role])
    place = f"/security/workspaces/{workspace}/users/{both}/permissions"
    assert api.post(place, json=["PUBLISH"]).status_code == 201
    tenant.set_behaviour(engine_use_rule="has")
    assert api.put(place, json=["PUBLISH"]).status_code == 400
    tenant.set_behaviour(engine_use_rule="off")
    assert api.put(place, json=["PUBLISH"]).status_code == 204
