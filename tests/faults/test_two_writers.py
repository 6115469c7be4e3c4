"""Two stacks, and a person at the console, changing role mappings at once: every order in which their calls can come.

What `docs/guarantees.md` says about role mappings is shown here, both ways: what holds in every order, and the order in which
the API makes it impossible.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

import support
from faults.interleaving import Interleaving, Outcome, Stage, Writer, by_chance, every_interleaving
from faults.interleaving import Mappings as MappingsOf
from pulumi_talend import AlreadyExistsError, NotReviewedError, NotVerifiedError, OverwrittenError
from pulumi_talend.access.mappings import Mappings
from pulumi_talend.api import RoleMapping, TalendClient
from pulumi_talend.model.planning import NOTHING, Change
from pulumi_talend_sandbox.tenant import Tenant

OPERATOR = frozenset({"Operator"})
STEWARD = frozenset({"Data Steward"})
START = {"old": ["Operator"], "older": ["Operator"], "bystander": ["Data Steward", "Operator"]}
Sleep = Callable[[float], None]
Work = Callable[[TalendClient, Sleep], None]
Standing = dict[str, list[str]]


@pytest.fixture(scope="module")
def shared() -> Iterator[Tenant]:
    with Tenant.start() as tenant:
        yield tenant


@pytest.fixture
def stage(shared: Tenant) -> Stage:
    return MappingsOf(shared, START)


def stack(*acts: Callable[[Mappings], None]) -> Work:
    """A stack's process: the provider's own way of writing, with nothing known before; one change after the other."""

    def work(client: TalendClient, sleep: Sleep) -> None:
        mappings = Mappings(client, sleep=sleep)
        for act in acts:
            act(mappings)

    return work


def applies(change: Change[str]) -> Callable[[Mappings], None]:
    def act(mappings: Mappings) -> None:
        for error in mappings.apply([change]).values():
            raise error

    return act


def creates(name: str, roles: frozenset[str] = OPERATOR, *, adopt: bool = False) -> Callable[[Mappings], None]:
    return applies(Change(name, "adopt" if adopt else "grant", None, roles))


def updates(name: str, roles: frozenset[str] = STEWARD) -> Callable[[Mappings], None]:
    return applies(Change(name, "change", OPERATOR, roles))


def removes(name: str) -> Callable[[Mappings], None]:
    return applies(Change(name, "revoke", None, NOTHING))


def console(client: TalendClient, _sleep: Sleep) -> None:
    """A person at the console, or any other program: reads, changes, writes, and does not look again."""
    listing = client.role_mappings.list()
    client.role_mappings.replace_all([*listing, RoleMapping(name="theirs", roles=["Data Steward"])])


def among(stage: Stage, tenant: Tenant, *, settled: bool, **works: Work) -> Interleaving:
    return Interleaving(stage, [Writer(name, tenant, work) for name, work in works.items()], settled=settled)


def after(**changes: list[str] | None) -> Standing:
    """What stands once these were made; None: removed."""
    now: dict[str, list[str] | None] = {**START, **changes}
    return {name: roles for name, roles in now.items() if roles is not None}


def undone_later(outcome: Outcome, writer: str) -> bool:
    """Whether somebody wrote after `writer` had looked for the last time, from a list read before it made its change."""
    (*_, verified) = outcome.positions(writer, "read")
    return bool(outcome.overwrites(writer, verified))


PAIRS: dict[str, tuple[Work, Work, Standing]] = {
    "two create": (stack(creates("a")), stack(creates("b")), after(a=["Operator"], b=["Operator"])),
    "one creates, one changes": (
        stack(creates("a")),
        stack(updates("old")),
        after(a=["Operator"], old=["Data Steward"]),
    ),
    "one creates, one removes": (stack(creates("a")), stack(removes("old")), after(a=["Operator"], old=None)),
    "two remove": (stack(removes("old")), stack(removes("older")), after(old=None, older=None)),
    "one changes, one removes": (
        stack(updates("older")),
        stack(removes("old")),
        after(older=["Data Steward"], old=None),
    ),
}


# Every order of two writers takes seconds: one pair in every run of the tests, the others in all of them.
EACH_PAIR = [pytest.param(pair, marks=() if pair == "two remove" else pytest.mark.faults) for pair in PAIRS]


@pytest.mark.parametrize("pair", EACH_PAIR)
def test_nothing_of_two_stacks_is_lost(stage: Stage, shared: Tenant, pair: str) -> None:
    """Where neither takes longer from reading to writing than the other waits before it verifies: in every order of their calls
    both end as asked, or say that they did not; nobody else's mapping changes."""
    one, two, asked = PAIRS[pair]
    ended = 0
    with among(stage, shared, settled=True, one=one, two=two).closing() as interleaving:
        for outcome in every_interleaving(interleaving):
            ended += len(outcome.succeeded) == 2
            if len(outcome.succeeded) == 2:
                assert outcome.standing == asked, str(outcome)
            assert outcome.standing["bystander"] == START["bystander"]
            assert all(error is None or isinstance(error, OverwrittenError) for error in outcome.errors.values())
    assert ended > 1


