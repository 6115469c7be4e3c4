"""Two stacks, and a person at the console, granting at once: every grant has calls of its own, so nobody writes another's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

import support
from e2e.company import FELIX, FINANCE, JAN, LOGISTICS, MATTHIAS, NADINE, OSKAR, SALES
from faults.dying import Project
from faults.interleaving import Grants as GrantsOf
from faults.interleaving import Interleaving, Writer, every_interleaving
from hosting import Refused
from pulumi_talend import AlreadyExistsError, TalendError
from pulumi_talend.access.directory import Directory
from pulumi_talend.access.grants import Grants
from pulumi_talend.api import TalendClient
from pulumi_talend.model.grants import GrantKey, Permissions, Principal
from pulumi_talend.model.planning import NOTHING, Change
from pulumi_talend.provider.session import SESSIONS
from pulumi_talend.provider.workspace_access import WorkspaceAccessProvider
from pulumi_talend_sandbox.tenant import Call, Tenant

VIEW: Permissions = frozenset({"VIEW"})
EXECUTE: Permissions = frozenset({"EXECUTE"})
Work = Callable[[TalendClient, Callable[[float], None]], None]


def key(workspace: str, who: str) -> GrantKey:
    return GrantKey(workspace, Principal("users", who))


HELD = {key(FINANCE, OSKAR): ["VIEW"], key(LOGISTICS, FELIX): ["VIEW"]}
FREE: dict[GrantKey, list[str]] = {key(FINANCE, FELIX): [], key(LOGISTICS, OSKAR): []}


@pytest.fixture(autouse=True)
def a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # A writer stops before each call, which it has to make one by one, in its own thread.
    monkeypatch.setattr("pulumi_talend.access.grants.map_concurrently", one_by_one)
    SESSIONS.close()
    yield
    SESSIONS.close()


def stack(act: Callable[[Grants], None]) -> Work:
    return lambda client, _sleep: act(Grants(client, Directory(client)))


def applies(*changes: Change[GrantKey]) -> Work:
    def act(grants: Grants) -> None:
        for error in grants.apply(changes).values():
            raise error

    return stack(act)


def removes(*keys: GrantKey) -> Work:
    return applies(*(Change(key, "revoke", None, NOTHING) for key in keys))


def creates(which: GrantKey, permissions: Permissions) -> Work:
    return applies(Change(which, "grant", None, permissions))


def one_by_one(call: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    return [call(item) for item in items]


def among(tenant: Tenant, **works: Work) -> Interleaving:
    return Interleaving(GrantsOf(tenant, {**HELD, **FREE}), [Writer(n, tenant, work) for n, work in works.items()])


@pytest.mark.parametrize("given", list(FREE), ids=["beside the one", "beside the other"])
def test_a_batch_removal_takes_nothing_that_another_stack_gives(tenant: Tenant, given: GrantKey) -> None:
    """The API's batch removal takes two lists, and removes every pair of them: also pairs that only seem to hold nothing."""
    with among(tenant, one=removes(*HELD), two=creates(given, VIEW)).closing() as interleaving:
        for outcome in every_interleaving(interleaving):
            assert outcome.succeeded == {"one", "two"}
            assert outcome.standing == {given.resource_id: ["VIEW"]}, str(outcome)
        assert interleaving.runs > 5


@pytest.mark.parametrize("asked", [VIEW, EXECUTE], ids=["the same", "something else"])
def test_two_stacks_that_create_the_same_grant(tenant: Tenant, asked: Permissions) -> None:
    """The API takes the first; the second is told, in every order, even where it asked for the same: it is not its own."""
    which = key(FINANCE, FELIX)
    with among(tenant, one=creates(which, VIEW), two=creates(which, asked)).closing() as interleaving:
        for outcome in every_interleaving(interleaving):
            (winner,) = outcome.succeeded
            assert outcome.standing[which.resource_id] == sorted(VIEW if winner == "one" else asked), str(outcome)
            (error,) = (error for error in outcome.errors.values() if error is not None)
            assert isinstance(error, AlreadyExistsError)


