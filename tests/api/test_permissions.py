"""The calls on workspace permissions: what exactly goes over the wire, and what comes back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

import support
from pulumi_talend.api import TalendClient
from pulumi_talend.errors import (
    ApiError,
    BadRequestError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    ServerError,
    UnexpectedResponseError,
)
from pulumi_talend.model.grants import PRINCIPAL_KINDS, GrantKey, Permissions, Principal, PrincipalKind
from scripted import Script

VIEW = frozenset({"VIEW"})
BOTH = frozenset({"VIEW", "EXECUTE"})
BATCH_PATHS = {
    "users": "/security/permissions/batch",
    "service-accounts": "/security/service-accounts/permissions/batch",
}
ID_NAMES = {"users": "userId", "service-accounts": "serviceAccountId"}


def key(kind: PrincipalKind = "users", workspace: str = "w1", principal: str = "p1") -> GrantKey:
    return GrantKey(workspace, Principal(kind, principal))


def row(workspace: str, principal: str, *permissions: str, name: str = "userId") -> dict[str, Any]:
    return {"workspaceId": workspace, name: principal, "permissions": list(permissions)}


@pytest.mark.parametrize("kind", PRINCIPAL_KINDS)
def test_each_single_call_is_the_documented_one(kind: PrincipalKind) -> None:
    api = Script(404, 201, (200, row("w1", "p1", "EXECUTE", "VIEW")), 204, 204)
    with support.mocked_client(api) as client:
        assert client.permissions.get(key(kind)) is None
        client.permissions.assign(key(kind), BOTH)
        assert client.permissions.get(key(kind)) == BOTH
        client.permissions.replace(key(kind), VIEW)
        client.permissions.remove(key(kind))
    path = f"/security/workspaces/w1/{kind}/p1/permissions"
    assert api.lines == [f"{method} {path}" for method in ("GET", "POST", "GET", "PUT", "DELETE")]
    assert api.bodies == [None, ["EXECUTE", "VIEW"], None, ["VIEW"], None]


@pytest.mark.parametrize("status", [200, 201, 204])
def test_a_write_may_answer_with_any_success_with_or_without_a_body(status: int) -> None:
    for body in (None, row("w1", "p1", "VIEW"), ["VIEW"], {}):
        with support.mocked_client(Script((status, body))) as client:
            client.permissions.assign(key(), VIEW)
            client.permissions.replace(key(), VIEW)
            assert client.permissions.assign_batch("users", {key(): VIEW}) == {}


@pytest.mark.parametrize("answer", [404, (200, {"permissions": []}), (200, row("w1", "p1"))])
def test_no_permissions_are_none_however_the_api_answers(answer: Any) -> None:
    with support.mocked_client(Script(answer)) as client:
        assert client.permissions.get(key()) is None


@pytest.mark.parametrize(("status", "kind"), [(404, NotFoundError), (409, ConflictError), (400, BadRequestError)])
def test_a_refused_write_names_what_was_refused(status: int, kind: type[ApiError]) -> None:
    with support.mocked_client(Script(status)) as client:
        for work, words in (
            (lambda: client.permissions.assign(key(), BOTH), "grant EXECUTE, VIEW to user p1 on workspace w1"),
            (lambda: client.permissions.replace(key(), VIEW), "set the permissions of user p1 on workspace w1 to VIEW"),
            (lambda: client.permissions.remove(key()), "remove the permissions of user p1 on workspace w1"),
        ):
            with pytest.raises(kind) as caught:
                work()
            support.readable(caught.value, words, "TMC_ENGINE_USE may have EXECUTE and VIEW only")


ODD = ["a/b", 'quo"te', "per%cent", "%2F", "ünï-Köln", "a+b", "what?", "hash#tag", "semi;colon", "a b", "日本", "a&b=c"]


@pytest.mark.parametrize("odd", ODD)
def test_odd_ids_arrive_as_they_are(odd: str) -> None:
    api = Script(404)
    with support.mocked_client(api) as client:
        assert client.permissions.get(key("users", odd, odd)) is None
    encoded = quote(odd, safe="")
    assert api.lines == [f"GET /security/workspaces/{encoded}/users/{encoded}/permissions"]
    assert api.requests[0].url.host == "talend.test"


@pytest.mark.parametrize("nothing", ["", ".", "..", "/", "//", "../..", "?", "#", "%", "   ", "a/..", "\ud800a"])
def test_an_id_that_is_a_step_in_a_path_is_never_sent(nothing: str) -> None:
    api = Script(204)
    with support.mocked_client(api) as client, pytest.raises(ValueError, match="not safe in the path") as caught:
        client.permissions.remove(key("users", "w", nothing))
    assert api.requests == []
    support.readable(caught.value, "Could not remove the permissions of user", "nothing was sent")


@pytest.mark.parametrize("kind", PRINCIPAL_KINDS)
def test_an_answer_about_another_principal_or_workspace_is_not_believed(kind: PrincipalKind) -> None:
    for wrong in ("workspaceId", "userId", *{ID_NAMES[kind]}):
        body = row("w1", "p1", "VIEW") | {wrong: "another"}
        with support.mocked_client(Script((200, body))) as client, pytest.raises(UnexpectedResponseError) as caught:
            client.permissions.get(key(kind))
        support.readable(caught.value, "another", str(key(kind)))


@pytest.mark.parametrize("kind", PRINCIPAL_KINDS)
@pytest.mark.parametrize("extra", [{}, {"workspaceId": "w1"}, {"userId": "p1"}, {"unheardOf": 1}])
def test_an_answer_may_lack_ids(kind: PrincipalKind, extra: dict[str, Any]) -> None:
    with support.mocked_client(Script((200, {"permissions": ["VIEW"], **extra}))) as client:
        assert client.permissions.get(key(kind)) == VIEW


@pytest.mark.parametrize("body", [{"permissions": None}, {}, [], "VIEW", {"permissions": "VIEW"}, {"permissions": [1]}])
def test_an_answer_of_another_form_is_an_error_and_never_none(body: object) -> None:
    with (
        support.mocked_client(Script((200, json.dumps(body)))) as client,
        pytest.raises(UnexpectedResponseError) as caught,
    ):
        client.permissions.get(key())
    support.readable(caught.value, "not what the API documents", "talend:endpoint")


@pytest.mark.parametrize(
    ("kind", "id_name"),
    [("users", "userId"), ("service-accounts", "userId"), ("service-accounts", "serviceAccountId")],
)
def test_what_a_listed_row_is_follows_from_the_call(kind: PrincipalKind, id_name: str) -> None:
    api = Script(
        (
            200,
            [
                row("w", "a", "VIEW", name=id_name),
                row("w", "b", name=id_name),
                row("x", "a", "VIEW", name=id_name),
                row("x", "a", "EXECUTE", name=id_name),
            ],
        )
    )
    with support.mocked_client(api) as client:
        assert client.permissions.list(kind) == {key(kind, "w", "a"): VIEW, key(kind, "x", "a"): BOTH}
        client.permissions.list(kind, workspace_id="w", environment_id="e", principal_id="a")
    path = BATCH_PATHS[kind].removesuffix("/batch")
    assert api.lines == [f"GET {path}", f"GET {path}?workspaceId=w&environmentId=e&{ID_NAMES[kind]}=a"]


@pytest.mark.parametrize("lost", ["workspaceId", "userId", "permissions"])
def test_a_listing_whose_rows_lack_a_field_is_an_error(lost: str) -> None:
    broken = row("w", "a", "VIEW")
    del broken[lost]
    with (
        support.mocked_client(Script((200, [row("w", "a"), broken]))) as client,
        pytest.raises(UnexpectedResponseError) as caught,
    ):
        client.permissions.list("users")
    support.readable(caught.value, "list the permissions of users")


def test_a_filter_that_names_nothing_is_not_found() -> None:
    with support.mocked_client(Script(404)) as client, pytest.raises(NotFoundError) as caught:
        client.permissions.list("users", workspace_id="nowhere")
    support.readable(caught.value, "list the permissions of users (workspaceId nowhere)", "Check that the ids exist")


@pytest.mark.parametrize("kind", PRINCIPAL_KINDS)
def test_each_batch_call_is_the_documented_one(kind: PrincipalKind) -> None:
    api = Script(204)
    first, second = key(kind, "w1", "p1"), key(kind, "w2", "p1")
    with support.mocked_client(api) as client:
        assert client.permissions.assign_batch(kind, {second: BOTH, first: VIEW}) == {}
        assert client.permissions.replace_batch(kind, {second: BOTH, first: VIEW}) == {}
        assert client.permissions.remove_batch(kind, ["w1", "w2"], ["p1", "p2"]) == {}
    path, ids = BATCH_PATHS[kind], f"{ID_NAMES[kind]}s"
    query = f"workspaceIds=w1&workspaceIds=w2&{ids}=p1&{ids}=p2"
    assert api.lines == [f"POST {path}", f"PUT {path}", f"DELETE {path}?{query}"]
    # The documented field is userId for service accounts too.
    assert api.bodies == [*[[row("w1", "p1", "VIEW"), row("w2", "p1", "EXECUTE", "VIEW")]] * 2, None]


def test_a_batch_of_nothing_is_no_call_and_one_of_both_kinds_is_refused() -> None:
    api = Script(204)
    with support.mocked_client(api) as client:
        assert client.permissions.assign_batch("users", {}) == {}
        with pytest.raises(ValueError, match="other kind"):
            client.permissions.replace_batch("users", {key(): VIEW, key("service-accounts"): VIEW})
    assert api.requests == []


@given(
    st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=8).filter(str.isalnum), min_size=1, max_size=4)
)
def test_arrays_of_any_ids_are_repeated_keys(ids: list[str]) -> None:
    api = Script(204)
    with support.mocked_client(api) as client:
        client.permissions.remove_batch("service-accounts", ids, ids[:1])
    sent = parse_qsl(api.requests[0].url.query.decode("ascii"), keep_blank_values=True)
    assert sent == [*(("workspaceIds", one) for one in ids), ("serviceAccountIds", ids[0])]


Batch = Callable[[TalendClient, PrincipalKind, "dict[GrantKey, Permissions]"], Any]
BATCHES: dict[str, Batch] = {
    "POST": lambda client, kind, grants: client.permissions.assign_batch(kind, grants),
    "PUT": lambda client, kind, grants: client.permissions.replace_batch(kind, grants),
    "DELETE": lambda client, kind, grants: client.permissions.remove_batch(
        kind, sorted({one.workspace_id for one in grants}), sorted({one.principal.id for one in grants})
    ),
}


def result(method: str, status: Any, workspace: str, principal: str, **fields: Any) -> dict[str, Any]:
    """A row of a 207 as documented for `method`."""
    about = {"permissionId": {"workspaceId": workspace, "userId": principal}}
    if method != "DELETE":
        about = {"permission": row(workspace, principal, "VIEW")}
    return {"status": status, **about, **fields}


@pytest.mark.parametrize("kind", PRINCIPAL_KINDS)
@pytest.mark.parametrize("method", BATCHES)
def test_each_refused_member_of_a_207_has_its_own_error(kind: PrincipalKind, method: str) -> None:
    grants = {key(kind, "w", principal): VIEW for principal in "abcdef"}
    rows = [
        result(method, 404, "w", "a", message="No such account"),
        result(method, 409, "w", "b", message="Has some", detail="for developers", requestId="r1"),
        result(method, 200, "w", "c", message="Fine"),
        result(method, 403, "w", "d", message="pat-of-a-test may not"),
        result(method, 500, "w", "e"),
        {"status": 204},
    ]
    with support.mocked_client(Script((207, rows))) as client:
        refused = BATCHES[method](client, kind, grants)
    assert {one.principal.id: type(error) for one, error in refused.items()} == {
        "a": NotFoundError,
        "b": ConflictError,
        "d": ForbiddenError,
        "e": ServerError,
    }
    by_id = {one.principal.id: error for one, error in refused.items()}
    support.readable(by_id["a"], "No such account", str(key(kind, "w", "a")), "404")
    assert (by_id["b"].api_message, by_id["b"].api_detail, by_id["b"].request_id) == (
        "Has some",
        "for developers",
        "r1",
    )
    support.readable(by_id["d"], "[secure] may not", "It needs", secrets=["pat-of-a-test"])
    assert {name: error.outcome for name, error in by_id.items()} == {
        "a": "not done",
        "b": "not done",
        "d": "not done",
        "e": "unknown",
    }
    words = {"POST": "grant VIEW to", "PUT": "set the permissions of", "DELETE": "remove the permissions of"}[method]
    assert all(error.subject.startswith(words) for error in refused.values())


@pytest.mark.parametrize("method", BATCHES)
@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        '"nothing"',
        [{}],
        [{"status": 404}],
        [{"status": 404, "message": "who?"}],
        [{"status": 404, "permission": None, "permissionId": None}],
        [{"status": "many", "permission": {"workspaceId": "w", "userId": "a"}}],
        [{"status": 404, "permission": {"workspaceId": "w"}}],
        [{"status": 404, "permission": {"workspaceId": "w", "userId": ""}}],
        [{"status": 404, "permission": {"workspaceId": "w", "userId": "stranger"}}],
        [{"status": 404, "permissionId": {"workspaceId": "stranger", "userId": "a"}}],
        [{"status": 404, "permission": {"workspaceId": "w", "userId": "a"}}, 7],
    ],
)
def test_a_207_that_cannot_be_matched_has_an_unknown_outcome(method: str, body: Any) -> None:
    api = Script((207, body))
    with support.mocked_client(api) as client, pytest.raises(UnexpectedResponseError) as caught:
        BATCHES[method](client, "users", {key("users", "w", "a"): VIEW})
    assert caught.value.outcome == "unknown"
    support.readable(caught.value, "may or may not have taken effect")
    assert len(api.requests) == 1


@pytest.mark.parametrize("method", BATCHES)
def test_a_207_that_refuses_nothing_is_a_success(method: str) -> None:
    answers: list[list[dict[str, Any]]] = [
        [],
        [result(method, 201, "w", "a")],
        [result(method, "204", "w", "a"), {"status": 200, "permission": {}}],
    ]
    for rows in answers:
        with support.mocked_client(Script((207, rows))) as client:
            assert BATCHES[method](client, "users", {key("users", "w", "a"): VIEW}) == {}


@pytest.mark.parametrize("method", BATCHES)
def test_a_batch_that_is_done_later_has_an_unknown_outcome(method: str) -> None:
    with support.mocked_client(Script(202)) as client, pytest.raises(UnexpectedResponseError) as caught:
        BATCHES[method](client, "users", {key(): VIEW})
    assert caught.value.outcome == "unknown"
    support.readable(caught.value, "202", "pulumi refresh")


def test_rows_of_a_207_may_name_the_service_account() -> None:
    rows = [{"status": "404", "permission": {"workspaceId": "w", "serviceAccountId": "a"}}]
    with support.mocked_client(Script((207, rows))) as client:
        refused = client.permissions.assign_batch("service-accounts", {key("service-accounts", "w", "a"): VIEW})
    assert list(refused) == [key("service-accounts", "w", "a")]
