"""What becomes of measurements: ratios, tables, files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.contenders import ALONE, NAIVE, SETS, SINGLE, Contender
from benchmarks.engines import Step, offline_engine
from benchmarks.machine import this_machine
from benchmarks.measuring import Calls, Case, Measurement, count
from benchmarks.plan import cases, parts
from benchmarks.results import Results, unexpected
from benchmarks.tables import BEGIN, END, cell, markdown, write_between_marks
from benchmarks.tenancy import RATE_LIMIT, Conditions
from benchmarks.workload import grants_on, read, role_mappings, shape
from pulumi_talend_sandbox.tenant import Call

LIMITED = Conditions(rate_limit=RATE_LIMIT)


def measured(
    contender: Contender,
    seconds: float,
    calls: Calls | None = None,
    *,
    step: Step = "up",
    done: int = 100,
    code: int = 0,
    conditions: Conditions | None = None,
) -> Measurement:
    case = Case(contender, offline_engine(Path("home")), "grants", 100, conditions or Conditions())
    return Measurement(case, step, seconds, 3 * 2**20, calls or Calls(), done, code, "429 Too Many" if code else "")


def results(*measurements: Measurement) -> Results:
    return Results(this_machine([offline_engine(Path("home"))]), list(measurements))


def test_calls_are_counted_by_kind() -> None:
    calls = [
        Call("GET", "/security/permissions", status=200),
        Call("GET", "/security/service-accounts/permissions", status=200),
        Call("GET", "/security/workspaces/w/users/u/permissions", status=404),
        Call("GET", "/account/users", status=429),
        Call("POST", "/security/permissions/batch", status=200),
        Call("DELETE", "/security/role-mappings/x", status=429),
        Call("PUT", "/security/permissions/batch", status=0),
    ]
    assert count(calls) == Calls(reads=3, lookups=1, writes=3, refused=2, failed=2)


def test_a_ratio_is_to_the_engine_alone_with_the_same_stack() -> None:
    ours, limited = measured(SINGLE, 3.0, Calls(2, 1, 9)), measured(SINGLE, 12.0, Calls(2, 1, 58), conditions=LIMITED)
    found = results(measured(ALONE, 2.0), ours, limited, measured(SETS, 5.0))
    assert found.ratio(ours) == 1.5
    assert found.ratio(limited) == 6.0
    assert found.ratio(found.measurements[3]) is None  # its own baseline was not measured
    assert cell(found, ours) == "2 + 9 calls + 1 look-up, 3.0 s (×1.5)"
    assert cell(found, limited) == "2 + 58 calls + 1 look-up, 12.0 s (×6.0, limit 10 s)"


def test_a_failed_step_says_what_it_left() -> None:
    failed = measured(NAIVE, 1.0, Calls(writes=40, refused=10), done=30, code=255, conditions=LIMITED)
    assert cell(results(failed), failed) == "failed: 30 of 100; 0 + 40 calls (10 × 429), 1.0 s"
    assert unexpected([failed]) == []  # it is the yardstick's


@pytest.mark.parametrize(
    "wrong",
    [
        measured(SINGLE, 1.0, code=1),
        measured(SETS, 1.0, done=99),
        measured(SINGLE, 1.0, Calls(writes=1, refused=1)),
        measured(ALONE, 1.0, code=1),
    ],
)
def test_a_failure_or_429_of_this_provider_is_unexpected(wrong: Measurement) -> None:
    assert unexpected([measured(SINGLE, 1.0), wrong]) == [wrong]


def test_tables_have_a_row_for_each_contender_and_a_place_for_each_step() -> None:
    found = results(measured(ALONE, 2.0), measured(SINGLE, 3.0, Calls(2, 1, 9)), measured(SINGLE, 2.0, step="preview"))
    lines = markdown(found).splitlines()
    assert lines[0] == "### 100 grants, 50 ms, no rate limit"
    (row,) = [line for line in lines if line.startswith("| pulumi-talend, single resources")]
    assert row.split(" | ")[2:7] == ["2 + 9 calls + 1 look-up, 3.0 s (×1.5)", "0 calls, 2.0 s", "–", "–", "–"]
    record = json.loads(json.dumps(found.as_json()))["measurements"][1]
    assert (record["ratio_to_engine_alone"], record["calls"]["total"], record["peak_mib"]) == (1.5, 12, 3)


def test_the_text_between_the_marks_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    write_between_marks(file, "new\n")
    write_between_marks(file, "newer\n")
    assert file.read_text() == f"before\n{BEGIN}\n\nnewer\n\n{END}\nafter\n"


@pytest.mark.parametrize("text", ["", BEGIN, f"{END}{BEGIN}", f"{BEGIN}{END}{END}", f"{BEGIN}{BEGIN}{END}"])
def test_marks_that_do_not_stand_once_in_order_are_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "page.md"
    file.write_text(text)
    with pytest.raises(ValueError, match=r"page\.md"):
        write_between_marks(file, "new")
    assert file.read_text() == text


def test_a_workload_comes_back_from_its_file_and_a_tenth_of_it_changes(tmp_path: Path) -> None:
    assert shape(100) == (4, 25)
    assert shape(1000) == (20, 50)
    assert shape(5000) == (50, 100)
    for whole in (grants_on(["a", "b"], [str(each) for each in range(50)]), role_mappings(100)):
        whole.write(tmp_path / "workload.json")
        assert read(tmp_path / "workload.json") == whole
        changed = whole.changed()
        before, after = (*whole.grants, *whole.mappings), (*changed.grants, *changed.mappings)
        assert whole.number == changed.number == 100
        assert sum(old != new for old, new in zip(before, after, strict=True)) == 10


def test_without_the_pulumi_cli_the_offline_engine_runs_every_part(tmp_path: Path) -> None:
    planned = list(cases(parts("default"), [offline_engine(tmp_path)]))
    assert {case.engine.name for case in planned} == {"offline"}
    assert {(case.objects, case.number) for case in planned} == {
        ("grants", 100),
        ("grants", 1000),
        ("grants", 5000),
        ("mappings", 200),
    }
    assert len({(c.contender.name, c.objects, c.number, c.conditions) for c in planned}) == len(planned)


def test_the_page_has_all_tables_and_a_short_list_the_small_ones(tmp_path: Path) -> None:
    many = Measurement(
        Case(SINGLE, offline_engine(Path("home")), "grants", 1000, Conditions()), "up", 9.0, 1, Calls(), 1000, 0
    )
    found = results(measured(SINGLE, 3.0), many)
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    write_between_marks(page, markdown(found, heading="##"))
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"before\n{BEGIN}\n\n## 100 grants")
    assert "## 1,000 grants" in text
    assert text.endswith(f"{END}\nafter\n")
    assert "old" not in text
    assert "1,000 grants" not in markdown(found, most=100)
