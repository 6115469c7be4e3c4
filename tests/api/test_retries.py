"""What is tried again and what is not, counted at the tenant."""

from __future__ import annotations

import socket
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

import httpx
import pytest

import support
from pulumi_talend.api import (
    NoAnswerError,
    NotSentError,
    RateLimitedError,
    RoleMapping,
    ServerError,
    Settings,
    TalendClient,
    TalendError,
    TokenCredential,
    UnexpectedAnswerError,
)
from pulumi_talend.api.client import MAX_ATTEMPTS
from pulumi_talend_sandbox.tenant import Behaviour, Fault, Tenant

VIEW = frozenset({"VIEW"})
Work = Callable[[TalendClient, Tenant], Any]


def prepare(tenant: Tenant) -> None:
    """Makes every call below one that works."""
    support.grant_by_hand(tenant, support.user_key(tenant), "EXECUTE")
    tenant.map_role("gone-soon", ["Operator"])


REPEATABLE: dict[str, Work] = {
    "GET": lambda client, tenant: client.permissions.get(support.user_key(tenant)),
    "GET listing": lambda client, tenant: client.permissions.list(),
    "PUT": lambda client, tenant: client.permissions.replace(support.user_key(tenant), VIEW),
    "PUT batch": lambda client, tenant: client.permissions.replace_batch("users", {support.user_key(tenant): VIEW}),
    "DELETE": lambda client, tenant: client.permissions.remove(support.user_key(tenant)),
    "DELETE mapping": lambda client, tenant: client.role_mappings.remove("gone-soon"),
    "DELETE batch": lambda client, tenant: client.permissions.remove_batch(
        "users", [support.user_key(tenant).workspace_id], [support.user_key(tenant).principal.id]
    ),
}
ONCE: dict[str, Work] = {
    "POST": lambda client, tenant: client.permissions.assign(support.user_key(tenant, user=11), VIEW),
    "POST batch": lambda client, tenant: client.permissions.assign_batch(
        "users", {support.user_key(tenant, user=11): VIEW}
    ),
    "POST mappings": lambda client, tenant: client.role_mappings.replace_all(
        [RoleMapping(name="a", roles=["Operator"])]
    ),
}
ALL = {**REPEATABLE, **ONCE}


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("what", REPEATABLE)
def test_a_5xx_is_tried_again_where_twice_is_the_same_as_once(
    tenant: Tenant, client: TalendClient, clock: support.VirtualClock, what: str, status: int
) -> None:
    prepare(tenant)
    tenant.inject(Fault(kind="status", status=status, times=MAX_ATTEMPTS - 1))
    REPEATABLE[what](client, tenant)
    assert len(tenant.calls) == MAX_ATTEMPTS
    assert len({(call.method, call.target, str(call.body)) for call in tenant.calls}) == 1
    # Each wait is drawn from the upper half of a range that doubles: 0.25 s, 0.5 s, 1 s, 2 s.
    for number, seconds in enumerate(clock.waited):
        assert 0.125 * 2**number <= seconds <= 0.25 * 2**number


@pytest.mark.parametrize("what", REPEATABLE)
def test_trying_again_ends(tenant: Tenant, client: TalendClient, what: str) -> None:
    prepare(tenant)
    tenant.inject(Fault(kind="status", status=503, times=None))
    with pytest.raises(ServerError):
        REPEATABLE[what](client, tenant)
    assert len(tenant.calls) == MAX_ATTEMPTS


@pytest.mark.parametrize("kind", ["drop-before", "drop-after", "truncated"])
@pytest.mark.parametrize("what", ["GET", "GET listing", "PUT", "PUT batch"])
def test_a_lost_answer_is_asked_for_again(tenant: Tenant, client: TalendClient, what: str, kind: Any) -> None:
    prepare(tenant)
    tenant.inject(Fault(kind=kind, times=2))
    REPEATABLE[what](client, tenant)
    assert len(tenant.calls) == 3
    assert tenant.pending_faults() == []


