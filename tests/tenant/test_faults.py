"""Every fault, seen from a client."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from pydantic import ValidationError

import support
from pulumi_talend_sandbox.tenant import Fault, Tenant

MAPPINGS = "/security/role-mappings"
NEW = [{"name": "new", "roles": ["Operator"]}]


def test_status_instead_of_the_work(tenant: Tenant, api: httpx.Client) -> None:
    before = tenant.snapshot()
    tenant.inject(Fault(kind="status", status=503, headers={"Retry-After": "7", "X-Some": "thing"}))
    answer = api.post(MAPPINGS, json=NEW)
    assert answer.status_code == 503
    assert (answer.headers["Retry-After"], answer.headers["X-Some"]) == ("7", "thing")
    assert answer.json()["message"] == "Service Unavailable"
    assert tenant.snapshot() == before
    assert api.post(MAPPINGS, json=NEW).status_code == 200  # once is the default


@pytest.mark.parametrize("status", [400, 418, 502, 599])
def test_any_status(tenant: Tenant, api: httpx.Client, status: int) -> None:
    tenant.inject(Fault(kind="status", status=status))
    answer = api.get(MAPPINGS)
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert tenant.calls.lines() == [f"GET {MAPPINGS} {status}"]


@pytest.mark.parametrize(
    ("body", "text", "kind"),
    [("oh no", "oh no", "text/plain"), ({"a": [1]}, '{"a": [1]}', "application/json"), ("", "", "text/plain")],
)
def test_any_body(tenant: Tenant, api: httpx.Client, body: Any, text: str, kind: str) -> None:
    tenant.inject(Fault(kind="status", body=body))
    answer = api.get(MAPPINGS)
    assert (answer.status_code, answer.text) == (500, text)
    assert answer.headers["content-type"].startswith(kind)


def test_status_after_the_work(tenant: Tenant, api: httpx.Client) -> None:
    tenant.inject(Fault(kind="status", status=502, work_done=True))
    assert api.post(MAPPINGS, json=NEW).status_code == 502
    assert tenant.role_mappings() == {"new": ["Operator"]}


@pytest.mark.parametrize("kind", ["drop-before", "drop-after"])
def test_drop(tenant: Tenant, api: httpx.Client, kind: Any) -> None:
    before = tenant.snapshot()
    assert api.get(MAPPINGS).status_code == 200  # so that the connection is a kept one
    tenant.inject(Fault(kind=kind))
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        api.post(MAPPINGS, json=NEW)
    assert (tenant.snapshot() == before) is (kind == "drop-before")
    assert tenant.calls[-1].line() == f"POST {MAPPINGS} 0"
    assert api.get(MAPPINGS).status_code == 200


def test_truncated(tenant: Tenant, api: httpx.Client) -> None:
    tenant.inject(Fault(kind="truncated"))
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
        api.post(MAPPINGS, json=NEW)
    assert tenant.role_mappings() == {"new": ["Operator"]}
    tenant.inject(Fault(kind="truncated"))
    with api.stream("GET", MAPPINGS) as answer:
        assert int(answer.headers["content-length"]) > 10
        chunks = answer.iter_raw()
        assert len(next(chunks)) == int(answer.headers["content-length"]) // 2
        with pytest.raises(httpx.RemoteProtocolError):
            next(chunks)


def test_slow(tenant: Tenant, api: httpx.Client) -> None:
    tenant.inject(Fault(kind="slow", delay=60))
    with pytest.raises(httpx.ReadTimeout):
        api.get(MAPPINGS, timeout=httpx.Timeout(60, read=1))
    tenant.inject(Fault(kind="slow", delay=0.05))
    assert api.get(MAPPINGS).status_code == 200
    # Leaving ends the sleep of the first call: the fixture would otherwise wait for a minute.


def test_latency(tenant: Tenant, api: httpx.Client) -> None:
    tenant.set_behaviour(latency=60)
    with pytest.raises(httpx.ReadTimeout):
        api.get(MAPPINGS, timeout=httpx.Timeout(60, read=1))
    tenant.set_behaviour(latency=0)
    assert api.get(MAPPINGS).status_code == 200


@pytest.mark.parametrize(("status", "title"), [(None, "OK"), (502, "Bad Gateway")])
def test_html(tenant: Tenant, api: httpx.Client, status: int | None, title: str) -> None:
    before = tenant.snapshot()
    tenant.inject(Fault(kind="html", status=status))
    answer = api.post(MAPPINGS, json=NEW)
    assert answer.status_code == (status or 200)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert f"<h1>{title}</h1>" in answer.text
    assert tenant.snapshot() == before
    tenant.inject(Fault(kind="html", body="<p>Sign in</p>"))
    assert api.get(MAPPINGS).text == "<p>Sign in</p>"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirect(tenant: Tenant, api: httpx.Client, status: int) -> None:
    tenant.inject(Fault(kind="redirect", status=status, location="https://elsewhere.example/x"))
    answer = api.get(MAPPINGS)
    assert (answer.status_code, answer.headers["location"]) == (status, "https://elsewhere.example/x")


def test_missing_field(tenant: Tenant, api: httpx.Client) -> None:
    tenant.inject(Fault(kind="missing-field", field="roles"))
    assert all(set(each) == {"name"} for each in api.get(MAPPINGS).json())
    tenant.inject(Fault(kind="missing-field"))
    assert set(api.get(f"{MAPPINGS}/nordlicht-platform").json()) == {"roles"}


def test_extra_field(tenant: Tenant, api: httpx.Client) -> None:
    tenant.inject(Fault(kind="extra-field", times=2))
    assert all(set(each) == {"name", "roles", "unheardOf"} for each in api.get(MAPPINGS).json())
    assert set(api.get(f"{MAPPINGS}/nordlicht-platform").json()) == {"name", "roles", "unheardOf"}


def test_empty_and_partial_listing(tenant: Tenant, api: httpx.Client) -> None:
    whole = api.get(MAPPINGS).json()
    tenant.inject(Fault(kind="empty-listing"))
    assert api.get(MAPPINGS).json() == []
    tenant.inject(Fault(kind="partial-listing"))
    assert api.get(MAPPINGS).json() == whole[: len(whole) // 2]
    assert api.get(MAPPINGS).json() == whole


def test_huge(tenant: Tenant, api: httpx.Client) -> None:
    whole = api.get(MAPPINGS)
    tenant.inject(Fault(kind="huge", size=3_000_000))
    padded = api.get(MAPPINGS)
    assert len(padded.content) == len(whole.content) + 3_000_000
    assert padded.json() == whole.json()
    tenant.inject(Fault(kind="huge", size=2_000_000_000))
    with api.stream("GET", MAPPINGS) as answer:  # a client need not take it all
        got = 0
        for chunk in answer.iter_raw():
            got += len(chunk)
            if got > 500_000:
                break
    assert api.get(MAPPINGS).status_code == 200


def test_an_error_in_200(tenant: Tenant, api: httpx.Client) -> None:
    before = tenant.snapshot()
    tenant.inject(Fault(kind="error-in-200"))
    answer = api.post(MAPPINGS, json=NEW)
    assert (answer.status_code, answer.json()["status"]) == (200, 500)
    assert tenant.snapshot() == before
    tenant.inject(Fault(kind="error-in-200", body={"status": 403}, work_done=True))
    assert api.post(MAPPINGS, json=NEW).json() == {"status": 403}
    assert tenant.role_mappings() == {"new": ["Operator"]}


def test_drip(tenant: Tenant, api: httpx.Client) -> None:
    whole = api.get(f"{MAPPINGS}/nordlicht-platform")
    tenant.inject(Fault(kind="drip", every=0.001))
    with api.stream("GET", f"{MAPPINGS}/nordlicht-platform") as answer:
        chunks = list(answer.iter_raw())
    assert b"".join(chunks) == whole.content
    assert len(chunks) > 10
    tenant.inject(Fault(kind="drip", every=60))
    with pytest.raises(httpx.ReadTimeout):
        api.get(MAPPINGS, timeout=httpx.Timeout(60, read=1))


def test_encoded_twice(tenant: Tenant, api: httpx.Client) -> None:
    whole = api.get(MAPPINGS)
    tenant.inject(Fault(kind="encoded-twice"))
    answer = api.get(MAPPINGS)
    assert answer.headers.get_list("content-encoding") == ["gzip", "gzip"]
    assert answer.content == whole.content
    tenant.inject(Fault(kind="encoded-twice", size=20_000_000))
    answer = api.get(MAPPINGS)
    assert int(answer.headers["content-length"]) < 10_000
    assert len(answer.content) == len(whole.content) + 20_000_000


def test_refusals_are_not_distorted(tenant: Tenant, api: httpx.Client) -> None:
    tenant.inject(Fault(kind="missing-field", times=None))
    assert set(api.get(f"{MAPPINGS}/nobody").json()) == {"status", "message", "detail", "requestId"}


# --- which calls, when


def test_it_strikes_the_calls_it_matches(tenant: Tenant, api: httpx.Client) -> None:
    tenant.inject(Fault(kind="status", method="get", path=r"role-mappings/", status=500, times=None))
    assert api.get(MAPPINGS).status_code == 200
    assert api.delete(f"{MAPPINGS}/nobody").status_code == 404
    assert api.get(f"{MAPPINGS}/nobody").status_code == 500
    tenant.clear_faults()
    tenant.inject(Fault(kind="status", path=r"/account/users$", times=None))
    tenant.inject(Fault(kind="status", path=r"\?name=two words$", status=418))
    assert api.get("/account/users?page=1").status_code == 500
    assert api.get("/account/roles?name=two%20words").status_code == 418


def test_after_and_times(tenant: Tenant, api: httpx.Client) -> None:
    tenant.inject(Fault(kind="status", after=1, times=2))
    assert tenant.pending_faults() != []
    assert [api.get(MAPPINGS).status_code for _ in range(5)] == [200, 500, 500, 200, 200]
    assert tenant.pending_faults() == []


def test_always_until_cleared(tenant: Tenant, api: httpx.Client) -> None:
    tenant.inject(Fault(kind="status", times=None))
    assert [api.get(MAPPINGS).status_code for _ in range(4)] == [500] * 4
    tenant.clear_faults()
    assert api.get(MAPPINGS).status_code == 200


def test_faults_strike_in_the_order_they_were_injected(tenant: Tenant, api: httpx.Client) -> None:
    for status in (500, 502, 503):
        tenant.inject(Fault(kind="status", status=status))
    assert [api.get(MAPPINGS).status_code for _ in range(4)] == [500, 502, 503, 200]


def test_a_call_over_the_rate_limit_uses_up_no_fault(clocked: Tenant, clock: Any) -> None:
    clocked.set_behaviour(rate_limit=(1, 10))
    clocked.inject(Fault(kind="status", status=503, after=1))
    headers = {"Authorization": f"Bearer {clocked.token}"}
    statuses: list[int] = []
    for _ in range(2):
        statuses += [support.fetch("GET", clocked.url + MAPPINGS, headers=headers).status_code for _ in range(2)]
        clock.now += 10
    assert statuses == [200, 429, 503, 429]


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "nope"},
        {"kind": "slow", "times": 0},
        {"kind": "slow", "path": "("},
        {"kind": "slow", "delay": -1},
        {"kind": "slow", "x": 1},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Fault.model_validate(fields)
