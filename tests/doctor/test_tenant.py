"""The doctor on a tenant: reached or not, taken or refused, which right is missing; never a writing call, never a secret."""

from __future__ import annotations

import base64
import dataclasses
import time

import httpx
import pytest

import support
from doctor.conftest import Doctor
from pulumi_talend.api import Settings
from pulumi_talend.doctor.findings import Finding
from pulumi_talend.doctor.tenant import look_at_tenant
from pulumi_talend_sandbox.tenant import Fault, Tenant

RIGHTS = ("permissions of people", "permissions of service accounts", "role mappings")
BOTH = {"permissions", "role-mappings"}


def examined(settings: Settings, **more: float) -> dict[str, Finding]:
    """The findings on a tenant, by check; `behind` is how far this machine's clock is off, in seconds."""
    off = more.get("off", 0.0)
    return {finding.check: finding for finding in look_at_tenant(settings, BOTH, {}, now=lambda: time.time() + off)}


def test_where_all_is_well_it_makes_a_few_reading_calls(doctor: Doctor, good: dict[str, str], tenant: Tenant) -> None:
    before = tenant.snapshot()
    found = doctor(**good)
    assert found.code == 0
    assert set(found.verdicts().values()) <= {"ok", "warn", "unknown"}
    assert {check: found.findings[check][0] for check in RIGHTS} == dict.fromkeys(RIGHTS, "ok")
    assert found.findings["settings"][1] == f"{tenant.url} (TALEND_ENDPOINT), a personal access token (TALEND_TOKEN)"
    assert found.findings["writing"][0] == "unknown"
    assert "Nothing is missing" in found.output
    assert {call.method for call in tenant.calls} == {"GET"}
    assert len(tenant.calls) == 2 * 7
    assert tenant.snapshot() == before
    assert tenant.token not in found.output


@pytest.mark.parametrize(
    ("token", "lacks"),
    [
        ("sso-only", {"permissions of people": "Environment Administrator", "permissions of service accounts": "TMC_USER_M"}),
        ("workspaces-only", {"permissions of service accounts": "TMC_USER_MANAGEMENT", "role mappings": "TMC_SSO_MANAGEMENT"}),
        ("viewer", dict.fromkeys(RIGHTS, "Give the account ")),
    ],
)  # fmt: skip
def test_each_right_that_is_missing_is_named(
    doctor: Doctor, good: dict[str, str], tenant: Tenant, token: str, lacks: dict[str, str]
) -> None:
    found = doctor(**{**good, "TALEND_TOKEN": tenant.tokens[token]})
    assert found.code == 2
    assert {check for check in RIGHTS if found.findings[check][0] == "missing"} == set(lacks)
    for check, words in lacks.items():
        assert words in found.findings[check][2]
        assert "403" in found.findings[check][1]
    assert f"{len(lacks)} missing" in found.output
    assert tenant.tokens[token] not in found.output


def test_only_the_rights_that_are_asked_for_count(doctor: Doctor, good: dict[str, str], tenant: Tenant) -> None:
    found = doctor("--what", "role-mappings", **{**good, "TALEND_TOKEN": tenant.tokens["sso-only"]})
    assert found.code == 0
    assert "permissions of people" not in found.findings


def test_look_ups_can_need_rights_too(doctor: Doctor, good: dict[str, str], tenant: Tenant) -> None:
    tenant.set_behaviour(lookup_rights="documented")
    found = doctor(**{**good, "TALEND_TOKEN": tenant.tokens["workspaces-only"]})
    assert found.findings["look-ups"][0] == "missing"
    assert "write ids for names" in found.findings["look-ups"][2]
    verdict, _, todo = found.findings["permissions of service accounts"]
    assert verdict == "warn"
    assert "TMC_SERVICE_ACCOUNT_MANAGEMENT" in todo


def test_an_account_that_may_see_nothing() -> None:
    with Tenant.start(seed="empty") as tenant:
        for workspace in tenant.workspaces():
            tenant.delete_workspace(workspace["id"])
        found = examined(support.settings_for(tenant))
    assert found["workspaces"].verdict == "warn"
    assert found["permissions of service accounts"].verdict == "unknown"
    assert found["permissions of people"].verdict == "ok"


