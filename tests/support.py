"""What tests of the provider share: clients that never really sleep, threads that start together, what a message must be."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

import httpx
import psutil

from pulumi_talend.api import ClientCredential, Pacer, Settings, TalendClient, TokenCredential
from pulumi_talend.model.grants import GrantKey, Permissions, Principal
from pulumi_talend_sandbox.tenant import Behaviour, Call, Tenant

T = TypeVar("T")


class VirtualClock:
    """A clock that only moves when somebody waits on it. Thread-safe."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now
        self.waited: list[float] = []
        self._lock = threading.Lock()

    def __call__(self) -> float:
        with self._lock:
            return self.now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.now += seconds
            self.waited.append(seconds)

    def wait(self, _condition: threading.Condition, seconds: float) -> None:
        self.sleep(seconds)


def pacer_on(clock: VirtualClock, said: list[str] | None = None) -> Pacer:
    """A pacer that lives by `clock`; what it announces is appended to `said`."""
    said = [] if said is None else said
    return Pacer(clock=clock, wall=clock, wait=clock.wait, notify=said.append)


def settings_for(tenant: Tenant, *, token: str | None = None) -> Settings:
    return Settings(tenant.url, TokenCredential(token or tenant.token), tenant.url)


def service_account_settings(tenant: Tenant) -> Settings:
    return Settings(tenant.url, ClientCredential(tenant.client_id, tenant.client_secret), tenant.url)


@contextmanager
def client_of(
    settings: Settings, *, clock: VirtualClock | None = None, said: list[str] | None = None
) -> Generator[TalendClient]:
    """A client on the real network whose waits take no time."""
    clock = clock or VirtualClock()
    with TalendClient(settings, pacer=pacer_on(clock, said), sleep=clock.sleep) as client:
        yield client


def fetch(method: str, url: str, **more: Any) -> httpx.Response:
    """A request that the client under test has no part in. httpx itself gives up after 5 seconds, which a busy machine takes."""
    return httpx.request(method, url, timeout=60, verify=False, trust_env=False, **more)


def in_threads(works: Sequence[Callable[[], T]], *, seconds: float = 60) -> list[T | BaseException]:
    """Runs each in a thread of its own, all let go at once; what each returned or raised, in order."""
    results: list[Any] = [None] * len(works)
    gate = threading.Barrier(len(works))

    def run(number: int, work: Callable[[], T]) -> None:
        gate.wait(60)
        try:
            results[number] = work()
        except BaseException as error:  # noqa: BLE001 - handed to the test, which looks at it
            results[number] = error

    threads = [threading.Thread(target=run, args=(number, work), daemon=True) for number, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds)
    assert not any(thread.is_alive() for thread in threads), "a thread hangs"
    return results


def requests(tenant: Tenant) -> list[str]:
    """Each call as `METHOD path?query`, in order."""
    return [f"{call.method} {call.target}" for call in tenant.calls]


def collection_deletes(tenant: Tenant) -> list[Call]:
    """The calls that would switch role mapping off for the whole tenant."""
    return [
        call
        for call in tenant.calls
        if call.method == "DELETE" and call.path.rstrip("/") in {"/security/role-mappings", "/security", ""}
    ]


def user_key(tenant: Tenant, workspace: int = 0, user: int = 10) -> GrantKey:
    """A grant of the n-th user (by login, without TMC_ENGINE_USE) on the n-th workspace (by id)."""
    users = sorted(tenant.users(), key=lambda one: one["login"])
    plain = [one for one in users if "Engine User" not in {role["name"] for role in one["roles"]}]
    return GrantKey(workspaces_of(tenant)[workspace], Principal("users", plain[user]["id"]))


def service_account_key(tenant: Tenant, name: str = "audit-export", workspace: int = 0) -> GrantKey:
    (account,) = [one for one in tenant.service_accounts() if one["name"] == name]
    return GrantKey(workspaces_of(tenant)[workspace], Principal("service-accounts", account["id"]))


def engine_user_id(tenant: Tenant) -> str:
    """The id of a user with TMC_ENGINE_USE."""
    return next(one["id"] for one in tenant.users() if "Engine User" in {role["name"] for role in one["roles"]})


class During(Protocol):
    def __call__(self, callback: Callable[[Call], None], *, after: bool = False) -> None: ...


def workspaces_of(tenant: Tenant) -> list[str]:
    return sorted(workspace["id"] for workspace in tenant.workspaces())


def standing(tenant: Tenant, key: GrantKey) -> Permissions | None:
    """What the tenant holds under `key`."""
    found = tenant.grants().get((key.workspace_id, key.principal.kind, key.principal.id))
    return None if found is None else frozenset(found)


