"""Where a cell of the matrix plays: an offline tenant, the network before it, and a host to which nothing may ever go.

Time is virtual, for the tenant and the client alike: whatever waits, waits no time at all.
"""

from __future__ import annotations

import copy
import os
import random
import socket
import tempfile
import threading
import unittest.mock
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

import httpx

import hosting
import support
from pulumi_talend.access import TenantAccess
from pulumi_talend.access.group_commit import GroupCommit
from pulumi_talend.access.mappings import Mappings
from pulumi_talend.api import Pacer, Settings, TalendClient
from pulumi_talend.journal_files import VARIABLE
from pulumi_talend.provider.session import SESSIONS
from pulumi_talend_sandbox.tenant import Behaviour, Company, Tenant, company
from pulumi_talend_sandbox.tenant.company import Workspace, object_id

Target = tuple[Literal["grant", "mapping"], str]
"""A grant by its resource id, or a role mapping by its name."""

World = dict[Target, frozenset[str]]
WORKSPACES = ("Harbour", "Depot", "Yard")
LONG_AGO_SECONDS = 60.0
TIMED = ("grants", "grant_write", "group_commit", "mappings", "mapping_list")
"""The modules of `pulumi_talend.access` that look at the time."""
CONCURRENT = ("grants", "mappings", "snapshot")
"""The modules that make calls concurrently: here in turn, so that the call of a number is always the same."""
Submit = Callable[[Sequence[Any]], None]
Trouble = Literal["refused", "silent-before", "silent-after", "token-ends"]


@dataclass(frozen=True)
class Seen:
    """A call as it went over the network, with the JSON it was answered by (rehearsals only)."""

    method: str
    path: str
    body: str
    answer: Any


class Network(httpx.BaseTransport):
    """The real network, on which one of the client's calls (counted from 0), or each from there on, meets with trouble."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        # A connection for each call: whether one that the tenant has closed is noticed before it is used again, is chance.
        limits = httpx.Limits(max_connections=32, max_keepalive_connections=0)
        self._real = httpx.HTTPTransport(verify=False, limits=limits)
        self._lock = threading.Lock()
        self.under_way = 0
        self._nobody = socket.socket()
        self._nobody.bind(("127.0.0.1", 0))  # and never listens: a connection is refused
        self.clear()

    def clear(self) -> None:
        """No trouble from here on, and nothing seen."""
        self.seen: list[Seen] = []
        self.rehearsing = False
        self._trouble: tuple[Trouble, int, bool] | None = None

    def trouble(self, what: Trouble, number: int, *, always: bool) -> None:
        """From now on `what` befalls call `number`, or with `always` that and each one after it."""
        self._trouble = what, number, always

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            self.under_way += 1
        try:
            return self._handled(request)
        finally:
            with self._lock:
                self.under_way -= 1

    def _handled(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            number = len(self.seen)
            self.seen.append(Seen(request.method, request.url.path, request.content.decode(), None))
        trouble = self._due(number)
        if trouble == "refused":
            request.url = request.url.copy_with(port=self._nobody.getsockname()[1])
        elif trouble == "silent-before":
            raise httpx.ReadTimeout("timed out", request=request)
        elif trouble == "token-ends" and "oauth" not in request.url.path:
            self._tenant.expire_tokens()
        response = self._real.handle_request(request)
        if trouble == "silent-after":
            response.read()
            response.close()
            raise httpx.ReadTimeout("timed out", request=request)
        if self.rehearsing:
            content = response.read()
            response.close()
            answer = response.json() if content.strip() else None
            self.seen[number] = Seen(request.method, request.url.path, request.content.decode(), answer)
            return httpx.Response(response.status_code, headers=response.headers, content=content)
        return response

    def _due(self, number: int) -> Trouble | None:
        if self._trouble is None:
            return None
        what, struck, always = self._trouble
        return what if number == struck or (always and number > struck) else None

    def close(self) -> None:
        """A client's end is not the network's: the next run goes on with it."""

    def end(self) -> None:
        self._real.close()
        self._nobody.close()


class Elsewhere:
    """Another host, which notes whatever reaches it."""

    def __init__(self) -> None:
        received: list[str] = []

        class Noting(BaseHTTPRequestHandler):
            def handle(self) -> None:
                received.append(self.rfile.readline(1000).decode("latin-1"))

        self.received = received
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Noting)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Together(GroupCommit[Any]):
    """A pipeline in which the writes that an engine starts at the same time share a batch, however busy the machine is."""

    def submit(self, writes: Sequence[Any]) -> None:
        member = getattr(_thread, "member", None)
        if member is None or not writes:
            super().submit(writes)
            return
        _thread.member = None
        member.submit(super().submit, writes)


_thread = threading.local()


class Meeting:
    """Waits until each of `count` threads has come with its writes, or has ended; then all are submitted, in their order."""

    def __init__(self, count: int) -> None:
        self._missing = set(range(count))
        self._writes: dict[int, Sequence[Any]] = {}
        self._is_done = False
        self._changed = threading.Condition()

    def run(self, works: Sequence[Callable[[], None]]) -> list[BaseException | None]:
        """Runs each in a thread of its own; what each raised."""

        def run(number: int) -> None:
            _thread.member = Member(self, number)
            try:
                works[number]()
            finally:
                self.leave(number)

        outcomes = support.in_threads([lambda n=n: run(n) for n in range(len(works))], seconds=120)
        return [outcome if isinstance(outcome, BaseException) else None for outcome in outcomes]

    def come(self, number: int, submit: Submit, writes: Sequence[Any]) -> None:
        """Waits for the others; the first to go on submits everybody's writes."""
        with self._changed:
            self._writes[number] = writes
            self._missing.discard(number)
            self._changed.notify_all()
            while self._missing:
                self._changed.wait()
            if not self._is_done:
                submit([write for each in sorted(self._writes) for write in self._writes[each]])
                self._is_done = True

    def leave(self, number: int) -> None:
        """This thread submits nothing any more."""
        with self._changed:
            self._missing.discard(number)
            self._changed.notify_all()


