"""Adopt, import, preview: unchanged for all of them; and nothing is ever written to the tenant by looking at it."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from adopt.conftest import Access
from e2e.conftest import NewStack
from e2e.stack import PASSPHRASE, Stack
from pulumi_talend.adopt.read_only import ReadOnlyClient, WriteRefusedError
from pulumi_talend.model.grants import GrantKey, Principal
from pulumi_talend_sandbox.tenant import Fault, Tenant
from support import settings_for

IMPORT = ("--protect=false", "--generate-code=false", "--yes")


def take_over(stack: Stack, out: Path, *, program: str = "__main__.py", file: str = "import.json") -> None:
    """Makes the adopted program the stack's, and imports what it holds."""
    text = (out / program).read_text(encoding="utf-8")
    (stack.directory / "__main__.py").write_text(text, encoding="utf-8")
    stack.command("import", "--file", str(out / file), *IMPORT, "--stack", stack.name).ok()


def backend_of(stack: Stack) -> dict[str, str]:
    """Where the stack's state is, for a command that asks the engine."""
    return {
        "PULUMI_BACKEND_URL": f"file://{stack.backend}",
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }


def test_adopt_import_preview_is_unchanged_for_all_and_destroy_then_up_gives_the_same_tenant_back(
    stack: Stack, tenant: Tenant, access: Access, tmp_path: Path
) -> None:
    before = tenant.snapshot()
    total = len(tenant.grants()) + len(tenant.role_mappings())
    out = tmp_path / "adopted"

    said = access("adopt", "--out", out)

    assert said.code == 0, said
    assert f"{len(tenant.grants())} grants and {len(tenant.role_mappings())} role mappings to adopt." in said.stdout
    assert "pulumi import --file import.json" in said.stdout
    take_over(stack, out)
    preview = stack.preview().ok()
    assert preview.summary == {"same": total + 1}
    assert stack.preview("--refresh").ok().summary == {"same": total + 1}
    assert tenant.calls.writes() == []
    assert tenant.snapshot() == before

    stack.destroy().ok()
    assert tenant.grants() == {}
    assert tenant.role_mappings() == {}
    stack.up().ok()
    assert tenant.snapshot() == before


def test_names_that_need_escaping(stack: Stack, tenant: Tenant, access: Access, tmp_path: Path) -> None:
    odd = ['Team "Süd" / {a} \\ b', "it's 100 %", "a::b", "名前 🙂", " | pipe"]
    for number, name in enumerate(odd):
        for environment in ("dev", "prod"):  # the same name twice
            workspace = tenant.add_workspace(name, environment=environment)
            login = f"{name.strip()}-{number}@x.example".replace(" ", "")
            user = next((u["id"] for u in tenant.users() if u["login"] == login), None) or tenant.add_user(login)
            tenant.grant(workspace, user, ["VIEW"])
        tenant.map_role(name, ["Operator"])
    twin = [tenant.add_user(f"twin-{n}", email="twin@x.example") for n in (1, 2)]
    for user in twin:
        tenant.grant(tenant.workspaces()[0]["id"], user, ["EXECUTE", "VIEW"])
    total = len(tenant.grants()) + len(tenant.role_mappings())
    out = tmp_path / "adopted"

    assert access("adopt", "--out", out).code == 0
    ast.parse((out / "__main__.py").read_text(encoding="utf-8"))
    take_over(stack, out)

    assert stack.preview().ok().summary == {"same": total + 1}
    assert tenant.calls.writes() == []


def test_a_hundred_grants(new_stack: NewStack, engine: object, tmp_path: Path) -> None:
    with Tenant.start(seed="big:5x60x100") as tenant:
        access = Access({"TALEND_ENDPOINT": tenant.url, "TALEND_TOKEN": tenant.token})
        stack = new_stack(settings=access.settings)
        total = len(tenant.grants()) + len(tenant.role_mappings())
        assert len(tenant.grants()) == 100
        out = tmp_path / "adopted"

        assert access("adopt", "--out", out).code == 0
        reads = [call for call in tenant.calls if call.path == "/security/permissions"]
        assert len(reads) == 1
        take_over(stack, out)

        assert stack.preview().ok().summary == {"same": total + 1}
        assert tenant.calls.writes() == []


