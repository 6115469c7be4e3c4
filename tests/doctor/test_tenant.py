"""The doctor on a tenant: reached or not, taken or refused, which right is missing; one reading call, and never a secret."""

from __future__ import annotations

import base64
import time

import pytest

import support
from doctor.conftest import Doctor
from pulumi_talend.adopt.live import PARTS
from pulumi_talend.api import Account, Settings
from pulumi_talend.doctor.findings import Finding
from pulumi_talend.doctor.tenant import ResponseHeaders, check_tenant, clock, rights
from pulumi_talend_sandbox.tenant import Fault, Tenant

RIGHTS = ("workspaces", "users", "user access", "service accounts", "account access", "role mappings")


def examined(settings: Settings, *, off: float = 0.0, **environ: str) -> dict[str, Finding]:
    """The findings on a tenant, by check; `off` is how far this machine's clock is ahead, in seconds."""
    found = check_tenant(settings, PARTS, environ, now=lambda: time.time() + off)
    return {finding.check: finding for finding in found}


def test_one_reading_call_tells_all(doctor: Doctor, good: dict[str, str], tenant: Tenant) -> None:
    before = tenant.snapshot()
    found = doctor(**good)
    assert found.code == 0
    assert {check: found.findings[check][0] for check in RIGHTS} == dict.fromkeys(RIGHTS, "ok")
    assert found.findings["settings"][1] == f"{tenant.url} (TALEND_ENDPOINT), a token (TALEND_TOKEN)"
    assert found.findings["network"][1] == "no proxy; certificates as usual"
    assert found.findings["credential"][1].startswith("user ")
    assert "Nothing fails" in found.output
    assert [(call.method, call.path) for call in tenant.calls] == 2 * [("GET", "/account/me")]
    assert tenant.snapshot() == before
    assert tenant.token not in found.output


@pytest.mark.parametrize(
    ("token", "fails", "warns"),
    [
        ("sso-only", {"workspaces", "user access", "account access"}, {"users", "service accounts"}),
        ("workspaces-only", {"account access", "role mappings"}, {"users", "service accounts"}),
    ],
)
def test_each_right_that_is_missing_is_named(
    doctor: Doctor, good: dict[str, str], tenant: Tenant, token: str, fails: set[str], warns: set[str]
) -> None:
    found = doctor(**{**good, "TALEND_TOKEN": tenant.tokens[token]})
    assert found.code == 3
    assert {check for check in RIGHTS if found.findings[check][0] == "fail"} == fails
    assert {check for check in RIGHTS if found.findings[check][0] == "warn"} == warns
    for check in fails | warns:
        assert found.findings[check][2].startswith("Give the account ")
    assert "TMC_USER_MANAGEMENT" in found.findings["account access"][2]
    assert f"{len(fails)} failed" in found.output
    assert tenant.tokens[token] not in found.output


def test_what_the_doctor_says_is_what_the_api_does(tenant: Tenant) -> None:
    """Each token: a right that is there or lacks by the doctor is taken or refused by the tenant."""
    calls = {
        "workspaces": "/orchestration/workspaces",
        "users": "/account/users?page=1&size=1",
        "user access": "/security/permissions",
        "service accounts": "/account/service-accounts",
        "account access": "/security/service-accounts/permissions",
        "role mappings": "/security/role-mappings",
    }
    tenant.set_behaviour(lookup_rights="documented")
    for token in tenant.tokens.values():
        found = examined(support.settings_for(tenant, token=token))
        for check, path in calls.items():
            response = support.fetch("GET", tenant.url + path, headers={"Authorization": f"Bearer {token}"})
            assert (found[check].status == "ok") == (response.status_code == 200), (check, response.text)


def test_only_the_rights_that_are_asked_for_count(doctor: Doctor, good: dict[str, str], tenant: Tenant) -> None:
    found = doctor("--what", "role-mappings", **{**good, "TALEND_TOKEN": tenant.tokens["sso-only"]})
    assert found.code == 0
    assert set(RIGHTS) & set(found.findings) == {"role mappings"}


@pytest.mark.parametrize(
    ("answer", "status", "says"),
    [
        ({"type": "USER", "name": "x", "roles": [{"id": "r", "name": "Operator"}]}, "unknown", "has no rights"),
        (
            {"type": "SERVICE_ACCOUNT", "name": "x", "id": "i", "permissions": ["TMC_OPERATOR"]},
            "ok",
            "sees only those that the account has permissions on",
        ),
    ],
)
def test_what_the_answer_leaves_open(answer: dict[str, object], status: str, says: str) -> None:
    account = Account.model_validate(answer)
    (finding,) = [each for each in rights(account, ["permissions"]) if each.check == "workspaces"]
    assert finding.status == status
    assert says in finding.found


