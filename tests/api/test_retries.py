"""What is tried again and what is not, counted at the network."""

from __future__ import annotations

import socket
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

import httpx
import pytest

import support
from pulumi_talend.api import RoleMapping, Settings, TalendClient, TokenCredential
from pulumi_talend.api.retries import MAX_ATTEMPTS
from pulumi_talend.errors import (
    NoResponseError,
    NotFoundError,
    NotSentError,
    RateLimitedError,
    ServerError,
    TalendError,
    UnexpectedResponseError,
)
from pulumi_talend.model.grants import GrantKey
from scripted import Script

VIEW = frozenset({"VIEW"})
KEY = GrantKey.from_resource_id("w/users/u")
DONE = (200, {"permissions": ["VIEW"]})
NOW = 1_700_000_000
Work = Callable[[TalendClient], Any]

REPEATABLE: dict[str, Work] = {
    "GET": lambda client: client.permissions.get(KEY),
    "GET listing": lambda client: client.permissions.list("users"),
    "PUT": lambda client: client.permissions.replace(KEY, VIEW),
    "PUT batch": lambda client: client.permissions.replace_batch("users", {KEY: VIEW}),
    "DELETE": lambda client: client.permissions.remove(KEY),
    "DELETE mapping": lambda client: client.role_mappings.remove("gone-soon"),
    "DELETE batch": lambda client: client.permissions.remove_batch("users", ["w"], ["u"]),
}
ONCE: dict[str, Work] = {
    "POST": lambda client: client.permissions.assign(KEY, VIEW),
    "POST batch": lambda client: client.permissions.assign_batch("users", {KEY: VIEW}),
    "POST mappings": lambda client: client.role_mappings.replace_all([RoleMapping(name="a", roles=["Operator"])]),
}
ALL = {**REPEATABLE, **ONCE}
AT_ONCE: Work = lambda client: client.role_mappings.replace_all([], at_once=True)  # noqa: E731


def done(what: str) -> Any:
    return (200, []) if "listing" in what else DONE


def truncated(_request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, content=b'{"permissions": ["VI')


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("what", REPEATABLE)
def test_a_5xx_is_tried_again_where_twice_is_the_same_as_once(
    clock: support.VirtualClock, what: str, status: int
) -> None:
    api = Script(*[status] * (MAX_ATTEMPTS - 1), done(what))
    with support.mocked_client(api, clock=clock) as client:
        REPEATABLE[what](client)
    assert len(api.requests) == MAX_ATTEMPTS
    assert len({(line, str(body)) for line, body in zip(api.lines, api.bodies, strict=True)}) == 1
    # Each wait is drawn from the upper half of a range that doubles: 0.25 s, 0.5 s, 1 s, 2 s.
    for number, seconds in enumerate(clock.waited):
        assert 0.125 * 2**number <= seconds <= 0.25 * 2**number


@pytest.mark.parametrize("what", REPEATABLE)
def test_trying_again_ends(what: str) -> None:
    api = Script(503)
    with support.mocked_client(api) as client, pytest.raises(ServerError) as caught:
        REPEATABLE[what](client)
    assert len(api.requests) == MAX_ATTEMPTS
    assert caught.value.outcome == ("not done" if "GET" in what else "unknown")


@pytest.mark.parametrize("lost", [httpx.ReadError, httpx.RemoteProtocolError, truncated])
@pytest.mark.parametrize("what", REPEATABLE)
def test_a_lost_response_is_asked_for_again(what: str, lost: Any) -> None:
    api = Script(lost, lost, done(what))
    with support.mocked_client(api) as client:
        REPEATABLE[what](client)
    assert len(api.requests) == 3


@pytest.mark.parametrize("lost", [500, 503, httpx.ReadError, truncated])
@pytest.mark.parametrize("what", ONCE)
def test_a_post_is_never_repeated_blindly(what: str, lost: Any) -> None:
    api = Script(lost)
    with support.mocked_client(api) as client, pytest.raises((ServerError, NoResponseError)) as caught:
        ONCE[what](client)
    assert caught.value.outcome == "unknown"
    support.readable(caught.value, "It may or may not have taken effect")
    assert len(api.requests) == 1