def test_as_sets_the_preview_is_unchanged_and_destroy_then_up_gives_the_same_tenant_back(
    stack: Stack, tenant: Tenant, access: Access, tmp_path: Path
) -> None:
    odd = tenant.add_workspace('Team "Süd" / {a} \\ b', environment="prod")
    colon = tenant.add_user("user:anna")  # looks like another way of writing a user
    tenant.grant(odd, colon, ["VIEW"])
    before = tenant.snapshot()
    sets = len({workspace for workspace, _, _ in tenant.grants()})
    out = tmp_path / "adopted"

    said = access("adopt", "--style", "sets", "--out", out)

    assert said.code == 0, said
    assert (
        f"{len(tenant.grants())} grants in {sets} sets and {len(tenant.role_mappings())} role mappings" in said.stdout
    )
    take_over(stack, out)
    assert stack.preview().ok().summary == {"same": sets + 2}
    assert stack.preview("--refresh").ok().summary == {"same": sets + 2}
    state = tmp_path / "state.json"
    state.write_text(json.dumps(stack.export()), encoding="utf-8")
    assert access("drift", "--state", state).stdout == "No difference between the tenant and its stacks.\n"
    assert tenant.calls.writes() == []

    stack.destroy().ok()
    assert tenant.grants() == {}
    stack.up().ok()
    assert tenant.snapshot() == before


def test_sets_leave_alone_what_is_managed_in_part(stack: Stack, tenant: Tenant, access: Access, tmp_path: Path) -> None:
    (workspace, kind, principal), permissions = next(iter(sorted(tenant.grants().items())))
    property_name = "user_id" if kind == "users" else "service_account_id"
    stack.program(
        f'WorkspacePermission("one", workspace_id={workspace!r}, {property_name}={principal!r}, '
        f"permissions={permissions!r}, adopt_existing=True)"
    )
    stack.up().ok()
    state = tmp_path / "state.json"
    state.write_text(json.dumps(stack.export()), encoding="utf-8")

    said = access("adopt", "--style", "sets", "--state", state, "--out", tmp_path / "sets")

    assert said.code == 0, said
    assert "the stack manages a part of it already; adopt the rest with --style grants" in said.stdout
    resources = json.loads((tmp_path / "sets" / "import.json").read_text(encoding="utf-8"))["resources"]
    assert workspace not in {resource["id"] for resource in resources}


def test_one_environment_is_read_with_one_listing_for_each_kind_of_principal(
    tenant: Tenant, access: Access, tmp_path: Path
) -> None:
    said = access("adopt", "--out", tmp_path / "prod", "--environment", "prod")

    assert said.code == 0, said
    prod = {w["id"] for w in tenant.workspaces() if w["environment"]["name"] == "prod"}
    resources = json.loads((tmp_path / "prod" / "import.json").read_text(encoding="utf-8"))["resources"]
    assert {r["inputs"].get("workspace_id") for r in resources} == {w for w, _, _ in tenant.grants() if w in prod}
    listings = [call for call in tenant.calls if call.path.endswith("/permissions")]
    assert sorted((call.path, *call.query) for call in listings) == [
        ("/security/permissions", "environmentId"),
        ("/security/service-accounts/permissions", "environmentId"),
    ]


def test_role_mappings_are_left_to_one_stack(tenant: Tenant, access: Access, tmp_path: Path) -> None:
    """Two stacks that adopt an environment each must not both get the tenant's role mappings."""
    kinds: dict[str, set[str]] = {}
    for environment in ("dev", "prod"):
        said = access("adopt", "--out", tmp_path / environment, "--environment", environment)
        assert said.code == 0, said
        assert "role mappings were left out" in said.stdout
        resources = json.loads((tmp_path / environment / "import.json").read_text(encoding="utf-8"))["resources"]
        kinds[environment] = {resource["type"].rpartition(":")[2] for resource in resources}
    assert kinds == {"dev": {"WorkspacePermission"}, "prod": {"WorkspacePermission"}}
    assert access("adopt", "--out", tmp_path / "sso", "--what", "role-mappings").code == 0
    text = (tmp_path / "sso" / "__main__.py").read_text(encoding="utf-8")
    assert all(f'"{name}"' in text for name in tenant.role_mappings())


@pytest.mark.parametrize("style", ["grants", "sets"])
def test_a_mapping_without_roles_does_not_get_into_the_program(
    stack: Stack, tenant: Tenant, access: Access, tmp_path: Path, style: str
) -> None:
    tenant.map_role("Nobody", [])
    out = tmp_path / "adopted"

    assert access("adopt", "--style", style, "--what", "role-mappings", "--out", out).code == 0
    take_over(stack, out)

    total = 1 if style == "sets" else len(tenant.role_mappings()) - 1
    assert stack.preview().ok().summary == {"same": total + 1}
    assert tenant.role_mappings()["Nobody"] == []


