"""The main messages that a user can see: each is a line or two, names its object, says what to do, and has no secret in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import support
from hosting import Lab, Refused
from pulumi_talend import TalendError
from pulumi_talend.api import resolve_settings
from pulumi_talend.errors import ConfigurationError
from pulumi_talend.provider.role_mappings import RoleMappingsProvider
from pulumi_talend.provider.session import SESSIONS
from pulumi_talend.provider.single import RoleMappingProvider, WorkspacePermissionProvider
from pulumi_talend.provider.workspace_access import WorkspaceAccessProvider
from pulumi_talend_sandbox.tenant import Fault, Tenant

ANNA = "anna.petersen@nordlicht-retail.example"
SALES: dict[str, Any] = {"workspace": "Sales", "environment": "prod"}
GRANT: dict[str, Any] = {**SALES, "user": ANNA, "permissions": ["VIEW"]}
MAPPING: dict[str, Any] = {"role_name": "crew", "roles": ["Operator"]}
NEXT_STEP = re.compile(
    r"\b(write|give|set|check|run|use|remove|keep|copy|look|rename|ask|name|import|adopt|preview|did you mean|"
    r"permissions are|must be|needs|move|is [A-Z]+ here)\b",
    re.IGNORECASE,
)


def faults_of(message: str, tenant: Tenant) -> list[str]:
    """What a person at a terminal would miss in `message`, or mind."""
    secrets = [*tenant.tokens.values(), tenant.client_secret, "Bearer "]
    faults = {
        "empty, or whitespace around it": message != message.strip() or not message,
        "more than two lines": len(message.splitlines()) > 2,
        "too long": len(message) > 700,
        "a traceback": "Traceback" in message or 'File "' in message,
        "a secret": any(secret in message for secret in secrets),
        "Python's own words": bool(re.search(r"<[\w.]+ object at|\bNone\b|validation error|pulumi_talend\.", message)),
        "no next step": not NEXT_STEP.search(message),
    }
    return [fault for fault, is_so in faults.items() if is_so]


def shown(act: Callable[[], object]) -> list[str]:
    """What a user is shown of what `act` raises."""
    try:
        act()
    except Refused as refused:
        return [f"{where}: {reason}" if where else reason for where, reason in refused.failures]
    except ConfigurationError as error:
        return [str(problem) for problem in error.problems]
    except TalendError as error:
        return [str(error)]
    raise AssertionError("nothing went wrong")


@pytest.fixture
def lab(tenant: Tenant) -> Iterator[Lab]:
    yield Lab(tenant)
    SESSIONS.close()


def holds(said: list[str], tenant: Tenant, *words: str) -> None:
    """Checks the form of each, and that all of `words` are in one of them."""
    assert [f"{fault}: {text}" for text in said for fault in faults_of(text, tenant)] == []
    assert any(all(word in text for word in words) for text in said), f"{words} in none of {said}"


INPUTS: list[tuple[Any, dict[str, Any], list[str]]] = [
    (WorkspacePermissionProvider, {**GRANT, "permissions": []}, ["permissions", "is empty"]),
    (WorkspacePermissionProvider, {**GRANT, "permissions": "VIEW"}, ["permissions", '["VIEW"]']),
    (WorkspacePermissionProvider, {**GRANT, "permissions": ["VIEWER"]}, ["'VIEWER'", "VIEW"]),
    (WorkspacePermissionProvider, {**GRANT, "workspace": "Salse"}, ["'Salse'", "did you mean 'Sales'"]),
    (WorkspacePermissionProvider, {**GRANT, "environment": "production"}, ["'production'"]),
    (WorkspacePermissionProvider, {**GRANT, "user": "anna.peterson"}, ["'anna.peterson'", f"'{ANNA}'"]),
    (WorkspacePermissionProvider, {"permissions": ["VIEW"]}, ["workspace_id", "is required"]),
    (WorkspacePermissionProvider, {**GRANT, "service_account": "x"}, ["service_account", "write two resources"]),
    (WorkspacePermissionProvider, {**GRANT, "expires_at": "tomorrow"}, ["expires_at", "'tomorrow'", "zone"]),
    (
        WorkspacePermissionProvider,
        {**SALES, "service_account": "engine-runner", "permissions": ["MANAGE"]},
        ["permissions", "engine-runner", "EXECUTE"],
    ),
    (RoleMappingProvider, {"role_name": "a,b", "roles": ["Operator"]}, ["role_name", "comma"]),
    (RoleMappingProvider, {"role_name": "crew", "roles": ["Operater"]}, ["roles", "'Operater'", "'Operator'"]),
    (RoleMappingProvider, {"role_name": "nordlicht-platform", "roles": ["Operator"]}, ["adopt_existing"]),
    (WorkspaceAccessProvider, {**SALES, "grants": {ANNA: ["VIEW"]}}, ["Sales", "max_removals="]),
    (WorkspaceAccessProvider, {**SALES, "grants": {ANNA: ["VEIW"]}}, [ANNA, "did you mean VIEW"]),
    (WorkspaceAccessProvider, {**SALES, "grants": {}, "exclusive": False}, ["grants", "is empty"]),
    (WorkspaceAccessProvider, {**SALES, "grants": {ANNA: ["VIEW"]}, "max_removals": True}, ["max_removals"]),
    (RoleMappingsProvider, {"mappings": {}}, ["mappings", "allow_empty=True"]),
    (RoleMappingsProvider, {"mappings": {"crew": ["Operator"]}}, ["mapping", "max_removals="]),
]


@pytest.mark.parametrize(("kind", "inputs", "words"), INPUTS, ids=lambda each: "")
def test_what_a_preview_refuses(lab: Lab, kind: Any, inputs: dict[str, Any], words: list[str]) -> None:
    holds(shown(lambda: lab.run().preview(kind, "it", **inputs)), lab.tenant, *words)


def test_two_resources_on_one_object(lab: Lab) -> None:
    run = lab.run()
    run.preview(WorkspacePermissionProvider, "first", **{**GRANT, "adopt_existing": True})
    again = shown(lambda: run.preview(WorkspacePermissionProvider, "second", **{**GRANT, "adopt_existing": True}))
    holds(again, lab.tenant, "'first'", ANNA, "Sales")
    whole = {**SALES, "grants": {ANNA: ["VIEW"]}, "max_removals": "all"}
    holds(shown(lambda: run.preview(WorkspaceAccessProvider, "set", **whole)), lab.tenant, "'first'", "exclusive=False")


FAULTS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "401": ({"status": 401}, ["401", "talend:token"]),
    "403": ({"status": 403}, ["403", "TMC_", "talend-access doctor"]),
    "500": ({"status": 500}, ["500", "may or may not"]),
    "a page": ({"kind": "html"}, ["HTML", "talend:endpoint"]),
    "a redirect": ({"kind": "redirect", "location": "http://127.0.0.1:9/"}, ["redirect", "127.0.0.1:9"]),
    "no answer": ({"kind": "drop-before"}, ["may or may not"]),
}


@pytest.mark.usefixtures("short_waits")
@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize(
    ("kind", "inputs", "names"),
    [
        (WorkspacePermissionProvider, {**GRANT, "workspace": "Finance"}, [ANNA, "Finance"]),
        (RoleMappingProvider, MAPPING, ["crew"]),
    ],
    ids=["a grant", "a mapping"],
)
def test_a_write_that_fails(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, kind: Any, inputs: Any, names: list[str], name: str
) -> None:
    fault, words = FAULTS[name]
    monkeypatch.setattr("pulumi_talend.api.retries._BACKOFF_FIRST_SECONDS", 0.0)
    run = lab.run()
    _, checked = run.preview(kind, "it", **inputs)
    lab.tenant.inject(Fault.model_validate({"kind": "status", "method": "POST", "times": None, **fault}))
    holds(shown(lambda: run.create(kind, "it", checked)), lab.tenant, "Could not", *names, *words)


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({}, ["talend:region", "pulumi config set"]),
        ({"TALEND_REGION": "EU west", "TALEND_TOKEN": "x-secret-x"}, ["TALEND_REGION", "EU west"]),
        ({"TALEND_REGION": "eu", "TALEND_TOKEN": "x secret"}, ["TALEND_TOKEN", "copy it again"]),
        ({"TALEND_REGION": "eu", "TALEND_CLIENT_ID": "x"}, ["TALEND_CLIENT_SECRET"]),
        ({"TALEND_ENDPOINT": "http://talend.example", "TALEND_TOKEN": "x-secret-x"}, ["TALEND_ENDPOINT", "https"]),
    ],
    ids=lambda each: "",
)
def test_wrong_settings(tenant: Tenant, environ: dict[str, str], words: list[str]) -> None:
    said = shown(lambda: resolve_settings(lambda _name: None, environ))
    holds(said, tenant, *words)
    assert not any("secret-x" in text for text in said)


def test_the_checks_can_fail(tenant: Tenant) -> None:
    for wrong in ("it is broken", f"run with {tenant.token}", "run\n\n\nagain", "run <x object at 0x1>", " run it", ""):
        assert faults_of(wrong, tenant), wrong
    assert support.readable("run it") == "run it"
