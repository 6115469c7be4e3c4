"""WorkspacePermission: its provider as the dynamic host calls it, on a tenant."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

import pytest
from pulumi.runtime.rpc import UNKNOWN

import support
from pulumi_talend import TalendError
from pulumi_talend.api import GrantKey, Principal
from pulumi_talend_sandbox.tenant import Behaviour, Fault, Tenant

New = Callable[..., Any]
PROVIDER = {"__provider": "gASV"}


def inputs_of(key: GrantKey, *permissions: str, **more: Any) -> dict[str, Any]:
    """What the host passes on: as a program would give it, nothing that is not set."""
    principal = "user_id" if key.principal.kind == "users" else "service_account_id"
    return {
        **PROVIDER,
        "workspace_id": key.workspace_id,
        principal: key.principal.id,
        "permissions": list(permissions),
        "adopt_existing": False,
        **more,
    }


def failures(result: Any) -> dict[str, str]:
    """Property → reason; every reason can be shown to a person."""
    for failure in result.failures:
        support.readable(failure.reason)
    return {failure.property: failure.reason for failure in result.failures}


@pytest.mark.parametrize("kind", ["users", "service-accounts"])
def test_the_life_of_a_resource(tenant: Tenant, new_grants: New, kind: str) -> None:
    key = support.user_key(tenant) if kind == "users" else support.service_account_key(tenant)
    before = tenant.snapshot()

    provider = new_grants()
    checked = provider.check({}, inputs_of(key, "VIEW", "EXECUTE"))
    assert failures(checked) == {}
    assert checked.inputs["permissions"] == ["EXECUTE", "VIEW"]
    created = provider.create({**PROVIDER, **checked.inputs})
    assert created.id == key.resource_id
    assert support.standing(tenant, key) == {"EXECUTE", "VIEW"}
    assert set(created.outs) == set(checked.inputs)
    state = {**PROVIDER, **created.outs}

    provider = new_grants()
    read = provider.read(created.id, state)
    assert read.id == created.id
    assert {name: read.outs[name] for name in checked.inputs} == checked.inputs

    provider = new_grants()
    news = provider.check(state, inputs_of(key, "VIEW", "AUTHOR"))
    assert failures(news) == {}
    diff = provider.diff(created.id, state, {**PROVIDER, **news.inputs})
    assert (diff.changes, diff.replaces) == (True, [])
    updated = provider.update(created.id, state, {**PROVIDER, **news.inputs})
    assert support.standing(tenant, key) == {"AUTHOR", "VIEW"}
    assert updated.outs["permissions"] == ["AUTHOR", "VIEW"]

    new_grants().delete(created.id, {**PROVIDER, **updated.outs})
    assert tenant.snapshot() == before


def test_without_a_change_nothing_is_called(tenant: Tenant, new_grants: New) -> None:
    key = support.user_key(tenant)
    provider = new_grants()
    state = {**PROVIDER, **provider.create(inputs_of(key, "VIEW", "EXECUTE")).outs}
    provider = new_grants()
    tenant.calls.clear()
    checked = provider.check(state, inputs_of(key, "EXECUTE", "VIEW", "EXECUTE"))
    assert failures(checked) == {}
    assert not provider.diff(key.resource_id, state, {**PROVIDER, **checked.inputs}).changes
    assert len(tenant.calls) == 0


@pytest.mark.parametrize("permissions", [["VIEW", "EXECUTE"], ["EXECUTE", "VIEW"], ["VIEW", "VIEW", "EXECUTE", "VIEW"]])
def test_order_and_repetition_are_no_difference(tenant: Tenant, new_grants: New, permissions: list[str]) -> None:
    key = support.user_key(tenant)
    provider = new_grants()
    olds = inputs_of(key, "EXECUTE", "VIEW")
    assert not provider.diff(key.resource_id, olds, {**inputs_of(key), "permissions": permissions}).changes
    assert not provider.diff(key.resource_id, {**inputs_of(key), "permissions": permissions}, olds).changes


def test_what_replaces_and_what_updates(tenant: Tenant, new_grants: New) -> None:
    provider = new_grants()
    key, other = support.user_key(tenant, 0, 10), support.user_key(tenant, 1, 11)
    account = support.service_account_key(tenant)
    olds = inputs_of(key, "VIEW")

    def diff(news: dict[str, Any]) -> tuple[bool, set[str]]:
        result = provider.diff(key.resource_id, olds, news)
        if result.replaces:
            assert not result.delete_before_replace  # never a moment without access
        return result.changes, set(result.replaces)

    assert diff(inputs_of(key, "VIEW", adopt_existing=True)) == (False, set())
    assert diff(inputs_of(key, "EXECUTE")) == (True, set())
    assert diff(inputs_of(GrantKey(other.workspace_id, key.principal), "VIEW")) == (True, {"workspace_id"})
    assert diff(inputs_of(GrantKey(key.workspace_id, other.principal), "VIEW")) == (True, {"user_id"})
    assert diff(inputs_of(GrantKey(key.workspace_id, account.principal), "VIEW")) == (
        True,
        {"user_id", "service_account_id"},
    )
    assert diff({**olds, "workspace_id": UNKNOWN}) == (True, {"workspace_id"})
    assert diff({**olds, "permissions": UNKNOWN}) == (True, set())
    assert diff({**olds, "permissions": ["VIEW", UNKNOWN]}) == (True, set())


@pytest.mark.parametrize(
    "change",
    [
        {"workspace_id": UNKNOWN},
        {"user_id": UNKNOWN},
        {"permissions": UNKNOWN},
        {"permissions": ["VIEW", UNKNOWN]},
        {"adopt_existing": UNKNOWN},
        {"workspace_id": UNKNOWN, "user_id": UNKNOWN, "permissions": UNKNOWN, "adopt_existing": UNKNOWN},
    ],
)
def test_what_is_not_known_yet_passes_and_stays_unknown(
    tenant: Tenant, new_grants: New, change: dict[str, Any]
) -> None:
    news = {**inputs_of(support.user_key(tenant), "VIEW"), **change}
    checked = new_grants().check({}, news)
    assert failures(checked) == {}
    assert {name: checked.inputs[name] for name in change} == change
    assert tenant.calls.writes() == []


def test_unknown_does_not_hide_what_is_wrong_elsewhere(tenant: Tenant, new_grants: New) -> None:
    news = {**inputs_of(support.user_key(tenant), "NOTHING"), "workspace_id": UNKNOWN}
    assert set(failures(new_grants().check({}, news))) == {"permissions"}


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"permissions": ["OWNER"]}, "permissions", "no permission 'OWNER'"),
    ({"permissions": ["view"]}, "permissions", "did you mean VIEW?"),
    ({"permissions": ["EXECUTER"]}, "permissions", "did you mean EXECUTE?"),
    ({"permissions": []}, "permissions", "is empty"),
    ({"permissions": "VIEW"}, "permissions", 'write ["VIEW"]'),
    ({"permissions": 7}, "permissions", "must be a list"),
    ({"permissions": [7]}, "permissions", "no name"),
    ({"permissions": [""]}, "permissions", "no name"),
    ({"permissions": ["VI\nEW"]}, "permissions", "no name"),
    ({"permissions": {"VIEW": True}}, "permissions", "must be a list"),
    ({"permissions": None}, "permissions", "not set"),
    ({"workspace_id": ""}, "workspace_id", "is blank"),
    ({"workspace_id": "  "}, "workspace_id", "is blank"),
    ({"workspace_id": None}, "workspace_id", "not set"),
    ({"workspace_id": 7}, "workspace_id", "must be text"),
    ({"workspace_id": "a/b"}, "workspace_id", "is not an id"),
    ({"workspace_id": ".."}, "workspace_id", "is not an id"),
    ({"workspace_id": " a"}, "workspace_id", "is not an id"),
    ({"workspace_id": "a\x00"}, "workspace_id", "control characters"),
    ({"user_id": ""}, "user_id", "is blank"),
    ({"user_id": None}, "user_id", "not set"),
    ({"user_id": ["u"]}, "user_id", "must be text"),
    ({"service_account_id": "sa-1"}, "service_account_id", "set together with user_id"),
    ({"adopt_existing": "perhaps"}, "adopt_existing", "True or False"),
]


@pytest.mark.parametrize(("change", "where", "said"), BAD)
def test_a_bad_input_fails_at_its_property_and_nothing_is_called(
    tenant: Tenant, new_grants: New, change: dict[str, Any], where: str, said: str
) -> None:
    before = tenant.snapshot()
    result = new_grants().check({}, {**inputs_of(support.user_key(tenant), "VIEW"), **change})
    found = failures(result)
    assert list(found) == [where]
    assert said in found[where]
    assert tenant.snapshot() == before
    assert len(tenant.calls) == 0


def test_every_reason_is_given_at_once(new_grants: New) -> None:
    found = failures(new_grants().check({}, {**PROVIDER, "user_id": " ", "permissions": ["OWNER", "VIEW", "KING"]}))
    assert {"user_id", "permissions"} <= set(found)
    assert "'OWNER'" in found["permissions"]
    assert "'KING'" in found["permissions"]


def test_more_permissions_can_be_allowed(tenant: Tenant, new_grants: New) -> None:
    config = {"endpoint": tenant.url, "token": tenant.token, "extraPermissions": "USE_ENGINES"}
    tenant.set_behaviour(permission_names=(*Behaviour().permission_names, "USE_ENGINES"))
    provider = new_grants(**config)
    key = support.user_key(tenant)
    checked = provider.check({}, inputs_of(key, "USE_ENGINES"))
    assert failures(checked) == {}
    provider.create({**PROVIDER, **checked.inputs})
    assert support.standing(tenant, key) == {"USE_ENGINES"}


CREDENTIALS: list[tuple[dict[str, str], list[str]]] = [
    ({"region": "eu"}, ["talend:token"]),
    ({"token": "t"}, ["talend:region"]),
    ({"region": "mars", "token": "t"}, ["talend:region", "mars"]),
    ({"endpoint": "nowhere", "token": "t"}, ["talend:endpoint"]),
    ({"endpoint": "http://elsewhere.example", "token": "t"}, ["talend:endpoint", "clear text"]),
    ({"region": "eu", "clientId": "a"}, ["talend:clientSecret"]),
    ({"region": "eu", "clientId": "a", "clientSecret": "b", "token": "t"}, ["talend:token", "talend:clientId"]),
]


@pytest.mark.parametrize(("config", "said"), CREDENTIALS)
def test_wrong_settings_are_said_by_check_and_by_the_rest_in_a_line(
    tenant: Tenant, new_grants: New, config: dict[str, str], said: list[str]
) -> None:
    key = support.user_key(tenant)
    provider = new_grants(**config)
    found = failures(provider.check({}, inputs_of(key, "VIEW")))
    assert set(found) == {""}
    works: list[Callable[[], object]] = [
        lambda: provider.create(inputs_of(key, "VIEW")),
        lambda: provider.read(key.resource_id, inputs_of(key, "VIEW")),
        lambda: provider.update(key.resource_id, inputs_of(key, "VIEW"), inputs_of(key, "EXECUTE")),
        lambda: provider.delete(key.resource_id, inputs_of(key, "VIEW")),
    ]
    for work in works:
        with pytest.raises(TalendError) as caught:
            work()
        support.readable(caught.value, *said)
    assert all(words in found[""] for words in said)


def test_a_wrong_token_is_one_line_at_preview(tenant: Tenant, new_grants: New) -> None:
    provider = new_grants(endpoint=tenant.url, token="wrong-token-4711")
    found = failures(provider.check({}, inputs_of(support.user_key(tenant), "VIEW")))
    assert list(found) == [""]
    support.readable(found[""], "401", "set talend:token anew", secrets=["4711"])


def test_an_unreachable_tenant_is_one_line_at_preview(
    tenant: Tenant, new_grants: New, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pulumi_talend.api.client._BACKOFF_FIRST_SECONDS", 0.001)
    provider = new_grants(endpoint="http://127.0.0.1:9", token="token-4711")
    found = failures(provider.check({}, inputs_of(support.user_key(tenant), "VIEW")))
    assert list(found) == [""]
    support.readable(found[""], "no connection to 127.0.0.1:9", secrets=["4711"])


def test_what_is_there_already_is_said_at_preview(tenant: Tenant, new_grants: New) -> None:
    key = support.user_key(tenant)
    support.grant_by_hand(tenant, key, "MANAGE")
    before = tenant.snapshot()
    found = failures(new_grants().check({}, inputs_of(key, "VIEW")))
    assert list(found) == ["adopt_existing"]
    assert "already has MANAGE" in found["adopt_existing"]
    provider = new_grants()
    with pytest.raises(TalendError) as caught:
        provider.create(inputs_of(key, "VIEW"))
    support.readable(caught.value, "already has MANAGE")
    assert tenant.snapshot() == before
    assert failures(new_grants().check({}, inputs_of(key, "VIEW", adopt_existing=True))) == {}


def test_an_engine_user_is_said_at_preview_or_by_the_api(tenant: Tenant, new_grants: New) -> None:
    key = GrantKey(support.workspaces_of(tenant)[0], Principal("users", support.engine_user_id(tenant)))
    before = tenant.snapshot()
    provider = new_grants()
    found = failures(provider.check({}, inputs_of(key, "AUTHOR")))
    if not found:
        with pytest.raises(TalendError) as caught:
            provider.create(inputs_of(key, "AUTHOR"))
        found = {"permissions": str(caught.value)}
    assert list(found) == ["permissions"]
    assert "TMC_ENGINE_USE" in found["permissions"]
    assert tenant.snapshot() == before


def test_drift_is_read_as_it_stands(tenant: Tenant, new_grants: New) -> None:
    key = support.user_key(tenant)
    state = {**PROVIDER, **new_grants().create(inputs_of(key, "VIEW", "EXECUTE")).outs}
    support.grant_by_hand(tenant, key, "MANAGE")
    provider = new_grants()
    read = provider.read(key.resource_id, state)
    assert read.outs["permissions"] == ["MANAGE"]
    assert read.inputs["permissions"] == ["MANAGE"]
    program = provider.check({**PROVIDER, **read.inputs}, inputs_of(key, "VIEW", "EXECUTE"))
    assert failures(program) == {}
    assert provider.diff(key.resource_id, {**PROVIDER, **read.outs}, program.inputs).changes
    provider.update(key.resource_id, {**PROVIDER, **read.outs}, program.inputs)
    assert support.standing(tenant, key) == {"VIEW", "EXECUTE"}


def test_the_same_in_another_order_is_no_drift(tenant: Tenant, new_grants: New) -> None:
    key = support.user_key(tenant)
    support.grant_by_hand(tenant, key, "VIEW", "EXECUTE")
    state = {**inputs_of(key), "permissions": ["VIEW", "EXECUTE"]}
    assert new_grants().read(key.resource_id, state).outs["permissions"] == ["VIEW", "EXECUTE"]


def test_what_is_gone_reads_as_gone_and_is_deleted_without_an_error(tenant: Tenant, new_grants: New) -> None:
    key = support.user_key(tenant)
    state = {**PROVIDER, **new_grants().create(inputs_of(key, "VIEW")).outs}
    support.revoke_by_hand(tenant, key)
    read = new_grants().read(key.resource_id, state)
    assert (read.id, read.outs) == ("", {})
    new_grants().delete(key.resource_id, state)


@pytest.mark.parametrize("status", [401, 403, 500])
def test_what_cannot_be_read_is_never_gone(
    tenant: Tenant, new_grants: New, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pulumi_talend.api.client._BACKOFF_FIRST_SECONDS", 0.001)
    key = support.user_key(tenant)
    support.grant_by_hand(tenant, key, "VIEW")
    tenant.inject(Fault(kind="status", status=status, times=None))
    with pytest.raises(TalendError) as caught:
        new_grants().read(key.resource_id, inputs_of(key, "VIEW"))
    support.readable(caught.value, str(status))


@pytest.mark.parametrize("kind", ["empty-listing", "partial-listing"])
def test_a_bad_listing_is_never_gone(tenant: Tenant, new_grants: New, kind: Any) -> None:
    key = support.user_key(tenant)
    support.grant_by_hand(tenant, key, "VIEW")
    tenant.inject(Fault(kind=kind, path="^/security/permissions$", times=None))
    assert new_grants().read(key.resource_id, inputs_of(key, "VIEW")).id == key.resource_id


def test_a_failure_has_no_history_and_no_secret(tenant: Tenant, new_grants: New) -> None:
    key = support.user_key(tenant)
    tenant.inject(Fault(kind="status", status=400, body={"message": f"bad {tenant.token}"}, times=None))
    with pytest.raises(TalendError) as caught:
        new_grants().create(inputs_of(key, "VIEW"))
    text = "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None
    assert "During handling" not in text
    assert "[secure]" in support.readable(caught.value, secrets=[tenant.token])
    assert tenant.token not in text


def test_a_foreign_id_is_an_error_in_a_line(new_grants: New) -> None:
    with pytest.raises(TalendError) as caught:
        new_grants().read("nonsense", dict(PROVIDER))
    support.readable(caught.value)


def test_many_at_once_as_the_host_calls_them(tenant: Tenant, new_grants: New) -> None:
    keys = [support.user_key(tenant, workspace, user) for workspace in range(4) for user in range(10, 14)]
    for key in keys:
        if support.standing(tenant, key):
            support.revoke_by_hand(tenant, key)
    untouched = support.others(tenant, *keys)
    provider = new_grants()
    results = support.in_threads([lambda key=key: provider.create(inputs_of(key, "VIEW")) for key in keys])
    assert [getattr(result, "id", result) for result in results] == [key.resource_id for key in keys]
    assert [support.standing(tenant, key) for key in keys] == [{"VIEW"}] * len(keys)
    assert support.others(tenant, *keys) == untouched
    assert len(tenant.calls.writes()) <= len(keys)
    removed = support.in_threads([lambda key=key: provider.delete(key.resource_id, {}) for key in keys])
    assert removed == [None] * len(keys)
    assert [support.standing(tenant, key) for key in keys] == [None] * len(keys)
    assert support.others(tenant, *keys) == untouched