def test_a_stack_that_changes_what_another_removes(tenant: Tenant) -> None:
    """Whoever writes last has it as asked, and nobody calls done what did not stand when it was looked at."""
    which = key(FINANCE, OSKAR)
    works = {"one": applies(Change(which, "change", VIEW, EXECUTE)), "two": removes(which)}
    with among(tenant, **works).closing() as interleaving:
        for outcome in every_interleaving(interleaving):
            stands = outcome.standing.get(which.resource_id)
            assert stands in (None, ["EXECUTE"])
            if stands is None and "one" in outcome.succeeded:
                assert outcome.positions("two", "remove")[-1] > outcome.positions("one", "write")[-1], str(outcome)
            if stands is not None and "two" in outcome.succeeded:
                assert outcome.positions("one", "write")[-1] > outcome.positions("two", "remove")[-1], str(outcome)
            assert all(error is None or isinstance(error, TalendError) for error in outcome.errors.values())


# --- a whole set, and a person who grants at any moment of its update

WHOLE: dict[str, Any] = {
    "workspace_id": SALES,
    "grants": {f"user-id:{who}": ["EXECUTE", "VIEW"] for who in (OSKAR, FELIX, NADINE)},
    "exclusive": "users",
    "max_removals": "all",
}
ADDING = {**WHOLE, "exclusive": False}


def at_call(tenant: Tenant, number: int, act: Callable[[], object]) -> Callable[[], None]:
    """Has `act` happen right before the tenant does its `number`-th call."""
    calls = iter(range(1, 1000))

    def called(_call: Call) -> None:
        if next(calls) == number:
            act()

    return tenant.on_call(called)


def each_call(
    tenant: Tenant, inputs: dict[str, Any], act: Callable[[], object]
) -> Iterator[tuple[int, Callable[[], None]]]:
    """For each call of the set's first update, begun anew each time: its number, `act` to happen right before it, and an end
    to that."""
    seed = tenant.snapshot()
    Project(tenant).up(WorkspaceAccessProvider, "it", inputs)
    for number in range(1, len(tenant.calls) + 1):
        support.reset(tenant, seed)
        yield number, at_call(tenant, number, act)


def test_whom_a_person_lets_in_meanwhile_is_never_removed_unseen(tenant: Tenant) -> None:
    """Granted before the check has looked: shown, and removed. Granted later: it stays, and the next preview shows it."""
    newcomer = key(SALES, JAN)
    kept = 0
    for _, stop in each_call(tenant, WHOLE, lambda: support.grant_by_hand(tenant, newcomer, "VIEW")):
        project = Project(tenant)
        project.up(WorkspaceAccessProvider, "it", WHOLE)
        stop()
        shown: dict[str, Any] = project.states["it"].inputs.get("removes") or {}
        if support.standing(tenant, newcomer):
            kept += 1
            assert f"users/{JAN}" not in shown
            _, checked = project.run().preview(WorkspaceAccessProvider, "it", **WHOLE)
            now_shown: dict[str, Any] = checked["removes"]
            assert f"users/{JAN}" in now_shown
            project.up(WorkspaceAccessProvider, "it", WHOLE)
            assert support.standing(tenant, newcomer) is None
        else:
            assert f"users/{JAN}" in shown
        assert support.standing(tenant, key(SALES, MATTHIAS)) is None  # had access, is not in the set, and was shown
    assert kept > 0


@pytest.mark.parametrize("trusted_for", [pytest.param(30.0, marks=pytest.mark.faults), -1.0], ids=["at once", "slowly"])
def test_whom_a_person_grants_something_else_meanwhile(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch, trusted_for: float
) -> None:
    """A set that only adds takes nobody over: what somebody gave one of its people meanwhile is told, or came after our write.

    In an update that goes slowly, what was read before it is read anew.
    """
    monkeypatch.setattr("pulumi_talend.access.snapshot.MAX_AGE_SECONDS", trusted_for)
    theirs = key(SALES, OSKAR)
    told = 0
    for number, stop in each_call(tenant, ADDING, lambda: support.grant_by_hand(tenant, theirs, "MANAGE")):
        error: BaseException | None = None
        try:
            Project(tenant).up(WorkspaceAccessProvider, "it", ADDING)
        except (TalendError, Refused) as caught:
            error = caught
        stop()
        writes = [n for n, call in enumerate(tenant.calls, 1) if call.method != "GET"]
        assert support.standing(tenant, theirs) == {"MANAGE"}, "what somebody else gave was taken over"
        if error is not None:
            told += 1
            assert OSKAR in str(error) or "oskar.berg" in str(error)
            assert "adopt_existing=True" in support.readable(error, "MANAGE") or "another writer" in str(error)
            support.revoke_by_hand(tenant, theirs)
            assert Project(tenant).up(WorkspaceAccessProvider, "it", ADDING) == "create"  # the rest is known as its own
        else:
            assert number > writes[0]  # theirs is the later word
    assert told > 0