@pytest.mark.parametrize("then", [404, 409, 403, httpx.ConnectError])
@pytest.mark.parametrize("first", [503, httpx.ReadError])
def test_what_an_earlier_try_may_have_done_is_not_forgotten(first: Any, then: Any) -> None:
    """A DELETE whose response was lost finds nothing the second time: perhaps because the first removed it."""
    for what, outcome in (("DELETE", "unknown"), ("PUT", "unknown"), ("GET listing", "not done")):
        with support.mocked_client(Script(first, then)) as client, pytest.raises(TalendError) as caught:
            REPEATABLE[what](client)
        assert caught.value.outcome == outcome
    with support.mocked_client(Script(429, 404)) as client, pytest.raises(NotFoundError) as refused:
        REPEATABLE["DELETE"](client)
    assert refused.value.outcome == "not done"


@pytest.mark.parametrize(
    ("what", "status"),
    [
        (what, status)
        for what in ALL
        for status in (400, 403, 404, 405, 408, 409, 413, 422, 501)
        if (what, status) != ("GET", 404)  # which says that there is no such grant
    ],
)
def test_a_refusal_is_not_tried_again(what: str, status: int) -> None:
    api = Script(status)
    with support.mocked_client(api) as client, pytest.raises(TalendError):
        ALL[what](client)
    assert len(api.requests) == 1


@pytest.mark.parametrize("what", ALL)
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": formatdate(NOW + 9, usegmt=True), "date": formatdate(NOW)}, 9),
        ({"x-ratelimit-reset": "5", "x-ratelimit-remaining": "0"}, 5),
        ({"x-ratelimit-reset": str(NOW + 6)}, 6),
        ({"x-ratelimit-reset": str((NOW + 8) * 1000)}, 8),
        ({"retry-after": "3", "x-ratelimit-reset": "50"}, 3),
        ({"retry-after": "soon", "x-ratelimit-reset": "4"}, 4),
    ],
)
def test_a_429_waits_as_told_and_tries_again(
    clock: support.VirtualClock, what: str, headers: dict[str, str], seconds: float
) -> None:
    """Also of operations whose document lists no 429."""
    said: list[str] = []
    api = Script((429, None, headers), done(what))
    started = clock.now
    with support.mocked_client(api, clock=clock, said=said) as client:
        ALL[what](client)
    assert api.lines[0] == api.lines[1]
    assert api.bodies[0] == api.bodies[1]
    assert len(api.requests) == 2
    assert clock.now - started == pytest.approx(seconds)
    assert said == [f"waiting {seconds} s for the API's rate limit"]


def test_a_429_without_a_time_backs_off_longer_each_time(clock: support.VirtualClock) -> None:
    started = clock.now
    api = Script(*[429] * 8, (200, []))
    with support.mocked_client(api, clock=clock) as client:
        client.permissions.list("users")
    assert len(api.requests) == 9  # more than MAX_ATTEMPTS: nothing was done, so it may be tried for long
    assert 4 < clock.now - started < 60


def test_a_429_that_asks_for_too_long_is_an_error_at_once(clock: support.VirtualClock) -> None:
    started = clock.now
    api = Script((429, None, {"retry-after": "3600"}))
    with support.mocked_client(api, clock=clock) as client, pytest.raises(RateLimitedError) as caught:
        client.permissions.list("users")
    support.readable(caught.value, "429", "rate limit", "run again later")
    assert len(api.requests) == 1
    assert clock.now == started


def test_nobody_waits_for_hours_because_of_one_answer(clock: support.VirtualClock) -> None:
    api = Script((429, None, {"retry-after": "86400"}), (200, []))
    with support.mocked_client(api, clock=clock) as client:
        with pytest.raises(RateLimitedError):
            client.permissions.list("users")
        started = clock.now
        client.permissions.list("users")
    assert clock.now - started <= 901


@pytest.mark.parametrize("headers", [{"retry-after": "0"}, {"x-ratelimit-reset": "0"}, {"retry-after": "-5"}])
def test_a_429_that_says_now_is_not_hammered(clock: support.VirtualClock, headers: dict[str, str]) -> None:
    started = clock.now
    api = Script(*[(429, None, headers)] * 10, (200, []))
    with support.mocked_client(api, clock=clock) as client:
        client.permissions.list("users")
    assert len(api.requests) == 11
    assert clock.now - started > 10 * 0.125


