"""Many at once: role mappings with another writer in between, a rate limit, a service account whose tokens run out."""

from __future__ import annotations

import threading
from collections import Counter

from e2e.company import (
    AUDIT,
    FELIX,
    OSKAR,
    RUNNER,
    SALES,
    SCHEDULER,
    WORKSPACES,
    mapping,
    permission,
    program,
    service_permission,
    written,
)
from e2e.conftest import NewStack
from e2e.stack import Stack
from pulumi_talend_sandbox.tenant import Call, Tenant

MAPPINGS = "/security/role-mappings"


def test_twelve_mappings_while_somebody_else_writes(stack: Stack, tenant: Tenant) -> None:
    before = tenant.role_mappings()
    ours = {f"team {number}": ["Operator"] for number in range(12)}
    stack.program(program(*(mapping(f"team-{n}", name, roles) for n, (name, roles) in enumerate(ours.items()))))
    theirs: dict[str, list[str]] = {}
    undone: list[list[str]] = []
    alone = threading.Lock()  # two of our reads may arrive at the same moment, and they are one person

    def somebody_else(call: Call) -> None:
        """Right before each of our first reads they add a mapping; three times they write back a list without ours."""
        with alone:
            interfere(call)

    def interfere(call: Call) -> None:
        if call.method != "GET" or call.path != MAPPINGS or len(theirs) >= 60 or len(undone) >= 3:
            return
        name = f"theirs {len(theirs)}"
        theirs[name] = ["Data Steward"]
        tenant.map_role(name, theirs[name])
        there = [role for role in tenant.role_mappings() if role in ours]
        if there and len(undone) < 3:
            for role in there:
                tenant.unmap_role(role)
            undone.append(there)

    remove = tenant.on_call(somebody_else)
    run = stack.up().ok()
    remove()
    assert run.summary == {"create": 13}
    assert len(undone) == 3, "the other writer did get in between"
    assert tenant.role_mappings() == {**before, **ours, **theirs}
    writes = Counter(f"{call.method} {call.path} {call.status}" for call in tenant.calls.writes())
    assert set(writes) == {f"POST {MAPPINGS} 200"}
    assert 2 <= sum(writes.values()) <= 13, "gathered, and once more for what was undone"

    tenant.calls.clear()
    stack.destroy().ok()
    assert tenant.role_mappings() == {**before, **theirs}
    assert {call.method for call in tenant.calls.writes()} == {"DELETE"}
    assert MAPPINGS not in {call.path for call in tenant.calls.writes()}, "the collection is never deleted"


def test_a_rate_limit_slows_the_stack_and_fails_nothing(stack: Stack, tenant: Tenant) -> None:
    before = tenant.snapshot()
    tenant.set_behaviour(rate_limit=(20, 2.0))
    accounts = (AUDIT, RUNNER, SCHEDULER)
    lines = [
        service_permission(f"s{w}-{a}", workspace, account, ["VIEW"])
        for w, workspace in enumerate(WORKSPACES)
        for a, account in enumerate(accounts)
    ]
    people = (OSKAR, FELIX)
    lines += [
        permission(f"u{w}-{p}", place, who, ["VIEW"])
        for w, place in enumerate(WORKSPACES)
        for p, who in enumerate(people)
    ]
    lines += [mapping(f"m{number}", f"limited {number}", ["Operator"]) for number in range(4)]
    stack.program(program(*lines))
    run = stack.up().ok()
    assert run.summary == {"create": 25}
    assert len(tenant.calls) > 20, "more than one window's worth of calls"
    wrote = written(tenant.calls)
    expected = {f"{workspace}/service-accounts/{account}" for workspace in WORKSPACES for account in accounts}
    expected |= {f"{workspace}/users/{who}" for workspace in WORKSPACES for who in people}
    assert {target for method, target in wrote if method == "POST"} == expected | {"role-mappings"}
    assert all(times == 1 for (_, target), times in wrote.items() if target != "role-mappings")
    assert all(call.status in {200, 201, 204, 404} for call in tenant.calls), tenant.calls.lines()
    stack.destroy().ok()
    assert tenant.snapshot() == before


def test_a_service_account_whose_tokens_run_out_and_no_secret_anywhere(new_stack: NewStack, tenant: Tenant) -> None:
    stack = new_stack(settings={})
    stack.configure("talend:endpoint", tenant.url)
    stack.configure("talend:clientId", tenant.client_id)
    stack.configure("talend:clientSecret", tenant.client_secret, secret=True)
    issued: list[str] = []

    def tokens_run_out(call: Call) -> None:
        # Every token that has made a read is no longer good when the first write comes.
        if call.method == "POST" and "/permissions" in call.path and not issued:
            issued.append(call.path)
            tenant.expire_tokens()

    tenant.on_call(tokens_run_out)
    stack.program(
        program(
            permission("oskar", SALES, OSKAR, ["VIEW"]),
            mapping("crew", "crew", ["Operator"]),
            "pulumi.export('done', True)",
        )
    )
    stack.up().ok()
    assert issued
    assert tenant.grants()[SALES, "users", OSKAR] == ["VIEW"]
    assert tenant.role_mappings()["crew"] == ["Operator"]
    calls = Counter(f"{call.method} {call.path} {call.status}" for call in tenant.calls)
    assert calls["POST /security/oauth/token 200"] == 2, "one at first, one when the first was refused, for all threads"
    assert any(line.endswith(" 401") for line in calls)
    assert written(tenant.calls)["POST", f"{SALES}/users/{OSKAR}"] == 1

    # Another credential in the configuration: an `up`, though it changes nothing, makes it the one that is used. This one
    # may read only, so what follows fails, and keeps its secrets too.
    token = tenant.tokens["viewer"]
    stack.command("config", "rm", "talend:clientId", "--stack", stack.name).ok()
    stack.command("config", "rm", "talend:clientSecret", "--stack", stack.name).ok()
    stack.configure("talend:token", token, secret=True)
    assert stack.up().ok().summary == {"same": 3}
    settled = tenant.snapshot()
    tenant.calls.clear()
    errors = stack.destroy().failed().errors
    assert len(errors) == 2
    assert all("403" in message and "TMC_" in message for message in errors), errors
    assert {call.token_name for call in tenant.calls} == {"viewer"}
    assert tenant.snapshot() == settled
    secrets = [tenant.client_secret, token, tenant.token]
    places = dict(stack.everything_written())
    assert len(places) > 6
    for where, content in places.items():
        for secret in secrets:
            assert secret.encode() not in content, where
