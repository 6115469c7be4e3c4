"""The rate limit, by a clock that the test turns."""

from __future__ import annotations

import math
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import support
from pulumi_talend_sandbox.tenant import Tenant
from pulumi_talend_sandbox.tenant.limits import Limiter
from tenant.conftest import client_of

X = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


@pytest.fixture
def ask(clocked: Tenant) -> Any:
    def call(token: str | None = None) -> tuple[int, list[str]]:
        headers = {"Authorization": f"Bearer {token or clocked.token}"}
        answer = support.fetch("GET", clocked.url + "/account/roles", headers=headers)
        return answer.status_code, [answer.headers[name] for name in X]

    return call


def test_no_limit_no_headers(tenant: Tenant, api: httpx.Client) -> None:
    answer = api.get("/account/roles")
    assert not [name for name in answer.headers if name.startswith("x-ratelimit") or name == "retry-after"]


def test_a_window_is_used_up_and_opens_again(clocked: Tenant, clock: Any, ask: Any) -> None:
    clocked.set_behaviour(rate_limit=(3, 10))
    assert ask() == (200, ["3", "2", "10"])
    clock.now += 4
    assert ask() == (200, ["3", "1", "6"])
    assert ask("wrong") == (401, ["3", "0", "6"])  # every answer carries them, and every call counts
    clock.now += 5.5
    assert ask() == (429, ["3", "0", "1"])  # rounded up: who waits so long is let in
    assert ask() == (429, ["3", "0", "1"])
    clock.now += 1
    assert ask() == (200, ["3", "2", "10"])
    assert [call.status for call in clocked.calls] == [200, 200, 401, 429, 429, 200]


def test_only_calls_with_a_documented_429_count(clocked: Tenant, ask: Any) -> None:
    clocked.set_behaviour(rate_limit=(1, 10))
    with client_of(clocked) as api:
        before = clocked.snapshot()
        assert ask()[0] == 200
        refused = api.delete("/security/role-mappings")  # the limit is the tenant's, not the call's
        assert (refused.status_code, refused.json()["message"]) == (429, "Too Many Requests")
        assert clocked.snapshot() == before
        free = api.get("/security/permissions")
        assert (free.status_code, X[0] in free.headers) == (200, False)
        clocked.set_behaviour(rate_limited="all")
        assert api.get("/security/permissions").status_code == 429


def test_reset_can_be_an_epoch(clocked: Tenant, clock: Any, ask: Any) -> None:
    clocked.set_behaviour(rate_limit=(1, 10), reset_as="epoch")
    end = str(math.ceil(clock.now + 10))
    assert ask() == (200, ["1", "0", end])
    clock.now += 4
    assert ask() == (429, ["1", "0", end])


def test_retry_after(clocked: Tenant, clock: Any) -> None:
    clocked.set_behaviour(rate_limit=(1, 10), retry_after=True, reset_as="epoch")
    headers = {"Authorization": f"Bearer {clocked.token}"}
    assert "Retry-After" not in support.fetch("GET", clocked.url + "/account/roles", headers=headers).headers
    clock.now += 2.5
    assert support.fetch("GET", clocked.url + "/account/roles", headers=headers).headers["Retry-After"] == "8"
    clocked.set_behaviour(retry_after=False)
    assert "Retry-After" not in support.fetch("GET", clocked.url + "/account/roles", headers=headers).headers


def test_a_changed_limit_opens_a_new_window(clocked: Tenant, ask: Any) -> None:
    clocked.set_behaviour(rate_limit=(1, 10))
    assert [ask()[0], ask()[0]] == [200, 429]
    clocked.set_behaviour(rate_limit=(2, 10))
    assert [ask()[0], ask()[0], ask()[0]] == [200, 200, 429]


@settings(deadline=None)
@given(st.integers(1, 5), st.floats(0.5, 60), st.lists(st.floats(0, 30), max_size=60))
def test_no_window_lets_more_in_and_whoever_waits_is_let_in(calls: int, seconds: float, pauses: list[float]) -> None:
    now = [1_000.0]
    limiter = Limiter(lambda: now[0])
    let_in: list[float] = []
    for pause in pauses:
        now[0] += pause
        decision = limiter.hit((calls, seconds))
        assert 0 <= decision.remaining < calls
        assert 0 < decision.reset_in <= seconds + 1e-6
        if not decision.allowed:
            assert decision.remaining == 0
            now[0] += float(decision.headers("seconds", True)["Retry-After"])
            decision = limiter.hit((calls, seconds))
            assert decision.allowed
        let_in.append(now[0])
    # Fixed windows: so many in a row can never fall into less than one window's time twice over.
    for first, last in zip(let_in, let_in[2 * calls :], strict=False):
        assert last - first >= seconds - 1e-6
