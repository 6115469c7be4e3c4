"""RoleMapping: its provider as the dynamic host calls it, on a tenant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pulumi.runtime.rpc import UNKNOWN

import support
from pulumi_talend import TalendError
from pulumi_talend_sandbox.tenant import Fault, Tenant

New = Callable[..., Any]
PROVIDER = {"__provider": "gASV"}


def inputs_of(name: object, *roles: str, **more: Any) -> dict[str, Any]:
    return {**PROVIDER, "role_name": name, "roles": list(roles), "adopt_existing": False, **more}


def failures(result: Any) -> dict[str, str]:
    for failure in result.failures:
        support.readable(failure.reason)
    return {failure.property: failure.reason for failure in result.failures}


@pytest.mark.parametrize("name", ["new", "Data / Analytics & Köln", "50 %", "a+b?c#d"])
def test_the_life_of_a_resource(tenant: Tenant, new_mappings: New, name: str) -> None:
    before = tenant.snapshot()
    provider = new_mappings()
    checked = provider.check({}, inputs_of(name, "Operator", "Assets Manager", "Operator"))
    assert failures(checked) == {}
    assert checked.inputs == {"role_name": name, "roles": ["Assets Manager", "Operator"], "adopt_existing": False}
    created = provider.create({**PROVIDER, **checked.inputs})
    assert created.id == name
    assert tenant.role_mappings()[name] == ["Assets Manager", "Operator"]
    state = {**PROVIDER, **created.outs}

    read = new_mappings().read(name, state)
    assert read.outs == read.inputs == checked.inputs

    provider = new_mappings()
    news = provider.check(state, inputs_of(name, "Data Steward"))
    diff = provider.diff(name, state, news.inputs)
    assert (diff.changes, diff.replaces) == (True, [])
    updated = provider.update(name, state, news.inputs)
    assert tenant.role_mappings()[name] == updated.outs["roles"] == ["Data Steward"]

    new_mappings().delete(name, {**PROVIDER, **updated.outs})
    assert tenant.snapshot() == before
    assert support.collection_deletes(tenant) == []


def test_without_a_change_nothing_is_called(tenant: Tenant, new_mappings: New) -> None:
    state = {**PROVIDER, **new_mappings().create(inputs_of("new", "Operator", "Data Steward")).outs}
    provider = new_mappings()
    tenant.calls.clear()
    checked = provider.check(state, inputs_of("new", "Operator", "Data Steward", "Operator"))
    assert failures(checked) == {}
    assert not provider.diff("new", state, checked.inputs).changes
    assert len(tenant.calls) == 0


def test_another_name_replaces_and_adopting_is_no_change(new_mappings: New) -> None:
    provider = new_mappings()
    olds = inputs_of("one", "Operator")
    assert provider.diff("one", olds, inputs_of("two", "Operator")).replaces == ["role_name"]
    assert not provider.diff("one", olds, inputs_of("one", "Operator", adopt_existing=True)).changes
    assert provider.diff("one", olds, inputs_of(UNKNOWN, "Operator")).replaces == ["role_name"]
    result = provider.diff("one", olds, {**olds, "roles": UNKNOWN})
    assert (result.changes, result.replaces) == (True, [])


@pytest.mark.parametrize(
    ("change", "where", "said"),
    [
        ({"role_name": "a,b"}, "role_name", "has a comma"),
        ({"role_name": ""}, "role_name", "is blank"),
        ({"role_name": "\t"}, "role_name", "is blank"),
        ({"role_name": None}, "role_name", "not set"),
        ({"role_name": 7}, "role_name", "must be text"),
        ({"role_name": "."}, "role_name", "no letter or digit"),
        ({"role_name": "/"}, "role_name", "no letter or digit"),
        ({"role_name": ".."}, "role_name", "no letter or digit"),
        ({"role_name": "a\nb"}, "role_name", "control characters"),
        ({"roles": []}, "roles", "is empty"),
        ({"roles": "Operator"}, "roles", 'write ["Operator"]'),
        ({"roles": [" "]}, "roles", "no name"),
        ({"roles": [None]}, "roles", "no name"),
        ({"roles": None}, "roles", "not set"),
        ({"roles": True}, "roles", "must be a list"),
    ],
)
def test_a_bad_input_fails_at_its_property_and_nothing_is_called(
    tenant: Tenant, new_mappings: New, change: dict[str, Any], where: str, said: str
) -> None:
    found = failures(new_mappings().check({}, {**inputs_of("new", "Operator"), **change}))
    assert list(found) == [where]
    assert said in found[where]
    assert len(tenant.calls) == 0


@pytest.mark.parametrize(
    "change",
    [{"role_name": UNKNOWN}, {"roles": UNKNOWN}, {"roles": ["Operator", UNKNOWN]}, {"adopt_existing": UNKNOWN}],
)
def test_what_is_not_known_yet_passes(tenant: Tenant, new_mappings: New, change: dict[str, Any]) -> None:
    checked = new_mappings().check({}, {**inputs_of("new", "Operator"), **change})
    assert failures(checked) == {}
    assert {name: checked.inputs[name] for name in change} == change
    assert tenant.calls.writes() == []


def test_what_is_there_already_is_said_at_preview(tenant: Tenant, new_mappings: New) -> None:
    before = tenant.snapshot()
    found = failures(new_mappings().check({}, inputs_of("nordlicht-platform", "Operator")))
    assert list(found) == ["adopt_existing"]
    assert "Environment Administrator, Operator" in found["adopt_existing"]
    with pytest.raises(TalendError):
        new_mappings().create(inputs_of("nordlicht-platform", "Operator"))
    assert tenant.snapshot() == before


def test_an_unknown_role_is_said_and_nothing_is_written(tenant: Tenant, new_mappings: New) -> None:
    before = tenant.snapshot()
    provider = new_mappings()
    found = failures(provider.check({}, inputs_of("new", "Emperor")))
    if not found:
        with pytest.raises(TalendError) as caught:
            provider.create(inputs_of("new", "Emperor"))
        found = {"roles": support.readable(caught.value)}
    assert list(found) == ["roles"]
    assert "Emperor" in found["roles"]
    assert tenant.snapshot() == before


@pytest.mark.parametrize("token", ["wrong-token-4711", "workspaces-only"])
def test_a_token_that_may_not_is_one_line_at_preview(tenant: Tenant, new_mappings: New, token: str) -> None:
    provider = new_mappings(endpoint=tenant.url, token=tenant.tokens.get(token, token))
    found = failures(provider.check({}, inputs_of("new", "Operator")))
    assert list(found) == [""]
    support.readable(found[""], "401" if "4711" in token else "TMC_SSO_MANAGEMENT", secrets=["4711"])


def test_drift_and_gone(tenant: Tenant, new_mappings: New) -> None:
    state = {**PROVIDER, **new_mappings().create(inputs_of("new", "Operator")).outs}
    tenant.map_role("new", ["Data Steward"])
    read = new_mappings().read("new", state)
    assert read.outs["roles"] == read.inputs["roles"] == ["Data Steward"]
    tenant.unmap_role("new")
    read = new_mappings().read("new", state)
    assert (read.id, read.outs) == ("", {})
    new_mappings().delete("new", state)


@pytest.mark.parametrize("kind", ["empty-listing", "partial-listing"])
def test_a_bad_listing_is_never_gone(tenant: Tenant, new_mappings: New, kind: Any) -> None:
    tenant.inject(Fault(kind=kind, path="^/security/role-mappings$", times=None))
    for name, roles in tenant.role_mappings().items():
        assert new_mappings().read(name, inputs_of(name, *roles)).id == name


def test_many_at_once_as_the_host_calls_them(tenant: Tenant, new_mappings: New) -> None:
    before = tenant.role_mappings()
    names = [f"role {number}" for number in range(12)]
    provider = new_mappings()
    results = support.in_threads([lambda name=name: provider.create(inputs_of(name, "Operator")) for name in names])
    assert [getattr(result, "id", result) for result in results] == names
    assert tenant.role_mappings() == {**before, **{name: ["Operator"] for name in names}}
    removed = support.in_threads([lambda name=name: provider.delete(name, {}) for name in names])
    assert removed == [None] * len(names)
    assert tenant.role_mappings() == before
    assert support.collection_deletes(tenant) == []