# --- the credential


def test_a_wrong_token(doctor: Doctor, good: dict[str, str], tenant: Tenant) -> None:
    wrong = "pat-3f7e-of-another-tenant"
    found = doctor(**{**good, "TALEND_TOKEN": wrong})
    assert found.code == 2
    verdict, said, todo = found.findings["credential"]
    assert (verdict, "401" in said) == ("missing", True)
    assert "expire" in todo
    assert not set(RIGHTS) & set(found.findings)
    assert len(tenant.calls) == 2  # nothing more is asked with it
    assert wrong not in found.output


def test_a_service_account(doctor: Doctor, good: dict[str, str], tenant: Tenant) -> None:
    settings = {"TALEND_CLIENT_ID": tenant.client_id, "TALEND_CLIENT_SECRET": tenant.client_secret}
    found = doctor(TALEND_ENDPOINT=tenant.url, **settings)
    assert found.code == 0
    assert found.findings["credential"][1] == "the API takes the credential, and gives tokens for 30 minutes"
    assert f"service account {tenant.client_id} (TALEND_CLIENT_ID)" in found.findings["settings"][1]
    assert {(call.method, call.path) for call in tenant.calls if call.method != "GET"} == {
        ("POST", "/security/oauth/token")
    }
    pair = base64.b64encode(f"{tenant.client_id}:{tenant.client_secret}".encode()).decode()
    for secret in (tenant.client_secret, pair, "eyJ"):
        assert secret not in found.output

    refused = doctor(TALEND_ENDPOINT=tenant.url, **{**settings, "TALEND_CLIENT_SECRET": "not-its-secret-at-all"})
    assert refused.findings["credential"][0] == "missing"
    assert "talend:clientSecret" in refused.findings["credential"][2]
    assert "not-its-secret-at-all" not in refused.output

    tenant.set_behaviour(expected_audience="https://api.eu.cloud.talend.com")
    elsewhere = doctor(TALEND_ENDPOINT=tenant.url, **settings)
    assert elsewhere.findings["credential"][0] == "missing"
    assert "set talend:region too" in elsewhere.findings["credential"][2]


def test_an_expired_token_of_a_service_account_is_renewed_once_and_then_said(tenant: Tenant) -> None:
    expired = Fault(kind="status", status=401, path="/orchestration/workspaces")
    tenant.inject(expired)
    assert examined(support.service_account_settings(tenant))["credential"].verdict == "ok"
    tenant.inject(expired.model_copy(update={"times": 2}))
    found = examined(support.service_account_settings(tenant))
    assert found["credential"].verdict == "missing"
    assert "401" in found["credential"].found


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, ("talend:region: not set", "talend:token: not set")),
        ({"TALEND_REGION": "mars", "TALEND_TOKEN": "x-secret-x"}, ("no region 'mars'",)),
        ({"TALEND_REGION": "eu", "TALEND_CLIENT_ID": "someone"}, ("TALEND_CLIENT_SECRET: not set",)),
        ({"TALEND_ENDPOINT": "http://talend.example", "TALEND_TOKEN": "x-secret-x"}, ("in clear text",)),
        (
            {"TALEND_REGION": "eu", "TALEND_TOKEN": "x-secret-x", "TALEND_CLIENT_ID": "someone"},
            ("set together with",),
        ),
    ],
)
def test_settings_that_are_not_whole_are_all_named(
    doctor: Doctor, settings: dict[str, str], says: tuple[str, ...]
) -> None:
    found = doctor(**settings)
    assert found.code == 2
    for words in says:
        assert words in found.output
    assert found.output.count("missing settings: ") == len(says)
    assert "endpoint" not in found.findings
    assert "x-secret-x" not in found.output


# --- the way to it


def test_no_network(doctor: Doctor, good: dict[str, str]) -> None:
    found = doctor(**{**good, "TALEND_ENDPOINT": "http://127.0.0.1:9"})
    assert found.code == 2
    verdict, said, todo = found.findings["endpoint"]
    assert verdict == "missing"
    assert "no connection to 127.0.0.1:9" in said
    assert "HTTPS_PROXY" in todo
    assert "credential" not in found.findings


