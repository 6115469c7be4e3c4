"""A stack begun with one engine goes on with the other: unchanged there, and the tenant is not asked a thing."""

from __future__ import annotations

from pathlib import Path

import pytest

from e2e.company import AUDIT, OSKAR, SALES, mapping, permission, program, service_permission, taken
from e2e.stack import Engine, Stack, offline
from pulumi_talend_sandbox.tenant import Tenant

PROGRAM = program(
    permission("oskar", SALES, OSKAR, ["VIEW", "EXECUTE"]),
    service_permission("audit", SALES, AUDIT, ["VIEW"], more="opts=pulumi.ResourceOptions(protect=False)"),
    mapping("team", "Team Ö/1", ["Operator"]),
    "pulumi.export('answer', 42)",
    "pulumi.export('hidden', pulumi.Output.secret('planted-secret-output'))",
)


@pytest.mark.parametrize("back", [False, True], ids=["offline to pulumi", "pulumi to offline"])
def test_handed_over(back: bool, pulumi_engine: Engine, tmp_path: Path, tenant: Tenant) -> None:
    before = tenant.snapshot()
    engines = (pulumi_engine, offline()) if back else (offline(), pulumi_engine)
    giver, taker = (Stack(engine, tmp_path / engine.name, tenant) for engine in engines)
    for stack in (giver, taker):
        stack.program(PROGRAM)
    giver.up().ok()
    settled, held = tenant.snapshot(), giver.managed()
    assert set(held) == {"oskar", "audit", "team"}
    taken(tenant)

    taker.take_over(giver.export())
    assert taker.managed() == held
    run = taker.preview().ok()
    assert run.summary == {"same": 4}
    assert not run.steps
    assert tenant.calls.lines() == []
    assert tenant.snapshot() == settled
    for stack in (giver, taker):
        assert not [where for where, text in stack.everything_written() if _leaks(where, text)]

    taker.destroy().ok()
    assert tenant.snapshot() == before


def _leaks(where: str, text: bytes) -> bool:
    return b"planted-secret-output" in text and "__main__" not in where  # the program itself
