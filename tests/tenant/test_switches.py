"""Each switch of the tenant's behaviour does what it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from pulumi_talend_sandbox.tenant import Behaviour, Tenant
from tenant.conftest import Clock, client_of, record

BATCH = "/security/permissions/batch"
LISTING = "/security/permissions"
MAPPINGS = "/security/role-mappings"


@pytest.fixture
def place(workspace: str, user: str) -> str:
    return f"/security/workspaces/{workspace}/users/{user}/permissions"


@pytest.fixture
def key(workspace: str, user: str) -> tuple[str, str, str]:
    return workspace, "users", user


def test_every_switch_is_described_and_tested() -> None:
    assert [name for name, field in Behaviour.model_fields.items() if not field.description] == []
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert [name for name in Behaviour.model_fields if not re.search(rf"\b{name}=", tests)] == []


# --- one principal


def test_on_existing(tenant: Tenant, api: httpx.Client, place: str, key: tuple[str, str, str]) -> None:
    for way, status, now in [
        ("400", 400, ["VIEW"]),
        ("merge", 201, ["EXECUTE", "VIEW"]),
        ("replace", 201, ["EXECUTE"]),
    ]:
        tenant.grant(key[0], key[2], ["VIEW"])
        tenant.set_behaviour(post_on_existing=way)
        assert api.post(place, json=["EXECUTE"]).status_code == status
        assert tenant.grants()[key] == now


def test_on_none(tenant: Tenant, api: httpx.Client, place: str, key: tuple[str, str, str]) -> None:
    tenant.set_behaviour(put_on_none="done", delete_on_none="done", get_of_none="empty")
    assert api.delete(place).status_code == 204
    assert api.get(place).json() == record(key[0], key[2])
    assert api.put(place, json=["VIEW"]).status_code == 204
    assert tenant.grants()[key] == ["VIEW"]


@pytest.mark.parametrize("status", ["200", "201", "204"])
def test_write_status(tenant: Tenant, api: httpx.Client, place: str, key: tuple[str, str, str], status: str) -> None:
    tenant.set_behaviour(write_status=status)
    grant = record(key[0], key[2], "VIEW")
    for answer, body in ((api.post(place, json=["VIEW"]), grant), (api.put(BATCH, json=[grant]), [grant])):
        assert answer.status_code == int(status)
        assert (answer.json() if answer.content else None) == (None if status == "204" else body)


def test_empty_permissions(tenant: Tenant, api: httpx.Client, place: str, key: tuple[str, str, str]) -> None:
    tenant.set_behaviour(empty_permissions="done")
    tenant.grant(key[0], key[2], ["VIEW"])
    assert api.put(place, json=[]).status_code == 204
    assert key not in tenant.grants()
    tenant.set_behaviour(empty_permissions="stays")
    tenant.grant(key[0], key[2], ["VIEW"])
    assert api.put(place, json=[]).status_code == 204
    assert api.get(place).json()["permissions"] == []
    assert record(key[0], key[2]) in api.get(LISTING).json()
    assert (api.post(place, json=["VIEW"]).status_code, api.delete(place).status_code) == (409, 404)
    assert api.put(place, json=["VIEW"]).status_code == 204
    assert tenant.grants()[key] == ["VIEW"]


def test_names_manage_and_view(tenant: Tenant, api: httpx.Client, place: str, key: tuple[str, str, str]) -> None:
    tenant.set_behaviour(permission_names=("VIEW", "USE_ENGINES"))
    assert (api.post(place, json=["EXECUTE"]).status_code, api.post(place, json=["USE_ENGINES"]).status_code) == (
        400,
        201,
    )
    tenant.reset()
    assert api.post(place, json=["MANAGE"]).status_code == 201
    tenant.set_behaviour(manage="refused")
    assert api.put(place, json=["MANAGE", "VIEW"]).status_code == 400
    tenant.set_behaviour(manage="dropped")
    assert api.put(place, json=["MANAGE", "PUBLISH"]).status_code == 204
    assert tenant.grants()[key] == ["PUBLISH"]
    tenant.set_behaviour(adds_view=True)
    assert api.put(place, json=["EXECUTE"]).status_code == 204
    assert tenant.grants()[key] == ["EXECUTE", "VIEW"]


def test_object_bodies(tenant: Tenant, api: httpx.Client, place: str, key: tuple[str, str, str]) -> None:
    assert api.post(place, json={"permissions": ["VIEW"]}).status_code == 400
    tenant.set_behaviour(accept_object_bodies=True)
    assert api.post(place, json={"permissions": ["VIEW"], "userId": "x"}).status_code == 201
    assert api.put(place, json=["EXECUTE"]).status_code == 204
    for wrong in ({"rights": ["VIEW"]}, {"permissions": "VIEW"}, "VIEW"):
        assert api.put(place, json=wrong).status_code == 400
    assert tenant.grants()[key] == ["EXECUTE"]


def test_an_owners_row_and_a_workspace_that_is_gone(tenant: Tenant, api: httpx.Client, user: str) -> None:
    tenant.set_behaviour(owner_rows="fixed", gone_workspace="403")
    login = next(each["login"] for each in tenant.users() if each["id"] == user)
    owned = tenant.add_workspace("Owned", owner=login)
    other = tenant.workspaces()[0]["id"]
    for workspace, status in ((owned, 403), (other, 204), ("60" * 12, 403)):
        if status == 204 or workspace == owned:
            tenant.grant(workspace, user, ["VIEW"])
        assert api.delete(f"/security/workspaces/{workspace}/users/{user}/permissions").status_code == status
    refused = api.delete(BATCH, params={"workspaceIds": owned, "userIds": user})
    assert (refused.status_code, [row["status"] for row in refused.json()]) == (207, [403])
    assert api.get(LISTING, params={"workspaceId": "60" * 12}).status_code == 403


# --- batches


@pytest.fixture
def mixed(workspace: str, user: str, engine_user: str) -> list[dict[str, Any]]:
    """A batch whose first member is done and whose second is refused."""
    return [record(workspace, user, "VIEW"), record(workspace, engine_user, "AUTHOR")]


def test_batch_refusals(
    tenant: Tenant, api: httpx.Client, mixed: list[dict[str, Any]], key: tuple[str, str, str]
) -> None:
    tenant.set_behaviour(batch_refusals="whole")
    assert api.post(BATCH, json=mixed).status_code == 400
    assert key not in tenant.grants()
    tenant.set_behaviour(batch_refusals="all-rows")
    answer = api.post(BATCH, json=mixed)
    assert (answer.status_code, [row["status"] for row in answer.json()]) == (207, [200, 400])
    assert tenant.grants()[key] == ["VIEW"]


def test_batch_ids(tenant: Tenant, api: httpx.Client, mixed: list[dict[str, Any]], workspace: str, user: str) -> None:
    tenant.set_behaviour(batch_unknown_id="each", batch_delete_empty_list="400", query_arrays="commas")
    answer = api.post(BATCH, json=[mixed[0], record(workspace, "nobody", "VIEW")])
    assert (answer.status_code, [row["status"] for row in answer.json()]) == (207, [404])
    for query in ({}, {"workspaceIds": workspace}, {"workspaceIds": workspace, "userIds": ""}):
        assert api.delete(BATCH, params=query).status_code == 400
    other = tenant.workspaces()[1]["id"]
    tenant.grant(other, user, ["VIEW"])
    before = tenant.grants()
    assert api.delete(BATCH, params={"workspaceIds": f"{workspace},{other}", "userIds": user}).status_code == 204
    assert set(before) - set(tenant.grants()) == {(workspace, "users", user), (other, "users", user)}


def test_a_lying_batch_and_its_limit(tenant: Tenant, api: httpx.Client, mixed: list[dict[str, Any]], user: str) -> None:
    tenant.set_behaviour(batch_only_first=1)
    before = tenant.grants()
    assert api.post(BATCH, json=mixed).status_code == 204
    assert [key[2] for key in set(tenant.grants()) - set(before)] == [user]
    tenant.set_behaviour(batch_only_first=None, batch_limit=1)
    refused = api.put(BATCH, json=mixed)
    assert (refused.status_code, "2 members, at most 1" in refused.text) == (400, True)


# --- role mappings


def test_role_mappings(tenant: Tenant, api: httpx.Client) -> None:
    tenant.set_behaviour(empty_roles="done", duplicate_mapping_names="last", mapping_names="lowercased")
    body: list[Any] = [
        {"name": "A", "roles": ["Operator"]},
        {"name": "b", "roles": []},
        {"name": "a", "roles": ["Data Steward"]},
    ]
    assert api.post(MAPPINGS, json=body).status_code == 200
    assert tenant.role_mappings() == {"a": ["Data Steward"], "b": []}
    assert api.get(f"{MAPPINGS}/A").json() == {"name": "a", "roles": ["Data Steward"]}
    assert api.delete(f"{MAPPINGS}/B").status_code == 204
    tenant.set_behaviour(replace_mappings_answer="one")
    assert api.post(MAPPINGS, json=[body[0]]).json() == {"name": "a", "roles": ["Operator"]}


# --- reads that lag


@pytest.mark.parametrize("seconds", [1, 3])
def test_reads_lag_each_by_its_own_switch(clocked: Tenant, clock: Clock, seconds: int) -> None:
    workspace = clocked.workspaces()[0]["id"]
    user = next(each["id"] for each in clocked.users() if each["login"].startswith("paul.jansen"))
    place = f"/security/workspaces/{workspace}/users/{user}/permissions"
    with client_of(clocked) as api:

        def seen() -> tuple[list[str] | None, list[str] | None, list[str] | None]:
            read, mapping = api.get(place), api.get(f"{MAPPINGS}/new")
            listed = [row["permissions"] for row in api.get(LISTING).json() if row["userId"] == user]
            mapped = [row["roles"] for row in api.get(MAPPINGS).json() if row["name"] == "new"]
            assert mapped == ([mapping.json()["roles"]] if mapping.status_code == 200 else [])
            return (
                read.json()["permissions"] if read.status_code == 200 else None,
                listed[0] if listed else None,
                mapped[0] if mapped else None,
            )

        clocked.set_behaviour(listing_lag=seconds)
        assert api.post(place, json=["VIEW"]).status_code == 201
        clocked.map_role("new", ["Operator"])
        assert seen() == (["VIEW"], None, ["Operator"])
        assert api.post(place, json=["VIEW"]).status_code == 409  # writes see what is there
        clock.now += seconds
        assert seen() == (["VIEW"], ["VIEW"], ["Operator"])
        clocked.set_behaviour(read_lag=seconds, mapping_lag=seconds)
        for permissions in (["EXECUTE"], ["AUTHOR"]):
            assert api.put(place, json=permissions).status_code == 204
        clocked.unmap_role("new")
        assert seen() == (["VIEW"], ["VIEW"], ["Operator"])
        clock.now += seconds / 2
        assert api.delete(place).status_code == 204
        clock.now += seconds / 2
        assert seen() == (["AUTHOR"], ["AUTHOR"], None)
        clock.now += seconds / 2
        assert seen() == (None, None, None)


# --- gateways


def test_a_gateway_refuses_what_is_too_large(tenant: Tenant, api: httpx.Client, mixed: list[dict[str, Any]]) -> None:
    tenant.set_behaviour(gateway_body_limit=100, gateway_url_limit=60)
    answers = [api.post(BATCH, json=mixed), api.get("/account/roles", params={"nameFilter": "x" * 60})]
    tenant.set_behaviour(gateway_url_status="431")
    answers.append(api.get("/account/roles", params={"nameFilter": "x" * 60}))
    assert [answer.status_code for answer in answers] == [413, 414, 431]
    assert all(answer.headers["content-type"].startswith("text/html") for answer in answers)
    assert api.get("/account/roles").status_code == 200