def test_a_name_that_nobody_knows(doctor: Doctor, good: dict[str, str]) -> None:
    found = doctor(**{**good, "TALEND_ENDPOINT": "https://api.nowhere.invalid"})
    assert found.findings["endpoint"][1] == "no machine is known by the name api.nowhere.invalid"
    assert "talend:region" in found.findings["endpoint"][2]


@pytest.mark.parametrize("kind", ["html", "redirect"])
def test_a_login_page(tenant: Tenant, doctor: Doctor, good: dict[str, str], kind: str) -> None:
    tenant.inject(Fault.model_validate({"kind": kind, "times": None}))
    found = doctor(**good)
    assert found.code == 2
    verdict, said, todo = found.findings["endpoint"]
    assert (verdict, "is not Talend's API" in said) == ("missing", True)
    assert "proxy" in todo


def test_a_proxy_is_named(doctor: Doctor) -> None:
    found = doctor(TALEND_REGION="eu", TALEND_TOKEN="x-secret-x", HTTPS_PROXY="http://127.0.0.1:9")
    assert found.findings["endpoint"][0] == "missing"
    assert "no connection" in found.findings["endpoint"][1]


def test_a_server_that_fails(tenant: Tenant, doctor: Doctor, good: dict[str, str]) -> None:
    tenant.inject(Fault(kind="status", status=503, times=None))
    found = doctor(**good)
    assert found.code == 0  # nothing that the user lacks
    assert found.findings["credential"][0] == "unknown"
    assert "503" in found.findings["credential"][1]
    assert len(tenant.calls) == 2  # each tried once


def test_an_answer_in_the_middle_that_fails_is_unknown_not_missing(tenant: Tenant) -> None:
    tenant.inject(Fault(kind="drop-after", path="/security/role-mappings"))
    tenant.inject(Fault(kind="status", status=429, path="/security/permissions"))
    found = examined(support.settings_for(tenant))
    assert found["role mappings"].verdict == "unknown"
    assert found["permissions of people"].verdict == "unknown"
    assert "rate limit" in found["permissions of people"].found
    assert found["permissions of service accounts"].verdict == "ok"


# --- the clock and the rate limit


@pytest.mark.parametrize(
    ("off", "verdict", "says"),
    [
        (0.0, "ok", "agrees"),
        (30.0, "warn", "ahead of the API's"),
        (-30.0, "warn", "behind the API's"),
        (7200.0, "missing", "ahead of the API's: access with expires_at"),
    ],
)
def test_the_clock(tenant: Tenant, off: float, verdict: str, says: str) -> None:
    clock = examined(support.settings_for(tenant), off=off)["clock"]
    assert clock.verdict == verdict
    assert says in clock.found
    assert (clock.todo == "Set the clock by NTP.") == (verdict != "ok")


def test_the_rate_limit(doctor: Doctor, good: dict[str, str], tenant: Tenant) -> None:
    tenant.set_behaviour(rate_limit=(200, 60.0))
    verdict, said, _ = doctor(**good).findings["rate limit"]
    assert verdict == "ok"
    assert " of 200 calls left, anew in " in said
    tenant.set_behaviour(rate_limit=(20, 600.0))
    for _ in range(17):
        httpx.get(f"{tenant.url}/account/roles", headers={"Authorization": f"Bearer {tenant.token}"})
    found = examined(support.settings_for(tenant))  # ends without waiting for the window
    assert found["rate limit"].verdict in {"ok", "warn"}
    found = examined(support.settings_for(tenant))
    assert found["credential"].verdict == "unknown"
    assert "429" in found["credential"].found


def test_an_answer_without_a_date(tenant: Tenant) -> None:
    from pulumi_talend.doctor import tenant as room

    listener = room._Listener(time.time)  # pyright: ignore[reportPrivateUsage]
    for headers in ({}, {"date": "yesterday"}, {"Date": "Thu, 99 Foo 2026"}):
        listener.observe(headers)
        (finding,) = room._clock(listener)  # pyright: ignore[reportPrivateUsage]
        assert finding.verdict == "unknown"
    assert dataclasses.asdict(finding)["check"] == "clock"