def grant_by_hand(tenant: Tenant, key: GrantKey, *permissions: str) -> None:
    if key.principal.kind == "users":
        tenant.grant(key.workspace_id, key.principal.id, permissions)
    else:
        tenant.grant(key.workspace_id, permissions=permissions, service_account_id=key.principal.id)


def revoke_by_hand(tenant: Tenant, key: GrantKey) -> None:
    if key.principal.kind == "users":
        tenant.revoke(key.workspace_id, key.principal.id)
    else:
        tenant.revoke(key.workspace_id, service_account_id=key.principal.id)


def others(tenant: Tenant, *keys: GrantKey) -> dict[tuple[str, str, str], list[str]]:
    """All grants but those of `keys`: what a test must find untouched."""
    ours = {(key.workspace_id, key.principal.kind, key.principal.id) for key in keys}
    return {(w, kind, who): held for (w, kind, who), held in tenant.grants().items() if (w, kind, who) not in ours}


def reset(tenant: Tenant, to: dict[str, Any]) -> None:
    """Puts a tenant's access and behaviour back to what they were, so that many tests can share one server."""
    tenant.clear_faults()
    tenant.set_behaviour(**Behaviour().model_dump())
    if tenant.snapshot() != to:
        for workspace, kind, account in tenant.grants():
            revoke_by_hand(tenant, _key(workspace, kind, account))
        for text, permissions in to["grants"].items():
            grant_by_hand(tenant, GrantKey.from_resource_id(text), *permissions)
        for name in tenant.role_mappings():
            tenant.unmap_role(name)
        for name, roles in to["role_mappings"].items():
            tenant.map_role(name, roles)
    assert tenant.snapshot() == to
    tenant.calls.clear()


def _key(workspace: str, kind: str, account: str) -> GrantKey:
    return GrantKey.from_resource_id(f"{workspace}/{kind}/{account}")


def readable(error: BaseException | str, *expected: str, secrets: Sequence[str] = ()) -> str:
    """The message of `error`, after checking that a person can be shown it: short, at most two lines, no secret."""
    text = str(error)
    assert text.strip() == text
    assert text
    assert len(text.splitlines()) <= 2, text
    assert len(text) <= 700, text
    for words in expected:
        assert words in text, f"{words!r} not in {text!r}"
    for secret in secrets:
        assert secret not in text
    return text


def mocked_client(
    handler: Any,
    *,
    token: str = "pat-of-a-test",
    base_url: str = "https://talend.test",
    settings: Settings | None = None,
    clock: VirtualClock | None = None,
    said: list[str] | None = None,
) -> TalendClient:
    """A client whose network is `handler(httpx.Request) -> httpx.Response`, for answers that the tenant cannot give."""
    clock = clock or VirtualClock()
    settings = settings or Settings(base_url, TokenCredential(token), base_url)
    return TalendClient(
        settings, transport=httpx.MockTransport(handler), pacer=pacer_on(clock, said), sleep=clock.sleep
    )


def command_of(process: psutil.Process) -> str:
    """The command line of a process; empty where it has ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def permissions_path(key: GrantKey) -> str:
    """The path of a grant's own calls; the ids of the offline tenant need no encoding."""
    return f"/security/workspaces/{key.workspace_id}/{key.principal.path}/permissions"


def as_command(script: str, python: str = sys.executable) -> str:
    """A file that runs as a command and is Python; a first line that names `python` itself cannot hold a blank."""
    return f"#!/bin/sh\n'''exec' \"{python}\" \"$0\" \"$@\"\n' '''\n{script}\n"


class WatchedLock:
    """A lock that knows whether it is held; `guard` lets it watch a dict that it protects."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self.depth = 0

    def __enter__(self) -> None:
        self._lock.acquire()
        self.depth += 1

    def __exit__(self, *_error: object) -> None:
        self.depth -= 1
        self._lock.release()

    def guard(self, of: dict[Any, Any]) -> dict[Any, Any]:
        """A copy of `of` that fails where it is read or changed while the lock is not held."""
        return _Guarded(self, of)


class _Guarded(dict[Any, Any]):
    def __init__(self, lock: WatchedLock, of: dict[Any, Any]) -> None:
        super().__init__(of)
        self._watched = lock

    def __getattribute__(self, name: str) -> Any:
        if name in {"get", "items", "keys", "values", "pop", "setdefault", "update", "clear"}:
            assert self._watched.depth, f"{name} without the lock"
        return super().__getattribute__(name)

    def __getitem__(self, key: Any) -> Any:
        assert self._watched.depth, f"[{key!r}] without the lock"
        return super().__getitem__(key)

    def __setitem__(self, key: Any, value: Any) -> None:
        assert self._watched.depth, f"[{key!r}] = without the lock"
        super().__setitem__(key, value)
