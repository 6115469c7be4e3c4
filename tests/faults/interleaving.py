"""Several writers on one tenant, of whose calls one at a time is let through, in an order that a test chooses or searches.

Each writer has a thread, a client and a connection of its own. Before each of its calls it stops; `Interleaving.run` lets one
of the stopped writers make its call, whole, and go on to its next stop. So the order of the calls is all that differs from one
run to the next, and going through all orders (`every_interleaving`) is going through all that can happen.
"""

from __future__ import annotations

import random
import threading
import unittest.mock
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import httpx

import support
from faults.stage import TIMED
from pulumi_talend.api import TalendClient
from pulumi_talend.model.grants import GrantKey
from pulumi_talend_sandbox.tenant import Tenant

PATH = "/security/role-mappings"
What = Literal["read", "write", "remove", "look", "wake"]
CHANGES: tuple[What, ...] = ("write", "remove")


class Abandoned(BaseException):
    """Ends a writer whose run is not looked at any further."""


@dataclass(frozen=True)
class Step:
    """A call that was let through, or the end of a writer's waiting."""

    writer: str
    what: What

    def __str__(self) -> str:
        return f"{self.writer} {self.what}s"


class Writer:
    """One writer: `work(its client, its sleep)` is run anew for each run."""

    def __init__(
        self, name: str, tenant: Tenant, work: Callable[[TalendClient, Callable[[float], None]], None]
    ) -> None:
        self.name = name
        self.work = work
        self.client = TalendClient(
            support.settings_for(tenant),
            transport=_Stops(self),
            pacer=support.pacer_on(support.VirtualClock()),
            sleep=self.sleep,
        )
        self.at: Step | None = None  # what it is about to do; None while it runs, and once it is done
        self.done = False
        self.error: BaseException | None = None
        self.seen: list[object] = []  # all that it has learned, which decides what it does next
        self.go = threading.Event()
        self.changed = threading.Condition()
        self.abandoned = False
        self.now = 0.0

    def stop_at(self, what: What) -> None:
        with self.changed:
            self.at = Step(self.name, what)
            self.changed.notify_all()
        assert self.go.wait(60), "nobody lets it go on"
        self.go.clear()
        if self.abandoned:
            raise Abandoned

    def sleep(self, seconds: float) -> None:
        self.stop_at("wake")
        self.now += seconds

    def start(self, at_call: threading.Condition) -> threading.Thread:
        self.changed = at_call
        self.at, self.done, self.error, self.seen, self.abandoned = None, False, None, [], False
        self.now = 0.0
        self.go.clear()
        thread = threading.Thread(target=self._run, daemon=True)
        thread.start()
        return thread

    def _run(self) -> None:
        _thread.writer = self
        try:
            self.work(self.client, self.sleep)
        except BaseException as error:  # noqa: BLE001 - looked at by the test
            self.error = error
        with self.changed:
            self.at, self.done = None, True
            self.changed.notify_all()


_thread = threading.local()


class _Threads:
    """The module `threading` as the pipeline uses it: its waiting is a stop of the writer."""

    def Condition(self) -> threading.Condition:  # noqa: N802 - as in `threading`
        condition = threading.Condition()

        def wait(seconds: float | None = None) -> bool:
            assert seconds is not None, "a writer waits for nobody"
            condition.release()
            try:
                _thread.writer.sleep(seconds)
            finally:
                condition.acquire()
            return False

        condition.wait = wait  # pyright: ignore[reportAttributeAccessIssue]
        return condition


class _Time:
    """The module `time` as what writes access uses it: each writer's own clock, which only its waiting moves on."""

    @staticmethod
    def monotonic() -> float:
        return _thread.writer.now