@pytest.mark.parametrize("work_done", [False, True])
@pytest.mark.parametrize("what", ONCE)
def test_a_post_is_never_repeated_blindly_after_a_5xx(
    tenant: Tenant, client: TalendClient, what: str, *, work_done: bool
) -> None:
    before = tenant.snapshot()
    tenant.inject(Fault(kind="status", status=503, times=None, work_done=work_done))
    with pytest.raises(ServerError) as caught:
        ONCE[what](client, tenant)
    support.readable(caught.value, "It may or may not have been done")
    assert len(tenant.calls) == 1
    assert (tenant.snapshot() != before) is work_done


@pytest.mark.parametrize(("kind", "done"), [("drop-before", False), ("drop-after", True), ("truncated", True)])
@pytest.mark.parametrize("what", ONCE)
def test_a_post_is_never_repeated_blindly_after_a_lost_answer(
    tenant: Tenant, client: TalendClient, what: str, kind: Any, *, done: bool
) -> None:
    before = tenant.snapshot()
    tenant.inject(Fault(kind=kind, times=None))
    with pytest.raises(NoAnswerError) as caught:
        ONCE[what](client, tenant)
    support.readable(caught.value, "It may or may not have been done", "pulumi refresh")
    assert len(tenant.calls) == 1
    assert (tenant.snapshot() != before) is done


@pytest.mark.parametrize(
    ("what", "status"),
    [
        (what, status)
        for what in ALL
        for status in (400, 403, 404, 405, 409, 422, 501)
        if (what, status) != ("GET", 404)  # which says that there is no such grant
    ],
)
def test_a_refusal_is_not_tried_again(tenant: Tenant, client: TalendClient, what: str, status: int) -> None:
    prepare(tenant)
    tenant.inject(Fault(kind="status", status=status, times=None))
    with pytest.raises(TalendError):
        ALL[what](client, tenant)
    assert len(tenant.calls) == 1


@pytest.mark.parametrize("what", ALL)
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": formatdate(1_700_000_000 + 9, usegmt=True), "date": formatdate(1_700_000_000)}, 9),
        ({"x-ratelimit-reset": "5", "x-ratelimit-remaining": "0"}, 5),
        ({"x-ratelimit-reset": str(1_700_000_000 + 6)}, 6),
        ({"x-ratelimit-reset": str((1_700_000_000 + 8) * 1000)}, 8),
        ({"retry-after": "3", "x-ratelimit-reset": "50"}, 3),
        ({"retry-after": "soon", "x-ratelimit-reset": "4"}, 4),
    ],
)
def test_a_429_waits_as_told_and_tries_again(
    tenant: Tenant, what: str, headers: dict[str, str], seconds: float
) -> None:
    clock, said, seen = support.VirtualClock(), list[str](), list[httpx.Request]()

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if len(seen) == 1:
            return httpx.Response(429, headers=headers)
        return httpx.Response(200, json=[] if "listing" in what else {"permissions": ["VIEW"]})

    started = clock.now
    settings = Settings("https://talend.test", TokenCredential("t"), "https://talend.test")
    client = TalendClient(
        settings,
        transport=httpx.MockTransport(answer),
        pacer=support.pacer_on(clock, said),
        sleep=clock.sleep,
    )
    with client:
        ALL[what](client, tenant)
    assert len(seen) == 2
    assert seen[0].url == seen[1].url
    assert seen[0].content == seen[1].content
    assert clock.now - started == pytest.approx(seconds)
    assert said == [f"waiting {seconds} s for the API's rate limit"]


def test_a_429_without_a_word_backs_off_longer_each_time(
    tenant: Tenant, client: TalendClient, clock: support.VirtualClock
) -> None:
    started = clock.now
    tenant.inject(Fault(kind="status", status=429, times=8))
    client.permissions.list()
    assert len(tenant.calls) == 9  # more than MAX_ATTEMPTS: nothing was done, so it may be tried for long
    assert 4 < clock.now - started < 60


def test_a_429_that_asks_for_too_long_is_an_error_at_once(
    tenant: Tenant, client: TalendClient, clock: support.VirtualClock
) -> None:
    started = clock.now
    tenant.inject(Fault(kind="status", status=429, headers={"retry-after": "3600"}, times=None))
    with pytest.raises(RateLimitedError) as caught:
        client.permissions.list()
    support.readable(caught.value, "429", "rate limit", "run again later")
    assert len(tenant.calls) == 1
    assert clock.now == started


