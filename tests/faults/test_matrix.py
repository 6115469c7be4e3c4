"""The fault matrix: a slice through it always; every cell by `make test-faults`, which compares it with the documented table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pytest

from faults.cells import OPERATIONS, WHENS, Matrix, Operation
from faults.stage import Stage
from faults.strikes import STRIKES
from faults.table import Cell, documented
from pulumi_talend.access.grants import Grants
from pulumi_talend.access.mappings import Mappings
from pulumi_talend.api import RoleMapping
from pulumi_talend.model.grants import GrantKey
from pulumi_talend.model.planning import Change

KINDS = ("user", "service-account", "mapping", "access", "access-users", "access-beside", "mappings")
PARTS: list[tuple[str, Operation]] = [(kind, operation) for kind in KINDS for operation in OPERATIONS]


@pytest.fixture(scope="module")
def matrix() -> Iterator[Matrix]:
    with Stage.open() as stage:
        yield Matrix(stage)


def the_slice() -> list[Cell]:
    """Two faults for each operation of each resource, in turn; and what hurts most for each that writes."""
    strikes = list(STRIKES)
    cells: list[Cell] = []
    for number, (kind, operation) in enumerate(PARTS):
        for more in range(2):
            strike = strikes[(2 * number + more) % len(strikes)]
            cells.append((kind, operation, strike, WHENS[(number + more) % len(WHENS)]))
        if operation in {"create", "update", "delete"}:
            cells.append((kind, operation, "drop-after", "always" if number % 2 else "first"))
    return list(dict.fromkeys(cells))


@pytest.mark.parametrize("cell", the_slice(), ids="-".join)
def test_slice(matrix: Matrix, cell: Cell) -> None:
    assert matrix.cell(*cell).reds == []


@pytest.mark.faults
@pytest.mark.parametrize("strike", STRIKES)
@pytest.mark.parametrize("part", PARTS, ids="-".join)
def test_all(matrix: Matrix, part: tuple[str, Operation], strike: str) -> None:
    titles = {name: kind.title for name, kind in matrix.kinds.items()}
    for when in WHENS:
        verdict = matrix.cell(*part, strike, when)
        assert verdict.reds == []
        assert verdict.outcome == documented(titles)[(*part, strike, when)], "`make fault-table` writes it anew"


def test_the_slice_has_every_fault_every_operation_and_every_moment() -> None:
    cells = the_slice()
    assert {strike for _, _, strike, _ in cells} == set(STRIKES)
    assert {(kind, operation) for kind, operation, _, _ in cells} == set(PARTS)
    assert {when for _, _, _, when in cells} == set(WHENS)


@pytest.mark.faults
def test_the_documented_table_is_whole_and_has_no_red_cell(matrix: Matrix) -> None:
    assert set(matrix.kinds) == set(KINDS)
    cells = documented({name: kind.title for name, kind in matrix.kinds.items()})
    whole: set[Cell] = {(*part, strike, when) for part in PARTS for strike in STRIKES for when in WHENS}
    assert set(cells) == whole
    assert [cell for cell, outcome in cells.items() if outcome == "red"] == []


def careless(self: Mappings, changes: Iterable[Change[str]]) -> dict[str, Exception]:
    """Makes its own mapping the tenant's only one."""
    made = [RoleMapping(name=change.target, roles=sorted(change.after or ())) for change in changes]
    self._api.replace_all(made)  # pyright: ignore[reportPrivateUsage]
    return {}


def idle(self: Grants, changes: Iterable[Change[GrantKey]]) -> dict[GrantKey, Exception]:
    """Says done."""
    return {}


def silent(self: Grants, key: GrantKey) -> None:
    """Believes that everything is gone."""


WRONG: dict[str, tuple[type, str, Callable[..., object], Cell, str]] = {
    "loses others": (Mappings, "apply", careless, ("mapping", "create", "429", "first"), "nobody asked for it"),
    "does nothing": (Grants, "apply", idle, ("user", "update", "429", "first"), "called done"),
    "sees nothing": (Grants, "read", silent, ("service-account", "read", "500", "always"), "state says None"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_the_judge_sees_what_is_wrong(matrix: Matrix, monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    owner, method, instead, cell, said = WRONG[wrong]
    matrix.cell(*cell)  # what goes before it is made as it should be
    monkeypatch.setattr(owner, method, instead)
    verdict = matrix.cell(*cell)
    assert verdict.outcome == "red"
    assert any(said in red for red in verdict.reds), verdict.reds
