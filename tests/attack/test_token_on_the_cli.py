"""A pull request that names another API address in the stack's file gets no token, whoever reads the file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from attack.test_hostile_servers import Server, serving
from e2e.company import OSKAR, SALES, permission, program
from e2e.stack import Engine, Stack
from pulumi_talend_sandbox.tenant import Tenant
from review.test_command import environment_of, run

TOKEN = "hush-4711-token-of-mine"


@pytest.fixture
def proxy() -> Iterator[Server]:
    """Whatever leaves this machine comes by here, wherever it goes."""
    with serving({}) as server:
        yield server


@pytest.fixture
def stack(pulumi_engine: Engine, tmp_path: Path, tenant: Tenant, proxy: Server) -> Stack:
    """A stack whose credential is in the environment, on a machine with a proxy."""
    names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
    found = Stack(
        pulumi_engine, tmp_path / "stack", tenant, settings={"TALEND_TOKEN": TOKEN, **dict.fromkeys(names, proxy.url)}
    )
    found.program(program(permission("oskar", SALES, OSKAR, ["VIEW"])))
    return found


def names_endpoint(stack: Stack, endpoint: str) -> None:
    config = json.dumps({"config": {"talend:endpoint": endpoint}})
    (stack.directory / f"Pulumi.{stack.name}.yaml").write_text(config)  # JSON is YAML


def test_no_token_goes_where_the_file_says(stack: Stack, proxy: Server, tmp_path: Path) -> None:
    env = {**environment_of(stack), **stack.settings}
    here = ("--stack", stack.name, "--cwd", str(stack.directory))
    names_endpoint(stack, "https://api.eu.cloud.talend.com.evil.example")
    refusals = [stack.preview().failed().output]
    for command in (("review", "--tenant", "require"), ("report",), ("drift",), ("doctor",)):
        done = run(*command, *here, cwd=tmp_path, env=env)
        assert done.returncode in {1, 3}, done.stdout + done.stderr
        refusals.append(done.stdout + done.stderr)
    names_endpoint(stack, "http://tenant.localhost")
    refusals.append(run("report", *here, cwd=tmp_path, env=env).stderr)
    for refusal in refusals:
        assert "talend:endpoint" in refusal
        assert "TALEND_ALLOW_" in refusal
        assert "4711" not in refusal
    assert proxy.asked == []

    # What was refused would have come by here.
    names_endpoint(stack, "http://tenant.example")
    allowed = {"TALEND_ALLOW_ENDPOINT": "tenant.example", "TALEND_ALLOW_INSECURE_HTTP": "true"}
    run("report", *here, cwd=tmp_path, env={**env, **allowed})
    assert any(TOKEN in asked for asked in proxy.asked)