@pytest.mark.parametrize("answer", [429, 503, httpx.ConnectError, httpx.ReadError])
def test_what_must_be_sent_at_once_is_never_sent_later(clock: support.VirtualClock, answer: Any) -> None:
    api = Script(answer)
    with support.mocked_client(api, clock=clock) as client, pytest.raises(TalendError):
        AT_ONCE(client)
    assert len(api.requests) == 1
    assert clock.waited == []


def test_nor_does_it_wait_for_the_rate_limit(clock: support.VirtualClock) -> None:
    spent = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "60", "x-ratelimit-limit": "5"}
    api = Script((200, [], spent))
    with support.mocked_client(api, clock=clock) as client:
        client.role_mappings.list()
        with pytest.raises(NotSentError) as caught:
            AT_ONCE(client)
    support.readable(caught.value, "Could not write the tenant's 0 role mappings: the rate limit", "nothing was sent")
    assert caught.value.outcome == "not done"
    assert len(api.requests) == 1


def refused_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


@pytest.mark.parametrize("what", ["GET listing", "POST mappings"])
def test_a_refused_connection_is_tried_again_even_for_a_post(clock: support.VirtualClock, what: str) -> None:
    url = f"http://127.0.0.1:{refused_port()}"
    with (
        support.client_of(Settings(url, TokenCredential("tok-4711"), url), clock=clock) as client,
        pytest.raises(NotSentError) as caught,
    ):
        ALL[what](client)
    support.readable(caught.value, "no connection to 127.0.0.1:", "nothing was sent", secrets=["tok-4711"])
    assert caught.value.outcome == "not done"
    assert len(clock.waited) == MAX_ATTEMPTS - 1


def test_a_host_that_does_not_exist_is_one_line() -> None:
    url = "https://talend.invalid"
    with (
        support.client_of(Settings(url, TokenCredential("tok-4711"), url)) as client,
        pytest.raises(NotSentError) as caught,
    ):
        client.permissions.list("users")
    support.readable(caught.value, "talend.invalid", "talend:region or talend:endpoint", secrets=["tok-4711"])


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (httpx.ReadTimeout, "did not answer in time"),
        (httpx.WriteTimeout, "did not answer in time"),
        (httpx.ReadError, "broke before the response was complete"),
        (httpx.WriteError, "broke before the response was complete"),
        (httpx.RemoteProtocolError, "broke before the response was complete"),
        (httpx.DecodingError, "broke before the response was complete"),
    ],
)
@pytest.mark.parametrize(("what", "attempts"), [("GET listing", MAX_ATTEMPTS), ("POST mappings", 1)])
def test_each_break_after_sending_counts_as_maybe_done(
    error: type[httpx.RequestError], expected: str, what: str, attempts: int
) -> None:
    api = Script(error)
    with support.mocked_client(api) as client, pytest.raises(NoResponseError) as caught:
        ALL[what](client)
    support.readable(caught.value, expected, secrets=["pat-of-a-test"])
    assert caught.value.outcome == ("unknown" if attempts == 1 else "not done")
    assert len(api.requests) == attempts


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError])
def test_each_break_before_sending_counts_as_not_sent(error: type[httpx.RequestError]) -> None:
    api = Script(error)
    with support.mocked_client(api) as client, pytest.raises(NotSentError) as caught:
        ALL["POST mappings"](client)
    support.readable(caught.value, "nothing was sent")
    assert caught.value.outcome == "not done"
    assert len(api.requests) == MAX_ATTEMPTS


@pytest.mark.parametrize("answer", [(200, "<html>"), (302, None, {"location": "https://x.example"}), (200, "[1]")])
@pytest.mark.parametrize("what", ["GET", "PUT", "PUT batch", "POST batch", "DELETE"])
def test_a_response_that_is_not_the_api_s_is_not_tried_again(what: str, answer: Any) -> None:
    api = Script(answer)
    with support.mocked_client(api) as client:
        if answer[1] == "[1]" and what != "GET":
            ALL[what](client)  # what a successful write answers does not matter
        else:
            with pytest.raises(UnexpectedResponseError):
                ALL[what](client)
    assert len(api.requests) == 1