@pytest.mark.parametrize("pair", EACH_PAIR)
def test_what_is_lost_at_worst(stage: Stage, shared: Tenant, pair: str) -> None:
    """However long a writer takes from reading to writing: a success is undone only by a write that came after its verification,
    from a list that was read before the change. That no client can see."""
    one, two, asked = PAIRS[pair]
    lost = ended = 0
    with among(stage, shared, settled=False, one=one, two=two).closing() as interleaving:
        for outcome in every_interleaving(interleaving):
            assert outcome.standing["bystander"] == START["bystander"]
            if len(outcome.succeeded) == 2:
                ended += 1
                if outcome.standing != asked:
                    lost += 1
                    assert any(undone_later(outcome, writer) for writer in ("one", "two")), str(outcome)
    assert lost < ended
    assert (lost > 0) == (pair != "two remove")  # a removal is a call of its own: two of them cannot undo each other


def test_the_order_that_nobody_can_exclude(stage: Stage, shared: Tenant) -> None:
    """The one of the documentation: two reads, our write, our verification, their write."""
    works = {"one": stack(creates("a")), "two": stack(creates("b"))}
    with among(stage, shared, settled=False, **works).closing() as interleaving:
        waiting = iter(["one", "two", "one", "one", "one", "one", "two", "two", "two", "two"])

        def as_told(ready: list[Writer]) -> Writer:
            name = next(waiting)
            return next(writer for writer in ready if writer.name == name)

        outcome = interleaving.run(as_told)
    assert outcome is not None
    ours, theirs = "one writes; one reads; one wakes; one reads", "two writes; two reads; two wakes; two reads"
    assert str(outcome) == f"one reads; two reads; {ours}; {theirs}"
    assert outcome.succeeded == {"one", "two"}
    assert outcome.standing == after(b=["Operator"])


def test_two_stacks_that_create_the_same(stage: Stage, shared: Tenant) -> None:
    """One of them has it, and the other is told; neither is called done where it is not."""
    works = {"one": stack(creates("a", OPERATOR)), "two": stack(creates("a", STEWARD))}
    with among(stage, shared, settled=True, **works).closing() as interleaving:
        for outcome in every_interleaving(interleaving):
            (winner,) = outcome.succeeded
            assert outcome.standing == after(a=["Operator"] if winner == "one" else ["Data Steward"]), str(outcome)
            (error,) = (error for error in outcome.errors.values() if error is not None)
            assert isinstance(error, AlreadyExistsError)


def test_two_stacks_that_fight_over_one_never_both_call_it_done(stage: Stage, shared: Tenant) -> None:
    works = {"one": stack(creates("a", OPERATOR, adopt=True)), "two": stack(updates("a", STEWARD))}
    with among(stage, shared, settled=True, **works).closing() as interleaving:
        for number in range(40):
            outcome = interleaving.run(by_chance(number))
            assert outcome is not None
            stands = outcome.standing.get("a")
            for writer, asked in (("one", ["Operator"]), ("two", ["Data Steward"])):
                if writer in outcome.succeeded and stands != asked:
                    # The other one wrote later still, and meant to: what a second program for the same thing does.
                    other = "two" if writer == "one" else "one"
                    assert outcome.positions(other, "write")[-1] > outcome.positions(writer, "write")[-1]
                elif writer not in outcome.succeeded:
                    support.readable(outcome.errors[writer] or "", "another writer keeps writing", "Run again")