def test_service_accounts_that_may_not_be_read_are_left_to_others(
    stack: Stack, tenant: Tenant, access: Access, tmp_path: Path
) -> None:
    tenant.inject(Fault(kind="status", status=403, path="/security/service-accounts/permissions", times=None))
    out = tmp_path / "adopted"

    said = access("adopt", "--style", "sets", "--what", "permissions", "--out", out)

    assert said.code == 5
    assert "not read, so not adopted: permissions of service accounts: " in said.stdout
    assert 'exclusive="users"' in (out / "__main__.py").read_text(encoding="utf-8")
    take_over(stack, out)
    preview = stack.preview().ok()
    assert set(preview.summary) == {"same"}
    state = tmp_path / "state.json"
    state.write_text(json.dumps(stack.export()), encoding="utf-8")
    assert access("drift", "--state", state, "--what", "permissions").code == 5
    tenant.clear_faults()
    found = json.loads(access("drift", "--state", state, "--what", "permissions", "--format", "json").stdout)
    assert {(each["sort"], each["principal"]["kind"]) for each in found["differences"]} == {
        ("unmanaged", "service-account")
    }


def test_the_stacks_own_settings(stack: Stack, tenant: Tenant, tmp_path: Path) -> None:
    """The endpoint and the token in the stack's configuration, and nothing in the environment."""
    stack.configure("talend:endpoint", tenant.url)
    stack.configure("talend:token", tenant.token, secret=True)
    access = Access({**stack.engine.environment, **backend_of(stack)})
    (workspace, kind, principal), _ = next(iter(sorted(tenant.grants().items())))
    project = ("--stack", stack.name, "--cwd", stack.directory)

    said = access(
        "adopt", *project, "--only", f"{workspace}/{kind}/{principal}", "--name", "x", "--out", tmp_path / "one"
    )

    assert said.code == 0, said
    file = tmp_path / "one" / "import.json"
    assert f"pulumi import --file {file} --protect=false --generate-code=false --stack {stack.name}" in said.stdout
    assert tenant.token not in said.stdout + said.stderr
    assert access("drift", *project).code == 3
    assert access("report", *project).code == 0


