"""Whatever the API does where its documentation is silent: the stack gets what it asks for, and goes without a trace."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from e2e.company import (
    AUDIT,
    FELIX,
    FINANCE,
    GRETA,
    LINNEA,
    NADINE,
    OSKAR,
    RUNNER,
    SALES,
    mapping,
    permission,
    program,
    service_permission,
)
from e2e.stack import Stack
from pulumi_talend_sandbox.tenant import Behaviour, Tenant

FAULTS = {
    "adds_view",
    "duplicate_mapping_names",
    "empty_permissions",
    "engine_use_rule",
    "gone_workspace",
    "lookup_rights",
    "manage",
    "mapping_names",
    "owner_rows",
    "query_arrays",
    "rate_limited",
}
"""What is no choice of one and the same API, or makes no difference to a stack like this one: tested by itself."""


def choices() -> list[dict[str, Any]]:
    """As many behaviours as it takes for every choice to be in force once."""
    ways: dict[str, list[Any]] = {}
    for name, schema in Behaviour.model_json_schema()["properties"].items():
        if name in FAULTS:
            continue
        if "enum" in schema:
            ways[name] = schema["enum"]
        elif schema.get("type") == "boolean":
            ways[name] = [False, True]
    ways["batch_limit"] = [None, 2]
    ways["rate_limit"] = [(40, 1.0), None]
    rounds = max(map(len, ways.values()))
    return [{name: way[number % len(way)] for name, way in ways.items()} for number in range(rounds)]


def test_every_choice_is_made() -> None:
    made = choices()
    assert {each["post_on_existing"] for each in made} == {"409", "400", "merge", "replace"}
    assert {each["get_of_none"] for each in made} == {"404", "empty"}
    assert {each["batch_refusals"] for each in made} == {"each", "all-rows", "whole"}


@pytest.mark.parametrize("number", range(len(choices())))
def test_a_stack_lives_under_each_choice(number: int, stack: Stack, tenant: Tenant) -> None:
    before = tenant.snapshot()
    tenant.set_behaviour(**choices()[number])
    people = (OSKAR, FELIX, NADINE, GRETA)

    def access(permissions: Iterable[str]) -> str:
        return program(
            *(permission(f"p{n}", SALES, who, list(permissions)) for n, who in enumerate(people)),
            permission("elsewhere", FINANCE, LINNEA, ["VIEW"]),
            service_permission("s0", SALES, AUDIT, list(permissions)),
            service_permission("s1", FINANCE, RUNNER, ["VIEW"]),
            mapping("crew", "crew", ["Operator"]),
            mapping("night", "night shift/ü", ["Operator"]),
        )

    stack.program(access(["VIEW"]))
    stack.up().ok()
    assert _held(tenant, before) == _expected(people, ["VIEW"])

    # What state thinks is there is gone, or different: the program's word holds all the same.
    tenant.revoke(SALES, OSKAR)
    tenant.revoke(SALES, service_account_id=AUDIT)
    tenant.grant(SALES, FELIX, ["MANAGE"])
    stack.program(access(["EXECUTE", "VIEW"]))
    stack.up().ok()
    assert _held(tenant, before) == _expected(people, ["EXECUTE", "VIEW"])
    assert tenant.role_mappings() == {**before["role_mappings"], "crew": ["Operator"], "night shift/ü": ["Operator"]}

    tenant.revoke(SALES, NADINE)
    tenant.revoke(FINANCE, service_account_id=RUNNER)
    tenant.unmap_role("crew")
    stack.destroy().ok()
    assert tenant.snapshot() == before


def _held(tenant: Tenant, before: dict[str, Any]) -> dict[str, list[str]]:
    return {id_: held for id_, held in tenant.snapshot()["grants"].items() if before["grants"].get(id_) != held}


def _expected(people: Iterable[str], permissions: list[str]) -> dict[str, list[str]]:
    return {
        **{f"{SALES}/users/{who}": permissions for who in people},
        f"{FINANCE}/users/{LINNEA}": ["VIEW"],
        f"{SALES}/service-accounts/{AUDIT}": permissions,
        f"{FINANCE}/service-accounts/{RUNNER}": ["VIEW"],
    }
