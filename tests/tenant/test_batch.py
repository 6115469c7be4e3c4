"""The batch calls, of users and of service accounts."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from pulumi_talend_sandbox.tenant import Tenant

USERS = "/security/permissions/batch"
ACCOUNTS = "/security/service-accounts/permissions/batch"


def member(workspace: str, account: str, *permissions: str, field: str = "userId") -> dict[str, Any]:
    return {"workspaceId": workspace, field: account, "permissions": list(permissions)}


@pytest.fixture
def places(tenant: Tenant) -> list[str]:
    return [each["id"] for each in tenant.workspaces()]


@pytest.fixture
def people(tenant: Tenant) -> list[str]:
    """Users who have no access anywhere, and no TMC_ENGINE_USE."""
    with_access = {key[2] for key in tenant.grants()}
    return [
        each["id"]
        for each in tenant.users()
        if each["id"] not in with_access and all(role["name"] != "Engine User" for role in each["roles"])
    ]


def test_many_are_given_changed_and_taken_in_three_calls(
    tenant: Tenant, api: httpx.Client, places: list[str], people: list[str]
) -> None:
    before = tenant.grants()
    body = [member(places[0], people[0], "VIEW"), member(places[1], people[1], "VIEW", "AUTHOR")]
    given = api.post(USERS, json=body)
    assert given.status_code == 200
    assert given.json() == [member(places[0], people[0], "VIEW"), member(places[1], people[1], "AUTHOR", "VIEW")]
    changed = api.put(USERS, json=[member(places[0], people[0], "MANAGE")])
    assert changed.status_code == 200
    assert tenant.grants() == {
        **before,
        (places[0], "users", people[0]): ["MANAGE"],
        (places[1], "users", people[1]): ["AUTHOR", "VIEW"],
    }
    # The cross product: two of these four pairs have nothing.
    query = {"workspaceIds": f"{places[0]},{places[1]}", "userIds": f"{people[0]},{people[1]}"}
    assert api.delete(USERS, params=query).status_code == 204
    assert tenant.grants() == before


def test_the_delete_takes_repeated_keys_too_and_all_pairs(
    tenant: Tenant, api: httpx.Client, places: list[str], people: list[str]
) -> None:
    before = tenant.grants()
    for place in places[:3]:
        for person in people[:2]:
            tenant.grant(place, person, ["VIEW"])
    api.delete(USERS, params={"workspaceIds": places[:2], "userIds": people[:2]}).raise_for_status()
    assert tenant.grants() == {**before, **{(places[2], "users", person): ["VIEW"] for person in people[:2]}}


def test_service_accounts(tenant: Tenant, api: httpx.Client, places: list[str], service_account: str) -> None:
    before = tenant.grants()
    body = [member(place, service_account, "EXECUTE", field="serviceAccountId") for place in places[:2]]
    assert api.post(ACCOUNTS, json=body).json() == body
    body = [member(places[0], service_account, "VIEW", field="serviceAccountId")]
    assert api.put(ACCOUNTS, json=body).json() == body
    assert tenant.grants() == {
        **before,
        (places[0], "service-accounts", service_account): ["VIEW"],
        (places[1], "service-accounts", service_account): ["EXECUTE"],
    }
    query = {"workspaceIds": ",".join(places[:2]), "serviceAccountIds": service_account}
    assert api.delete(ACCOUNTS, params=query).status_code == 204
    assert tenant.grants() == before


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        [{"workspaceId": "w", "permissions": ["VIEW"]}],
        [{"workspaceId": "w", "userId": "", "permissions": ["VIEW"]}],
        [{"workspaceId": "w", "userId": "u", "permissions": "VIEW"}],
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_bodies_that_do_not_validate(tenant: Tenant, api: httpx.Client, method: str, body: Any) -> None:
    before = tenant.snapshot()
    assert api.request(method, USERS, json=body).status_code == 400
    assert tenant.snapshot() == before


@pytest.mark.parametrize("query", [{}, {"workspaceIds": "w"}, {"userIds": "u"}, {"workspaceIds": "", "userIds": ""}])
def test_a_delete_that_does_not_say_whom_is_400(tenant: Tenant, api: httpx.Client, query: dict[str, str]) -> None:
    before = tenant.snapshot()
    assert api.delete(USERS, params=query).status_code == 400
    assert tenant.snapshot() == before


def test_one_bad_member_fails_all(tenant: Tenant, api: httpx.Client, places: list[str], people: list[str]) -> None:
    before = tenant.snapshot()
    good = member(places[0], people[0], "VIEW")
    for bad, status in [
        (member(places[0], "nobody", "VIEW"), 404),
        (member("nowhere", people[1], "VIEW"), 404),
        (member(places[0], people[1], "NOPE"), 400),
        (member(places[0], people[0], "VIEW"), 400),  # the same pair twice: the second finds it existing
    ]:
        assert api.post(USERS, json=[good, bad]).status_code == status
        assert tenant.snapshot() == before


def test_partial(tenant: Tenant, api: httpx.Client, places: list[str], people: list[str], engine_user: str) -> None:
    tenant.set_behaviour(batch_partial="partial")
    before = tenant.grants()
    body = [
        member(places[0], people[0], "VIEW"),
        member(places[0], engine_user, "MANAGE"),
        member(places[1], people[1], "VIEW"),
    ]
    answer = api.post(USERS, json=body)
    assert answer.status_code == 207
    assert [each["status"] for each in answer.json()] == [200, 400, 200]
    assert "TMC_ENGINE_USE" in answer.json()[1]["message"]
    assert tenant.grants() == {
        **before,
        (places[0], "users", people[0]): ["VIEW"],
        (places[1], "users", people[1]): ["VIEW"],
    }
    assert api.put(USERS, json=[body[0]]).status_code == 200
    tenant.set_behaviour(batch_delete_on_none="404")
    query = {"workspaceIds": places[0], "userIds": ",".join(people[:2])}
    deleted = api.delete(USERS, params=query)
    assert deleted.status_code == 207
    assert [each["status"] for each in deleted.json()] == [200, 404]
    assert (places[0], "users", people[0]) not in tenant.grants()


def test_post_on_existing(tenant: Tenant, api: httpx.Client, places: list[str], people: list[str]) -> None:
    tenant.grant(places[0], people[0], ["VIEW"])
    body = [member(places[0], people[0], "EXECUTE")]
    assert api.post(USERS, json=body).status_code == 400
    tenant.set_behaviour(batch_post_on_existing="merge")
    assert api.post(USERS, json=body).json()[0]["permissions"] == ["EXECUTE", "VIEW"]
    tenant.set_behaviour(batch_post_on_existing="replace")
    assert api.post(USERS, json=body).json()[0]["permissions"] == ["EXECUTE"]


def test_put_and_delete_on_none(tenant: Tenant, api: httpx.Client, places: list[str], people: list[str]) -> None:
    body = [member(places[0], people[0], "VIEW")]
    assert api.put(USERS, json=body).status_code == 404
    tenant.set_behaviour(batch_put_on_none="done")
    assert api.put(USERS, json=body).status_code == 200
    query = {"workspaceIds": ",".join(places[:2]), "userIds": people[0]}
    tenant.set_behaviour(batch_delete_on_none="404")
    assert api.delete(USERS, params=query).status_code == 404
    assert tenant.grants()[places[0], "users", people[0]] == ["VIEW"]  # all or nothing


def test_the_limit(tenant: Tenant, api: httpx.Client, places: list[str], people: list[str]) -> None:
    tenant.set_behaviour(batch_limit=3)
    body = [member(place, people[0], "VIEW") for place in places[:4]]
    refused = api.post(USERS, json=body)
    assert refused.status_code == 400
    assert "4 members, at most 3" in refused.json()["message"]
    assert api.post(USERS, json=body[:3]).status_code == 200
    query = {"workspaceIds": ",".join(places[:2]), "userIds": ",".join(people[:2])}
    assert api.delete(USERS, params=query).status_code == 400


def test_write_status(tenant: Tenant, api: httpx.Client, places: list[str], people: list[str]) -> None:
    tenant.set_behaviour(write_status="204")
    answer = api.post(USERS, json=[member(places[0], people[0], "VIEW")])
    assert (answer.status_code, answer.content) == (204, b"")
