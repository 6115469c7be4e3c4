"""Every status becomes its exception, with a message that a person can act on."""

from __future__ import annotations

import pytest

import support
from pulumi_talend import api
from pulumi_talend.api import TalendClient
from pulumi_talend_sandbox.tenant import Fault, Tenant

BY_STATUS: dict[int, type[api.ApiError]] = {
    400: api.BadRequestError,
    401: api.UnauthorizedError,
    403: api.ForbiddenError,
    404: api.NotFoundError,
    405: api.ApiError,
    409: api.ConflictError,
    418: api.ApiError,
    422: api.ApiError,
    429: api.RateLimitedError,
    500: api.ServerError,
    501: api.ServerError,
    502: api.ServerError,
    503: api.ServerError,
    504: api.ServerError,
    599: api.ServerError,
}

NEXT_STEP = {
    400: "Check that workspace and principal exist",
    401: "set talend:token anew",
    403: "it needs the Environment Administrator role",
    404: "Check that workspace and principal exist",
    429: "run again later",
    500: "run again, and ask Talend's support",
    503: "It may or may not have been done",
}


@pytest.mark.parametrize("status", sorted(BY_STATUS))
def test_each_status_is_its_own_exception(tenant: Tenant, client: TalendClient, status: int) -> None:
    key = support.user_key(tenant)
    before = tenant.snapshot()
    said = {"status": status, "message": f"Said by the API at {status}"}
    headers = {"retry-after": "100000"} if status == 429 else {}
    tenant.inject(Fault(kind="status", status=status, body=said, headers={"x-request-id": "r1", **headers}, times=None))
    with pytest.raises(api.ApiError) as caught:
        client.permissions.assign(key, frozenset({"VIEW", "EXECUTE"}))
    error = caught.value
    assert type(error) is BY_STATUS[status]
    assert error.status == status
    assert error.said == f"Said by the API at {status}"
    assert error.headers["x-request-id"] == "r1"
    support.readable(
        error,
        f"Could not grant EXECUTE, VIEW to user {key.principal.id} on workspace {key.workspace_id}",
        f'the API answered {status} ("Said by the API at {status}")',
        NEXT_STEP.get(status, ""),
        secrets=[tenant.token],
    )
    assert tenant.snapshot() == before


def test_a_reading_call_that_fails_changed_nothing(tenant: Tenant, client: TalendClient) -> None:
    tenant.inject(Fault(kind="status", status=500, times=None))
    with pytest.raises(api.ServerError) as caught:
        client.permissions.list()
    support.readable(caught.value, "Nothing was changed")


@pytest.mark.parametrize(
    ("token", "call", "needs"),
    [
        ("sso-only", "permissions", "TMC_ENVIRONMENT_MANAGEMENT"),
        ("workspaces-only", "service-accounts", "TMC_USER_MANAGEMENT"),
        ("workspaces-only", "role-mappings", "TMC_SSO_MANAGEMENT"),
    ],
)
def test_a_403_names_the_right_that_is_missing(tenant: Tenant, token: str, call: str, needs: str) -> None:
    with support.client_of(support.settings_for(tenant, token=tenant.tokens[token])) as client:
        works = {
            "permissions": lambda: client.permissions.list(),
            "service-accounts": lambda: client.permissions.get(support.service_account_key(tenant)),
            "role-mappings": lambda: client.role_mappings.list(),
        }
        with pytest.raises(api.ForbiddenError) as caught:
            works[call]()
    support.readable(caught.value, "403", needs)
    assert len(tenant.calls) == 1


def test_a_wrong_token_is_tried_once(tenant: Tenant) -> None:
    with (
        support.client_of(support.settings_for(tenant, token="wrong-token-4711")) as client,
        pytest.raises(api.UnauthorizedError) as caught,
    ):
        client.role_mappings.list()
    support.readable(caught.value, "401", "set talend:token anew", secrets=["wrong-token-4711"])
    assert len(tenant.calls) == 1


SAYINGS: list[tuple[object, str]] = [
    ({"message": "a"}, "a"),
    ({"detail": "b", "title": "t"}, "b"),
    ({"error": "invalid", "error_description": "c"}, "c"),
    ({"title": "d"}, "d"),
    ({"error": "e"}, "e"),
    ({"message": "  ", "reason": "f"}, "f"),
    ({"message": {"nested": 1}}, '{"message": {"nested": 1}}'),
    (["g", 1], '["g", 1]'),
    ("plain words", "plain words"),
    ("two\r\nlines\x00\x1b[31m\u2028of it", "two lines [31m of it"),
    ({"message": "x" * 5000}, "x" * 239 + "…"),
    ("", ""),
]


@pytest.mark.parametrize(("body", "said"), SAYINGS)
def test_what_the_api_says_is_quoted_in_one_short_line(
    tenant: Tenant, client: TalendClient, body: object, said: str
) -> None:
    tenant.inject(Fault(kind="status", status=400, body=body))
    with pytest.raises(api.BadRequestError) as caught:
        client.permissions.list()
    assert caught.value.said == said
    text = support.readable(caught.value)
    assert (f'("{caught.value.said}")' in text) is bool(said)


def test_a_nested_body_is_quoted_and_never_a_crash(tenant: Tenant, client: TalendClient) -> None:
    tenant.inject(Fault(kind="status", status=400, body="[" * 15_000))
    with pytest.raises(api.BadRequestError) as caught:
        client.permissions.list()
    support.readable(caught.value, "[[[")


def test_the_tree_is_as_printed_at_the_head_of_its_module() -> None:
    tree = {
        api.ConfigurationError: api.TalendError,
        api.TransportError: api.TalendError,
        api.NotSentError: api.TransportError,
        api.NoAnswerError: api.TransportError,
        api.UnexpectedAnswerError: api.TransportError,
        api.CancelledError: api.TalendError,
        api.ApiError: api.TalendError,
        api.BadRequestError: api.ApiError,
        api.UnauthorizedError: api.ApiError,
        api.ForbiddenError: api.ApiError,
        api.NotFoundError: api.ApiError,
        api.ConflictError: api.ApiError,
        api.RateLimitedError: api.ApiError,
        api.ServerError: api.ApiError,
    }
    for child, parent in tree.items():
        assert child.__bases__ == (parent,)
        assert child.__module__ == "pulumi_talend"
    from pulumi_talend.api import errors

    for child in tree:
        assert f"── {child.__name__} " in (errors.__doc__ or "")
