"""The offline tenant of one measurement, in a process of its own, with people's access beside the stack's."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.engines import Connection
from benchmarks.workload import Objects, Workload, grants_on, role_mappings, shape
from pulumi_talend_sandbox.tenant import Call, RemoteTenant

LATENCY_SECONDS = 0.05
RATE_LIMIT = (30, 5.0)
"""Calls, and the seconds of the window that they are for."""

_STAGES = 3
_BYSTANDERS = 10
"""So many people have permissions on every workspace of the tenant before the stack comes, and must keep them."""

_START_SECONDS = 120.0


@dataclass(frozen=True)
class Conditions:
    """How the tenant answers: how long it takes, and `rate_limit`: calls, and the seconds of their window."""

    latency: float = LATENCY_SECONDS
    rate_limit: tuple[int, float] | None = None

    @property
    def text(self) -> str:
        """For people."""
        limit = "no rate limit" if self.rate_limit is None else "{} calls per {:g} s".format(*self.rate_limit)
        return f"{self.latency * 1000:.0f} ms, {limit}"

    def least_seconds(self, calls: int) -> float:
        """How long so many calls last at least, by the limit's own arithmetic."""
        if self.rate_limit is None:
            return 0.0
        most, seconds = self.rate_limit
        return max(0, calls - 1) // most * seconds


class Tenancy:
    """A running tenant and the workload that belongs to it."""

    def __init__(self, remote: RemoteTenant, workload: Workload, conditions: Conditions) -> None:
        """Uses what `tenancy` started."""
        self.workload = workload
        self.conditions = conditions
        self._remote = remote
        self._before = remote.snapshot()

    @property
    def connection(self) -> Connection:
        """Where it is."""
        return Connection(self._remote.url, self._remote.token)

    def new_window(self) -> None:
        """Waits until the calls made so far count no longer, so that each step begins with a whole window; forgets them."""
        if self.conditions.rate_limit is not None:
            _, seconds = self.conditions.rate_limit
            latest = max((call.at for call in self._remote.calls), default=0.0)
            time.sleep(max(0.0, latest + seconds - time.time()))
        self._remote.calls.clear()

    def calls(self) -> list[Call]:
        """The calls since `new_window`."""
        return list(self._remote.calls)

    def standing(self, wanted: Workload) -> int:
        """How many of the wanted objects stand exactly as wanted."""
        now = self._remote.snapshot()
        grants = sum(
            now["grants"].get(f"{each.workspace_id}/users/{each.user_id}") == sorted(each.permissions)
            for each in wanted.grants
        )
        return grants + sum(now["role_mappings"].get(each.role_name) == sorted(each.roles) for each in wanted.mappings)

    def gone(self) -> int:
        """How many of the workload's objects do not stand at all."""
        now = self._remote.snapshot()
        grants = sum(f"{each.workspace_id}/users/{each.user_id}" not in now["grants"] for each in self.workload.grants)
        return grants + sum(each.role_name not in now["role_mappings"] for each in self.workload.mappings)

    def others_harmed(self) -> list[str]:
        """The objects outside the workload that are not as they were before the first step."""
        now = self._remote.snapshot()
        ours = {f"{each.workspace_id}/users/{each.user_id}" for each in self.workload.grants}
        ours |= {each.role_name for each in self.workload.mappings}
        return sorted(
            name
            for part in ("grants", "role_mappings")
            for name in {*self._before[part], *now[part]} - ours
            if self._before[part].get(name) != now[part].get(name)
        )


@contextmanager
def tenancy(objects: Objects, number: int, conditions: Conditions, directory: Path) -> Generator[Tenancy]:
    """Starts a tenant in which a stack of so many objects can be made; its process ends with the block.

    All workspaces of the stack are in one of the tenant's three environments. Raises RuntimeError where the tenant does not
    start, ValueError for a number that cannot be dealt out.
    """
    workspaces, users = shape(number) if objects == "grants" else (1, 1)
    seed = f"big:{workspaces * _STAGES}x{users + _BYSTANDERS}x{workspaces * _STAGES * _BYSTANDERS}"
    ready = directory / "tenant.json"
    command = [sys.executable, "-m", "pulumi_talend_sandbox.cli", "tenant", "--port", "0", "--quiet"]
    with (directory / "tenant.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [*command, "--seed", seed, "--ready-file", str(ready)], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        remote = RemoteTenant(_url_of(process, ready, directory / "tenant.log"))
        try:
            yield Tenancy(remote, _workload(remote, objects, number), conditions=_set(remote, conditions))
        finally:
            remote.close()
    finally:
        process.terminate()
        process.wait(120)


def _url_of(process: subprocess.Popen[bytes], ready: Path, log: Path) -> str:
    until = time.monotonic() + _START_SECONDS
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"the offline tenant did not start: {log.read_text(encoding='utf-8').strip()}")
        time.sleep(0.05)
    url: str = json.loads(ready.read_text(encoding="utf-8"))["url"]
    return url


def _workload(remote: RemoteTenant, objects: Objects, number: int) -> Workload:
    if objects == "mappings":
        return role_mappings(number)
    workspaces, users = shape(number)
    stage = remote.environments()[0]["id"]
    here = sorted(place["id"] for place in remote.workspaces() if place["environment"]["id"] == stage)
    taken = {user for _, _, user in remote.grants()}
    free = sorted(user["id"] for user in remote.users() if user["id"] not in taken)
    return grants_on(here[:workspaces], free[:users])


def _set(remote: RemoteTenant, conditions: Conditions) -> Conditions:
    remote.set_behaviour(
        latency=conditions.latency,
        rate_limit=conditions.rate_limit,
        rate_limited="all",
        accept_object_bodies=True,  # for the generic REST provider, which cannot send the API's lists
    )
    return conditions