class _Stops(httpx.BaseTransport):
    """The network, with a stop before each call."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._network = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        whole = request.url.path == PATH
        self._writer.stop_at(
            ("read" if whole or "permissions" in request.url.path else "look")
            if request.method == "GET"
            else "remove"
            if request.method == "DELETE"
            else "write"
        )
        answer = self._network.handle_request(request)
        content = answer.read()
        answer.close()
        self._writer.seen.append((request.method, request.url.path, answer.status_code, content))
        return httpx.Response(answer.status_code, headers=answer.headers, content=content)

    def close(self) -> None:
        self._network.close()


class Stage(Protocol):
    """What the writers write: put back to its start before each run, and looked at."""

    def reset(self) -> None: ...

    def standing(self) -> dict[str, list[str]]: ...


@dataclass
class Mappings:
    """The role mappings of a tenant."""

    tenant: Tenant
    start: dict[str, list[str]]

    def reset(self) -> None:
        now = self.standing()
        for name in now.keys() - self.start.keys():
            self.tenant.unmap_role(name)
        for name, roles in self.start.items():
            if now.get(name) != roles:
                self.tenant.map_role(name, roles)

    def standing(self) -> dict[str, list[str]]:
        return self.tenant.role_mappings()


@dataclass
class Grants:
    """Some grants of a tenant, and what stands of them at first; the others are not touched by anybody."""

    tenant: Tenant
    start: Mapping[GrantKey, Sequence[str]]
    """None of it: nothing stands."""

    def reset(self) -> None:
        for key, permissions in self.start.items():
            if permissions:
                support.grant_by_hand(self.tenant, key, *permissions)
            elif support.standing(self.tenant, key):
                support.revoke_by_hand(self.tenant, key)

    def standing(self) -> dict[str, list[str]]:
        found = {key.resource_id: sorted(support.standing(self.tenant, key) or ()) for key in self.start}
        return {text: permissions for text, permissions in found.items() if permissions}


@dataclass
class Outcome:
    """One run: what was done in which order, what each writer raised (None: it reported success), what stands in the end."""

    steps: list[Step]
    errors: dict[str, BaseException | None]
    standing: dict[str, list[str]]

    @property
    def succeeded(self) -> set[str]:
        """The writers that reported success."""
        return {name for name, error in self.errors.items() if error is None}

    def __str__(self) -> str:
        return "; ".join(map(str, self.steps))

    def positions(self, writer: str, what: What) -> list[int]:
        """Where in the order `writer` did `what`."""
        return [number for number, step in enumerate(self.steps) if step == Step(writer, what)]

    def overwrites(self, writer: str, after: int) -> list[int]:
        """The writes of others after step `after`, each from a list that was read before `writer` wrote last before it."""
        wrote = max(n for what in CHANGES for n in self.positions(writer, what) if n <= after)
        found: list[int] = []
        for number, step in enumerate(self.steps):
            if number > after and step.what == "write" and step.writer != writer:
                read = max(n for n in self.positions(step.writer, "read") if n < number)
                if read < wrote:
                    found.append(number)
        return found


@dataclass
class Interleaving:
    """Runs writers from the same start again and again. `settled`: a wait ends only once all whom it is for have written.

    That is what a wait longer than anybody's way from reading to writing amounts to: who had read before we wrote has written.
    """

    stage: Stage
    writers: Sequence[Writer]
    settled: bool = False
    runs: int = field(default=0, init=False)
    steps: list[Step] = field(default_factory=list[Step], init=False)

    @contextmanager
    def closing(self) -> Generator[Interleaving]:
        with ExitStack() as stack:
            for writer in self.writers:
                stack.callback(writer.client.close)
            made: dict[str, Any] = {f"{module}.time": _Time() for module in TIMED}
            # Reads of this tenant never lag, so what is not there was overwritten: no writer has to wait to know.
            made |= {f"mapping_list.{most}": 0.0 for most in ("MOST_LAG_SECONDS", "_LEAST_LAG_SECONDS")}
            made |= {"grants.VISIBLE_WITHIN_SECONDS": 0.0, "group_commit.threading": _Threads()}
            for name, instead in made.items():
                stack.enter_context(unittest.mock.patch(f"pulumi_talend.access.{name}", instead))
            yield self

    def run(self, choose: Callable[[list[Writer]], Writer | None]) -> Outcome | None:
        """One run; `choose` picks who goes on, or None to leave it at that."""
        self.runs += 1
        self.stage.reset()
        at_call = threading.Condition()
        threads = [writer.start(at_call) for writer in self.writers]
        steps: list[Step] = []
        self.steps = steps
        whole = True
        while True:
            with at_call:
                assert at_call.wait_for(lambda: all(w.done or w.at for w in self.writers), 30), "a writer hangs"
            ready = [writer for writer in self.writers if not writer.done and self._may_go(writer)]
            if not ready:
                assert all(writer.done for writer in self.writers), "all wait for each other"
                break
            chosen = choose(ready)
            if chosen is None:
                whole = False
                self._abandon()
                break
            assert chosen.at is not None
            steps.append(chosen.at)
            with at_call:
                chosen.at = None
            chosen.go.set()
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive()
        if not whole:
            return None
        errors = {writer.name: writer.error for writer in self.writers}
        return Outcome(steps, errors, self.stage.standing())

    def _may_go(self, writer: Writer) -> bool:
        if not self.settled or writer.at is None or writer.at.what != "wake":
            return True
        about_to_write = [w for w in self.writers if w is not writer and w.at is not None and w.at.what == "write"]
        return not any(self._read_before(other, writer) for other in about_to_write)

    def _read_before(self, other: Writer, writer: Writer) -> bool:
        """Whether what `other` has read last is from before the last change by `writer`."""
        read = max((n for n, step in enumerate(self.steps) if step == Step(other.name, "read")), default=-1)
        wrote = max((n for n, s in enumerate(self.steps) if s.writer == writer.name and s.what in CHANGES), default=-1)
        return read < wrote

    def _abandon(self) -> None:
        for writer in self.writers:
            if not writer.done:
                writer.abandoned = True
                writer.go.set()

    def state(self) -> object:
        """All that decides how it goes on: what stands, what each writer has learned and is about to do, and who read when."""
        standing = tuple((name, tuple(roles)) for name, roles in self.stage.standing().items())
        order = tuple(self._read_before(one, other) for one in self.writers for other in self.writers if self.settled)
        return standing, order, tuple((tuple(writer.seen), writer.at, writer.done) for writer in self.writers)


def every_interleaving(interleaving: Interleaving, *, most: int = 100_000) -> Generator[Outcome]:
    """Every order of the writers' calls, but for those that come to a state that has been gone on from before."""
    visited: set[object] = set()
    prefix: list[int] = []
    while True:
        taken: list[tuple[int, int]] = []  # (choice, of how many)

        def choose(
            ready: list[Writer], taken: list[tuple[int, int]] = taken, prefix: list[int] = prefix
        ) -> Writer | None:
            number = len(taken)
            if number >= len(prefix):
                state = interleaving.state()
                if state in visited:
                    return None
                visited.add(state)
            choice = prefix[number] if number < len(prefix) else 0
            taken.append((choice, len(ready)))
            return ready[choice]

        outcome = interleaving.run(choose)
        assert interleaving.runs <= most, "more orders than expected"
        if outcome is not None:
            yield outcome
        while taken and taken[-1][0] + 1 >= taken[-1][1]:
            taken.pop()
        if not taken:
            return
        prefix = [*(choice for choice, _ in taken[:-1]), taken[-1][0] + 1]


def by_chance(seed: int) -> Callable[[list[Writer]], Writer | None]:
    """Who goes on, by the dice."""
    dice = random.Random(seed)
    return dice.choice