# --- the credential


def test_a_wrong_token(doctor: Doctor, good: dict[str, str], tenant: Tenant) -> None:
    wrong = "pat-3f7e-of-another-tenant"
    found = doctor(**{**good, "TALEND_TOKEN": wrong})
    assert found.code == 3
    status, said, todo = found.findings["credential"]
    assert (status, "401" in said) == ("fail", True)
    assert "TALEND_TOKEN is wrong or expired" in todo
    assert not set(RIGHTS) & set(found.findings)
    assert wrong not in found.output


def test_a_service_account(doctor: Doctor, good: dict[str, str], tenant: Tenant) -> None:
    settings = {"TALEND_CLIENT_ID": tenant.client_id, "TALEND_CLIENT_SECRET": tenant.client_secret}
    found = doctor(TALEND_ENDPOINT=tenant.url, **settings)
    assert found.code == 0
    assert found.findings["credential"][1].startswith("service account ")
    assert found.findings["credential"][1].endswith("; its tokens live 30 minutes")
    assert f"service account {tenant.client_id} (TALEND_CLIENT_ID and TALEND_CLIENT_SECRET)" in found.output
    assert {(call.method, call.path) for call in tenant.calls if call.method != "GET"} == {
        ("POST", "/security/oauth/token")
    }
    pair = base64.b64encode(f"{tenant.client_id}:{tenant.client_secret}".encode()).decode()
    for secret in (tenant.client_secret, pair, "eyJ"):
        assert secret not in found.output

    refused = doctor(TALEND_ENDPOINT=tenant.url, **{**settings, "TALEND_CLIENT_SECRET": "not-its-secret-at-all"})
    assert refused.findings["credential"][0] == "fail"
    assert "TALEND_CLIENT_SECRET" in refused.findings["credential"][2]
    assert "not-its-secret-at-all" not in refused.output

    tenant.set_behaviour(expected_audience="https://api.eu.cloud.talend.com")
    elsewhere = doctor(TALEND_ENDPOINT=tenant.url, **settings)
    assert elsewhere.findings["credential"][0] == "fail"
    assert "set talend:region too" in elsewhere.findings["credential"][2]


def test_an_expired_token_of_a_service_account_is_renewed_once(tenant: Tenant) -> None:
    expired = Fault(kind="status", status=401, path="/account/me")
    tenant.inject(expired)
    assert examined(support.service_account_settings(tenant))["credential"].status == "ok"
    tenant.inject(expired.model_copy(update={"times": 2}))
    found = examined(support.service_account_settings(tenant))
    assert found["credential"].status == "fail"
    assert "401" in found["credential"].found


@pytest.mark.parametrize("status", [403, 404])
def test_a_tenant_that_does_not_say_whose_the_credential_is(tenant: Tenant, status: int) -> None:
    tenant.inject(Fault(kind="status", status=status, path="/account/me", times=None))
    found = examined(support.settings_for(tenant))
    assert found["endpoint"].status == "ok"
    assert found["credential"].status == "unknown"
    assert str(status) in found["credential"].found


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, ("talend:region: is required", "talend:token: is required")),
        ({"TALEND_REGION": "m@rs", "TALEND_TOKEN": "x-secret-x"}, ("'m@rs' is not a region",)),
        (
            {"TALEND_REGION": "m@rs", "TALEND_TOKEN": "x-secret-x", "TALEND_MAX_REMOVALS": "many"},
            ("'m@rs' is not a region", "TALEND_MAX_REMOVALS: 'many' is not a limit"),
        ),
        ({"TALEND_REGION": "eu", "TALEND_CLIENT_ID": "someone"}, ("TALEND_CLIENT_SECRET: is required",)),
        (
            {"TALEND_REGION": "eu", "TALEND_TOKEN": "x-secret-x", "TALEND_CLIENT_ID": "someone"},
            ("set together with",),
        ),
    ],
)
def test_settings_that_are_not_valid_are_all_named(
    doctor: Doctor, settings: dict[str, str], says: tuple[str, ...]
) -> None:
    found = doctor(**settings)
    assert found.code == 3
    for words in says:
        assert words in found.output
    assert found.output.count("fail    settings") == len(says)
    assert "endpoint" not in found.findings
    assert "x-secret-x" not in found.output


# --- the way to it


