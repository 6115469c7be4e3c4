"""Errors are data, worded once; every status has its exception and says what to do next."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest

import support
from pulumi_talend import errors
from pulumi_talend.api import ClientCredential, Settings, TalendClient, TokenCredential
from pulumi_talend.model.grants import GrantKey
from pulumi_talend.model.problems import Problem
from scripted import Script

KEY = GrantKey.from_resource_id("w1/users/u1")
ROBOT = GrantKey.from_resource_id("w1/service-accounts/s1")
VIEW = frozenset({"VIEW"})

BY_STATUS: dict[int, type[errors.ApiError]] = {
    400: errors.BadRequestError,
    401: errors.UnauthorizedError,
    402: errors.ApiError,
    403: errors.ForbiddenError,
    404: errors.NotFoundError,
    405: errors.ApiError,
    408: errors.ApiError,
    409: errors.ConflictError,
    413: errors.PayloadTooLargeError,
    414: errors.PayloadTooLargeError,
    418: errors.ApiError,
    422: errors.ApiError,
    429: errors.RateLimitedError,
    431: errors.PayloadTooLargeError,
    500: errors.ServerError,
    501: errors.ServerError,
    502: errors.ServerError,
    503: errors.ServerError,
    504: errors.ServerError,
    599: errors.ServerError,
}

NEXT_STEP = {
    400: "Check that the workspace and the account exist",
    401: "The credential from talend:token",
    403: "It needs the role Environment Administrator (TMC_ENVIRONMENT_MANAGEMENT",
    404: "Check that the workspace and the account exist",
    413: "Send less in one request",
    429: "run again later",
    500: "ask Talend's support",
}


@pytest.mark.parametrize("status", sorted(BY_STATUS))
def test_each_status_is_its_own_exception(status: int) -> None:
    body = {"status": status, "message": f"Said at {status}", "detail": "More of it", "requestId": "r-77"}
    headers = {"X-Request-Id": "h1", "retry-after": "100000"}
    with support.mocked_client(Script((status, body, headers))) as client, pytest.raises(errors.ApiError) as caught:
        client.permissions.assign(KEY, frozenset({"VIEW", "EXECUTE"}))
    error = caught.value
    assert type(error) is BY_STATUS[status]
    assert (error.status, error.api_message, error.api_detail) == (status, f"Said at {status}", "More of it")
    assert (error.request_id, error.headers["x-request-id"]) == ("r-77", "h1")
    assert error.subject == f"grant EXECUTE, VIEW to {KEY}"
    # Nothing is known of a write where the server itself failed, or gave up waiting.
    assert error.outcome == ("unknown" if status >= 500 or status == 408 else "not done")
    support.readable(
        error,
        f"Could not grant EXECUTE, VIEW to user u1 on workspace w1: the API answered {status} "
        f'("Said at {status}", "More of it", request r-77).',
        NEXT_STEP.get(status, ""),
        secrets=["pat-of-a-test"],
    )
    assert ("may or may not" in str(error)) is (error.outcome == "unknown")


def test_a_read_that_fails_has_changed_nothing() -> None:
    with support.mocked_client(Script(500)) as client, pytest.raises(errors.ServerError) as caught:
        client.permissions.list("users")
    assert caught.value.outcome == "not done"


Work = Callable[[TalendClient], Any]
RIGHTS: list[tuple[Work, str]] = [
    (lambda client: client.permissions.list("users"), "TMC_ENVIRONMENT_MANAGEMENT"),
    (lambda client: client.permissions.get(ROBOT), "It needs TMC_USER_MANAGEMENT."),
    (lambda client: client.permissions.remove_batch("service-accounts", ["w"], ["s"]), "TMC_USER_MANAGEMENT"),
    (lambda client: client.role_mappings.list(), "It needs TMC_SSO_MANAGEMENT."),
    (lambda client: client.directory.users(), "It needs TMC_USER_MANAGEMENT."),
    (lambda client: client.directory.service_accounts(), "It needs TMC_SERVICE_ACCOUNT_MANAGEMENT."),
    (
        lambda client: client.directory.workspaces(),
        "TMC_CLUSTER_MANAGEMENT or TMC_ENVIRONMENT_MANAGEMENT or TMC_OP",
    ),
    (lambda client: client.directory.me(), "talend-access doctor"),
]


@pytest.mark.parametrize(("work", "needs"), RIGHTS)
def test_a_403_names_the_right_of_the_operations_table(work: Work, needs: str) -> None:
    script = Script(403)
    with support.mocked_client(script) as client, pytest.raises(errors.ForbiddenError) as caught:
        work(client)
    support.readable(caught.value, "403", needs, "`talend-access doctor`")
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    ("base_url", "said", "unsaid"),
    [
        ("https://api.us.cloud.talend.com", "another region than us;", "Qlik"),
        ("https://api.eu.cloud.talend.com", "another region than eu (Qlik Cloud's eu is Talend's ie)", "endpoint"),
        ("https://proxy.example", "is wrong or expired; set it again", "region"),
    ],
)
def test_a_401_names_where_the_credential_came_from(base_url: str, said: str, unsaid: str) -> None:
    settings = Settings(base_url, TokenCredential("wrong-4711"), base_url, token_source="TALEND_TOKEN")
    script = Script(401)
    with support.mocked_client(script, settings=settings) as client, pytest.raises(errors.UnauthorizedError) as caught:
        client.role_mappings.list()
    text = support.readable(caught.value, "401", "credential from TALEND_TOKEN", said, secrets=["wrong-4711"])
    assert unsaid not in text
    assert len(script.requests) == 1


def test_a_service_account_that_is_refused_names_both_of_its_settings() -> None:
    source = "talend:clientId and talend:clientSecret"
    settings = Settings("https://talend.test", ClientCredential("id", "secret-4711"), "x", token_source=source)
    for script in (Script(401), Script((200, {"access_token": "t", "token_type": "Bearer"}), 401)):
        with (
            support.mocked_client(script, settings=settings) as client,
            pytest.raises(errors.UnauthorizedError) as caught,
        ):
            client.role_mappings.list()
        support.readable(caught.value, f"The credential from {source} is wrong or expired", secrets=["secret-4711"])


def test_a_service_account_that_may_not_have_tokens_is_told_which_right_may_lack() -> None:
    settings = Settings("https://talend.test", ClientCredential("id", "secret-4711"), "x")
    with (
        support.mocked_client(Script(403), settings=settings) as client,
        pytest.raises(errors.ForbiddenError) as caught,
    ):
        client.role_mappings.list()
    support.readable(caught.value, "get a token for service account id", "TMC_SERVICE_ACCOUNT_MANAGEMENT")


SAYINGS: list[tuple[Any, str, str]] = [
    ({"message": "a"}, "a", ""),
    ({"message": "a", "detail": "a"}, "a", ""),
    ({"status": 400, "detail": "b", "title": "t"}, "b", ""),  # service accounts have no message
    ({"error": "invalid", "error_description": "c"}, "c", ""),
    ({"title": "d"}, "d", ""),
    ({"error": "e"}, "e", ""),
    ({"message": "  ", "reason": "f"}, "f", ""),
    ({"message": {"nested": 1}}, '{"message": {"nested": 1}}', ""),
    (["g", 1], '["g", 1]', ""),
    ("plain words", "plain words", ""),
    ("two\r\nlines\x00\x1b[31m\u2028of it", "two lines [31m of it", ""),
    ({"message": "x" * 5000, "detail": "y" * 5000}, "x" * 239 + "…", "y" * 160),
    ("", "", ""),
    ("[" * 15_000, "[" * 239 + "…", ""),
    ({"message": 7, "detail": None, "requestId": 4}, '{"message": 7, "detail": null, "requestId": 4}', ""),
]


@pytest.mark.parametrize(("body", "message", "detail"), SAYINGS)
def test_what_the_api_says_is_quoted_in_one_short_line(body: Any, message: str, detail: str) -> None:
    with support.mocked_client(Script((400, body))) as client, pytest.raises(errors.BadRequestError) as caught:
        client.permissions.list("users")
    assert (caught.value.api_message, caught.value.api_detail) == (message, detail)
    assert (f'("{message}"' in support.readable(caught.value)) is bool(message)


@pytest.mark.parametrize("status", [400, 404, 409, 429, 500])
@pytest.mark.parametrize("answered", [200, 201, 207])
def test_a_success_whose_body_is_an_error_is_one(status: int, answered: int) -> None:
    body = {"status": status, "message": "It failed", "requestId": "r"}
    works: list[tuple[Work, str]] = [
        (lambda client: client.permissions.list("users"), "not done"),
        (lambda client: client.role_mappings.list(), "not done"),
        (lambda client: client.permissions.assign(KEY, VIEW), "unknown"),
        (lambda client: client.role_mappings.replace_all([]), "unknown"),
        (lambda client: client.permissions.assign_batch("users", {KEY: VIEW}), "unknown"),
    ]
    for work, outcome in works:
        script = Script((answered, body, {"retry-after": "9999"}))
        with support.mocked_client(script) as client, pytest.raises(BY_STATUS[status]) as caught:
            work(client)
        assert (caught.value.outcome, caught.value.api_message) == (outcome, "It failed")


def test_a_404_inside_a_200_means_the_same_as_outside() -> None:
    with support.mocked_client(Script((200, {"status": 404, "message": "none"}))) as client:
        assert client.role_mappings.get("a") is None
        assert client.permissions.get(KEY) is None


def test_fields_are_replaced_in_a_copy_and_all_others_stay() -> None:
    error = errors.ConflictError(409, api_message="m", request_id="r", subject="s", advice="a", headers={"x": "y"})
    other = error.with_(subject="grant it", outcome="done", advice="Run `adopt`.")
    assert type(other) is errors.ConflictError
    assert (other.status, other.api_message, other.request_id, other.headers) == (409, "m", "r", {"x": "y"})
    assert str(other) == 'Could not grant it: the API answered 409 ("m", request r). It took effect. Run `adopt`.'
    assert str(error) == 'Could not s: the API answered 409 ("m", request r). a.'
    assert (error.with_(advice="").advice, error.with_(reason="no").reason) == ("", "no")
    assert error.with_(reason="no").args == ("no",)


@pytest.mark.parametrize(
    "error",
    [
        errors.TalendError("no", subject="s", advice="a", outcome="unknown"),
        errors.ConfigurationError([Problem("talend:region", "r"), Problem("", "whole")]),
        errors.ForbiddenError(403, api_message="m", api_detail="d", request_id="i", headers={"a": "b"}),
        errors.UnsafeNameError("n"),
    ],
)
def test_an_error_survives_copying_and_pickling(error: errors.TalendError, monkeypatch: pytest.MonkeyPatch) -> None:
    import pulumi_talend

    monkeypatch.setattr(pulumi_talend, type(error).__name__, type(error), raising=False)
    for other in (copy.copy(error), pickle.loads(pickle.dumps(error)), error.with_()):
        assert type(other) is type(error)
        assert vars(other) == vars(error)
        assert (str(other), other.args) == (str(error), error.args)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (errors.TalendError("no"), "no."),
        (errors.TalendError("Really?"), "Really?"),
        (errors.TalendError("it broke", subject="do it"), "Could not do it: it broke."),
        (errors.TalendError("it broke", outcome="unknown"), "it broke. It may or may not have taken effect."),
        (errors.TalendError("it broke", advice="Do x."), "it broke. Do x."),
        (errors.ConfigurationError([Problem("a", "b"), Problem("c", "d")]), "a: b; c: d."),
        (errors.ApiError(418), "the API answered 418."),
        (errors.ApiError(418, request_id="7"), "the API answered 418 (request 7)."),
    ],
)
def test_an_error_is_worded_from_its_fields(error: errors.TalendError, text: str) -> None:
    assert str(error) == text


def test_who_catches_a_class_of_errors_catches_all_of_them() -> None:
    tree = {
        errors.ConfigurationError: (errors.TalendError,),
        errors.TransportError: (errors.TalendError,),
        errors.NotSentError: (errors.TransportError,),
        errors.NoResponseError: (errors.TransportError,),
        errors.UnexpectedResponseError: (errors.TransportError,),
        errors.UnsafeNameError: (errors.TalendError, ValueError),
        errors.CancelledError: (errors.TalendError,),
        errors.ApiError: (errors.TalendError,),
        **{kind: (errors.ApiError,) for kind in BY_STATUS.values() if kind is not errors.ApiError},
    }
    for child, parents in tree.items():
        assert child.__bases__ == parents
        assert child.__module__ == "pulumi_talend"


def test_a_body_of_another_shape_is_no_crash() -> None:
    for body in (
        b"\xff\xfe\x00",
        json.dumps([[]] * 50),
        "null",
        "1e999",
        '{"a":1,"a":2}',
        "\ud800".encode("utf-8", "surrogatepass"),
    ):
        with support.mocked_client(Script((400, body))) as client, pytest.raises(errors.BadRequestError) as caught:
            client.permissions.list("users")
        support.readable(caught.value, "400")