def test_nobody_waits_for_hours_because_of_one_answer(
    tenant: Tenant, client: TalendClient, clock: support.VirtualClock
) -> None:
    tenant.inject(Fault(kind="status", status=429, headers={"retry-after": "86400"}))
    with pytest.raises(RateLimitedError):
        client.permissions.list()
    started = clock.now
    client.permissions.list()
    assert clock.now - started <= 901


def test_the_limit_of_the_tenant_is_waited_for_and_never_hit(clock: support.VirtualClock) -> None:
    with Tenant.start(Behaviour(rate_limit=(5, 10.0)), clock=clock) as limited:
        with support.client_of(support.settings_for(limited), clock=clock) as client:
            for _ in range(17):
                client.permissions.list()
        assert [call.status for call in limited.calls] == [200] * 17


@pytest.mark.parametrize("headers", [{"retry-after": "0"}, {"x-ratelimit-reset": "0"}, {"retry-after": "-5"}])
def test_a_429_that_says_now_is_not_hammered(
    tenant: Tenant, client: TalendClient, clock: support.VirtualClock, headers: dict[str, str]
) -> None:
    started = clock.now
    tenant.inject(Fault(kind="status", status=429, headers=headers, times=10))
    client.permissions.list()
    assert len(tenant.calls) == 11
    assert clock.now - started > 10 * 0.125


def refused_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


@pytest.mark.parametrize("what", ["GET listing", "POST mappings"])
def test_a_refused_connection_is_tried_again_even_for_a_post(tenant: Tenant, what: str) -> None:
    url = f"http://127.0.0.1:{refused_port()}"
    clock = support.VirtualClock()
    with (
        support.client_of(Settings(url, TokenCredential("tok-4711"), url), clock=clock) as client,
        pytest.raises(NotSentError) as caught,
    ):
        ALL[what](client, tenant)
    support.readable(caught.value, "no connection to 127.0.0.1:", "Nothing was changed", secrets=["tok-4711"])
    assert len(clock.waited) == MAX_ATTEMPTS - 1
    assert len(tenant.calls) == 0


def test_a_host_that_does_not_exist_is_one_line(tenant: Tenant) -> None:
    url = "https://talend.invalid"
    with (
        support.client_of(Settings(url, TokenCredential("tok-4711"), url)) as client,
        pytest.raises(NotSentError) as caught,
    ):
        client.permissions.list()
    support.readable(caught.value, "talend.invalid", "talend:region or talend:endpoint", secrets=["tok-4711"])


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (httpx.ReadTimeout, "did not answer in time"),
        (httpx.WriteTimeout, "did not answer in time"),
        (httpx.ReadError, "broke before the answer was whole"),
        (httpx.WriteError, "broke before the answer was whole"),
        (httpx.RemoteProtocolError, "broke before the answer was whole"),
        (httpx.DecodingError, "broke before the answer was whole"),
    ],
)
@pytest.mark.parametrize(("what", "attempts"), [("GET listing", MAX_ATTEMPTS), ("POST mappings", 1)])
def test_each_break_after_sending_counts_as_maybe_done(
    tenant: Tenant, error: type[httpx.RequestError], expected: str, what: str, attempts: int
) -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.method)
        raise error("it broke: pat-of-a-test")

    with support.mocked_client(answer) as client, pytest.raises(NoAnswerError) as caught:
        ALL[what](client, tenant)
    support.readable(caught.value, expected, secrets=["pat-of-a-test"])
    assert len(seen) == attempts


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError])
def test_each_break_before_sending_counts_as_not_sent(tenant: Tenant, error: type[httpx.RequestError]) -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.method)
        raise error("no way")

    with support.mocked_client(answer) as client, pytest.raises(NotSentError) as caught:
        ALL["POST mappings"](client, tenant)
    support.readable(caught.value, "Nothing was changed")
    assert len(seen) == MAX_ATTEMPTS


@pytest.mark.parametrize("kind", ["html", "redirect"])
@pytest.mark.parametrize("what", ALL)
def test_an_answer_that_is_not_the_api_s_is_not_tried_again(
    tenant: Tenant, client: TalendClient, what: str, kind: Any
) -> None:
    prepare(tenant)
    tenant.inject(Fault(kind=kind, times=None))
    with pytest.raises(UnexpectedAnswerError):
        ALL[what](client, tenant)
    assert len(tenant.calls) == 1
