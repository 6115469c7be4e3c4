"""Service account tokens: one renewal for all threads, in time, and again when the API refuses one early."""

from __future__ import annotations

import base64
import threading
import time
from typing import Any

import httpx
import pytest

import support
from pulumi_talend.api import ClientCredential, RoleMapping, Settings
from pulumi_talend.api.auth import AccessToken, FixedToken, ServiceAccountToken
from pulumi_talend.api.retries import MAX_ATTEMPTS
from pulumi_talend.errors import TalendError, UnauthorizedError, UnexpectedResponseError
from pulumi_talend.model.grants import GrantKey
from scripted import Answer, Script

TOKEN_PATH = "/security/oauth/token"
REGION = "https://api.eu.cloud.talend.com"
ACCOUNT = Settings("https://proxy.test", ClientCredential("id-1", "secret-4711"), REGION)
KEY = GrantKey.from_resource_id("w/users/u")


class Tenant:
    """Gives tokens t1, t2, ... by `tokens` (the last again), and takes only the newest that `expire` did not end."""

    def __init__(self, *tokens: Answer) -> None:
        self._tokens = Script(*tokens)
        self.valid = ""
        self.lines: list[str] = []
        self.requests: list[httpx.Request] = []
        self._lock = threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            response = self._answer(request)
            self.requests.append(request)
            self.lines.append(f"{request.method} {request.url.path} {response.status_code}")
            return response

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == TOKEN_PATH:
            time.sleep(0.01)  # long enough for other threads to come meanwhile
            response = self._tokens(request)
            if response.status_code == 200 and isinstance(response.json(), dict):
                self.valid = response.json().get("access_token", "")
            return response
        if request.headers["authorization"] != f"Bearer {self.valid}":
            return httpx.Response(401)
        return httpx.Response(201) if request.method == "POST" else httpx.Response(200, json=[])

    def token_calls(self) -> int:
        return len(self._tokens.requests)


def token(value: str = "t1", **fields: Any) -> tuple[int, Any]:
    return (200, {"access_token": value, "token_type": "Bearer", **fields})


NO_LIFETIMES: list[Any] = [0, -1, "0", None, "NaN", "Infinity", "soon", "", [], {"s": 1}]


class Source:
    """Gives tokens t1, t2, ... of a lifetime, and counts."""

    def __init__(self, lifetime: float = 1800.0) -> None:
        self.lifetime = lifetime
        self.count = 0

    def __call__(self) -> AccessToken:
        self.count += 1
        return AccessToken(f"t{self.count}", self.lifetime)


def test_a_token_is_asked_for_as_documented_even_through_a_proxy() -> None:
    tenant = Tenant(token(expires_in="3600"))
    with support.mocked_client(tenant, settings=ACCOUNT) as client:
        client.permissions.list("users")
        client.role_mappings.list()
    assert tenant.lines == [
        f"POST {TOKEN_PATH} 200",
        "GET /security/permissions 200",
        "GET /security/role-mappings 200",
    ]
    request = tenant.requests[0]
    assert request.headers["authorization"] == "Basic " + base64.b64encode(b"id-1:secret-4711").decode()
    assert request.headers["talend-version"] == "2021-03"
    assert request.read() == b'{"audience": "https://api.eu.cloud.talend.com", "grant_type": "client_credentials"}'


def test_sixteen_threads_ask_for_one_token() -> None:
    tenant = Tenant(token())
    with support.mocked_client(tenant, settings=ACCOUNT) as client:
        results = support.in_threads([lambda: client.permissions.list("users")] * 16)
    assert results == [{}] * 16
    assert tenant.token_calls() == 1


def test_threads_that_wait_for_a_token_get_the_failure_of_the_one_that_asks() -> None:
    """Each would try as often, one after the other: with an endpoint that does not answer for many minutes."""
    waiting, fetches = threading.Semaphore(0), list[TalendError]()

    def fetch() -> AccessToken:
        if not fetches:
            assert all(waiting.acquire(timeout=60) for _ in range(16)), "fifteen others, and this one"
        fetches.append(TalendError(f"no token, {len(fetches) + 1}"))
        raise fetches[-1]

    class Told:
        """The source's lock, which tells who comes for it."""

        def __init__(self) -> None:
            self._lock = threading.Lock()

        def __enter__(self) -> None:
            waiting.release()
            self._lock.acquire()

        def __exit__(self, *_: object) -> None:
            self._lock.release()

    source = ServiceAccountToken(fetch)
    source._lock = Told()  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]
    assert support.in_threads([source.current] * 16) == [fetches[0]] * 16
    with pytest.raises(TalendError, match="no token, 2"):
        source.current()


