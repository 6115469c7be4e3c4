"""Drift: what no stack manages, what differs, what is gone; as text, JSON and Markdown, with an exit code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adopt.conftest import Access
from pulumi_talend.adopt.managed import managed_by
from pulumi_talend.loader import TYPE_PREFIX
from pulumi_talend_sandbox.tenant import Fault, Tenant


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


def exported(resources: list[dict[str, Any]], file: Path) -> Path:
    """An exported state with resources as {type, name, id, outputs}."""
    kind = "pulumi-python:dynamic/talend:"
    entries = [
        {
            "urn": f"urn:pulumi:prod::access::{kind}{each['type']}::{each['name']}",
            "type": kind + each["type"],
            "id": each["id"],
            "outputs": each["outputs"],
        }
        for each in resources
    ]
    file.write_text(json.dumps({"version": 3, "deployment": {"resources": entries}}), encoding="utf-8")
    return file


def state_of(tenant: Tenant, file: Path) -> Path:
    """An exported state that manages exactly what the tenant grants."""
    resources: list[dict[str, Any]] = []
    for number, ((workspace, kind, principal), permissions) in enumerate(sorted(tenant.grants().items())):
        who = "user_id" if kind == "users" else "service_account_id"
        outputs = {"workspace_id": workspace, who: principal, "permissions": permissions}
        id_ = f"{workspace}/{kind}/{principal}"
        resources.append({"type": "WorkspacePermission", "name": f"grant-{number}", "id": id_, "outputs": outputs})
    for name, roles in tenant.role_mappings().items():
        outputs = {"role_name": name, "roles": roles}
        resources.append({"type": "RoleMapping", "name": name, "id": name, "outputs": outputs})
    return exported(resources, file)


def test_nothing_differs(small: Tenant, on_small: Access, tmp_path: Path) -> None:
    said = on_small("drift", "--state", state_of(small, tmp_path / "state.json"))

    assert (said.code, said.stdout) == (0, "No difference between the tenant and its stacks.\n")
    assert small.calls.writes() == []


def test_each_sort_of_difference_in_each_form(small: Tenant, on_small: Access, tmp_path: Path) -> None:
    state = state_of(small, tmp_path / "state.json")
    harbour = next(w["id"] for w in small.workspaces() if w["name"] == "Harbour")
    ids = {user["login"]: user["id"] for user in small.users()}
    small.grant(harbour, ids["anna"], ["MANAGE"])
    small.revoke(harbour, ids["bernd"])
    small.grant(harbour, small.add_user("mallory"), ["PUBLISH"])
    small.grant(harbour, permissions=["VIEW"], service_account_id=small.add_service_account("robot"))
    small.map_role("New | <b>", ["Operator"])
    small.map_role("Empty", [])

    as_json = on_small("drift", "--state", state, "--format", "json")
    found = json.loads(as_json.stdout)
    assert as_json.code == 3
    assert {(d["sort"], d.get("customerRole") or d["principal"]["name"]) for d in found["differences"]} == {
        ("unmanaged", "mallory"),
        ("unmanaged", "robot"),
        ("unmanaged", "New | <b>"),
        ("differs", "anna"),
        ("gone", "bernd"),
    }
    changed = next(d for d in found["differences"] if d["sort"] == "differs")
    assert (changed["state"], changed["tenant"]) == (["VIEW"], ["MANAGE"])
    assert changed["workspace"] == {"id": harbour, "name": "Harbour", "environment": "prod"}
    assert changed["urn"].startswith("urn:pulumi:prod::access::")

    text = on_small("drift", "--state", state)
    assert text.code == 3
    assert "anna\n  ~ prod/Harbour: has MANAGE; 'grant-" in text.stdout
    assert "mallory\n  + prod/Harbour: has PUBLISH, managed by no stack\n" in text.stdout
    assert "service account robot\n  + prod/Harbour: has VIEW, managed by no stack\n" in text.stdout
    summary = "5 differences: 3 managed by no stack, 1 different in the tenant, 1 gone from the tenant."
    assert text.stdout.endswith(f"{summary}\n")

    markdown = on_small("drift", "--state", state, "--format", "markdown")
    assert "| unmanaged | customer role New &#124; &#60;b&#62; |" in markdown.stdout
    assert markdown.stdout.startswith(f"**{summary}**")

    only_gone = on_small(
        "drift", "--state", state, "--fail-on", "gone", "--environment", "prod", "--what", "permissions"
    )
    assert only_gone.code == 3, only_gone
    assert on_small("drift", "--state", state, "--fail-on", "gone", "--what", "role-mappings").code == 0
    assert small.calls.writes() == []


def test_people_stand_together_with_their_names(small: Tenant, on_small: Access, tmp_path: Path) -> None:
    second = small.add_workspace("Anchor", environment="prod")
    harbour = next(w["id"] for w in small.workspaces() if w["name"] == "Harbour")
    user = small.add_user("zoe", first_name="Zoe", last_name="Adams")
    small.grant(second, user, ["VIEW"])
    small.grant(harbour, user, ["VIEW"])

    said = on_small("drift", "--state", exported([], tmp_path / "state.json"), "--what", "permissions")

    assert "Zoe Adams (zoe)\n  + prod/Anchor: has VIEW" in said.stdout
    assert said.stdout.count("Zoe Adams") == 1


@pytest.mark.parametrize(
    ("exclusive", "sorts"),
    [
        (True, {"anna": "differs", "robot": "differs"}),
        ("users", {"anna": "differs", "robot": "unmanaged"}),
        (False, {"anna": "unmanaged", "robot": "unmanaged"}),
    ],
)
def test_what_a_set_is_complete_for(
    small: Tenant, on_small: Access, tmp_path: Path, exclusive: object, sorts: dict[str, str]
) -> None:
    harbour = next(w["id"] for w in small.workspaces() if w["name"] == "Harbour")
    small.grant(harbour, permissions=["VIEW"], service_account_id=small.add_service_account("robot"))
    ids = {user["login"]: user["id"] for user in small.users()}
    outputs: dict[str, Any] = {
        "workspace_id": harbour,
        "grants": {login: ["VIEW"] for login in ("bernd", "clara")},
        "principals": {login: f"users/{ids[login]}" for login in ("bernd", "clara")},
        "exclusive": exclusive,
    }
    state = exported([{"type": "WorkspaceAccess", "name": "s", "id": harbour, "outputs": outputs}], tmp_path / "s.json")

    found = json.loads(on_small("drift", "--state", state, "--what", "permissions", "--format", "json").stdout)

    assert {d["principal"]["name"]: d["sort"] for d in found["differences"]} == sorts
    text = on_small("drift", "--state", state, "--what", "permissions").stdout
    assert ("its next update removes it" in text) == (exclusive is not False)


def test_all_role_mappings_in_one_resource(small: Tenant, on_small: Access, tmp_path: Path) -> None:
    outputs: dict[str, Any] = {"mappings": {}, "allow_empty": True}
    one = {"type": "RoleMappings", "name": "sso", "id": "role-mappings", "outputs": outputs}

    said = on_small("drift", "--state", exported([one], tmp_path / "s.json"), "--what", "role-mappings")

    assert said.code == 3
    assert "customer role Analysts\n  ~ has Operator; 'sso' says that there are no others" in said.stdout


def test_access_that_has_ended_and_is_there_again_is_managed_by_no_stack(
    small: Tenant, on_small: Access, tmp_path: Path
) -> None:
    outputs: dict[str, Any] = {"role_name": "Analysts", "roles": [], "expires_at": "2020-01-01T00:00:00Z"}
    one: dict[str, Any] = {"type": "RoleMapping", "name": "ended", "id": "Analysts", "outputs": outputs}
    state = exported([one], tmp_path / "s.json")

    assert "managed by no stack" in on_small("drift", "--state", state, "--what", "role-mappings").stdout
    small.unmap_role("Analysts")
    assert on_small("drift", "--state", state, "--what", "role-mappings").code == 0


def test_a_resource_that_cannot_be_read_is_an_error(on_small: Access, tmp_path: Path) -> None:
    outputs = {"workspace_id": "w", "grants": {"x": ["VIEW"]}, "principals": {"x": "nobody/1"}}
    one = {"type": "WorkspaceAccess", "name": "odd", "id": "w", "outputs": outputs}

    said = on_small("drift", "--state", exported([one], tmp_path / "s.json"))

    assert said.code == 1
    assert "::odd in the state: principals: has 'nobody/1' as id of 'x'" in said.stderr


@pytest.mark.parametrize("kind", ["empty-listing", "partial-listing"])
def test_a_listing_that_lacks_something_does_not_make_it_gone(
    small: Tenant, on_small: Access, tmp_path: Path, kind: str
) -> None:
    state = state_of(small, tmp_path / "state.json")
    path = r"/security/(service-accounts/permissions|permissions|role-mappings)$"
    small.inject(Fault(kind=kind, path=path, times=None))  # pyright: ignore[reportArgumentType]

    said = on_small("drift", "--state", state)

    assert (said.code, said.stdout) == (0, "No difference between the tenant and its stacks.\n")


def test_what_may_not_be_read_is_not_gone(small: Tenant, on_small: Access, tmp_path: Path) -> None:
    state = state_of(small, tmp_path / "state.json")
    path = r"/security/(service-accounts/permissions|permissions|role-mappings)$"
    small.inject(Fault(kind="status", status=403, path=path, times=None))

    said = on_small("drift", "--state", state)

    assert said.code == 5
    assert "gone" not in said.stdout
    for what in ("users", "service accounts"):
        assert f"not read: permissions of {what}: Could not list the permissions" in said.stdout
    assert "not read: role mappings: Could not" in said.stdout


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"deployment": {"resources": 3}}', '{"checkpoint": {}}', "\x00"])
def test_what_is_no_state_is_refused_in_one_line(on_small: Access, tmp_path: Path, text: str) -> None:
    file = tmp_path / "state.json"
    file.write_text(text, encoding="utf-8")

    said = on_small("drift", "--state", file)

    assert said.code == 1
    assert "is not the exported state of a stack" in said.stderr
    assert said.stderr.count("\n") == 1


def test_no_stack_named_is_refused(on_small: Access) -> None:
    said = on_small("drift")

    assert said.code == 1
    assert said.stderr.startswith("error: no stack is named. Give --stack NAME")


def test_what_a_provider_of_the_programs_own_manages_is_left_out() -> None:
    """It may be of another tenant, where the same customer role is another mapping."""
    state = [
        {
            "type": f"{TYPE_PREFIX}RoleMapping",
            "urn": f"urn:pulumi:prod::access::{TYPE_PREFIX}RoleMapping::{name}",
            "outputs": {"role_name": name, "roles": ["Operator"]},
            "provider": f"urn:pulumi:prod::access::pulumi:providers:pulumi-python::{provider}::1",
        }
        for name, provider in (("ours", "default"), ("theirs", "other"))
    ]
    assert list(managed_by([state]).mappings) == ["ours"]
