"""The calls on workspace permissions: what exactly goes over the wire, and what comes back."""

from __future__ import annotations

import json
from urllib.parse import quote

import httpx
import pytest

import support
from pulumi_talend.api import (
    BadRequestError,
    GrantKey,
    NotFoundError,
    Principal,
    TalendClient,
    UnexpectedAnswerError,
)
from pulumi_talend_sandbox.tenant import Fault, Tenant

VIEW = frozenset({"VIEW"})
BOTH = frozenset({"VIEW", "EXECUTE"})
KINDS = ("users", "service-accounts")


def key_of(tenant: Tenant, kind: str) -> GrantKey:
    return support.user_key(tenant) if kind == "users" else support.service_account_key(tenant)


def path_of(key: GrantKey) -> str:
    return f"/security/workspaces/{key.workspace_id}/{key.principal.kind}/{key.principal.id}/permissions"


@pytest.mark.parametrize("kind", KINDS)
def test_each_unitary_call_is_the_documented_one(tenant: Tenant, client: TalendClient, kind: str) -> None:
    key = key_of(tenant, kind)
    untouched = support.others(tenant, key)

    assert client.permissions.get(key) is None
    client.permissions.assign(key, BOTH)
    assert client.permissions.get(key) == BOTH
    client.permissions.replace(key, VIEW)
    assert client.permissions.get(key) == VIEW
    client.permissions.remove(key)
    assert client.permissions.get(key) is None

    path = path_of(key)
    assert [(call.method, call.target, call.body, call.status) for call in tenant.calls] == [
        ("GET", path, None, 404),
        ("POST", path, ["EXECUTE", "VIEW"], 200),
        ("GET", path, None, 200),
        ("PUT", path, ["VIEW"], 200),
        ("GET", path, None, 200),
        ("DELETE", path, None, 204),
        ("GET", path, None, 404),
    ]
    assert {call.token_name for call in tenant.calls} == {"admin"}
    assert support.others(tenant, key) == untouched


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", ["200", "201", "204"])
def test_a_write_may_answer_with_or_without_a_body(
    tenant: Tenant, client: TalendClient, kind: str, status: str
) -> None:
    tenant.set_behaviour(write_status=status)
    key = key_of(tenant, kind)
    client.permissions.assign(key, VIEW)
    client.permissions.replace(key, BOTH)
    assert support.standing(tenant, key) == BOTH


@pytest.mark.parametrize("answer", ["404", "empty"])
def test_no_permissions_is_none_however_the_api_says_it(tenant: Tenant, client: TalendClient, answer: str) -> None:
    tenant.set_behaviour(get_of_none=answer)
    assert client.permissions.get(support.user_key(tenant)) is None


def test_what_is_missing_is_named(tenant: Tenant, client: TalendClient) -> None:
    key = GrantKey("no-such-workspace", support.user_key(tenant).principal)
    with pytest.raises(NotFoundError) as caught:
        client.permissions.replace(key, VIEW)
    support.readable(caught.value, "VIEW", str(key), "404", "Check that workspace and principal exist")
    with pytest.raises(NotFoundError) as caught:
        client.permissions.remove(support.user_key(tenant))
    support.readable(caught.value, "remove the permissions", "404")


def test_the_engine_use_rule_is_named_where_the_api_refuses(tenant: Tenant, client: TalendClient) -> None:
    key = GrantKey(support.workspaces_of(tenant)[0], Principal("users", support.engine_user_id(tenant)))
    before = tenant.snapshot()
    with pytest.raises(BadRequestError) as caught:
        client.permissions.assign(key, frozenset({"AUTHOR"}))
    support.readable(caught.value, "AUTHOR", key.principal.id, "TMC_ENGINE_USE", "EXECUTE and VIEW only")
    assert tenant.snapshot() == before


ODD = ["a/b", 'quo"te', "per%cent", "%2F", "ünï-Köln", "a+b", "what?", "hash#tag", "semi;colon", "a b", "日本", "a&b=c"]