def test_sixteen_threads_renew_a_refused_token_once() -> None:
    tenant = Tenant(token("t1"), token("t2"))
    with support.mocked_client(tenant, settings=ACCOUNT) as client:
        client.permissions.list("users")
        tenant.valid = "another"
        results = support.in_threads([lambda: client.permissions.list("users")] * 16)
    assert results == [{}] * 16
    assert tenant.token_calls() == 2


def test_a_token_that_the_api_refuses_early_is_renewed_and_the_call_made_again() -> None:
    tenant = Tenant(token("t1"), token("t2"))
    with support.mocked_client(tenant, settings=ACCOUNT) as client:
        client.permissions.list("users")
        tenant.valid = "another"
        tenant.lines.clear()
        client.permissions.assign(KEY, frozenset({"VIEW"}))  # a POST too: a 401 says that nothing was done
    path = "/security/workspaces/w/users/u/permissions"
    assert tenant.lines == [f"POST {path} 401", f"POST {TOKEN_PATH} 200", f"POST {path} 201"]


def test_a_renewed_token_that_is_refused_too_is_an_error() -> None:
    api = Script(token("t1"), 401, token("t2"), 401)
    with support.mocked_client(api, settings=ACCOUNT) as client, pytest.raises(UnauthorizedError):
        client.permissions.list("users")
    assert [request.url.path == TOKEN_PATH for request in api.requests] == [True, False, True, False]


def test_a_wrong_secret_is_said_once() -> None:
    api = Script(401)
    with support.mocked_client(api, settings=ACCOUNT) as client, pytest.raises(UnauthorizedError) as caught:
        client.permissions.list("users")
    support.readable(caught.value, "get a token for service account id-1", "401", secrets=["secret-4711"])
    assert len(api.requests) == 1


def test_where_no_token_can_be_had_the_call_is_not_tried_on_top_of_that() -> None:
    api = Script(503)
    with support.mocked_client(api, settings=ACCOUNT) as client, pytest.raises(TalendError) as caught:
        client.permissions.list("users")
    support.readable(caught.value, "get a token", "503")
    assert caught.value.outcome == "not done"
    assert api.lines == [f"POST {TOKEN_PATH}"] * MAX_ATTEMPTS


@pytest.mark.parametrize("lost", [httpx.ReadError, httpx.ConnectError, (200, '{"access_tok')])
def test_a_lost_token_is_asked_for_again(lost: Any) -> None:
    api = Script(lost, lost, token(), (200, []))
    with support.mocked_client(api, settings=ACCOUNT) as client:
        assert client.role_mappings.list() == []
    assert len(api.requests) == 4


def test_a_rate_limit_on_tokens_is_waited_for(clock: support.VirtualClock) -> None:
    started = clock.now
    api = Script((429, None, {"retry-after": "30"}), token(), (200, []))
    with support.mocked_client(api, settings=ACCOUNT, clock=clock) as client:
        client.role_mappings.list()
    assert clock.now - started == pytest.approx(30)


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
def test_an_answer_without_a_usable_token_is_named_and_never_sent_on(body: Any) -> None:
    api = Script((200, body))
    with support.mocked_client(api, settings=ACCOUNT) as client, pytest.raises(UnexpectedResponseError) as caught:
        client.permissions.list("users")
    support.readable(caught.value, "get a token", "not what the API documents", secrets=["4711"])
    assert api.lines == [f"POST {TOKEN_PATH}"]


@pytest.mark.parametrize(
    ("fields", "lifetime"),
    [
        ({"expires_in": "600"}, 600.0),  # as documented
        ({"expires_in": 600}, 600.0),
        ({"expires_in": 599.5}, 599.5),
        ({"expires_in": " 1800 "}, 1800.0),
        ({"expires_in": "3600"}, 1800.0),  # the document's example; its help pages say 30 minutes
        ({"expires_in": 7200}, 1800.0),
        ({}, 1800.0),
        *(({"expires_in": value}, 1800.0) for value in NO_LIFETIMES),
    ],
)
def test_how_long_a_token_lives(monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any], lifetime: float) -> None:
    made: list[AccessToken] = []
    real = AccessToken

    def note(value: str, lifetime: float) -> AccessToken:
        made.append(real(value, lifetime))
        return made[-1]

    monkeypatch.setattr("pulumi_talend.api.client.AccessToken", note)
    api = Script(token(**fields), (200, []))
    with support.mocked_client(api, settings=ACCOUNT) as client:
        for _ in range(3):
            client.role_mappings.list()
    assert [each.lifetime for each in made] == [lifetime]


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


def test_a_client_is_one_for_many_threads() -> None:
    """Nobody gets another's answer."""

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"name": request.url.path.rpartition("/")[2], "roles": []})

    names = [f"role{number}" for number in range(16)]
    with support.mocked_client(answer) as client:
        results = support.in_threads([lambda name=name: client.role_mappings.get(name) for name in names])
    assert results == [RoleMapping(name=name, roles=[]) for name in names]
