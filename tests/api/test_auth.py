"""Service account tokens: one renewal for all threads, in time, and again when the API refuses one early."""

from __future__ import annotations

from typing import Any

import pytest

import support
from pulumi_talend.api import (
    ClientCredential,
    Settings,
    TalendClient,
    TalendError,
    UnauthorizedError,
    UnexpectedAnswerError,
)
from pulumi_talend.api.auth import AccessToken, FixedToken, ServiceAccountToken
from pulumi_talend.api.client import MAX_ATTEMPTS
from pulumi_talend_sandbox.tenant import Behaviour, Call, Fault, Tenant

TOKEN_PATH = "/security/oauth/token"


def token_calls(tenant: Tenant) -> list[Call]:
    return tenant.calls.matching(lambda call: call.path == TOKEN_PATH)


class Source:
    """Gives tokens t1, t2, ... of a lifetime, and counts."""

    def __init__(self, lifetime: float = 1800.0) -> None:
        self.lifetime = lifetime
        self.count = 0

    def __call__(self) -> AccessToken:
        self.count += 1
        return AccessToken(f"t{self.count}", self.lifetime)


def test_a_token_is_asked_for_as_documented(tenant: Tenant) -> None:
    tenant.set_behaviour(expected_audience="url")
    with support.client_of(support.service_account_settings(tenant)) as client:
        client.permissions.list()
        client.role_mappings.list()
    assert support.requests(tenant) == [
        f"POST {TOKEN_PATH}",
        "GET /security/permissions",
        "GET /security/role-mappings",
    ]
    assert tenant.calls[0].body == {"audience": tenant.url, "grant_type": "client_credentials"}
    assert {call.token_name for call in tenant.calls[1:]} == {"access-automation"}


def test_the_audience_is_the_region_even_through_a_proxy(tenant: Tenant) -> None:
    region = "https://api.eu.cloud.talend.com"
    tenant.set_behaviour(expected_audience=region)
    settings = Settings(tenant.url, ClientCredential(tenant.client_id, tenant.client_secret), region)
    with support.client_of(settings) as client:
        assert client.permissions.list()


def test_sixteen_threads_ask_for_one_token(tenant: Tenant) -> None:
    tenant.inject(Fault(kind="slow", path="oauth", delay=0.1))
    with support.client_of(support.service_account_settings(tenant)) as client:
        results = support.in_threads([client.permissions.list] * 16)
    assert all(result == results[0] and isinstance(result, dict) for result in results)
    assert len(token_calls(tenant)) == 1


def test_sixteen_threads_renew_a_refused_token_once(tenant: Tenant) -> None:
    with support.client_of(support.service_account_settings(tenant)) as client:
        client.permissions.list()
        tenant.expire_tokens()
        tenant.calls.clear()
        results = support.in_threads([client.permissions.list] * 16)
    assert all(isinstance(result, dict) for result in results)
    assert len(token_calls(tenant)) == 1


def test_a_token_that_the_api_refuses_early_is_renewed_and_the_call_made_again(tenant: Tenant) -> None:
    key = support.user_key(tenant)
    with support.client_of(support.service_account_settings(tenant)) as client:
        client.permissions.list()
        tenant.expire_tokens()
        tenant.calls.clear()
        client.permissions.assign(key, frozenset({"VIEW"}))  # a POST too: a 401 says that nothing was done
    path = f"/security/workspaces/{key.workspace_id}/users/{key.principal.id}/permissions"
    assert tenant.calls.lines() == [f"POST {path} 401", f"POST {TOKEN_PATH} 200", f"POST {path} 200"]
    assert support.standing(tenant, key) == {"VIEW"}


def test_a_renewed_token_that_is_refused_too_is_an_error(tenant: Tenant) -> None:
    tenant.inject(Fault(kind="status", status=401, path="/security/permissions", times=None))
    with (
        support.client_of(support.service_account_settings(tenant)) as client,
        pytest.raises(UnauthorizedError) as caught,
    ):
        client.permissions.list()
    support.readable(caught.value, "401", "talend:clientId and talend:clientSecret")
    assert [call.status for call in tenant.calls] == [200, 401, 200, 401]


def test_a_wrong_secret_is_said_once(tenant: Tenant) -> None:
    settings = Settings(tenant.url, ClientCredential(tenant.client_id, "wrong-secret-4711"), tenant.url)
    with support.client_of(settings) as client, pytest.raises(UnauthorizedError) as caught:
        client.permissions.list()
    support.readable(
        caught.value, f"get a token for service account {tenant.client_id}", "401", secrets=["wrong-secret-4711"]
    )
    assert len(tenant.calls) == 1


def test_where_no_token_can_be_had_the_call_is_not_tried_on_top_of_that(tenant: Tenant) -> None:
    tenant.inject(Fault(kind="status", status=503, path="oauth", times=None))
    with support.client_of(support.service_account_settings(tenant)) as client, pytest.raises(TalendError) as caught:
        client.permissions.list()
    support.readable(caught.value, "get a token", "503")
    assert support.requests(tenant) == [f"POST {TOKEN_PATH}"] * MAX_ATTEMPTS


@pytest.mark.parametrize("kind", ["drop-before", "drop-after", "truncated"])
def test_a_lost_token_answer_is_asked_for_again(tenant: Tenant, kind: Any) -> None:
    tenant.inject(Fault(kind=kind, path="oauth", times=2))
    with support.client_of(support.service_account_settings(tenant)) as client:
        assert client.permissions.list()
    assert len(token_calls(tenant)) == 3