def test_a_name_that_is_not_there_is_one_line_and_writes_no_file(access: Access, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for arguments, message in (
        (("--environment", "prd"), "no environment 'prd' in the tenant. Name one of these: dev, prod, staging."),
        (("--workspace", "Nowhere"), "no workspace 'Nowhere'. Check the name, or give the id."),
        (("--what", "users"), "'users' is not a value of --what. Write permissions or role-mappings, or both"),
        (("--only", "w/users/u"), "Could not adopt 'w/users/u': the tenant has nothing with the id 'w/users/u' that"),
    ):
        said = access("adopt", "--out", out, *arguments)
        assert said.code == 1
        assert said.stderr.startswith(f"error: {message}"), said.stderr
        assert said.stderr.count("\n") == 1
    assert not out.exists()


def test_a_login_that_is_the_address_of_another_account_is_written_as_an_id(
    tenant: Tenant, access: Access, tmp_path: Path
) -> None:
    workspace = tenant.add_workspace("Twins", environment="dev")
    twin = tenant.add_user("twin@x.example")
    tenant.add_user("other", email="twin@x.example")
    tenant.grant(workspace, twin, ["VIEW"])
    assert access("adopt", "--workspace", "Twins", "--out", tmp_path / "adopted").code == 0
    program = (tmp_path / "adopted" / "__main__.py").read_text(encoding="utf-8")
    assert twin in program
    assert '"twin@x.example"' not in program


def test_files_are_never_overwritten_unasked(access: Access, tmp_path: Path) -> None:
    (tmp_path / "__main__.py").write_text("mine\n", encoding="utf-8")

    said = access("adopt", "--out", tmp_path)

    assert said.code == 1
    assert "exists already; nothing was written" in said.stderr
    assert (tmp_path / "__main__.py").read_text(encoding="utf-8") == "mine\n"
    assert [path.name for path in tmp_path.iterdir()] == ["__main__.py"]
    assert access("adopt", "--out", tmp_path, "--force").code == 0
    assert "pulumi_talend" in (tmp_path / "__main__.py").read_text(encoding="utf-8")


def test_what_may_not_be_read_is_said_and_never_taken_for_absent(tenant: Tenant, tmp_path: Path) -> None:
    sso_only = Access({"TALEND_ENDPOINT": tenant.url, "TALEND_TOKEN": tenant.tokens["sso-only"]})

    said = sso_only("adopt", "--out", tmp_path / "out")

    assert said.code == 5
    assert "not read, so not adopted: permissions of users: Could not list the workspaces" in said.stdout
    assert f"0 grants and {len(tenant.role_mappings())} role mappings to adopt." in said.stdout


def test_one_object_under_a_given_name(stack: Stack, tenant: Tenant, access: Access, tmp_path: Path) -> None:
    (workspace, kind, principal), permissions = next(iter(sorted(tenant.grants().items())))
    property_name = "user_id" if kind == "users" else "service_account_id"
    stack.program(
        f'WorkspacePermission("mine", workspace_id={workspace!r}, {property_name}={principal!r}, permissions={permissions!r})'
    )
    refused = stack.preview().failed()
    command = f"talend-access adopt --only {workspace}/{kind}/{principal} --name NAME --out DIR"
    output = " ".join(refused.output.split())
    assert command in output
    assert "pulumi import --file DIR/import.json --protect=false --generate-code=false" in output

    said = access(*command.replace("NAME", "mine").replace("DIR", str(tmp_path / "one")).split()[1:])

    assert said.code == 0, said
    file = tmp_path / "one" / "import.json"
    assert [path.name for path in file.parent.iterdir()] == ["import.json"]
    stack.command("import", "--file", str(file), *IMPORT, "--stack", stack.name).ok()
    assert stack.preview().ok().summary == {"same": 2}
    assert tenant.calls.writes() == []


def test_adding_to_a_stack_writes_only_what_it_does_not_manage(
    stack: Stack, tenant: Tenant, access: Access, tmp_path: Path
) -> None:
    assert access("adopt", "--out", tmp_path / "first", "--environment", "prod").code == 0
    take_over(stack, tmp_path / "first")
    tenant.map_role("Late", ["Operator"])
    state = tmp_path / "state.json"
    state.write_text(json.dumps(stack.export()), encoding="utf-8")
    (stack.directory / "import.json").write_text("{}", encoding="utf-8")
    managed = len(stack.managed())

    access = Access(
        {**access.settings, **stack.engine.environment, **backend_of(stack)}
    )  # also where `pulumi` is on PATH
    place = ("--cwd", stack.directory, "--out", stack.directory)
    said = access("adopt", *place, "--add-to", stack.name, "--state", state)

    assert said.code == 0, said
    assert "import adopted" in said.stdout
    assert (stack.directory / "import.json").read_text(encoding="utf-8") == "{}"
    main = stack.directory / "__main__.py"
    main.write_text(main.read_text(encoding="utf-8") + "\nimport adopted  # noqa: F401\n", encoding="utf-8")
    stack.command("import", "--file", "import_2.json", *IMPORT, "--stack", stack.name).ok()
    total = len(tenant.grants()) + len(tenant.role_mappings())
    assert managed < total
    assert stack.preview().ok().summary == {"same": total + 1}
    assert len(stack.managed()) == total


@pytest.mark.parametrize("fault", ["empty-listing", "partial-listing", "truncated", "html", "drop-before"])
def test_nothing_is_written_to_the_tenant_whatever_it_answers(
    tenant: Tenant, access: Access, tmp_path: Path, fault: str
) -> None:
    tenant.inject(Fault(kind=fault, path=r"/security/.*", times=None))  # pyright: ignore[reportArgumentType]
    before = tenant.snapshot()

    access("adopt", "--out", tmp_path / "out")

    tenant.clear_faults()
    assert tenant.calls.writes() == []
    assert tenant.snapshot() == before


def test_a_reading_client_refuses_every_write(tenant: Tenant) -> None:
    key = GrantKey(tenant.workspaces()[0]["id"], Principal("users", tenant.users()[0]["id"]))
    with ReadOnlyClient(settings_for(tenant)) as client:
        for write in (
            lambda: client.permissions.remove(key),
            lambda: client.permissions.assign(key, frozenset({"VIEW"})),
            lambda: client.permissions.replace_batch("users", {key: frozenset({"VIEW"})}),
            lambda: client.role_mappings.replace_all([]),
        ):
            with pytest.raises(WriteRefusedError):
                write()
    assert list(tenant.calls) == []