def test_no_network(doctor: Doctor, good: dict[str, str]) -> None:
    found = doctor(**{**good, "TALEND_ENDPOINT": "http://127.0.0.1:9"})
    assert found.code == 3
    status, said, todo = found.findings["endpoint"]
    assert status == "fail"
    assert "no connection to 127.0.0.1:9" in said
    assert "talend:endpoint" in todo
    assert "credential" not in found.findings


@pytest.mark.parametrize("kind", ["html", "redirect"])
def test_a_login_page(tenant: Tenant, doctor: Doctor, good: dict[str, str], kind: str) -> None:
    tenant.inject(Fault.model_validate({"kind": kind, "times": None}))
    found = doctor(**good)
    assert found.code == 3
    status, said, todo = found.findings["endpoint"]
    assert (status, "is not Talend's API" in said) == ("fail", True)
    assert "proxy" in todo


def test_a_proxy_is_named_without_its_password(doctor: Doctor) -> None:
    proxy = "http://me:pass-word@127.0.0.1:9"
    found = doctor(TALEND_REGION="eu", TALEND_TOKEN="x-secret-x", HTTPS_PROXY=proxy)
    assert found.findings["network"][1] == "proxy 127.0.0.1:9 (HTTPS_PROXY); certificates as usual"
    assert found.findings["endpoint"][0] == "fail"
    assert "no connection" in found.findings["endpoint"][1]
    assert "pass-word" not in found.output


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"HTTPS_PROXY": "http://me:pass#word@proxy.example:8080"}, "HTTPS_PROXY: is not a valid proxy URL"),
        ({"ALL_PROXY": "gopher://proxy.example"}, "ALL_PROXY: is not a valid proxy URL"),
        ({"SSL_CERT_FILE": "/nowhere/ca.pem"}, "SSL_CERT_FILE: names no readable file with certificates"),
        ({"SSL_CERT_DIR": "/nowhere"}, "SSL_CERT_DIR: is not a directory"),
    ],
)
def test_a_proxy_or_certificate_setting_that_is_not_usable(
    doctor: Doctor, variables: dict[str, str], says: str
) -> None:
    found = doctor(TALEND_REGION="eu", TALEND_TOKEN="x-secret-x", **variables)
    assert found.code == 3
    assert found.findings["network"][0] == "fail"
    assert says in found.findings["network"][1]
    assert "endpoint" not in found.findings
    assert "pass#word" not in found.output


def test_a_server_that_fails(tenant: Tenant, doctor: Doctor, good: dict[str, str]) -> None:
    tenant.inject(Fault(kind="status", status=503, times=None))
    found = doctor(**good)
    assert found.code == 0  # nothing that the user can correct
    assert found.findings["credential"][0] == "unknown"
    assert "503" in found.findings["credential"][1]
    assert len(tenant.calls) == 2  # each tried once


# --- the clock and the rate limit


@pytest.mark.parametrize(
    ("off", "status", "says"),
    [
        (0.0, "ok", "agrees"),
        (30.0, "warn", "ahead of the API's"),
        (-30.0, "warn", "behind the API's"),
        (7200.0, "fail", "ahead of the API's, by which access with expires_at ends"),
    ],
)
def test_the_clock(tenant: Tenant, off: float, status: str, says: str) -> None:
    clock = examined(support.settings_for(tenant), off=off)["clock"]
    assert clock.status == status
    assert says in clock.found
    assert (clock.todo == "Set the clock by NTP.") == (status != "ok")


def test_the_rate_limit(doctor: Doctor, good: dict[str, str], tenant: Tenant) -> None:
    tenant.set_behaviour(rate_limit=(200, 60.0))
    status, said, _ = doctor(**good).findings["rate limit"]
    assert status == "ok"
    assert " of 200 calls left, all again in " in said
    tenant.set_behaviour(rate_limit=(20, 600.0))
    for _ in range(18):
        support.fetch("GET", f"{tenant.url}/account/roles", headers={"Authorization": f"Bearer {tenant.token}"})
    found = examined(support.settings_for(tenant))  # ends without waiting for the window
    assert found["rate limit"].status == "warn"
    found = [examined(support.settings_for(tenant)) for _ in range(2)][-1]
    assert found["credential"].status == "unknown"
    assert "429" in found["credential"].found


def test_a_response_without_a_date(tenant: Tenant) -> None:
    for headers in ({}, {"date": "yesterday"}, {"Date": "Thu, 99 Foo 2026"}):
        response = ResponseHeaders(time.time)
        response.observe(headers)
        assert clock(response).status == "unknown"