def test_a_rate_limit_on_tokens_is_waited_for(tenant: Tenant, clock: support.VirtualClock) -> None:
    started = clock.now
    tenant.inject(Fault(kind="status", status=429, path="oauth", headers={"retry-after": "30"}))
    with support.client_of(support.service_account_settings(tenant), clock=clock) as client:
        assert client.permissions.list()
    assert clock.now - started == pytest.approx(30)
    assert len(token_calls(tenant)) == 2


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"access_token": ""},
        {"access_token": "two words"},
        {"access_token": "tok-4711\n"},
        {"access_token": "tok-4711\x00"},
        {"access_token": "tok-4711-é"},
        {"access_token": ["tok-4711"]},
        {"token": "tok-4711"},
        ["tok-4711"],
    ],
)
def test_an_answer_without_a_usable_token_is_named_and_never_sent_on(tenant: Tenant, body: Any) -> None:
    tenant.inject(Fault(kind="status", status=200, path="oauth", body=body, times=None))
    with (
        support.client_of(support.service_account_settings(tenant)) as client,
        pytest.raises(UnexpectedAnswerError) as caught,
    ):
        client.permissions.list()
    support.readable(caught.value, "get a token", "not what the API documents", secrets=["4711"])
    assert {call.path for call in tenant.calls} == {TOKEN_PATH}


@pytest.mark.parametrize(
    ("behaviour", "lifetime"),
    [
        (Behaviour(token_lifetime=600), 600.0),
        (Behaviour(token_lifetime=1800), 1800.0),
        (Behaviour(token_lifetime=7200), 1800.0),  # more than documented is not believed
        (Behaviour(token_response_has_expires_in=False), 1800.0),
    ],
)
def test_how_long_a_token_lives(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch, behaviour: Behaviour, lifetime: float
) -> None:
    tenant.set_behaviour(**behaviour.model_dump())
    made: list[AccessToken] = []
    real = AccessToken

    def note(value: str, lifetime: float) -> AccessToken:
        made.append(real(value, lifetime))
        return made[-1]

    monkeypatch.setattr("pulumi_talend.api.client.AccessToken", note)
    with support.client_of(support.service_account_settings(tenant)) as client:
        client.permissions.list()
    assert [token.lifetime for token in made] == [lifetime]


@pytest.mark.parametrize("expires_in", [0, -1, None, "NaN", "Infinity"])
def test_a_lifetime_that_is_none_is_taken_as_the_documented_one(tenant: Tenant, expires_in: object) -> None:
    # The token is good, so a call that works shows that it was not thrown away at once.
    answers: list[dict[str, Any]] = []
    with support.client_of(support.service_account_settings(tenant)) as client:
        client.permissions.list()
        answers.append({"access_token": "worthless", "expires_in": expires_in})
    tenant.calls.clear()
    tenant.inject(Fault(kind="status", status=200, path="oauth", body=answers[0]))
    tenant.inject(Fault(kind="status", status=200, path="/security/permissions", body=[], times=3))
    with support.client_of(support.service_account_settings(tenant)) as client:
        for _ in range(3):
            client.permissions.list()
    assert len(token_calls(tenant)) == 1


def test_a_token_is_renewed_before_it_ends() -> None:
    clock, fetch = support.VirtualClock(), Source(lifetime=1800)
    source = ServiceAccountToken(fetch, clock=clock)
    assert source.current() == "t1"
    clock.sleep(1619)
    assert source.current() == "t1"
    clock.sleep(1)
    assert source.current() == "t2"
    clock.sleep(1619)
    assert (source.current(), fetch.count) == ("t2", 2)


def test_the_time_that_asking_takes_counts() -> None:
    clock = support.VirtualClock()

    def slow() -> AccessToken:
        clock.sleep(100)
        return AccessToken(str(clock.now), 1000)

    source = ServiceAccountToken(slow, clock=clock)
    first = source.current()
    clock.sleep(799)
    assert source.current() == first
    clock.sleep(1)
    assert source.current() != first


def test_a_late_refusal_of_an_old_token_does_not_throw_the_new_one_away() -> None:
    fetch = Source()
    source = ServiceAccountToken(fetch, clock=support.VirtualClock())
    old = source.current()
    assert source.renew(old)
    assert source.current() == "t2"
    assert source.renew(old)
    assert source.current() == "t2"
    assert fetch.count == 2


def test_a_failing_renewal_fails_that_caller_and_the_next_asks_again() -> None:
    answers: list[AccessToken | Exception] = [TalendError("no"), AccessToken("t", 1800)]

    def fetch() -> AccessToken:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    source = ServiceAccountToken(fetch, clock=support.VirtualClock())
    with pytest.raises(TalendError, match="no"):
        source.current()
    assert source.current() == "t"


def test_a_personal_token_is_never_renewed() -> None:
    source = FixedToken("pat-4711")
    assert source.current() == "pat-4711"
    assert not source.renew("pat-4711")
    assert "4711" not in repr(source)


def test_renewal_holds_for_all_threads_by_the_clock() -> None:
    clock, fetch = support.VirtualClock(), Source(lifetime=1000)
    source = ServiceAccountToken(fetch, clock=clock)
    for _ in range(3):
        assert len({str(token) for token in support.in_threads([source.current] * 16)}) == 1
        clock.sleep(901)
    assert fetch.count == 3


def test_a_client_is_one_for_many_threads(tenant: Tenant, client: TalendClient) -> None:
    """Reads and failing reads at once: nobody gets another's answer, and no thread dies of the redaction."""
    names = [f"role {number}" for number in range(8)]
    for name in names:
        tenant.map_role(name, ["Operator"])
    results = support.in_threads([lambda name=name: client.role_mappings.get(name) for name in names * 2])
    assert [getattr(result, "name", result) for result in results] == names * 2
