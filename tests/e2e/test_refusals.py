"""Wrong settings and inputs: a line or two that names resource and property, the tenant untouched, an exit code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml

from e2e.company import AUDIT, FELIX, OSKAR, SALES, mapping, permission, program, service_permission, taken
from e2e.conftest import NewStack
from e2e.stack import Stack
from pulumi_talend_sandbox.tenant import Tenant


@dataclass(frozen=True)
class Case:
    """What is wrong, and what each of the messages has to say: (words of one message, ...)."""

    program: str
    says: tuple[tuple[str, ...], ...]
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    with_tenant: bool = True
    """Whether the tenant's own endpoint and token are set too."""


CASES = {
    "region, credentials, blank id, unknown permission": Case(
        permission("bad", " ", "", ["VIEWER"]),
        (
            ("resource 'bad'", "TALEND_REGION: 'Mars 1'", "eu"),
            ("resource 'bad'", "talend:token: is required", "pulumi config set --secret talend:token", "TALEND_TOKEN"),
            ("resource 'bad'", "property workspace_id", "is blank"),
            ("resource 'bad'", "property user_id", "is blank"),
            ("resource 'bad'", "property permissions", "'VIEWER' is not a valid permission", "VIEW"),
        ),
        {"TALEND_REGION": "Mars 1"},
        with_tenant=False,
    ),
    "URL, empty list": Case(
        permission("bad", SALES, OSKAR, []),
        (
            ("resource 'bad'", "TALEND_ENDPOINT: 'api.eu.cloud.talend.com' is not a URL", "https://"),
            ("resource 'bad'", "property permissions", "is empty"),
        ),
        {"TALEND_ENDPOINT": "api.eu.cloud.talend.com", "TALEND_TOKEN": "a-token"},
        with_tenant=False,
    ),
    "clear text, both principals": Case(
        permission("bad", SALES, OSKAR, ["VIEW"], more=f"service_account_id={FELIX!r}"),
        (
            ("resource 'bad'", "TALEND_ENDPOINT", "in clear text", "use https"),
            ("resource 'bad'", "property service_account_id", "cannot stand beside user_id"),
        ),
        {"TALEND_ENDPOINT": "http://talend.example", "TALEND_TOKEN": "a-token"},
        with_tenant=False,
    ),
    "half a service account, no principal": Case(
        f"WorkspacePermission('bad', workspace_id={SALES!r}, permissions=['VIEW'])",
        (
            ("resource 'bad'", "TALEND_CLIENT_SECRET: is required", "TALEND_CLIENT_ID"),
            ("resource 'bad'", "property user_id", "is required", "service_account_id"),
        ),
        {"TALEND_REGION": "eu", "TALEND_CLIENT_ID": "someone"},
        with_tenant=False,
    ),
    "no region": Case(
        mapping("bad", "crew", ["Operator"]),
        (("resource 'bad'", "talend:region: is required", "pulumi config set talend:region eu", "TALEND_REGION"),),
        {"TALEND_TOKEN": "a-token"},
        with_tenant=False,
    ),
    "comma in a role, no roles": Case(
        mapping("bad", "crew,other", []),
        (
            ("resource 'bad'", "property role_name", "has a comma"),
            ("resource 'bad'", "property roles", "is empty"),
        ),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_refused_in_preview(case: Case, new_stack: NewStack, tenant: Tenant) -> None:
    stack = new_stack(settings=case.settings) if not case.with_tenant else new_stack()
    before = tenant.snapshot()
    stack.program(case.program)
    run = stack.preview().failed()
    left = list(run.errors)
    for words in case.says:
        found = [message for message in left if all(word in message for word in words)]
        assert found, f"no message says {words}:\n{run.output}"
        left.remove(found[0])
    assert left == []
    assert taken(tenant) == {}
    assert tenant.snapshot() == before


def test_lists_and_objects_in_the_stacks_configuration(new_stack: NewStack) -> None:
    """As the CLI hands them on; and a file of the project that hides a module of Python is named on the way."""
    stack = new_stack(settings={})
    file = stack.directory / "Pulumi.dev.yaml"
    data: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else {}
    data["config"] = {
        "talend:region": ["eu", "us"],
        "talend:token": {"value": "x"},
        "talend:extraPermissions": ["USE_ENGINES"],
    }
    file.write_text(yaml.safe_dump(data), encoding="utf-8")
    (stack.directory / "secrets.py").touch()
    stack.program(permission("bad", SALES, OSKAR, ["USE_ENGINES"]))
    run = stack.preview().failed()
    assert sorted(message.partition("a problem: ")[2] for message in run.errors) == [
        "talend:region: must be a single text, not a list or an object",
        "talend:token: must be a single text, not a list or an object",
    ]
    assert f"secrets.py in {stack.directory} has the name of a module of Python" in run.output


def test_a_wrong_token_changes_nothing_and_says_so_in_a_line(new_stack: NewStack, tenant: Tenant) -> None:
    before = tenant.snapshot()
    wrong = "pat-2b0f6c1e9d7a4853-not-of-this-tenant"
    stack = new_stack(settings={"TALEND_ENDPOINT": tenant.url, "TALEND_TOKEN": wrong})
    stack.program(permission("oskar", SALES, OSKAR, ["VIEW"]))
    (message,) = stack.up().failed().errors
    assert "resource 'oskar'" in message
    assert "401" in message
    assert "TALEND_TOKEN" in message, "where the token came from"
    assert taken(tenant) == {"GET /security/permissions 401": 1}
    assert tenant.snapshot() == before
    assert stack.managed() == {}

    # With something to lose: neither refresh nor destroy forgets it.
    stack.settings["TALEND_TOKEN"] = tenant.token
    stack.up().ok()
    settled, held = tenant.snapshot(), stack.managed()
    stack.settings["TALEND_TOKEN"] = wrong
    taken(tenant)
    for run in (stack.refresh().failed(), stack.destroy().failed()):
        (message,) = run.errors
        assert "401" in message
        assert "TALEND_TOKEN" in message
    assert {line.rpartition(" ")[2] for line in taken(tenant)} == {"401"}
    assert tenant.snapshot() == settled
    assert stack.managed() == held
    assert not [where for where, content in stack.everything_written() if wrong.encode() in content]


def test_what_the_tenant_refuses_leaves_the_rest_done(stack: Stack, tenant: Tenant) -> None:
    """A permission that this tenant does not know: the others get theirs all the same, and the next run goes on."""
    tenant.set_behaviour(permission_names=("EXECUTE", "VIEW"))

    def access(permissions: list[str]) -> str:
        return program(
            f"one = {permission('oskar', SALES, OSKAR, ['VIEW'])}",
            f"two = {service_permission('service', SALES, AUDIT, ['VIEW'])}",
            permission("refused", SALES, FELIX, permissions, more="opts=pulumi.ResourceOptions(depends_on=[one, two])"),
        )

    stack.program(access(["AUTHOR"]))
    (message,) = stack.up().failed().errors
    assert FELIX in message or "felix.thomsen" in message
    assert "400" in message
    assert "AUTHOR" in message
    assert set(stack.managed()) == {"oskar", "service"}
    assert tenant.grants()[SALES, "users", OSKAR] == ["VIEW"]
    assert (SALES, "users", FELIX) not in tenant.grants()

    stack.program(access(["EXECUTE", "VIEW"]))
    run = stack.up().ok()
    assert run.summary == {"create": 1, "same": 3}
    assert tenant.grants()[SALES, "users", FELIX] == ["EXECUTE", "VIEW"]
