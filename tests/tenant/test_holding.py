"""What a test holds: the log of calls, the hook, the console's hand, behaviour, seeds, files, the end."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError

import pulumi_talend_sandbox.tenant as package
import support
from pulumi_talend_sandbox.tenant import Behaviour, Call, CallLog, Company, Fault, Tenant, big, company, empty
from tenant.conftest import client_of

MAPPINGS = "/security/role-mappings"


# --- calls


def test_calls_are_logged_in_order_with_all_that_came(tenant: Tenant, api: httpx.Client, workspace: str) -> None:
    api.get("/security/permissions", params={"workspaceId": workspace, "unknown": ""})
    api.post(MAPPINGS, json=[{"name": "Köln", "roles": ["Operator"]}])
    api.get(f"{MAPPINGS}/a%2Fb")
    api.get("/account/roles?page=1&page=2&nameFilter=x%20y")
    api.post(MAPPINGS, content=b"{nope", headers={"content-type": "application/json"})
    body = {"audience": "a", "grant_type": "client_credentials"}
    api.post("/security/oauth/token", json=body, auth=(tenant.client_id, tenant.client_secret))
    assert tenant.calls.lines() == [
        f"GET /security/permissions?workspaceId={workspace}&unknown= 200",
        "POST /security/role-mappings 200",
        "GET /security/role-mappings/a%2Fb 404",
        "GET /account/roles?page=1&page=2&nameFilter=x y 200",
        "POST /security/role-mappings 400",
        "POST /security/oauth/token 200",
    ]
    first, second, _, fourth, fifth, token = tenant.calls
    assert first.query == {"workspaceId": workspace, "unknown": ""}
    assert (first.body, first.token_name) == (None, "admin")
    assert second.body == [{"name": "Köln", "roles": ["Operator"]}]
    assert fourth.query == {"page": "1,2", "nameFilter": "x y"}
    assert fourth.pairs == (("page", "1"), ("page", "2"), ("nameFilter", "x y"))
    assert fifth.body == "{nope"
    assert (token.body, token.token_name) == (body, None)
    assert first.at <= second.at <= token.at
    assert tenant.calls.writes() == [second, fifth]
    assert tenant.calls[-1] == token
    assert tenant.calls[:2] == [first, second]
    assert tenant.calls.matching(lambda call: call.status == 404) == [tenant.calls[2]]
    assert len(tenant.calls) == 6
    assert tenant.client_secret not in repr(tenant.calls)
    assert tenant.token not in repr(tenant.calls)
    tenant.calls.clear()
    assert list(tenant.calls) == []
    assert not tenant.calls


def test_the_log_can_keep_the_newest_only_and_tell_each_call() -> None:
    told: list[Call] = []
    log = CallLog(limit=2, observer=told.append)
    numbers = [log.begin(Call("GET", f"/{n}")) for n in range(3)]
    for number in numbers:
        log.finish(number, 200)
    assert log.lines() == ["GET /1 200", "GET /2 200"]
    assert [call.line() for call in told] == log.lines()


def test_a_call_cleared_while_under_way_stays_cleared(tenant: Tenant, api: httpx.Client) -> None:
    remove = tenant.on_call(lambda _: tenant.calls.clear())
    api.get(MAPPINGS)
    assert len(tenant.calls) == 0
    remove()


# --- the hook


def test_the_hook_plays_another_writer_in_the_gap(tenant: Tenant, api: httpx.Client) -> None:
    seen: list[Call] = []

    def other(call: Call) -> None:
        if call.method == "POST" and call.path == MAPPINGS:
            seen.append(call)
            tenant.map_role("from elsewhere", ["Operator"])

    before = tenant.role_mappings()
    remove = tenant.on_call(other)
    read = api.get(MAPPINGS).json()
    api.post(MAPPINGS, json=[*read, {"name": "mine", "roles": ["Operator"]}])
    # The other's mapping came in before the work, so replace-all has wiped it: a lost update.
    assert tenant.role_mappings() == {**before, "mine": ["Operator"]}
    assert [(call.status, call.token_name) for call in seen] == [(0, "admin")]
    remove()
    remove()
    api.post(MAPPINGS, json=read)
    assert len(seen) == 1


def test_the_hook_is_not_called_for_who_is_not_let_in(tenant: Tenant, api: httpx.Client) -> None:
    seen: list[str] = []
    tenant.on_call(lambda call: seen.append(call.path))
    support.fetch("GET", tenant.url + MAPPINGS)
    tenant.inject(Fault(kind="status"))
    api.get(MAPPINGS)
    assert seen == []
    api.get(MAPPINGS)
    assert seen == [MAPPINGS]


def test_what_fails_in_the_server_is_told_at_the_end() -> None:
    tenant = Tenant.start(seed="empty")

    def broken(_: Call) -> None:
        raise LookupError("a broken hook")

    tenant.on_call(broken)
    answer = support.fetch("GET", tenant.url + MAPPINGS, headers={"Authorization": f"Bearer {tenant.token}"})
    assert answer.status_code == 500
    assert "hook" not in answer.text
    with pytest.raises(RuntimeError, match="failed 1 times: LookupError"):
        tenant.stop()
    tenant.stop()  # a second time is nothing new


# --- the console's hand


def test_the_console_grants_and_revokes_past_the_log(
    tenant: Tenant, workspace: str, user: str, service_account: str
) -> None:
    before = tenant.snapshot()
    tenant.grant(workspace, user, ["VIEW", "EXECUTE", "VIEW"])
    tenant.grant(workspace, service_account_id=service_account, permissions=["VIEW"])
    assert tenant.grants()[workspace, "users", user] == ["EXECUTE", "VIEW"]
    assert tenant.grants()[workspace, "service-accounts", service_account] == ["VIEW"]
    assert tenant.snapshot() != before
    tenant.grant(workspace, user, ["MANAGE"])
    assert tenant.grants()[workspace, "users", user] == ["MANAGE"]
    tenant.revoke(workspace, user)
    tenant.revoke(workspace, service_account_id=service_account)
    tenant.map_role("a/b", ["Operator"])
    assert tenant.role_mappings()["a/b"] == ["Operator"]
    tenant.unmap_role("a/b")
    assert tenant.snapshot() == before
    assert len(tenant.calls) == 0


def test_the_console_adds_and_deletes(tenant: Tenant, api: httpx.Client, workspace: str, user: str) -> None:
    new_user = tenant.add_user("new@nordlicht-retail.example", first_name="N", last_name="E", roles=["Operator"])
    new_place = tenant.add_workspace("New", environment="prod")
    new_account = tenant.add_service_account("new-robot", permissions=["TMC_OPERATOR"])
    assert api.get("/account/users?page=2").json()[-1]["id"] == new_user
    assert api.get("/orchestration/workspaces?query=name==New").json()[0]["id"] == new_place
    assert api.get("/account/service-accounts").json()[-1]["id"] == new_account
    tenant.grant(new_place, new_user, ["VIEW"])
    tenant.grant(new_place, service_account_id=new_account, permissions=["VIEW"])
    tenant.grant(workspace, user, ["VIEW"])
    tenant.delete_user(user)
    assert (workspace, "users", user) not in tenant.grants()
    tenant.delete_service_account(new_account)
    assert [key for key in tenant.grants() if key[0] == new_place] == [(new_place, "users", new_user)]
    tenant.delete_workspace(new_place)
    assert [key for key in tenant.grants() if key[2] == new_user] == []
    assert len(tenant.users()) == 64


Deed = Callable[[Tenant, str, str], object]
IMPOSSIBLE: list[Deed] = [
    lambda t, w, u: t.grant("nowhere", u, ["VIEW"]),
    lambda t, w, u: t.grant(w, "nobody", ["VIEW"]),
    lambda t, w, u: t.grant(w, permissions=["VIEW"]),
    lambda t, w, u: t.grant(w, u, ["VIEW"], service_account_id=u),
    lambda t, w, u: t.revoke(w, u),
    lambda t, w, u: t.map_role("a", ["Nope"]),
    lambda t, w, u: t.unmap_role("nope"),
    lambda t, w, u: t.delete_user("nobody"),
    lambda t, w, u: t.delete_service_account(u),
    lambda t, w, u: t.delete_workspace("nowhere"),
    lambda t, w, u: t.add_user(t.users()[0]["login"]),
    lambda t, w, u: t.add_user("x", roles=["Nope"]),
    lambda t, w, u: t.add_workspace("Sales", environment="dev"),
    lambda t, w, u: t.add_workspace("Sales", environment="nowhere"),
    lambda t, w, u: t.add_service_account("ci-publisher"),
]


def test_what_the_console_cannot_do(tenant: Tenant, workspace: str, user: str) -> None:
    before = (tenant.snapshot(), tenant.users(), tenant.workspaces(), tenant.service_accounts())
    for deed in IMPOSSIBLE:
        with pytest.raises(ValueError, match=r"tenant|has no permissions|only one"):
            deed(tenant, workspace, user)
    assert (tenant.snapshot(), tenant.users(), tenant.workspaces(), tenant.service_accounts()) == before


# --- behaviour


def test_behaviour_is_changed_and_checked(tenant: Tenant) -> None:
    assert tenant.behaviour == Behaviour()
    tenant.set_behaviour(post_on_existing="merge")
    assert tenant.set_behaviour(latency=0.5) == Behaviour(post_on_existing="merge", latency=0.5)
    for wrong in ({"post_on_existing": "maybe"}, {"nope": 1}, {"rate_limit": (0, 1)}, {"latency": -1}):
        with pytest.raises(ValidationError):
            tenant.set_behaviour(**wrong)
    assert tenant.behaviour == Behaviour(post_on_existing="merge", latency=0.5)


# --- seeds


def test_the_company_is_believable(tenant: Tenant) -> None:
    assert [each["name"] for each in tenant.environments()] == ["dev", "staging", "prod"]
    assert len(tenant.workspaces()) == 13
    assert len(tenant.users()) == 64
    assert len(tenant.service_accounts()) == 5
    assert len(tenant.groups()) == 4
    engine_users = [u for u in tenant.users() if any(role["name"] == "Engine User" for role in u["roles"])]
    assert len(engine_users) >= 3
    for (_, _, account), permissions in tenant.grants().items():
        if account in {each["id"] for each in engine_users}:
            assert set(permissions) <= {"EXECUTE", "VIEW"}
    assert {role for roles in tenant.role_mappings().values() for role in roles} <= {r["name"] for r in tenant.roles()}


def test_its_ids_are_the_same_in_every_run(tenant: Tenant) -> None:
    # Examples name these: changing them breaks somebody's program.
    assert tenant.workspaces()[0]["id"] == "6077b7b9a510b0700f5da086"
    assert tenant.client_id == "8050a807-6a5d-5b28-a672-8cf7aa347e9a"
    assert tenant.token == "demo-admin-69d684e490bc47144f137e61f68bb5a6"
    assert company() == company()


def test_other_seeds(tmp_path: Path) -> None:
    with Tenant.start(seed="empty") as tenant:
        assert tenant.snapshot() == {"grants": {}, "role_mappings": {}, "role_mappings_enabled": False}
        assert len(tenant.users()) == 64
    with Tenant.start(seed="big:20x30x500") as tenant:
        assert (len(tenant.workspaces()), len(tenant.users()), len(tenant.grants())) == (20, 30, 500)
    with Tenant.start(seed=big(workspaces=2, users=2, grants=4)) as tenant:
        assert len(tenant.grants()) == 4
    assert isinstance(empty(), Company)
    for wrong in ("nope", "big:1x1", "big:1x1x2"):
        with pytest.raises(ValueError, match=r"seed|fit"):
            Tenant.start(seed=wrong)


# --- files, threads, ports


def test_a_file_outlives_the_tenant(tmp_path: Path) -> None:
    file = tmp_path / "tenant.db"
    with Tenant.start(database=file) as tenant:
        tenant.map_role("kept", ["Operator"])
        before = tenant.snapshot()
    with Tenant.start(database=str(file), seed="empty") as tenant:
        assert tenant.snapshot() == before


def test_a_file_that_is_something_else_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "text.db"
    text.write_text("not a database, but long enough to be taken for one" * 20)
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE something (id)")
    connection.close()
    for file in (text, other, tmp_path / "no" / "such" / "directory.db"):
        with pytest.raises(ValueError, match="cannot be used as the tenant's database"):
            Tenant.start(database=file)
    assert text.read_text().startswith("not a database")


def test_a_port_that_is_taken_is_an_oserror(tenant: Tenant) -> None:
    with pytest.raises(OSError, match="in use"):
        Tenant.start(port=int(tenant.url.rpartition(":")[2]))


def test_many_writers_at_once_lose_nothing(tenant: Tenant) -> None:
    people = [each["id"] for each in tenant.users() if each["roles"][0]["name"] != "Engine User"][:24]
    place = tenant.add_workspace("Crowded")
    failures: list[object] = []

    def work(mine: list[str]) -> None:
        with client_of(tenant) as client:
            for person in mine:
                path = f"/security/workspaces/{place}/users/{person}/permissions"
                for answer in (client.post(path, json=["VIEW"]), client.put(path, json=["EXECUTE"]), client.get(path)):
                    if answer.status_code >= 300:
                        failures.append(answer.text)

    threads = [threading.Thread(target=work, args=(people[n::6],)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert {k[2]: v for k, v in tenant.grants().items() if k[0] == place} == {each: ["EXECUTE"] for each in people}
    assert len(tenant.calls) == 72


def test_it_listens_on_loopback_only(tenant: Tenant) -> None:
    assert tenant.url.startswith("http://127.0.0.1:")


def test_after_the_block_nobody_answers() -> None:
    with Tenant.start(seed="empty") as tenant:
        url = tenant.url
    with pytest.raises(httpx.ConnectError):
        support.fetch("GET", url)


def test_idle_connections_are_for_the_client_to_end(tenant: Tenant) -> None:
    """Ended by the server, a request that is on its way by then is lost."""
    config = tenant._server._uvicorn.config  # pyright: ignore[reportPrivateUsage]
    clients = httpx.Limits().keepalive_expiry
    assert clients is not None
    assert config.timeout_keep_alive >= 10 * clients


def test_an_error_in_the_block_is_not_hidden() -> None:
    with pytest.raises(KeyError, match="mine"), Tenant.start(seed="empty"):
        raise KeyError("mine")


# --- names


def test_the_public_names_are_all_there_is() -> None:
    assert sorted(package.__all__) == package.__all__
    assert all(hasattr(package, name) for name in package.__all__)


def test_the_top_level_package_is_light() -> None:
    code = "import sys, pulumi_talend_sandbox; print(sorted({'fastapi', 'uvicorn', 'typer', 'pydantic'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