def test_a_person_at_the_console_meanwhile(stage: Stage, shared: Tenant) -> None:
    """What the stack made stands whenever it reports success. What the console wrote stands too, unless it came between our
    read and our write: that is the one loss that the API makes possible and nobody can see."""
    overwritten = 0
    with among(stage, shared, settled=True, stack=stack(creates("a")), console=console).closing() as interleaving:
        for outcome in every_interleaving(interleaving):
            assert outcome.succeeded == {"stack", "console"}
            assert outcome.standing["a"] == ["Operator"], str(outcome)
            if "theirs" not in outcome.standing:
                overwritten += 1
                (wrote,) = outcome.positions("console", "write")
                assert any(
                    read < wrote < write
                    for read, write in zip(
                        outcome.positions("stack", "read"), outcome.positions("stack", "write"), strict=False
                    )
                ), str(outcome)
            assert outcome.standing.items() >= START.items()
    assert overwritten > 0


def test_a_whole_set_and_another_stack(stage: Stage, shared: Tenant) -> None:
    """The set takes nothing away that nobody was shown; what the other stack made stands whenever that reports success."""
    wanted = {"old": STEWARD, "bystander": OPERATOR | STEWARD}

    def whole(mappings: Mappings) -> None:
        mappings.replace_all(wanted, reviewed=START)

    told = 0
    with among(stage, shared, settled=True, whole=stack(whole), other=stack(creates("a"))).closing() as interleaving:
        for outcome in every_interleaving(interleaving):
            assert "other" in outcome.succeeded
            assert outcome.standing["a"] == ["Operator"], str(outcome)
            error = outcome.errors["whole"]
            if error is None:  # the other one came later
                assert outcome.positions("other", "write")[-1] > outcome.positions("whole", "read")[-1]
                assert outcome.standing == {"a": ["Operator"], "old": ["Data Steward"], "bystander": START["bystander"]}
            else:
                told += 1
                assert isinstance(error, NotReviewedError)
                support.readable(error, "'a'", "by another writer", "Preview again")
    assert told > 0


SEVERAL: dict[str, Work] = {
    "one": stack(creates("a"), removes("old"), updates("a")),
    "two": stack(creates("b"), updates("older"), creates("c")),
    "three": stack(creates("d"), updates("d")),
}
ALL_ASKED = after(
    a=["Data Steward"], old=None, b=["Operator"], older=["Data Steward"], c=["Operator"], d=["Data Steward"]
)


@pytest.mark.parametrize(
    "rounds", [range(3), pytest.param(range(3, 208), marks=pytest.mark.faults)], ids=["some", "all"]
)
def test_rounds_of_three_stacks_and_a_console(stage: Stage, shared: Tenant, rounds: range) -> None:
    """Each makes several changes; the order is left to chance. Whoever reports success has all that it made stand in the end."""
    overwritten = succeeded = 0
    with among(stage, shared, settled=True, **SEVERAL, console=console).closing() as interleaving:
        for number in rounds:
            outcome = interleaving.run(by_chance(number))
            assert outcome is not None
            told = [error for error in outcome.errors.values() if error is not None]
            assert all(isinstance(error, (OverwrittenError, NotVerifiedError)) for error in told), f"{number}: {told}"
            if len(outcome.succeeded) == 4:
                succeeded += 1
                overwritten += "theirs" not in outcome.standing
                assert {k: v for k, v in outcome.standing.items() if k != "theirs"} == ALL_ASKED, f"{number}: {outcome}"
            assert outcome.standing["bystander"] == START["bystander"]
    assert succeeded > len(rounds) / 2
    print(f"{succeeded} of {len(rounds)} rounds, the console's overwritten in {overwritten}")


@pytest.mark.parametrize(
    "rounds", [range(3), pytest.param(range(3, 208), marks=pytest.mark.faults)], ids=["some", "all"]
)
def test_rounds_without_any_bound_on_how_long_a_writer_takes(stage: Stage, shared: Tenant, rounds: range) -> None:
    """What a process made before its last change it has looked after with every later one: of the successes only that can be
    undone which a write after the process's last look undid, from an older list."""
    with among(stage, shared, settled=False, **SEVERAL).closing() as interleaving:
        for number in rounds:
            outcome = interleaving.run(by_chance(number))
            assert outcome is not None
            assert outcome.standing["bystander"] == START["bystander"]
            for writer, made in (("one", "a"), ("two", "b"), ("two", "c"), ("two", "older"), ("three", "d")):
                if writer in outcome.succeeded and outcome.standing.get(made) != ALL_ASKED[made]:
                    assert undone_later(outcome, writer), f"{number}: {writer}'s {made}: {outcome}"