@pytest.mark.parametrize("odd", ODD)
def test_odd_ids_arrive_as_they_are(odd: str) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(404)

    settings_key = GrantKey(odd, Principal("users", odd))
    with support.mocked_client(answer) as client:
        assert client.permissions.get(settings_key) is None
    (request,) = seen
    encoded = quote(odd, safe="")
    assert request.url.raw_path.decode() == f"/security/workspaces/{encoded}/users/{encoded}/permissions"
    assert request.url.host == "talend.test"


@pytest.mark.parametrize("nothing", ["", ".", "..", "/", "//", "../..", "?", "#", "%", "   "])
def test_an_id_that_is_a_step_in_a_path_is_never_sent(nothing: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise AssertionError(f"sent: {request.method} {request.url}")

    with (
        support.mocked_client(answer) as client,
        pytest.raises(ValueError, match="cannot safely stand in a URL's path"),
    ):
        client.permissions.remove(GrantKey("workspace", Principal("users", nothing)))


@pytest.mark.parametrize("wrong", ["workspaceId", "userId"])
def test_an_answer_for_somebody_else_is_not_believed(tenant: Tenant, client: TalendClient, wrong: str) -> None:
    key = support.user_key(tenant)
    body = {"workspaceId": key.workspace_id, "userId": key.principal.id, "permissions": ["VIEW"], wrong: "another"}
    tenant.inject(Fault(kind="status", status=200, body=body))
    with pytest.raises(UnexpectedAnswerError) as caught:
        client.permissions.get(key)
    support.readable(caught.value, "another", str(key))


def test_an_answer_without_ids_is_taken(tenant: Tenant, client: TalendClient) -> None:
    tenant.inject(Fault(kind="status", status=200, body={"permissions": ["VIEW"], "unheardOf": 1}))
    assert client.permissions.get(support.user_key(tenant)) == VIEW


@pytest.mark.parametrize("body", [{"permissions": None}, {}, [], "VIEW", {"permissions": "VIEW"}, {"permissions": [1]}])
def test_an_answer_of_another_form_is_an_error_and_never_none(
    tenant: Tenant, client: TalendClient, body: object
) -> None:
    # As JSON text: a str body of a fault would go out as it is.
    tenant.inject(Fault(kind="status", status=200, body=json.dumps(body), headers={"content-type": "application/json"}))
    with pytest.raises(UnexpectedAnswerError) as caught:
        client.permissions.get(support.user_key(tenant))
    support.readable(caught.value, "not what the API documents", "talend:endpoint")


def test_listing_takes_the_filters_as_the_examples_spell_them(tenant: Tenant, client: TalendClient) -> None:
    held = {
        GrantKey.from_resource_id("/".join(key)): frozenset(permissions)
        for key, permissions in tenant.grants().items()
        if key[1] == "users"
    }
    one = next(iter(held))
    environment = next(w["environment"]["id"] for w in tenant.workspaces() if w["id"] == one.workspace_id)
    in_environment = {w["id"] for w in tenant.workspaces() if w["environment"]["id"] == environment}

    assert client.permissions.list() == held
    assert client.permissions.list(workspace_id=one.workspace_id) == {
        key: value for key, value in held.items() if key.workspace_id == one.workspace_id
    }
    assert client.permissions.list(user_id=one.principal.id) == {
        key: value for key, value in held.items() if key.principal == one.principal
    }
    assert client.permissions.list(environment_id=environment) == {
        key: value for key, value in held.items() if key.workspace_id in in_environment
    }
    assert [call.query for call in tenant.calls] == [
        {},
        {"workspaceId": one.workspace_id},
        {"userId": one.principal.id},
        {"environmentId": environment},
    ]


def test_listing_with_service_accounts_and_empty_entries(tenant: Tenant, client: TalendClient) -> None:
    tenant.set_behaviour(include_service_accounts_in_listing=True)
    listed = client.permissions.list()
    assert {key.principal.kind for key in listed} == {"users", "service-accounts"}
    assert len(listed) == len(tenant.grants())

    tenant.inject(
        Fault(
            kind="status",
            status=200,
            body=[
                {"workspaceId": "w", "userId": "u", "permissions": []},
                {"workspaceId": "w", "userId": "v", "permissions": ["VIEW"]},
                {"workspaceId": "w", "userId": "v", "permissions": ["EXECUTE"]},
            ],
        )
    )
    assert client.permissions.list() == {GrantKey("w", Principal("users", "v")): BOTH}


@pytest.mark.parametrize("lost", ["workspaceId", "userId", "permissions"])
def test_a_listing_whose_entries_lack_a_field_is_an_error(tenant: Tenant, client: TalendClient, lost: str) -> None:
    tenant.inject(Fault(kind="missing-field", field=lost))
    with pytest.raises(UnexpectedAnswerError) as caught:
        client.permissions.list()
    support.readable(caught.value, "list the permissions of the tenant")


@pytest.mark.parametrize("kind", KINDS)
def test_each_batch_call_is_the_documented_one(tenant: Tenant, client: TalendClient, kind: str) -> None:
    key = key_of(tenant, kind)
    other = GrantKey(support.workspaces_of(tenant)[1], key.principal)
    client.permissions.assign_batch(key.principal.kind, {key: VIEW, other: BOTH})
    assert (support.standing(tenant, key), support.standing(tenant, other)) == (VIEW, BOTH)
    client.permissions.replace_batch(key.principal.kind, {key: BOTH, other: VIEW})
    assert (support.standing(tenant, key), support.standing(tenant, other)) == (BOTH, VIEW)
    client.permissions.remove_batch(key.principal.kind, [key.workspace_id, other.workspace_id], [key.principal.id])
    assert (support.standing(tenant, key), support.standing(tenant, other)) == (None, None)

    path = "/security/permissions/batch" if kind == "users" else "/security/service-accounts/permissions/batch"
    id_name, ids = ("userId", "userIds") if kind == "users" else ("serviceAccountId", "serviceAccountIds")
    who = key.principal.id
    first, second = sorted([key, other])
    assert [(call.method, call.path) for call in tenant.calls] == [("POST", path), ("PUT", path), ("DELETE", path)]
    assert tenant.calls[0].body == [
        {"workspaceId": one.workspace_id, id_name: who, "permissions": sorted({key: VIEW, other: BOTH}[one])}
        for one in (first, second)
    ]
    assert tenant.calls[2].query == {"workspaceIds": f"{key.workspace_id},{other.workspace_id}", ids: who}


def test_removing_a_batch_takes_every_pair_of_the_two_lists(tenant: Tenant, client: TalendClient) -> None:
    keys = [support.user_key(tenant, workspace, user) for workspace in (0, 1) for user in (10, 11)]
    for key in keys:
        support.grant_by_hand(tenant, key, "VIEW")
    untouched = support.others(tenant, *keys)
    client.permissions.remove_batch(
        "users", sorted({k.workspace_id for k in keys}), sorted({k.principal.id for k in keys})
    )
    assert [support.standing(tenant, key) for key in keys] == [None] * 4
    assert support.others(tenant, *keys) == untouched


@pytest.mark.parametrize("text", ["", "w", "w/users", "w/users/", "/users/u", "w/groups/g", "w/users/u/x", " /users"])
def test_another_form_of_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not the id of a grant"):
        GrantKey.from_resource_id(text)


@pytest.mark.parametrize("kind", KINDS)
def test_an_id_goes_there_and_back(tenant: Tenant, kind: str) -> None:
    key = key_of(tenant, kind)
    assert GrantKey.from_resource_id(key.resource_id) == key
    assert key.resource_id == f"{key.workspace_id}/{kind}/{key.principal.id}"
