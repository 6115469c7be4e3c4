"""Drift: what no stack manages, what differs, what is gone; as text, JSON and Markdown, with an exit code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from adopt.conftest import Access
from pulumi_talend_sandbox.tenant import Fault, Tenant

Grants = dict[tuple[str, str, str], list[str]]


@pytest.fixture
def small() -> Iterator[Tenant]:
    with Tenant.start(seed="empty") as tenant:
        sales = tenant.add_workspace("Harbour", environment="prod")
        for login in ("anna", "bernd", "clara"):
            tenant.grant(sales, tenant.add_user(login), ["VIEW"])
        tenant.map_role("Analysts", ["Operator"])
        yield tenant


@pytest.fixture
def on_small(small: Tenant) -> Access:
    return Access({"TALEND_ENDPOINT": small.url, "TALEND_TOKEN": small.token})


def state_of(tenant: Tenant, file: Path) -> Path:
    """An exported state that manages exactly what the tenant grants."""
    kind = "pulumi-python:dynamic/access:"
    resources = [
        {
            "urn": f"urn:pulumi:prod::access::{kind}WorkspacePermission::grant-{number}",
            "type": f"{kind}WorkspacePermission",
            "id": "/".join(key),
            "outputs": {"permissions": permissions},
        }
        for number, (key, permissions) in enumerate(sorted(tenant.grants().items()))
    ]
    resources += [
        {
            "urn": f"urn:pulumi:prod::access::{kind}RoleMapping::{name}",
            "type": f"{kind}RoleMapping",
            "id": name,
            "outputs": {"roles": roles},
        }
        for name, roles in tenant.role_mappings().items()
    ]
    file.write_text(json.dumps({"version": 3, "deployment": {"resources": resources}}), encoding="utf-8")
    return file


def test_nothing_differs(small: Tenant, on_small: Access, tmp_path: Path) -> None:
    said = on_small("drift", "--state", state_of(small, tmp_path / "state.json"))

    assert (said.code, said.stdout) == (0, "No difference between the tenant and its stacks.\n")
    assert small.calls.writes() == []


def test_each_sort_of_difference_in_each_form(small: Tenant, on_small: Access, tmp_path: Path) -> None:
    state = state_of(small, tmp_path / "state.json")
    sales = next(w["id"] for w in small.workspaces() if w["name"] == "Harbour")
    anna, bernd, clara = (user["id"] for user in small.users() if user["login"] in {"anna", "bernd", "clara"})
    small.grant(sales, anna, ["MANAGE"])
    small.revoke(sales, bernd)
    small.grant(sales, small.add_user("mallory"), ["PUBLISH"])
    small.map_role("New | <b>", ["Operator"])
    assert clara

    as_json = on_small("drift", "--state", state, "--format", "json")
    found = json.loads(as_json.stdout)
    by_sort = {(d["sort"], d["what"]): (d["in_state"], d["in_tenant"]) for d in found["differences"]}
    assert by_sort == {
        ("unmanaged", "mallory on prod/Harbour"): ("", "PUBLISH"),
        ("unmanaged", "customer role New | <b>"): ("", "Operator"),
        ("differs", "anna on prod/Harbour"): ("VIEW", "MANAGE"),
        ("gone", f"{bernd} on prod/Harbour"): ("VIEW", ""),
    }
    assert as_json.code == 2

    text = on_small("drift", "--state", state)
    assert text.code == 2
    assert "2 unmanaged, 1 differs, 1 gone." in text.stdout
    assert "mallory on prod/Harbour" in text.stdout

    markdown = on_small("drift", "--state", state, "--format", "markdown")
    assert "| customer role New &#124; &#60;b&#62; |" in markdown.stdout
    assert markdown.stdout.startswith("**2 unmanaged, 1 differs, 1 gone.**")

    only_gone = on_small("drift", "--state", state, "--fail-on", "gone", "--environment", "dev")
    assert only_gone.code == 0, only_gone
    assert small.calls.writes() == []


@pytest.mark.parametrize("kind", ["empty-listing", "partial-listing"])
def test_a_listing_that_lacks_something_does_not_make_it_gone(
    small: Tenant, on_small: Access, tmp_path: Path, kind: str
) -> None:
    state = state_of(small, tmp_path / "state.json")
    path = r"/security/(permissions|role-mappings)$"
    small.inject(Fault(kind=kind, path=path, times=None))  # pyright: ignore[reportArgumentType]

    said = on_small("drift", "--state", state)

    assert (said.code, said.stdout) == (0, "No difference between the tenant and its stacks.\n")


def test_what_may_not_be_read_is_not_gone(small: Tenant, tmp_path: Path) -> None:
    state = state_of(small, tmp_path / "state.json")
    blind = Access({"TALEND_ENDPOINT": small.url, "TALEND_TOKEN": small.tokens["viewer"]})

    said = blind("drift", "--state", state)

    assert said.code == 3
    assert "gone" not in said.stdout
    assert "could not be read: permissions of users" in said.stdout
    assert "could not be read: role mappings" in said.stdout


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"deployment": {"resources": 3}}', '{"checkpoint": {}}', "\x00"])
def test_what_is_no_state_is_refused_in_one_line(on_small: Access, tmp_path: Path, text: str) -> None:
    file = tmp_path / "state.json"
    file.write_text(text, encoding="utf-8")

    said = on_small("drift", "--state", file)

    assert said.code == 1
    assert "is no exported state of a stack" in said.stderr
    assert said.stderr.count("\n") == 1


def test_no_stack_named_is_refused(on_small: Access) -> None:
    said = on_small("drift")

    assert said.code == 1
    assert said.stderr.startswith("error: Which stacks manage the tenant?")