@dataclass(frozen=True)
class Member:
    """One thread of a meeting."""

    meeting: Meeting
    number: int

    def submit(self, submit: Submit, writes: Sequence[Any]) -> None:
        self.meeting.come(self.number, submit, writes)


class Threads:
    """The module `threading` as the pipeline uses it: waiting for a moment takes no time, and moves the virtual clock on."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def Condition(self) -> threading.Condition:  # noqa: N802 - as in `threading`
        condition = threading.Condition()
        wait = condition.wait

        def waits(seconds: float | None = None) -> bool:
            if seconds is None:
                return wait()
            told = wait(0.001)
            if not told and not self._stage.network.under_way:
                self._stage.clock.sleep(seconds)
            return told

        condition.wait = waits  # pyright: ignore[reportAttributeAccessIssue]
        return condition


class Time:
    """The module `time` as what writes access uses it, by the virtual clock."""

    def __init__(self, clock: support.VirtualClock) -> None:
        self.monotonic = clock
        self.sleep = clock.sleep


class Stage:
    """One tenant for many cells, put back before each. Use `Stage.open()`."""

    def __init__(self, tenant: Tenant, clock: support.VirtualClock, elsewhere: Elsewhere) -> None:
        self.tenant = tenant
        self.clock = clock
        self.elsewhere = elsewhere
        self.network = Network(tenant)
        self.clock_is_off = 0.0

    @classmethod
    @contextmanager
    def open(cls) -> Generator[Stage]:
        clock = support.VirtualClock()
        elsewhere = Elsewhere()
        with ExitStack() as stack:
            stack.callback(elsewhere.stop)
            notes = stack.enter_context(tempfile.TemporaryDirectory())
            stack.enter_context(unittest.mock.patch.dict(os.environ, {VARIABLE: notes}))
            tenant = stack.enter_context(Tenant.start(seed=_seed(), clock=clock))
            stage = cls(tenant, clock, elsewhere)
            stack.callback(stage.network.end)
            stack.callback(SESSIONS.close)
            time: Any = Time(clock)
            for name, made in (
                ("pulumi_talend.provider.session.TalendClient", stage.client),
                ("pulumi_talend.provider.session.TenantAccess", stage.access),
                ("pulumi_talend.provider.claims.QUIET_SECONDS", 0.0),
                ("pulumi_talend.access.grants.GroupCommit", Together),
                ("pulumi_talend.access.mappings.GroupCommit", Together),
                ("pulumi_talend.access.group_commit.threading", Threads(stage)),
                *((f"pulumi_talend.access.{module}.time", time) for module in TIMED),
                *((f"pulumi_talend.access.{module}.map_concurrently", in_turn) for module in CONCURRENT),
            ):
                stack.enter_context(unittest.mock.patch(name, made))
            yield stage

    def client(self, settings: Settings, **_kwargs: Any) -> TalendClient:
        """The real client, on this stage's network and clock."""
        pacer = Pacer(clock=self.clock, wall=lambda: self.clock() + self.clock_is_off, wait=self._wait)
        return TalendClient(settings, transport=self.network, pacer=pacer, sleep=self.clock.sleep)

    def _wait(self, condition: threading.Condition, seconds: float) -> None:
        """As `condition.wait`, by the virtual clock, which stands still while a call is under way.

        A call that has just returned needs the lock to say so, so it is given away in any case.
        """
        told = condition.wait(0.001 if self.network.under_way else 0)
        if not told and not self.network.under_way:
            self.clock.sleep(seconds)

    def access(self, client: TalendClient, **more: Any) -> TenantAccess:
        """As the provider makes it, but never really sleeping."""
        made = TenantAccess(client, **more)
        made.mappings = Mappings(client, sleep=self.clock.sleep, **more)
        return made

    def run(self, states: dict[str, hosting.State], *, as_service_account: bool = False) -> hosting.Run:
        """A new process of the engine's, that knows `states`."""
        random.seed(7)  # the spread of waiting times, the same in every run
        config = {"talend:clientId": self.tenant.client_id, "talend:clientSecret": self.tenant.client_secret}
        return hosting.Run(self.tenant, states, {"talend:token": "", **config} if as_service_account else {})

    def world(self) -> World:
        """What the tenant really holds."""
        grants: World = {
            ("grant", f"{place}/{kind}/{who}"): frozenset(held)
            for (place, kind, who), held in self.tenant.grants().items()
        }
        return {**grants, **{("mapping", name): frozenset(roles) for name, roles in self._mappings().items()}}

    def _mappings(self) -> Mapping[str, Sequence[str]]:
        return self.tenant.role_mappings()

    def put(self, target: Target, held: frozenset[str] | None) -> None:
        """As somebody at the console: nothing of it passes the API."""
        what, name = target
        standing = self.world().get(target)
        if what == "mapping":
            if held is not None:
                self.tenant.map_role(name, sorted(held))
            elif standing is not None:
                self.tenant.unmap_role(name)
            return
        place, kind, who = name.split("/")
        account: dict[str, Any] = {"user_id" if kind == "users" else "service_account_id": who}
        if held is not None:
            self.tenant.grant(place, permissions=sorted(held), **account)
        elif standing is not None:
            self.tenant.revoke(place, **account)

    def restore(self, world: World) -> None:
        """Puts the tenant, the network and the clock back: this world, no faults."""
        self.calm()
        now = self.world()
        for target in now.keys() | world.keys():
            if now.get(target) != world.get(target):
                self.put(target, world.get(target))
        assert self.world() == world
        self.clock.now += LONG_AGO_SECONDS  # reads that lag would show the cell before
        self.elsewhere.received.clear()
        notes = Path(os.environ[VARIABLE])
        for note in notes.iterdir() if notes.is_dir() else ():
            note.unlink()

    def calm(self) -> None:
        """Nothing goes wrong any more."""
        self.tenant.clear_faults()
        self.tenant.set_behaviour(**Behaviour().model_dump())
        self.network.clear()
        self.clock_is_off = 0.0
        self.tenant.calls.clear()
        self.clock.waited.clear()


def in_turn(call: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    """As `map_concurrently`, one after the other."""
    return [call(item) for item in items]


def _seed() -> Company:
    """The usual company, with three workspaces on which nobody may do anything yet."""
    usual = company()
    prod = next(environment.id for environment in usual.environments if environment.name == "prod")
    more = [Workspace(object_id(f"faults/{name}"), name, prod, usual.workspaces[0].owner) for name in WORKSPACES]
    return replace(usual, workspaces=(*usual.workspaces, *more))


def copied(states: Mapping[str, hosting.State]) -> dict[str, hosting.State]:
    """States as they are now, whatever becomes of them."""
    return {
        name: replace(state, inputs=copy.deepcopy(state.inputs), outputs=copy.deepcopy(state.outputs))
        for name, state in states.items()
    }
